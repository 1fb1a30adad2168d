//! The fixed messages, codes and field names of BosBase (`docs/protocol.md`, "Error response"). They occur in
//! responses whatever a call sent.

use super::json;

/// Declares messages that the classification of responses distinguishes.
macro_rules! messages {
    ($($name:ident $message:literal;)*) => {
        $(pub(crate) const $name: &str = $message;)*
        const MESSAGES: &[&str] = &[$($name),*];
    };
}

messages! {
    BIND_FAILED "Failed to bind token.";
    UNBIND_FAILED "Failed to unbind token.";
    LOGIN_FAILED "Failed to authenticate.";
    OTP_INVALID "Invalid or expired OTP.";
    OTP_ATTEMPTS "Too many attempts, please try again later with a new OTP.";
    MFA_EXPIRED "Invalid or expired MFA session.";
    MFA_INVALID "Invalid MFA session.";
    MFA_UNREADABLE "Failed to read MFA Id.";
    MFA_SAME_METHOD "A different authentication method is required.";
    BAD_BODY "An error occurred while loading the submitted data.";
    BAD_CONTENT_TYPE "Unsupported Content-Type.";
    NO_PASSWORD_LOGIN "The collection is not configured to allow password authentication.";
    NO_OTP_LOGIN "The collection is not configured to allow OTP authentication.";
}

/// Other messages and codes.
const VALUES: [&str; 22] = [
    "An error occurred while validating the submitted data.",
    "Missing or invalid collection context.",
    "Missing or invalid auth collection context.",
    "The requested resource wasn't found.",
    "The request doesn't satisfy the collection requirements to authenticate.",
    "The request requires valid record authorization token.",
    "The authorized record is not allowed to perform this action.",
    "Request entity too large.",
    "Too Many Requests.",
    "Something went wrong while processing your request.",
    "Cannot be blank.",
    "Must be a valid email address.",
    "Must be a valid value.",
    "Invalid value.",
    "The length must be between 1 and 71.",
    "The length must be between 1 and 255.",
    "The length must be between 1 and 1024.",
    "validation_required",
    "validation_length_out_of_range",
    "validation_is_email",
    "validation_in_invalid",
    "validation_invalid_value",
];

/// Names of fields.
const NAMES: &str = "data message status code params min max email password token identity identityField otpId mfaId \
    record meta expand mfa enabled id collectionId collectionName created updated verified emailVisibility name avatar \
    passwordConfirm oldPassword duration";

/// The limits in BosBase's errors.
const NUMBERS: [&str; 4] = ["1", "71", "255", "1024"];

/// Returns the distinguished message that the inside of a JSON string decodes to; empty if none.
pub(crate) fn known_message(inside: &str) -> &'static str {
    let mut messages = MESSAGES.iter();
    let known = messages.find(|message| json::decodes_to(inside, message));
    known.copied().unwrap_or_default()
}

/// Whether the inside of a JSON string is one of BosBase's messages or codes.
pub(crate) fn is_value(inside: &str) -> bool {
    MESSAGES.contains(&inside) || VALUES.contains(&inside)
}

/// Whether the inside of a JSON string is the name of one of BosBase's fields.
pub(crate) fn is_name(inside: &str) -> bool {
    NAMES.split(' ').any(|name| name == inside)
}

/// Whether a number occurs in BosBase's errors: a limit, or the status itself.
pub(crate) fn is_number(number: &str, status: u16) -> bool {
    NUMBERS.contains(&number) || number.parse() == Ok(status)
}
