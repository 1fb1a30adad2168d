//! A call in flight: sends its request, parses its response, and maps every failure to an [`Error`].

use std::time::{Duration, UNIX_EPOCH};

use zeroize::Zeroizing;

use crate::client::Inner;
use crate::clock::Clock;
use crate::error::{Action, Error, Report, Status};
use crate::http::{self, Cause, NetworkError, Request, Response, SystemError};
use crate::protocol::json::{Check, JsonError, Stopped};
use crate::protocol::responses::{self, RequestInfo, ResponseView};
use crate::request::CallRequest;
use crate::session::Session;

/// A call in flight.
pub(crate) struct PendingCall<'a> {
    request: CallRequest<'a>,
    timeout: Duration,
    call: http::Call<'a>,
}

impl<'a> PendingCall<'a> {
    /// Starts a call with this request.
    pub fn start(request: CallRequest<'a>) -> Result<Self, Error> {
        let (client, options) = (request.client, request.options);
        let timeout = options.timeout.unwrap_or(client.config.timeout);
        let (cancel, hook) = (options.cancel.as_ref(), options.wait_hook.as_deref());
        match http::Call::start(&client.transport, timeout, cancel, hook) {
            Ok(call) => Ok(PendingCall {
                request,
                timeout,
                call,
            }),
            Err(error) => Err(network_error(&request, timeout, &error)),
        }
    }

    /// Sends the request with this body and receives the response.
    pub fn send(&self, body: Option<&[u8]>) -> Result<Response, Error> {
        let request = Request {
            method: self.request.method,
            target: &self.request.target,
            host: self.request.client.base_url.authority(),
            headers: self.request.headers(body.is_some()),
            body,
            idempotent: self.request.is_idempotent(),
        };
        let response = self.call.send(&request);
        response.map_err(|error| self.error(&error))
    }

    /// Fails if the call has been cancelled or its deadline has passed, before a response of this status takes effect.
    pub fn check(&self, http_status: u16) -> Result<(), Error> {
        self.call.check().map_err(|mut error| {
            error.progress.http_status = Some(http_status);
            self.error(&error)
        })
    }

    /// Runs work on a response of this status, which stops when the call is cancelled or its deadline passes.
    pub fn checked<T>(
        &self,
        http_status: u16,
        work: impl FnOnce(Check<'_>) -> Result<T, Stopped>,
    ) -> Result<T, Error> {
        let check = || self.call.check().map_err(|_| Stopped);
        work(&check).map_err(|Stopped| self.stopped(http_status))
    }

    /// Parses the response with `parse`. The secrets of the request are redacted in everything that an error shows.
    pub fn parse<'r, T>(
        &self,
        response: &'r Response,
        secrets: &[&str],
        parse: impl FnOnce(&ResponseView<'r>, Check<'_>) -> Result<T, Option<JsonError>>,
    ) -> Result<T, Error> {
        // No result depends on a header.
        let view = ResponseView {
            status: response.status,
            content_type: "",
            retry_after: "",
            body: response.body.as_slice(),
        };
        let check = || self.call.check().map_err(|_| Stopped);
        parse(&view, &check).map_err(|error| match error {
            Some(JsonError::Stopped) => self.stopped(response.status),
            json_error => self.failure(response, json_error, secrets),
        })
    }

    /// The error of a response without the expected result, because of `json_error` if its JSON is the reason.
    fn failure(
        &self,
        response: &Response,
        json_error: Option<JsonError>,
        secrets: &[&str],
    ) -> Error {
        let headers = response.headers.to_vec();
        let header = |name| first(&headers, name);
        let view = ResponseView {
            status: response.status,
            content_type: header("Content-Type"),
            retry_after: header("Retry-After"),
            body: response.body.as_slice(),
        };
        let check = || self.call.check().map_err(|_| Stopped);
        let added = self.request.added_secrets();
        let added = added.iter().map(|secret| secret.as_str());
        let secrets: Vec<&str> = secrets.iter().copied().chain(added).collect();
        let request = RequestInfo {
            endpoint: self.request.endpoint,
            is_head: self.request.method == "HEAD",
            had_fields: self.request.has_fields(),
            secrets: &secrets,
        };
        // Of the response itself, so that a wait until a date is not too short.
        let now = match response.date {
            Some(date) => UNIX_EPOCH + Duration::from_secs(date.unsigned_abs()),
            None => self.clock().now(),
        };
        match responses::error(&request, &view, json_error, now, &check) {
            Ok(report) => self.response_error(response, report),
            Err(Stopped) => self.stopped(response.status),
        }
    }

    /// Parses the response of a login or refresh. The session is not committed.
    pub fn session(&self, response: &Response, secrets: &[&str]) -> Result<Session, Error> {
        let login = self.parse(response, secrets, responses::login)?;
        let session = Session::new(
            self.request.client.base_url.url(),
            login.token,
            login.record_json,
            login.meta_json,
        );
        Ok(session.with_clock(self.clock()))
    }

    /// The server's clock.
    fn clock(&self) -> Clock {
        self.request.client.transport.clock.get()
    }

    /// The error of a successful response of this status that the call rejects.
    pub fn rejected(&self, http_status: u16, message: &'static str) -> Error {
        Report {
            outcome_unknown: true,
            http_status,
            url: self.request.url(),
            ..Report::new(Status::UnexpectedResponse, Action::ContactOperator, message)
        }
        .into()
    }

    fn response_error(&self, response: &Response, mut report: Report) -> Error {
        // After a temporary failure of the retry the outcome of the first attempt is unknown. Any other rejection
        // applies to both.
        report.outcome_unknown |= response.is_retry && report.action == Action::RetryLater;
        // If the server does not know the path, the base URL may be the reason.
        let is_unknown = matches!(report.status, Status::NotFound | Status::UnexpectedResponse);
        if let (true, Some(advice)) = (is_unknown, self.request.client.base_url.advice()) {
            report.message = format!("{} ({advice})", report.message);
        }
        report.url = self.request.url();
        report.into()
    }

    /// The error of a call that [`PendingCall::check`] stopped while its response was parsed.
    fn stopped(&self, http_status: u16) -> Error {
        // A call that has failed fails again.
        let error = self.check(http_status).err();
        error.unwrap_or_else(|| self.error(&Cause::Cancelled.into()))
    }

    fn error(&self, error: &NetworkError) -> Error {
        network_error(&self.request, self.timeout, error)
    }
}

/// The value of the first header of this name; empty if absent.
fn first<'a>(headers: &'a [(String, Zeroizing<String>)], name: &str) -> &'a str {
    let mut headers = headers.iter();
    let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value)
}

/// The error of a call without a complete response.
fn network_error(request: &CallRequest<'_>, timeout: Duration, error: &NetworkError) -> Error {
    let (status, action) = class(error);
    Report {
        outcome_unknown: error.progress.sent && !error.progress.rejected,
        http_status: error.progress.http_status.unwrap_or(0),
        url: request.url(),
        ..Report::new(
            status,
            action,
            message(request.client, timeout, error.cause),
        )
    }
    .into()
}

fn class(error: &NetworkError) -> (Status, Action) {
    let status = match error.cause {
        Cause::Resolve | Cause::SystemAtResolve(_) => Status::NameLookup,
        Cause::Connect => Status::Connect,
        Cause::Tls(_) => Status::Tls,
        Cause::ConnectionLost => Status::ConnectionLost,
        Cause::InvalidResponse(_) => Status::UnexpectedResponse,
        Cause::TooLarge(_) => Status::ResponseTooLarge,
        Cause::Timeout(_) | Cause::ConnectTimeout(_) => Status::Timeout,
        Cause::Cancelled => Status::Cancelled,
        Cause::System(_) if error.progress.sent => Status::ConnectionLost,
        Cause::System(_) => Status::Connect,
    };
    let action = match error.cause {
        Cause::System(SystemError::OTHER) | Cause::SystemAtResolve(SystemError::OTHER) => {
            Action::ReportBug
        }
        // The program or its environment can fix errors of the local operating system.
        Cause::System(_) | Cause::SystemAtResolve(_) => Action::FixCall,
        _ => status.default_action(),
    };
    (status, action)
}

fn message(client: &Inner, timeout: Duration, cause: Cause) -> String {
    match cause {
        Cause::Resolve => {
            let host = client.base_url.host();
            format!("cannot resolve host name \"{host}\": check the base URL and the network")
        }
        Cause::Connect => {
            "cannot connect to the server: check that it is running, and the network".into()
        }
        Cause::Tls(reason) => format!("TLS failed: {reason}"),
        Cause::ConnectionLost => {
            "the connection was closed before the response was complete".into()
        }
        Cause::InvalidResponse(reason) => format!(
            "invalid HTTP response ({reason}): check the base URL, and for a proxy or login page"
        ),
        Cause::TooLarge("body") => {
            "the body of the response is too large: request fewer fields with the query \
            `fields`, or raise the limit with max_response_bytes"
                .into()
        }
        Cause::TooLarge(part) => format!("the {part} of the response is too large"),
        Cause::Timeout(phase) => {
            let timeout = timeout.as_millis();
            format!("timed out while {phase} (timeout of the call: {timeout} ms)")
        }
        Cause::ConnectTimeout(phase) => {
            let timeout = client.config.connect_timeout.as_millis();
            format!("timed out while {phase} (connect timeout: {timeout} ms)")
        }
        Cause::Cancelled => "the call was cancelled, or its client closed".into(),
        Cause::System(system) | Cause::SystemAtResolve(system) => {
            let reason = system.0;
            format!("the operating system refused a resource: {reason}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::http::{Cancel, Headers};
    use crate::options::CallOptions;
    use crate::protocol::endpoint::Endpoint;
    use crate::secret::SecretBytes;

    /// Parses a login response of 1 MiB with this status. Returns the error's status and HTTP status.
    fn parse(status: u16, options: &CallOptions, cancel: &Cancel) -> Option<(Status, Option<u16>)> {
        let filler = "\"x\",".repeat(1 << 18);
        let body = match status {
            200 => format!(r#"{{"token":"t","record":{{"a":[{filler}0]}}}}"#),
            _ => format!(r#"{{"data":{{"a":[{filler}0]}},"message":"No.","status":{status}}}"#),
        };
        let client = Client::builder("http://127.0.0.1:1")
            .build()
            .expect("a client");
        let endpoint = Endpoint::AUTH_WITH_TOKEN;
        let request = CallRequest::new(&client.inner, "users", endpoint, options);
        let pending = PendingCall::start(request).expect("a call");
        let mut response = Response {
            status,
            headers: Headers::new(b"HTTP/1.1 400 x\r\nContent-Type: application/json\r\n\r\n"),
            body: SecretBytes::default(),
            date: None,
            is_retry: false,
        };
        response.body.push(body.as_bytes());
        cancel.trigger();
        let error = pending
            .parse(&response, &["token-1"], responses::login)
            .err()?;
        Some((error.status(), error.http_status()))
    }

    #[test]
    fn deadline_and_cancellation_apply_while_a_response_is_parsed() {
        for status in [200, 400] {
            let mut options = CallOptions::new();
            let result = parse(status, &options, &Cancel::new());
            let expected = (status == 400).then_some((Status::Validation, Some(400)));
            assert_eq!(result, expected);
            options.timeout = Some(Duration::ZERO);
            let result = parse(status, &options, &Cancel::new());
            assert_eq!(result, Some((Status::Timeout, Some(status))));

            let cancel = Cancel::new();
            let options = CallOptions::new().cancel(&cancel);
            let result = parse(status, &options, &cancel);
            assert_eq!(result, Some((Status::Cancelled, Some(status))));
        }
    }
}
