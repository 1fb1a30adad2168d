//! The endpoints of a collection.

/// An endpoint of a collection: the last segment of its path.
///
/// The responses of every endpoint of the protocol are classified, whether the library has a call for it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint(pub &'static str);

impl Endpoint {
    /// Binds a token to an account.
    pub const BIND_TOKEN: Self = Endpoint("bind-token");
    /// Unbinds a token from an account.
    pub const UNBIND_TOKEN: Self = Endpoint("unbind-token");
    /// Logs in with a bound token.
    pub const AUTH_WITH_TOKEN: Self = Endpoint("auth-with-token");
    /// Logs in with a password.
    pub const AUTH_WITH_PASSWORD: Self = Endpoint("auth-with-password");
    /// Sends a one-time password to an email.
    pub const REQUEST_OTP: Self = Endpoint("request-otp");
    /// Logs in with a one-time password.
    pub const AUTH_WITH_OTP: Self = Endpoint("auth-with-otp");
    /// Renews the session's token and record.
    pub const AUTH_REFRESH: Self = Endpoint("auth-refresh");
    /// Any other request of the app with the session's token.
    pub const SEND: Self = Endpoint("");

    /// The last segment of its path.
    pub fn path(self) -> &'static str {
        self.0
    }

    /// Whether it is a login, which may require a second factor.
    pub fn is_login(self) -> bool {
        matches!(
            self,
            Self::AUTH_WITH_TOKEN | Self::AUTH_WITH_PASSWORD | Self::AUTH_WITH_OTP
        )
    }

    /// Whether sending a request twice has the effect of sending it once. A login that completes an MFA login is an
    /// exception: it consumes the MFA id.
    pub fn is_idempotent(self) -> bool {
        matches!(
            self,
            Self::BIND_TOKEN | Self::UNBIND_TOKEN | Self::AUTH_WITH_TOKEN | Self::AUTH_REFRESH
        )
    }
}
