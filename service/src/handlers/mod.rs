//! The handlers of the routes, one module per call.

pub mod auth_with_token;
pub mod bind;
pub mod control;
pub mod health;
