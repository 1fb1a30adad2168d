//! See `src/paths.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth_fuzz::paths(data));
