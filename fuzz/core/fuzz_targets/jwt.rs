//! See `src/jwt.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth_fuzz::jwt(data));
