//! See `bosbase_local::fuzzing::path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosbase_local::fuzzing::path(data));
