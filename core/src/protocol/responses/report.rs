//! Builds the error of a response: its class, and what may be shown of the response.

use std::time::{Duration, SystemTime};

use crate::error::{Action, Report, Status};
use crate::protocol::redact::Redactor;

use super::class::Class;
use super::error_response::ErrorResponse;
use super::view::ResponseView;

/// The most that is shown of a body, in bytes.
const BODY_SHOWN: usize = 64 * 1024;
/// The longest `data` that is shown, in bytes.
const DATA_SHOWN: usize = 64 * 1024;
/// The most that is read of the server's message, before its escapes are decoded, in bytes.
const MESSAGE_READ: usize = 64 * 1024;
/// The most that is shown of the server's message, in bytes.
const MESSAGE_SHOWN: usize = 512;
/// The longest wait that is accepted from a server.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// The wait after a 429 without Retry-After: BosBase's default window (`docs/protocol.md`, "Rate limits").
const WAIT_RATE_LIMITED: Duration = Duration::from_secs(3);

/// The error of a response of this class.
pub(super) fn report(
    class: &Class,
    parsed: &ErrorResponse<'_>,
    response: &ResponseView<'_>,
    secrets: &[&str],
    now: SystemTime,
) -> Report {
    let redactor = Redactor::new(secrets);
    let mut report = Report::new(class.status, class.action, message(class, parsed));
    report.http_status = response.status;
    report.retry_after = retry_after(class, response.retry_after, now);
    report.outcome_unknown = !proves_no_effect(class, parsed);
    report.body = match parsed.object {
        _ if parsed.is_2xx() => Vec::new(),
        Some(object) => redactor.json_body(object, response.status, BODY_SHOWN),
        None => redactor.text(response.body, BODY_SHOWN),
    };
    if let Some(envelope) = &parsed.envelope {
        report.server_message = sanitize(&redactor.string(envelope.message, MESSAGE_READ));
        report.data_json = redactor.json(envelope.data, response.status, DATA_SHOWN);
    }
    if let (Status::MfaRequired, Some(id)) = (class.status, &parsed.mfa_id) {
        report.mfa_id = redactor.id(id);
    }
    report
}

fn message(class: &Class, parsed: &ErrorResponse<'_>) -> String {
    match parsed.json_error.filter(|_| parsed.is_2xx()) {
        Some(json_error) => format!(
            "the response reports success but its JSON is invalid ({json_error}): ask the operator what modifies responses"
        ),
        None => class.message.to_owned(),
    }
}

/// Whether the response proves that the server did nothing. A 5xx never does, even in BosBase's own form: the server
/// also sends one if its database connection ends after the commit.
fn proves_no_effect(class: &Class, parsed: &ErrorResponse<'_>) -> bool {
    let is_rejection = matches!(parsed.http_status, 100..=199 | 300..=499);
    is_rejection && parsed.envelope.is_some()
        || matches!(class.status, Status::MfaRequired | Status::RateLimited)
        || parsed.is_head && matches!(parsed.http_status, 400..=406 | 408..=499)
}

/// The time to wait before a retry; zero if a retry is not the action.
fn retry_after(class: &Class, header: &str, now: SystemTime) -> Duration {
    let default = match (class.action, class.status) {
        (Action::RetryLater, Status::RateLimited) => WAIT_RATE_LIMITED,
        (Action::RetryLater, _) => Duration::ZERO,
        _ => return Duration::ZERO,
    };
    parse_retry_after(header.trim_ascii(), now)
        .unwrap_or(default)
        .min(WAIT_MAX)
}

/// Parses Retry-After (RFC 9110 §10.2.3): seconds or a date. A date in the past is ignored: the clocks differ.
fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // A number too large for the type is more than the longest wait.
        return Some(value.parse().map_or(WAIT_MAX, Duration::from_secs));
    }
    httpdate::parse_http_date(value)
        .ok()?
        .duration_since(now)
        .ok()
}

/// Makes a message safe to show: one line of limited length, without control and direction-changing characters.
fn sanitize(message: &str) -> String {
    let mut line = String::new();
    for c in message.chars() {
        let c = if is_unsafe(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        };
        if line.len() + c.len_utf8() > MESSAGE_SHOWN {
            break;
        }
        line.push(c);
    }
    line
}

/// Control characters, line ends, and characters that change the text direction.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
