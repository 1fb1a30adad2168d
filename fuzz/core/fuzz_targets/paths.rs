//! See `bosauth::fuzzing::paths`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth::fuzzing::paths(data));
