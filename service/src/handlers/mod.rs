//! The handlers, one module per call.

pub mod auth_with_otp;
pub mod auth_with_password;
pub mod auth_with_token;
pub mod bind;
pub mod control;
pub mod health;
pub mod methods;
pub mod records;
pub mod refresh;
pub mod request_email_change;
pub mod request_otp;
