#![no_main]
//! Feeds [`fuzz::projection`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::projection::check(bytes));
