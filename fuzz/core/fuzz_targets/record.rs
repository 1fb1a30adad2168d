//! See `src/record.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth_fuzz::record(data));
