//! How one call differs from the client's configuration: [`CallOptions`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::http::{Cancel, WaitHook};
use crate::secret::Secret;
use crate::{input, protocol};

/// How one call differs. An option without meaning for a call is ignored.
#[derive(Clone)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) body_json: Option<Secret>,
    pub(crate) keep_session: bool,
    pub(crate) mfa_id: Option<String>,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) wait_hook: Option<Arc<WaitHook>>,
}

impl CallOptions {
    /// Options that change nothing.
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
        }
    }

    /// The whole call's deadline, instead of the client's: 1 ms to one day.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        input::timeout(timeout)?;
        self.timeout = Some(timeout);
        Ok(())
    }

    /// Adds a query parameter such as `expand` or `fields` (see [`input::query`]). The server writes
    /// the address into its log: put no secret here.
    pub fn add_query(&mut self, name: &str, value: &str) -> Result<(), Error> {
        input::query(name, value)?;
        self.query.push((name.into(), value.into()));
        Ok(())
    }

    /// Adds a header (see [`input::header`]). It replaces the configuration's of that name; the same
    /// name added twice here is sent twice.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        input::header(name, value)?;
        self.headers.push((name.into(), Secret::new(value)));
        Ok(())
    }

    /// Extra members for the request's body: a JSON object of up to 64 KiB without duplicate names.
    /// Names that would take the place of the call's own are refused: `email`, `password`, `token`,
    /// `identity`, `identityField`, `otpId` and `mfaId`, in any case.
    pub fn set_body_json(&mut self, object: &str) -> Result<(), Error> {
        protocol::bodies::check_extra_fields(object)?;
        self.body_json = Some(Secret::new(object));
        Ok(())
    }

    /// `false`: log in without keeping the session in the client.
    pub fn set_keep_session(&mut self, keep: bool) {
        self.keep_session = keep;
    }

    /// The id of a started MFA login ([`Error::mfa_id`]); sent in the query.
    pub fn set_mfa_id(&mut self, mfa_id: &str) -> Result<(), Error> {
        input::mfa_id(mfa_id)?;
        self.mfa_id = Some(mfa_id.into());
        Ok(())
    }

    /// What can stop the call. It may be shared with other calls.
    pub fn set_cancel(&mut self, cancel: &Cancel) {
        self.cancel = Some(cancel.clone());
    }

    /// A function that is called on the thread of the call while it waits: when a signal interrupts a wait, and at
    /// least every 200 ms. `true` ends the call with [`Status::Cancelled`](crate::Status::Cancelled). For hosts that
    /// run signal handlers themselves, as interpreters do. It may make other calls; the time it takes counts.
    pub fn set_wait_hook(&mut self, hook: impl Fn() -> bool + Send + Sync + 'static) {
        self.wait_hook = Some(Arc::new(hook));
    }

    /// No wait hook.
    pub fn clear_wait_hook(&mut self) {
        self.wait_hook = None;
    }
}

impl Default for CallOptions {
    fn default() -> Self {
        CallOptions::new()
    }
}

impl fmt::Debug for CallOptions {
    /// Shows names, never values: a header may be an Authorization.
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
