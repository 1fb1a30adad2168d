//! The input of the classification: a response and its request.

use crate::protocol::endpoint::Endpoint;

/// A complete HTTP response. A header field that is absent is empty.
#[derive(Clone, Copy)]
pub(crate) struct ResponseView<'a> {
    pub status: u16,
    pub content_type: &'a str,
    pub retry_after: &'a str,
    pub body: &'a [u8],
}

/// The request of a response.
pub(crate) struct RequestInfo<'a> {
    pub endpoint: Endpoint,
    /// Whether its method is HEAD: then the response has no body.
    pub is_head: bool,
    /// Whether its query has `fields`, which makes the server omit fields of the result.
    pub had_fields: bool,
    /// The secrets in it. No error shows them.
    pub secrets: &'a [&'a str],
}
