//! BosBase's wire protocol as pure functions: what to send and what an answer means. No I/O.

pub(crate) mod bodies;
pub(crate) mod json;
pub(crate) mod jwt;
pub(crate) mod paths;
pub(crate) mod record;
pub(crate) mod redact;
pub(crate) mod replies;
pub(crate) mod texts;
