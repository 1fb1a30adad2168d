//! See `src/session_text.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bosauth_fuzz::session_text(data));
