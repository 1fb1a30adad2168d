//! Per-call options: [`CallOptions`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::deferred_error::DeferredError;
use crate::error::Error;
use crate::http::{Cancel, WaitHook};
use crate::secret::Secret;
use crate::{input, protocol};

/// Per-call options, passed to [`Collection::with`](crate::Collection::with).
///
/// Setters cannot fail. The first invalid value is reported by the call that uses the options, or by
/// [`CallOptions::check`]. An option that does not apply to a call is ignored.
///
/// ```
/// use std::time::Duration;
///
/// let options = bosauth::CallOptions::new()
///     .timeout(Duration::from_secs(30))
///     .query("expand", "team");
/// assert!(options.check().is_ok());
/// ```
#[derive(Clone)]
#[must_use]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) body_json: Option<Secret>,
    pub(crate) keep_session: bool,
    pub(crate) mfa_id: Option<String>,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) wait_hook: Option<Arc<WaitHook>>,
    error: Option<Error>,
}

impl CallOptions {
    /// Creates options without any effect.
    pub const fn new() -> Self {
        CallOptions {
            timeout: None,
            query: Vec::new(),
            headers: Vec::new(),
            body_json: None,
            keep_session: true,
            mfa_id: None,
            cancel: None,
            wait_hook: None,
            error: None,
        }
    }

    /// Sets the total timeout of the call, in place of the client's: 1 ms to 1 day.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|options| {
            input::timeout(timeout)?;
            options.timeout = Some(timeout);
            Ok(())
        })
    }

    /// Adds a query parameter such as `expand` or `fields`; see [`input::query`] for its limits. The server logs
    /// request URLs: do not pass a secret.
    pub fn query(self, name: &str, value: &str) -> Self {
        self.set(|options| {
            input::query(name, value)?;
            options.query.push((name.into(), value.into()));
            Ok(())
        })
    }

    /// Adds a header; see [`input::call_header`] for its limits. It replaces the client's headers of the same name. A
    /// name added twice is sent twice. Only [`Client::send`](crate::Client::send) accepts a Content-Type.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.set(|options| {
            input::call_header(name, value)?;
            options.headers.push((name.into(), Secret::new(value)));
            Ok(())
        })
    }

    /// Sets extra fields of the request body: a JSON object of at most 64 KiB without duplicate names.
    ///
    /// The names of the call's own fields are rejected, in any case: `email`, `password`, `token`, `identity`,
    /// `identityField`, `otpId` and `mfaId`.
    pub fn body_json(self, object: &str) -> Self {
        self.set(|options| {
            protocol::bodies::check_extra_fields(object)?;
            options.body_json = Some(Secret::new(object));
            Ok(())
        })
    }

    /// Sets whether the session of a login or refresh becomes the client's session. The default is `true`.
    pub fn keep_session(mut self, keep: bool) -> Self {
        self.keep_session = keep;
        self
    }

    /// Sets the id of the MFA login to complete, from [`Error::mfa_id`]. It is sent in the query.
    pub fn mfa_id(self, mfa_id: &str) -> Self {
        self.set(|options| {
            input::mfa_id(mfa_id)?;
            options.mfa_id = Some(mfa_id.into());
            Ok(())
        })
    }

    /// Sets the handle that cancels the call. Other calls may use the same one.
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Sets a function that is called on the thread of the call while it waits: when a signal interrupts a wait,
    /// and at least every 200 ms. If it returns `true`, the call fails with
    /// [`Status::Cancelled`](crate::Status::Cancelled). For hosts that run signal handlers themselves, such as
    /// interpreters. It may make other calls; its run time counts towards the deadline.
    pub fn wait_hook(mut self, hook: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.wait_hook = Some(Arc::new(hook));
        self
    }

    /// Removes the wait hook.
    pub fn no_wait_hook(mut self) -> Self {
        self.wait_hook = None;
        self
    }

    /// Returns the first error of a setter. A call with these options fails with the same error.
    pub fn check(&self) -> Result<(), Error> {
        self.error.clone().map_or(Ok(()), Err)
    }

    /// As [`CallOptions::check`], for a call whose body is JSON.
    pub(crate) fn check_for_json(&self) -> Result<(), Error> {
        self.check()?;
        match has_header(&self.headers, "Content-Type") {
            true => Err(input::content_type()),
            false => Ok(()),
        }
    }
}

/// Whether one of the headers has this name.
pub(crate) fn has_header(headers: &[(String, Secret)], name: &str) -> bool {
    headers
        .iter()
        .any(|(other, _)| other.eq_ignore_ascii_case(name))
}

impl DeferredError for CallOptions {
    fn deferred_error(&mut self) -> &mut Option<Error> {
        &mut self.error
    }
}

impl Default for CallOptions {
    fn default() -> Self {
        CallOptions::new()
    }
}

impl fmt::Debug for CallOptions {
    /// Writes names, never values: a header may be an Authorization.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| {
            pairs
                .iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("query", &names(&self.query))
            .field(
                "headers",
                &self
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field("body_json", &self.body_json)
            .field("keep_session", &self.keep_session)
            .finish_non_exhaustive()
    }
}
