//! See `bosbase_local::fuzzing::rule`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosbase_local::fuzzing::rule(data));
