#![no_main]
//! Feeds [`fuzz::classifier`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::classifier::check(bytes));
