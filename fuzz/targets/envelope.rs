#![no_main]
//! Feeds [`fuzz::envelope`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::envelope::check(bytes));
