//! The first bytes of an input as choices, so that the rest of it can be text: `0` is the first choice, and a seed can be
//! read.

/// Choices that are left.
pub(crate) struct Controls<'a>(&'a [u8]);

impl<'a> Controls<'a> {
    /// The first `count` bytes as choices, and the rest as text, if it is text.
    pub(crate) fn before_text(bytes: &'a [u8], count: usize) -> Option<(Self, &'a str)> {
        let (controls, text) = bytes.split_at_checked(count)?;
        Some((Self(controls), std::str::from_utf8(text).ok()?))
    }

    /// The next choice, one of so many.
    pub(crate) fn choose(&mut self, of: u8) -> u8 {
        self.byte() % of
    }

    /// The next choice, a number of two bytes.
    pub(crate) fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// The next byte, counted from `0`; none left is none given.
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first.wrapping_sub(b'0')
    }
}
