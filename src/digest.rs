//! Texts that are the same for the same content, and tell nothing else about it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// SHA-256 of these parts, with a zero byte between two of them: 64 hexadecimal characters.
#[must_use]
pub fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update([0]);
        }
        hash.update(part);
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Its first half, which is enough where nobody gains from a collision.
#[must_use]
pub fn short(parts: &[&str]) -> String {
    let mut digest = digest(parts);
    digest.truncate(32);
    digest
}
