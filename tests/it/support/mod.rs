//! What several tests need.

pub mod answers;
pub mod chance;
pub mod driver;
pub mod fields;
pub mod full_queue;
pub mod holdings;
pub mod https;
pub mod library;
mod listener;
#[cfg(target_os = "linux")]
pub mod name_server;
pub mod pages;
pub mod peer;
pub mod relay;
pub mod scenario;
pub mod service;
pub mod suite;
pub mod tools;
