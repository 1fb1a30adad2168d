//! Any other request to the server: [`Client::send`].

use std::ffi::c_char;
use std::fmt;

use zeroize::Zeroizing;

use crate::client::Client;
use crate::error::Error;
use crate::http;
use crate::input;
use crate::options::CallOptions;
use crate::pending::PendingCall;
use crate::protocol::redact::{MIN_REDACTED_LEN, SECRETS_MAX};
use crate::protocol::{bodies, responses};
use crate::request::CallRequest;
use crate::secret::SecretBytes;

impl Client {
    /// Sends a request below the base URL and returns its response, which has a status of 2xx.
    ///
    /// `method` is sent as it is; see [`input::method`]. `path` starts with a slash and stays below the base URL; see
    /// [`input::path`]. The server logs request URLs: do not pass a secret in it. Query parameters are added with
    /// [`CallOptions::query`]. `body` is at most 32 MiB, and absent or empty for GET and HEAD. Its Content-Type is
    /// `application/json` unless the options have another.
    ///
    /// The token of the client's session is sent as Authorization, unless the options or the configuration have a header
    /// of that name. The request does not change the session. `keep_session`, `mfa_id` and `body_json` of the options do
    /// not apply. Redirects are not followed. Only GET and HEAD are retried (`docs/timeouts-and-cancellation.md`).
    ///
    /// ```no_run
    /// # let client = bosauth::Client::builder("https://api.example.com").build()?;
    /// let options = bosauth::CallOptions::new().query("expand", "team");
    /// let response = client.send("GET", "/api/collections/users/records/r1", None, &options)?;
    /// println!("{}", String::from_utf8_lossy(response.body()));
    /// # Ok::<(), bosauth::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unauthorized` if the server does not accept the session, `Forbidden`, `NotFound`, `Validation`,
    /// `MethodDisabled`, `Store`, `StoreUnavailable` or `StoreCorrupt` if the session cannot be read from the session file or
    /// storage (nothing is sent), and the errors common to all calls. Their [`Error::body`] and [`Error::data_json`] show the
    /// response. Secrets of the request are redacted in them: the session's token, the last words of header values, and
    /// in a JSON body the strings and numbers of fields whose names contain `password`, `token` or `secret`
    /// (`docs/secrets.md`).
    pub fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
        options: &CallOptions,
    ) -> Result<Response, Error> {
        let body = body.filter(|body| !body.is_empty());
        input::method(method)?;
        input::path(path)?;
        input::body(method, body.unwrap_or_default())?;
        options.check()?;
        let request = CallRequest::to_path(&self.inner, method, path, options);
        let session = match request.has_authorization() {
            true => None,
            false => self.session()?,
        };
        let pending = PendingCall::start(request.with_session(session))?;
        let response = pending.send(body)?;
        let secrets = if responses::is_success(response.status) {
            Vec::new()
        } else {
            secrets(&pending, &response, body)?
        };
        let secrets: Vec<&str> = secrets.iter().map(|secret| secret.as_str()).collect();
        pending.parse(&response, &secrets, responses::success)?;
        Ok(Response::new(response))
    }
}

/// The secrets in the body of a request that has failed.
fn secrets(
    pending: &PendingCall<'_>,
    response: &http::Response,
    body: Option<&[u8]>,
) -> Result<Vec<Zeroizing<String>>, Error> {
    let body = body.unwrap_or_default();
    pending.checked(response.status, |check| {
        bodies::secrets(body, MIN_REDACTED_LEN, SECRETS_MAX, check)
    })
}

/// The response to [`Client::send`]. It is immutable and zeroized when dropped.
pub struct Response {
    status: u16,
    headers: Vec<(String, Zeroizing<String>)>,
    /// Ends with NUL, so that C can read it without another copy.
    body: SecretBytes,
}

impl Response {
    fn new(response: http::Response) -> Self {
        let mut body = response.body;
        body.push(b"\0");
        Response {
            status: response.status,
            headers: response.headers.to_vec(),
            body,
        }
    }

    /// Returns the HTTP status: 200 to 299.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the value of the header of this name, which is compared without case; `None` if there is none. The
    /// values of several fields of one name are joined with `, `. Those of Set-Cookie cannot be joined: it is the
    /// first. What is not UTF-8 in a value is replaced by U+FFFD.
    pub fn header(&self, name: &str) -> Option<String> {
        let is_named = |(other, _): &(&str, _)| other.eq_ignore_ascii_case(name);
        let mut values = self.headers().filter(is_named).map(|(_, value)| value);
        let first = values.next()?.to_owned();
        if name.eq_ignore_ascii_case("Set-Cookie") {
            return Some(first);
        }
        Some(values.fold(first, |joined, value| joined + ", " + value))
    }

    /// Returns the names and values of all header fields in their order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.headers.iter();
        headers.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the body; empty if there is none, as for HEAD and for a status of 204.
    pub fn body(&self) -> &[u8] {
        &self.body.as_slice()[..self.body.len() - 1]
    }

    /// [`Response::body`] as a C string that ends with NUL, for the C ABI. It lives as long as the response.
    #[doc(hidden)]
    pub fn body_ptr(&self) -> *const c_char {
        self.body.as_slice().as_ptr().cast()
    }
}

impl fmt::Debug for Response {
    /// Shows neither the headers nor the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_length", &self.body().len())
            .finish_non_exhaustive()
    }
}
