//! BosBase's wire protocol as pure functions: building requests and parsing responses. No I/O.

pub(crate) mod bodies;
pub(crate) mod endpoint;
pub(crate) mod json;
pub(crate) mod jwt;
pub(crate) mod paths;
pub(crate) mod record;
pub(crate) mod redact;
pub(crate) mod responses;
pub(crate) mod server_strings;
pub(crate) mod values;
