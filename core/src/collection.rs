//! The calls of an auth collection: [`Collection`].

use crate::client::Client;
use crate::error::Error;
use crate::http::Response;
use crate::input;
use crate::options::CallOptions;
use crate::pending::PendingCall;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::{bodies, responses};
use crate::request::CallRequest;
use crate::secret::Secret;
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
    /// required, `Forbidden` by the collection's auth rule, `NotFound`, for a second factor also `MfaSession` and
    /// `MfaSameMethod`, and the errors common to all calls (`docs/protocol.md`, "Error response"). The session is
    /// unchanged after an error.
    pub fn auth_with_token(&self, token: &str) -> Result<Session, Error> {
        input::collection(self.name)?;
        input::token(token)?;
        self.log_in(Endpoint::AUTH_WITH_TOKEN, &[("token", token)], token)
    }

    /// Logs in with an identity and a password, both of 1 to 255 bytes. The identity is the email, or another field
    /// that the collection allows. The session becomes the client's as for [`Collection::auth_with_token`].
    ///
    /// As a second factor, pass the id of the first with [`CallOptions::mfa_id`].
    ///
    /// # Errors
    /// `Credentials` for a wrong identity or password, `Validation`, `MethodDisabled`, and those of
    /// [`Collection::auth_with_token`] except `UnknownToken`.
    pub fn auth_with_password(&self, identity: &str, password: &str) -> Result<Session, Error> {
        input::collection(self.name)?;
        input::identity(identity)?;
        input::password(password)?;
        let fields = [("identity", identity), ("password", password)];
        self.log_in(Endpoint::AUTH_WITH_PASSWORD, &fields, password)
    }

    /// Requests a one-time password: the server mails it to `email`, of 1 to 255 bytes. Returns the OTP id, to be passed
    /// to [`Collection::auth_with_otp`]. The session is unchanged.
    ///
    /// Success does not prove that there is an account: the server also returns an id for an unknown email.
    ///
    /// # Errors
    /// `Validation`, `MethodDisabled`, `NotFound`, and the errors common to all calls (`docs/protocol.md`, "Error
    /// response"). After an error with [`Error::outcome_unknown`] the mail may have been sent.
    pub fn request_otp(&self, email: &str) -> Result<String, Error> {
        input::collection(self.name)?;
        input::email(email)?;
        let (pending, response) = self.send(Endpoint::REQUEST_OTP, &[("email", email)], None)?;
        pending.parse(&response, &[], responses::otp_id)
    }

    /// Logs in with a one-time password: the OTP id from [`Collection::request_otp`], and the code of 1 to 71 bytes that
    /// was mailed to the user. The session becomes the client's as for [`Collection::auth_with_token`].
    ///
    /// As a second factor, pass the id of the first with [`CallOptions::mfa_id`].
    ///
    /// # Errors
    /// `OtpInvalid` for a code that is wrong, expired or tried too often, and those of
    /// [`Collection::auth_with_password`] except `Credentials`.
    pub fn auth_with_otp(&self, otp_id: &str, code: &str) -> Result<Session, Error> {
        input::collection(self.name)?;
        input::otp_id(otp_id)?;
        input::code(code)?;
        let fields = [("otpId", otp_id), ("password", code)];
        self.log_in(Endpoint::AUTH_WITH_OTP, &fields, code)
    }

    fn log_in(
        &self,
        endpoint: Endpoint,
        fields: &[(&str, &str)],
        secret: &str,
    ) -> Result<Session, Error> {
        let ticket = self.client.inner.store.begin();
        let (pending, response) = self.send(endpoint, fields, None)?;
        let session = pending.session(&response, &[secret])?;
        pending.check(response.status)?;
        let store = &self.client.inner.store;
        let keeps = self.options.keep_session;
        let committed = keeps.then(|| store.commit_login(ticket, &session));
        // The call is complete: a listener may close the client and wait for its calls.
        drop(pending);
        Ok(session.committed(committed.flatten()))
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
        let fields = [("email", email), ("password", password), ("token", token)];
        let (pending, response) = self.send(endpoint, &fields, None)?;
        pending.parse(&response, &[password, token], responses::no_content)
    }

    /// Sends a call with these fields in its body and the token of `session`, and receives the response.
    pub(crate) fn send(
        &self,
        endpoint: Endpoint,
        fields: &[(&str, &str)],
        session: Option<Session>,
    ) -> Result<(PendingCall<'a>, Response), Error> {
        self.options.check_for_json()?;
        let extra = self.options.body_json.as_ref().map(Secret::expose);
        let body = bodies::object(fields, extra);
        let client = &self.client.inner;
        let request = CallRequest::new(client, self.name, endpoint, self.options);
        let pending = PendingCall::start(request.with_session(session))?;
        let response = pending.send(Some(body.as_slice()))?;
        Ok((pending, response))
    }
}
