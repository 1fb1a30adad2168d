//! The calls: each checks its arguments, asks the server, and says what the answer means. The only
//! place that knows both BosBase's protocol and the network.

use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::client::Client;
use crate::error::{Action, Error, Report, Status};
use crate::http::{self, Cause, NetworkError, Request, Response, SystemError};
use crate::input;
use crate::options::CallOptions;
use crate::protocol::bodies;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::json::{Check, Fault, Stopped};
use crate::protocol::redact::MIN_REDACTED_LEN;
use crate::protocol::responses::{self, RequestInfo, ResponseView};
use crate::secret::SecretBytes;
use crate::session::Session;

/// Options that change nothing, for calls made without any.
static NO_OPTIONS: CallOptions = CallOptions::new();

/// An auth collection of a server: `users`, `_superusers` or any other, by name or id.
#[derive(Clone, Copy, Debug)]
pub struct Collection<'a> {
    client: &'a Client,
    name: &'a str,
    options: &'a CallOptions,
}

impl<'a> Collection<'a> {
    pub(crate) fn new(client: &'a Client, name: &'a str) -> Self {
        Collection {
            client,
            name,
            options: &NO_OPTIONS,
        }
    }

    /// The same collection, with options for the calls made through it.
    pub fn with(self, options: &'a CallOptions) -> Self {
        Collection { options, ..self }
    }

    /// Binds `token` to the account with this email and password, so that it logs the account in by
    /// itself. A token bound to another account of the collection moves to this one. The token is
    /// itself a password from then on: make it of at least 128 random bits.
    ///
    /// Email and password are 1 to 255 bytes, the token 1 to 1024. The session is not touched.
    ///
    /// # Errors
    /// `Credentials` for a wrong email or password, `Validation`, `MethodDisabled`, `NotFound`, and
    /// what any call may meet (`docs/protocol.md`, "Error response"). After an error with
    /// [`Error::outcome_unknown`] the token may be bound; binding again is safe.
    pub fn bind_token(&self, email: &str, password: &str, token: &str) -> Result<(), Error> {
        self.change_binding(Endpoint::BIND_TOKEN, email, password, token)
    }

    /// Ends the binding of `token` to the account with this email and password.
    ///
    /// Success does not prove that the token was bound: the server answers the same for a token that
    /// was never bound or belongs to another account (`docs/protocol.md`, "Binding"). In the first two
    /// seconds of a new server it removes nothing (`docs/protocol.md`, "A new server").
    ///
    /// # Errors
    /// As [`Collection::bind_token`].
    pub fn unbind_token(&self, email: &str, password: &str, token: &str) -> Result<(), Error> {
        self.change_binding(Endpoint::UNBIND_TOKEN, email, password, token)
    }

    /// Logs in with a bound token: 1 to 1024 bytes. The session becomes the client's, unless
    /// [`CallOptions::set_keep_session`] is off or a login, save or clear begun later has won
    /// ([`Session::was_kept`]).
    ///
    /// # Errors
    /// `UnknownToken` for a token that is not bound in this collection (never delete the token because of
    /// one, see [`Status::UnknownToken`](crate::Status::UnknownToken)), `MfaRequired` with
    /// [`Error::mfa_id`] where a second factor is wanted, `Forbidden` by the collection's auth rule,
    /// `NotFound`, and what any call may meet (`docs/protocol.md`, "Error response"). An error leaves the
    /// session as it was.
    pub fn auth_with_token(&self, token: &str) -> Result<Session, Error> {
        input::collection(self.name)?;
        input::token(token)?;
        let ticket = self.client.inner.store.begin();
        let body = bodies::token(token, self.extra());
        let asking = self.ask(Endpoint::AUTH_WITH_TOKEN)?;
        let response = asking.send(&body)?;
        let login = asking.read(&response, &[token], responses::login)?;
        let session = Session::new(login.token, login.record_json, login.meta_json);
        asking.check(response.status)?;
        let was_kept =
            self.options.keep_session && self.client.inner.store.commit(ticket, Some(&session));
        Ok(session.kept(was_kept))
    }

    fn change_binding(
        &self,
        endpoint: Endpoint,
        email: &str,
        password: &str,
        token: &str,
    ) -> Result<(), Error> {
        input::collection(self.name)?;
        input::email(email)?;
        input::password(password)?;
        input::token(token)?;
        let body = bodies::credentials(email, password, token, self.extra());
        let asking = self.ask(endpoint)?;
        let response = asking.send(&body)?;
        asking.read(&response, &[password, token], |response, _| {
            responses::no_content(response)
        })
    }

    fn extra(&self) -> Option<&str> {
        self.options.body_json.as_ref().map(|json| json.expose())
    }

    /// Begins a call.
    fn ask(self, endpoint: Endpoint) -> Result<Asking<'a>, Error> {
        let inner = &*self.client.inner;
        let options = self.options;
        let mfa_id = options.mfa_id.as_deref();
        let target = inner
            .base_url
            .target(self.name, endpoint, &options.query, mfa_id);
        let timeout = options.timeout.unwrap_or(inner.config.timeout);
        let (cancel, hook) = (options.cancel.as_ref(), options.wait_hook.as_deref());
        match http::Call::start(&inner.transport, timeout, cancel, hook) {
            Ok(exchange) => Ok(Asking {
                collection: self,
                endpoint,
                target,
                timeout,
                exchange,
            }),
            Err(failure) => Err(self.error(&target, self.no_response(&failure, timeout))),
        }
    }

    /// The error of a call for this target.
    fn error(&self, target: &str, report: Report) -> Error {
        let url = self.client.inner.base_url.address(target);
        Report { url, ..report }.into()
    }

    /// The error of a call without a complete response.
    fn no_response(&self, error: &NetworkError, timeout: Duration) -> Report {
        let (status, action, message) = match error.cause {
            Cause::Resolve => (
                Status::NameLookup,
                Action::CheckNetwork,
                format!(
                    "cannot resolve host name \"{}\": check the base URL and the network",
                    self.client.inner.base_url.host()
                ),
            ),
            Cause::Connect => (
                Status::Connect,
                Action::CheckNetwork,
                "cannot connect to the server: check that it is running, and the network".into(),
            ),
            Cause::Tls(reason) => (
                Status::Tls,
                Action::ContactOperator,
                format!("TLS failed: {reason}"),
            ),
            Cause::ConnectionLost => (
                Status::ConnectionLost,
                Action::CheckNetwork,
                "the connection was closed before the response was complete".into(),
            ),
            Cause::InvalidResponse(reason) => (
                Status::UnexpectedResponse,
                Action::CheckNetwork,
                format!(
                    "the response is not BosBase's ({reason}): check the base URL, and for a proxy or login page"
                ),
            ),
            Cause::TooLarge(part) => (
                Status::ResponseTooLarge,
                Action::ContactOperator,
                too_large(part),
            ),
            Cause::Timeout(phase) => (
                Status::Timeout,
                Action::CheckNetwork,
                format!(
                    "timed out while {phase} (timeout of the call: {} ms)",
                    timeout.as_millis()
                ),
            ),
            Cause::Cancelled => (
                Status::Cancelled,
                Action::None,
                "the call was cancelled, or its client closed".into(),
            ),
            Cause::System(system) if error.sent => system_error(Status::ConnectionLost, system),
            Cause::System(system) => system_error(Status::Connect, system),
            Cause::SystemAtResolve(system) => system_error(Status::NameLookup, system),
        };
        Report {
            outcome_unknown: error.sent && !error.rejected,
            http_status: error.http_status.unwrap_or(0),
            ..Report::new(status, action, message)
        }
    }

    /// What the app added that may be a secret: the words of header values (`xyz` of `Bearer xyz`) and the
    /// texts among the extra members. Short ones turn up in any answer by chance, but for an Authorization.
    fn added_secrets(&self) -> Vec<Zeroizing<String>> {
        let headers = self
            .client
            .inner
            .config
            .headers
            .iter()
            .chain(&self.options.headers);
        let words = headers.filter_map(|(name, value)| {
            let word = value.expose().split_whitespace().last()?;
            let is_secret =
                word.len() >= MIN_REDACTED_LEN || name.eq_ignore_ascii_case("Authorization");
            is_secret.then(|| Zeroizing::new(word.to_owned()))
        });
        words
            .chain(bodies::texts(self.extra(), MIN_REDACTED_LEN))
            .collect()
    }

    /// The library's own headers, then the configuration's and the call's: the call's take the place of
    /// the configuration's of that name, and either that of the library's User-Agent.
    fn headers(&self) -> Vec<(&str, &str)> {
        let config = &self.client.inner.config;
        let named = |name: &str, (other, _): &(String, _)| other.eq_ignore_ascii_case(name);
        let mut headers = vec![("Content-Type", "application/json")];
        if !config
            .headers
            .iter()
            .chain(&self.options.headers)
            .any(|header| named("User-Agent", header))
        {
            headers.push(("User-Agent", &config.user_agent));
        }
        let kept = config.headers.iter().filter(|(name, _)| {
            !self
                .options
                .headers
                .iter()
                .any(|header| named(name, header))
        });
        headers.extend(
            kept.chain(&self.options.headers)
                .map(|(name, value)| (name.as_str(), value.expose())),
        );
        headers
    }
}

/// A call that has begun, and what is needed to make sense of its end.
struct Asking<'a> {
    collection: Collection<'a>,
    endpoint: Endpoint,
    target: String,
    timeout: Duration,
    exchange: http::Call<'a>,
}

impl Asking<'_> {
    fn send(&self, body: &SecretBytes) -> Result<Response, Error> {
        // Completing an MFA login consumes its id.
        let uses_mfa_id = self.endpoint.is_login() && self.collection.options.mfa_id.is_some();
        let request = Request {
            method: "POST",
            target: &self.target,
            host: self.collection.client.inner.base_url.authority(),
            headers: self.collection.headers(),
            body: body.as_slice(),
            idempotent: self.endpoint.is_idempotent() && !uses_mfa_id,
        };
        let answer = self.exchange.send(&request);
        answer.map_err(|failure| self.failure(&failure))
    }

    /// The message of a report. Where a server does not know the path, the base URL may be the reason.
    fn with_advice(&self, report: &Report) -> String {
        let is_unknown = matches!(report.status, Status::NotFound | Status::UnexpectedResponse);
        let advice = self.collection.client.inner.base_url.advice();
        match advice.filter(|_| is_unknown) {
            Some(advice) => format!("{} ({advice})", report.message),
            None => report.message.clone(),
        }
    }

    /// The last look before a response of this status is acted upon: whether the call still is to succeed.
    fn check(&self, http_status: u16) -> Result<(), Error> {
        let looked = self.exchange.check();
        looked.map_err(|_| self.stopped(http_status))
    }

    /// Parses the response. The secrets of the call are redacted in everything an error shows.
    fn read<'r, T>(
        &self,
        response: &'r Response,
        secrets: &[&str],
        parse: impl FnOnce(&ResponseView<'r>, Check<'_>) -> Result<T, Option<Fault>>,
    ) -> Result<T, Error> {
        let view = ResponseView {
            status: response.status,
            content_type: &response.content_type,
            retry_after: &response.retry_after,
            body: response.body.as_slice(),
        };
        let check = || self.exchange.check().map_err(|_| Stopped);
        let fault = match parse(&view, &check) {
            Ok(result) => return Ok(result),
            Err(Some(Fault::Stopped)) => return Err(self.stopped(response.status)),
            Err(fault) => fault,
        };
        let query = &self.collection.options.query;
        let added = self.collection.added_secrets();
        let added = added.iter().map(|secret| secret.as_str());
        let secrets: Vec<&str> = secrets.iter().copied().chain(added).collect();
        let request = RequestInfo {
            endpoint: self.endpoint,
            had_fields: query.iter().any(|(name, _)| name == "fields"),
            secrets: &secrets,
        };
        let report = responses::error(&request, &view, fault, SystemTime::now(), &check)
            .map_err(|Stopped| self.stopped(response.status))?;
        // A server that cannot serve now says nothing about the first attempt. Any other refusal would have
        // been the response to that one too.
        let may_have_happened = response.is_retry && report.action == Action::RetryLater;
        Err(self.error(Report {
            outcome_unknown: report.outcome_unknown || may_have_happened,
            message: self.with_advice(&report),
            ..report
        }))
    }

    /// The error of a call whose deadline passed, or that was cancelled, while its response was read.
    fn stopped(&self, http_status: u16) -> Error {
        match self.exchange.check() {
            Ok(()) => Error::internal("a call that has ended goes on"),
            Err(failure) => self.error(Report {
                http_status,
                ..self.collection.no_response(&failure, self.timeout)
            }),
        }
    }

    fn failure(&self, failure: &NetworkError) -> Error {
        self.error(self.collection.no_response(failure, self.timeout))
    }

    fn error(&self, report: Report) -> Error {
        self.collection.error(&self.target, report)
    }
}

/// An error of the local operating system, which the program or its environment can fix.
fn system_error(status: Status, cause: SystemError) -> (Status, Action, String) {
    let action = match cause {
        SystemError::Other => Action::ReportBug,
        _ => Action::FixCall,
    };
    let reason = cause.reason();
    let message = format!("the local system refused a resource: {reason}");
    (status, action, message)
}

/// What to do about a response that is over a limit. Only the limit of its body is the app's.
fn too_large(part: &str) -> String {
    if part == "body" {
        return "the response's body is larger than allowed: name the fields that are needed in the query \
                `fields`, or raise the limit with max_response_bytes"
            .into();
    }
    format!("the response's {part} is larger than allowed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Cancel;

    /// What a call of these options makes of 1 MiB that has come with this status.
    fn read(status: u16, options: &CallOptions, cancel: &Cancel) -> Option<(Status, Option<u16>)> {
        let filler = "\"x\",".repeat(1 << 18);
        let body = match status {
            200 => format!(r#"{{"token":"t","record":{{"a":[{filler}0]}}}}"#),
            _ => format!(r#"{{"data":{{"a":[{filler}0]}},"message":"No.","status":{status}}}"#),
        };
        let client = Client::builder("http://127.0.0.1:1")
            .build()
            .expect("a client");
        let users = client.collection("users").with(options);
        let asking = users.ask(Endpoint::AUTH_WITH_TOKEN);
        let asking = asking.expect("a call");
        let mut response = Response {
            status,
            content_type: "application/json".into(),
            retry_after: String::new(),
            body: SecretBytes::default(),
            is_retry: false,
        };
        response.body.push(body.as_bytes());
        cancel.trigger();
        let error = asking
            .read(&response, &["token-1"], responses::login)
            .err()?;
        Some((error.status(), error.http_status()))
    }

    #[test]
    fn deadline_and_cancellation_are_looked_at_while_a_response_is_read() {
        for status in [200, 400] {
            let mut options = CallOptions::new();
            let given = read(status, &options, &Cancel::new());
            let expected = (status == 400).then_some((Status::Validation, Some(400)));
            assert_eq!(given, expected);
            options.timeout = Some(Duration::ZERO);
            let given = read(status, &options, &Cancel::new());
            assert_eq!(given, Some((Status::Timeout, Some(status))));

            let (mut options, cancel) = (CallOptions::new(), Cancel::new());
            options.set_cancel(&cancel);
            let given = read(status, &options, &cancel);
            assert_eq!(given, Some((Status::Cancelled, Some(status))));
        }
    }
}
