#![no_main]
//! Feeds [`fuzz::earlier`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::earlier::check(bytes));
