//! Fresh identifiers in the shapes that AWS uses. Unique enough for a simulator; nothing depends on their values.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

thread_local! {
    /// What this thread draws its ids from, if it was given something.
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// From now on the ids of this thread follow from the seed.
pub(crate) fn seed(seed: u64) {
    SEED.set(Some(seed));
}

/// 64 random bits: of the thread's seed (by `SplitMix64`), or of those that the standard library draws for its hash maps.
fn random() -> u64 {
    let Some(seed) = SEED.get() else { return RandomState::new().hash_one(()) };
    let next = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    SEED.set(Some(next));
    let mixed = (next ^ next >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// A UUID of version 4 in its usual spelling, for request, event and invocation ids.
pub(crate) fn uuid() -> String {
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// The id of a BGP peer: `dxpeer-` and eight characters of `[0-9a-z]`, the first an `f`, like AWS's own.
pub(crate) fn peer() -> String {
    const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut bits = random();
    let mut id = String::from("dxpeer-f");
    for _ in 0..7 {
        id.push(char::from(ALPHABET[(bits % 36) as usize]));
        bits /= 36;
    }
    id
}

/// A trace id as X-Ray writes it, not sampled.
pub(crate) fn trace() -> String {
    format!("Root=1-{:08x}-{:016x}{:08x};Parent={:016x};Sampled=0", random() >> 32, random(), random() >> 32, random())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_have_the_lengths_of_awss_and_differ() {
        assert_eq!(super::uuid().len(), 36);
        assert_eq!(super::peer().len(), "dxpeer-fabcdefg".len());
        assert_ne!(super::uuid(), super::uuid());
        assert_ne!(super::peer(), super::peer());
    }
}
