//! The calls of an auth collection: [`Collection`].

use crate::client::Client;
use crate::error::Error;
use crate::input;
use crate::options::CallOptions;
use crate::pending::PendingCall;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::{bodies, responses};
use crate::request::CallRequest;
use crate::session::Session;

/// The default options.
static NO_OPTIONS: CallOptions = CallOptions::new();

/// An auth collection of a server: `users`, `_superusers` or any other, by name or id.
#[derive(Clone, Copy, Debug)]
pub struct Collection<'a> {
    client: &'a Client,
    name: &'a str,
    options: &'a CallOptions,
}

impl Client {
    /// Returns the collection of this name or id, such as `users` or `_superusers`. Its calls validate the name.
    pub fn collection<'a>(&'a self, name: &'a str) -> Collection<'a> {
        Collection {
            client: self,
            name,
            options: &NO_OPTIONS,
        }
    }
}

impl<'a> Collection<'a> {
    /// Returns the same collection with options for the calls made through it.
    pub fn with(self, options: &'a CallOptions) -> Self {
        Collection { options, ..self }
    }

    /// Binds `token` to the account with this email and password. The token alone then logs the account in, so it must
    /// have at least 128 random bits. A token bound to another account of the collection is moved to this one.
    ///
    /// `email` and `password` are 1 to 255 bytes, `token` is 1 to 1024 bytes. The session is unchanged.
    ///
    /// # Errors
    /// `Credentials` for a wrong email or password, `Validation`, `MethodDisabled`, `NotFound`, and the errors common to
    /// all calls (`docs/protocol.md`, "Error response"). After an error with [`Error::outcome_unknown`] the token may be
    /// bound. Binding it again is safe.
    pub fn bind_token(&self, email: &str, password: &str, token: &str) -> Result<(), Error> {
        self.change_binding(Endpoint::BIND_TOKEN, email, password, token)
    }

    /// Unbinds `token` from the account with this email and password.
    ///
    /// Success does not prove that the token was bound: the server sends the same response for a token that was never
    /// bound or that belongs to another account (`docs/protocol.md`, "Binding"). For the first two seconds of a new
    /// server it removes nothing (`docs/protocol.md`, "A new server").
    ///
    /// # Errors
    /// As for [`Collection::bind_token`].
    pub fn unbind_token(&self, email: &str, password: &str, token: &str) -> Result<(), Error> {
        self.change_binding(Endpoint::UNBIND_TOKEN, email, password, token)
    }

    /// Logs in with a bound token of 1 to 1024 bytes. The session becomes the client's, unless
    /// [`CallOptions::keep_session`] is off or a login, save or clear that started later has committed
    /// ([`Session::was_kept`]).
    ///
    /// # Errors
    /// `UnknownToken` for a token that is not bound in this collection (do not delete the token because of it, see
    /// [`Status::UnknownToken`](crate::Status::UnknownToken)), `MfaRequired` with [`Error::mfa_id`] if a second factor is
    /// required, `Forbidden` by the collection's auth rule, `NotFound`, and the errors common to all calls
    /// (`docs/protocol.md`, "Error response"). The session is unchanged after an error.
    pub fn auth_with_token(&self, token: &str) -> Result<Session, Error> {
        input::collection(self.name)?;
        input::token(token)?;
        let ticket = self.client.inner.store.begin();
        let body = bodies::token(token, self.extra_fields());
        let pending = self.start(Endpoint::AUTH_WITH_TOKEN)?;
        let response = pending.send(Some(body.as_slice()))?;
        let login = pending.parse(&response, &[token], responses::login)?;
        let session = Session::new(login.token, login.record_json, login.meta_json);
        pending.check(response.status)?;
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
        let body = bodies::credentials(email, password, token, self.extra_fields());
        let pending = self.start(endpoint)?;
        let response = pending.send(Some(body.as_slice()))?;
        pending.parse(&response, &[password, token], responses::no_content)
    }

    fn start(&self, endpoint: Endpoint) -> Result<PendingCall<'a>, Error> {
        self.options.check_for_json()?;
        let client = &self.client.inner;
        PendingCall::start(CallRequest::new(client, self.name, endpoint, self.options))
    }

    fn extra_fields(&self) -> Option<&str> {
        self.options.body_json.as_ref().map(|json| json.expose())
    }
}
