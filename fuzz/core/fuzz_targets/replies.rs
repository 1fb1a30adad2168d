//! See `bosauth::fuzzing::replies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth::fuzzing::replies(data));
