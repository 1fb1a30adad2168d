//! The call that checks the session with the server and updates it.

use crate::client::Client;
use crate::error::{Error, Report, Status};
use crate::options::CallOptions;
use crate::protocol::endpoint::Endpoint;
use crate::session::Session;

impl Client {
    /// Checks the client's session with the server, and updates its record. The new session becomes the client's, unless
    /// [`CallOptions::keep_session`] is off or the client's session has changed since the start of the call
    /// ([`Session::was_kept`]).
    ///
    /// BosBase returns the token unchanged, since it is valid for 100 years. From the second refresh of a token on, the
    /// record may be up to 30 minutes old, and a deleted account may still be found (`docs/protocol.md`, "Login
    /// response"). For a current record, call [`Client::send`]:
    ///
    /// ```no_run
    /// # let client = bosauth::Client::builder("https://api.example.com").build()?;
    /// let options = bosauth::CallOptions::new();
    /// let session = client.auth_refresh(&options)?;
    /// let id = session.field("id").unwrap_or_default();
    /// let record = client.send("GET", &format!("/api/collections/users/records/{id}"), None, &options)?;
    /// # Ok::<(), bosauth::Error>(())
    /// ```
    ///
    /// The collection is that of the session's record or, without one, of its token.
    ///
    /// # Errors
    /// `NoSession` if there is no session, or one whose collection is unknown: nothing is sent. `Unauthorized` if the
    /// server does not accept the session: log in again. `Store`, `StoreUnavailable` or `StoreCorrupt` if the session cannot
    /// be read from the session file or storage: nothing is sent. `UnexpectedResponse` also for a response of another account.
    /// `Forbidden`, `NotFound`, and the errors common to all calls (`docs/protocol.md`, "Error response"). The session is
    /// unchanged after an error.
    pub fn auth_refresh(&self, options: &CallOptions) -> Result<Session, Error> {
        options.check_for_json()?;
        let current = self.session()?.ok_or_else(no_session)?;
        let name = current.collection_id().ok_or_else(no_session)?;
        let collection = self.collection(&name).with(options);
        let (pending, response) =
            collection.send(Endpoint::AUTH_REFRESH, &[], Some(current.clone()))?;
        let new = pending.session(&response, &[])?;
        if !new.is_of_account(&current) {
            return Err(pending.rejected(
                response.status,
                "the response is of another account than the session: ask the operator what caches or modifies responses",
            ));
        }
        pending.check(response.status)?;
        let store = &self.inner.store;
        let keeps = options.keep_session;
        let committed = keeps.then(|| store.commit_refresh(&current, &new));
        drop(pending);
        Ok(new.committed(committed.flatten()))
    }
}

fn no_session() -> Error {
    let status = Status::NoSession;
    let message = "there is no session, or its collection is unknown: log in first";
    Report::new(status, status.default_action(), message).into()
}
