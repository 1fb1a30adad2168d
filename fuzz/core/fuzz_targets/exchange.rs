//! See `bosauth::fuzzing::exchange`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth::fuzzing::exchange(data));
