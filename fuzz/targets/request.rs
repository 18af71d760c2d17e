#![no_main]
//! Feeds [`fuzz::request`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::request::check(bytes));
