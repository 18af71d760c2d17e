#![no_main]
//! Feeds [`fuzz::ledger`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::ledger::check(bytes));
