//! An error response as the table of rows sees it, and the protocol's own error body.

use zeroize::Zeroizing;

use crate::input;
use crate::protocol::json::{self, Check, DEPTH_MAX, Fault, Stopped};

use super::members::{Member, members};
use super::{Answer, Call};

/// Fields that a person types in.
const USER_FIELDS: [&str; 4] = ["email", "password", "identity", "otpId"];

/// An error response as the table sees it.
pub(super) struct Shape<'a> {
    pub call: Call,
    pub had_fields: bool,
    pub status: u16,
    /// Whether the response is what the call wanted.
    pub success: bool,
    pub empty: bool,
    /// The body, if it is one JSON object.
    pub object: Option<&'a str>,
    /// Why a body that looks like a JSON object is refused.
    pub fault: Option<Fault>,
    /// The id of a started MFA login.
    pub mfa_id: Option<Zeroizing<String>>,
    pub envelope: Option<Envelope<'a>>,
}

/// BosBase's own error body (`docs/protocol.md`, "Error response").
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    /// The inside of a JSON string.
    pub message: &'a str,
    /// A JSON object.
    pub data: &'a str,
    /// The fields that `data` names.
    fields: Fields,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fields {
    None,
    /// Fields that a person types in, and no others.
    OfUser,
    Other,
}

impl<'a> Shape<'a> {
    /// The shape of a response that is no success for the reason of `fault`, if it has one.
    pub fn of(
        call: Call,
        had_fields: bool,
        answer: &Answer<'a>,
        fault: Option<Fault>,
        check: Check<'_>,
    ) -> Result<Self, Stopped> {
        let read = running(read(answer.body, check))?;
        // A 2xx response may hold a token: nothing of its body goes into an error.
        let is_shown = !(200..=299).contains(&answer.status);
        let mut shape = Shape {
            call,
            had_fields,
            status: answer.status,
            success: false,
            empty: answer.body.is_empty(),
            object: read.ok().map(|(text, _)| text),
            fault: fault
                .or(read.err())
                .filter(|_| json::looks_like_object(answer.body)),
            mfa_id: None,
            envelope: None,
        };
        if let Some((_, [status, message, data, mfa_id])) = read.ok().filter(|_| is_shown) {
            let envelope = envelope([status, message, data], answer, check);
            shape.envelope = running(envelope)?.ok().flatten();
            shape.mfa_id = mfa_id
                .only()
                .filter(|_| shape.envelope.is_none())
                .and_then(|id| json::short_string(id, input::MFA_ID_MAX))
                .map(Zeroizing::new)
                .filter(|id| input::is_mfa_id(id));
        }
        Ok(shape)
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
                .is_some_and(|envelope| json::stands_for(envelope.message, message))
    }

    /// The same, for a 400 that blames no field.
    pub fn refuses(&self, message: &str) -> bool {
        self.blames_nothing() && self.says(400, message)
    }

    pub fn blames_nothing(&self) -> bool {
        self.blamed() == Some(Fields::None)
    }

    /// Whether a 400 blames fields that a person types in, and no others.
    pub fn blames_user_fields(&self) -> bool {
        self.blamed() == Some(Fields::OfUser)
    }

    /// Whether a 400 blames another field.
    pub fn blames_other_fields(&self) -> bool {
        self.blamed() == Some(Fields::Other)
    }

    fn blamed(&self) -> Option<Fields> {
        let envelope = self.envelope.filter(|_| self.status == 400)?;
        Some(envelope.fields)
    }
}

/// What was read, unless the call has to end.
fn running<T>(read: Result<T, Fault>) -> Result<Result<T, Fault>, Stopped> {
    if matches!(read, Err(Fault::Stopped)) {
        return Err(Stopped);
    }
    Ok(read)
}

/// A body that is one JSON object, and its members `status`, `message`, `data` and `mfaId`.
fn read<'a>(body: &'a [u8], check: Check<'_>) -> Result<(&'a str, [Member<'a>; 4]), Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::NotUtf8)?;
    let names = ["status", "message", "data", "mfaId"];
    Ok((text, members(text, names, check)?))
}

/// The envelope: JSON by its type, an integer `status` equal to the HTTP status, a string `message`, an
/// object `data`.
fn envelope<'a>(
    members: [Member<'a>; 3],
    answer: &Answer<'_>,
    check: Check<'_>,
) -> Result<Option<Envelope<'a>>, Fault> {
    let essence = answer
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Ok(None);
    }
    let [Some(status), Some(message), Some(data)] = members.map(Member::only) else {
        return Ok(None);
    };
    let (true, Some(message)) = (status.parse() == Ok(answer.status), json::inside(message)) else {
        return Ok(None);
    };
    let fields = fields(data, check)?;
    Ok(Some(Envelope {
        message,
        data,
        fields,
    }))
}

fn fields(data: &str, check: Check<'_>) -> Result<Fields, Fault> {
    let mut fields = Fields::None;
    json::members(data, DEPTH_MAX, check, |name, _| {
        if !USER_FIELDS.iter().any(|field| name.is(field)) {
            fields = Fields::Other;
        } else if fields == Fields::None {
            fields = Fields::OfUser;
        }
    })?;
    Ok(fields)
}
