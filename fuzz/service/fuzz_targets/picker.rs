//! See `bosbase_local::fuzzing::picker`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosbase_local::fuzzing::picker(data));
