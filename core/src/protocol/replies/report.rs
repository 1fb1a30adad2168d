//! Puts an error together from a row of the table and what of the answer may be shown.

use std::time::{Duration, SystemTime};

use crate::error::{Action, Report, Status};
use crate::protocol::redact::Redactor;

use super::Answer;
use super::shape::Shape;
use super::table::Row;

/// The most that is shown of a body, in bytes.
const BODY_SHOWN: usize = 64 * 1024;
/// The longest `data` that is shown, in bytes.
const DATA_SHOWN: usize = 64 * 1024;
/// The most that is read of the server's message, as it is written, in bytes.
const MESSAGE_READ: usize = 64 * 1024;
/// The most that is shown of the server's message, in bytes.
const MESSAGE_SHOWN: usize = 512;
/// The longest wait that a server can ask for.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// The wait after a 429 that names none: BosBase's default window (`docs/protocol.md`, "Rate limits").
const WAIT_RATE_LIMITED: Duration = Duration::from_secs(3);

/// The error of an answer in `row`, for a request that was sent.
pub(super) fn report(
    row: &Row,
    shape: &Shape<'_>,
    answer: &Answer<'_>,
    secrets: &[&str],
    now: SystemTime,
) -> Report {
    let redactor = Redactor::new(secrets);
    let mut report = Report::new(row.status, row.action, message(row, shape));
    report.http_status = answer.status;
    report.retry_after = wait(row, answer.retry_after, now);
    report.outcome_unknown = !proves_nothing_was_done(row, shape);
    if !(200..=299).contains(&answer.status) {
        report.body = match shape.object {
            Some(object) => redactor.json_body(object, answer.status, BODY_SHOWN),
            None => redactor.text(answer.body, BODY_SHOWN),
        };
    }
    if let Some(envelope) = &shape.envelope {
        let message = redactor.string(envelope.message, MESSAGE_READ);
        report.server_message = sanitize(&message);
        report.data_json = redactor.json(envelope.data, answer.status, DATA_SHOWN);
    }
    if let Some(id) = shape
        .mfa_id
        .as_ref()
        .filter(|_| row.status == Status::MfaRequired)
    {
        report.mfa_id = redactor.id(id);
    }
    report
}

/// What to tell the app's developer.
fn message(row: &Row, shape: &Shape<'_>) -> String {
    match shape.fault.filter(|_| (200..=299).contains(&shape.status)) {
        Some(fault) => format!(
            "the response says success but its JSON is refused: {fault}; ask the server's operator what changes its responses"
        ),
        None => row.message.to_owned(),
    }
}

/// Whether the response proves that the server did nothing. A 5xx never does, not even in the protocol's own
/// form: the server also answers one when its database connection ends after the commit.
fn proves_nothing_was_done(row: &Row, shape: &Shape<'_>) -> bool {
    let is_refusal = matches!(shape.status, 100..=199 | 300..=499);
    is_refusal && shape.has_envelope()
        || matches!(row.status, Status::MfaRequired | Status::RateLimited)
}

/// How long to wait before the next try; zero if waiting is not what to do.
fn wait(row: &Row, retry_after: &str, now: SystemTime) -> Duration {
    if row.action != Action::RetryLater {
        return Duration::ZERO;
    }
    let fallback = if row.status == Status::RateLimited {
        WAIT_RATE_LIMITED
    } else {
        Duration::ZERO
    };
    read_retry_after(retry_after.trim_ascii(), now)
        .unwrap_or(fallback)
        .min(WAIT_MAX)
}

/// Retry-After (RFC 9110 §10.2.3): seconds or a date. A date that has passed says nothing: the clocks
/// differ.
fn read_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a number holds are more than the longest wait.
        return Some(value.parse().map_or(WAIT_MAX, Duration::from_secs));
    }
    httpdate::parse_http_date(value)
        .ok()?
        .duration_since(now)
        .ok()
}

/// One line that is safe to show: no control or direction-changing characters, and not too long.
fn sanitize(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars().map(|c| {
        if is_harmful(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    }) {
        if line.len() + c.len_utf8() > MESSAGE_SHOWN {
            break;
        }
        line.push(c);
    }
    line
}

/// Control characters, line ends, and those that change the direction of text.
fn is_harmful(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}
