//! bosbase-local
