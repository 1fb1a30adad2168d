//! See `src/response.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth_fuzz::response(data));
