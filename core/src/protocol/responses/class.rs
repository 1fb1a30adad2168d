//! The classes of responses without the expected result.

use crate::error::{Action, Status};

/// What a response means.
pub(super) struct Class {
    pub status: Status,
    pub action: Action,
    /// The message for the app's developer.
    pub message: &'static str,
}

/// Declares the classes.
macro_rules! classes {
    ($($name:ident $status:ident $action:ident $message:literal;)*) => {
        $(pub(super) const $name: Class = Class {
            status: Status::$status,
            action: Action::$action,
            message: $message,
        };)*
    };
}

classes! {
    REDIRECT UnexpectedResponse CheckNetwork "the response is a redirect or has an invalid status: check the base URL; redirects are not followed";
    PROXY Proxy CheckNetwork "a proxy requires authentication: check the proxy settings";
    CAPTIVE_PORTAL UnexpectedResponse CheckNetwork "the network requires a login before it forwards requests: open a web page and log in to the network";
    SERVER_FAILED Server RetryLater "the server failed: retry later";
    FIELDS_OMITTED UnexpectedResponse FixCall "the response lacks fields that the call requires: include them in the query `fields`, or omit `fields`";
    RESULT_MISSING UnexpectedResponse ContactOperator "the response reports success but lacks fields that the call requires: ask the operator what modifies responses";
    UNRECOGNIZED_SUCCESS UnexpectedResponse CheckNetwork "the response reports success but is not BosBase's: check the base URL, and for a proxy or login page";
    OTP_ATTEMPTS_EXCEEDED OtpInvalid SecondFactor "the one-time password was tried too often: wait three minutes, then request a new one";
    RATE_LIMITED RateLimited RetryLater "too many requests: wait, then retry";
    MFA_REQUIRED MfaRequired SecondFactor "a second factor is required: log in by another method with this mfa_id";
    UNRECOGNIZED_ERROR UnexpectedResponse CheckNetwork "the error response is not BosBase's: check the base URL, and for a proxy";
    UNAUTHORIZED Unauthorized AskCredentials "the session is not accepted: log in again";
    UNEXPECTED_AUTHORIZATION Refused ContactOperator "the server requires an authorization that this call does not need: ask the operator about a proxy in front of it";
    METHOD_DISABLED MethodDisabled ContactOperator "this login method is disabled in the collection: ask the server's operator";
    REFRESH_FORBIDDEN Forbidden FixCall "the server refuses to refresh this session: it belongs to another collection, or the rules of its collection refuse the account; see server_message";
    FORBIDDEN Forbidden ContactOperator "the collection's rules refuse this account: ask the server's operator";
    NOT_FOUND NotFound FixCall "the collection or path does not exist, or is not an auth collection: check its name and the base URL";
    NO_SUCH_PATH NotFound FixCall "there is nothing at this path, or the session has no access to it: check the path, and whether the session is still accepted";
    BODY_TOO_LARGE Refused FixCall "the request body is larger than the server allows: send less";
    HEAD_REFUSED Refused FixCall "the server refused the request: send it as GET, whose response states the reason";
    REFUSED Refused ContactOperator "the server refused the call: see server_message";
    USER_FIELDS_INVALID Validation AskCredentials "the server refused a value that the user typed: see data_json for the field and the reason";
    FIELDS_INVALID Validation FixCall "the server refused a field: see data_json for the field and the reason";
    WRONG_PASSWORD Credentials AskCredentials "wrong email or password";
    WRONG_IDENTITY Credentials AskCredentials "wrong identity or password";
    UNKNOWN_TOKEN UnknownToken AskCredentials "the token is not bound in this collection: bind it with email and password first";
    WRONG_OTP OtpInvalid SecondFactor "the one-time password is wrong or expired: ask the user again, or request a new one";
    MFA_SESSION MfaSession SecondFactor "the mfa_id is unknown, used, expired or another account's: restart the login";
    MFA_ID_UNREADABLE MfaSession FixCall "the server could not read the mfa_id: pass it unchanged from the error of the first login";
    MFA_METHOD_REPEATED MfaSameMethod SecondFactor "the second factor must be another method than the first: the mfa_id stays valid";
    BODY_UNREADABLE Refused FixCall "the server could not read the body: check the extra fields, headers and query of the call";
}
