//! An error answer as the table of rows sees it, and the protocol's own error body.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::input;
use crate::protocol::record;

use super::members::{members, string};
use super::{Answer, Call};

/// An error answer as the table sees it.
pub(super) struct Shape<'a> {
    pub call: Call,
    pub had_fields: bool,
    pub status: u16,
    /// Whether the answer is what the call wanted.
    pub success: bool,
    pub empty: bool,
    /// Whether the body is one JSON object.
    pub object: bool,
    /// The id of a started MFA login.
    pub mfa_id: Option<Zeroizing<String>>,
    pub envelope: Option<Envelope<'a>>,
}

/// BosBase's own error body (`docs/protocol.md`, "Error response").
pub(super) struct Envelope<'a> {
    pub message: Zeroizing<String>,
    /// A JSON object.
    pub data: &'a str,
    /// The names in `data`.
    names: Vec<Cow<'a, str>>,
}

impl<'a> Shape<'a> {
    pub fn of(call: Call, had_fields: bool, answer: &Answer<'a>, success: bool) -> Self {
        let text = std::str::from_utf8(answer.body)
            .ok()
            .filter(|text| record::check(text).is_ok());
        // A 2xx answer may hold a token: nothing of its body goes into an error.
        let error_text = text.filter(|_| !(200..=299).contains(&answer.status));
        let envelope = error_text.and_then(|text| envelope(text, answer));
        let mfa_id = error_text.filter(|_| envelope.is_none()).and_then(mfa_id);
        Shape {
            call,
            had_fields,
            status: answer.status,
            success,
            empty: answer.body.is_empty(),
            object: text.is_some(),
            mfa_id,
            envelope,
        }
    }

    pub fn is(&self, call: Call) -> bool {
        self.call == call
    }

    pub fn has_envelope(&self) -> bool {
        self.envelope.is_some()
    }

    /// Whether it is BosBase's error of this status and message.
    pub fn says(&self, status: u16, message: &str) -> bool {
        self.status == status
            && self
                .envelope
                .as_ref()
                .is_some_and(|envelope| *envelope.message == message)
    }

    /// The same, for a 400 that blames no field.
    pub fn refuses(&self, message: &str) -> bool {
        self.blames_nothing() && self.says(400, message)
    }

    pub fn blames_nothing(&self) -> bool {
        self.status == 400
            && self
                .envelope
                .as_ref()
                .is_some_and(|envelope| envelope.names.is_empty())
    }

    /// The names of the fields that a 400 blames; empty for any other answer.
    pub fn blamed(&self) -> &[Cow<'a, str>] {
        self.envelope
            .as_ref()
            .filter(|_| self.status == 400)
            .map_or(&[], |envelope| &envelope.names)
    }
}

/// The envelope: JSON by its type, an integer `status` equal to the HTTP status, a string `message`, an
/// object `data`.
fn envelope<'a>(text: &'a str, answer: &Answer<'a>) -> Option<Envelope<'a>> {
    let essence = answer
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    if !essence.eq_ignore_ascii_case("application/json") {
        return None;
    }
    let [status, message, data] = members(text, ["status", "message", "data"])?;
    if status?.get().parse() != Ok(answer.status) {
        return None;
    }
    let (message, data) = (Zeroizing::new(string(message?)?), data?.get());
    Some(Envelope {
        message,
        data,
        names: record::names(data).ok()?,
    })
}

fn mfa_id(text: &str) -> Option<Zeroizing<String>> {
    let [id] = members(text, ["mfaId"])?;
    string(id?)
        .map(Zeroizing::new)
        .filter(|id| input::is_mfa_id(id))
}
