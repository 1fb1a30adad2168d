//! See `bosbase_local::fuzzing::body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosbase_local::fuzzing::body(data));
