//! See `bosauth::fuzzing::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth::fuzzing::request(data));
