//! See `bosauth::fuzzing::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth::fuzzing::record(data));
