//! bosauth
