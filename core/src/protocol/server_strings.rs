//! The fixed messages, codes and field names of BosBase (`docs/protocol.md`, "Error response"). They occur in
//! responses whatever a call sent.

use super::json;

pub(crate) const BIND_FAILED: &str = "Failed to bind token.";
pub(crate) const UNBIND_FAILED: &str = "Failed to unbind token.";
pub(crate) const LOGIN_FAILED: &str = "Failed to authenticate.";
pub(crate) const OTP_INVALID: &str = "Invalid or expired OTP.";
pub(crate) const OTP_ATTEMPTS: &str = "Too many attempts, please try again later with a new OTP.";
pub(crate) const MFA_EXPIRED: &str = "Invalid or expired MFA session.";
pub(crate) const MFA_INVALID: &str = "Invalid MFA session.";
pub(crate) const MFA_UNREADABLE: &str = "Failed to read MFA Id.";
pub(crate) const MFA_SAME_METHOD: &str = "A different authentication method is required.";
pub(crate) const BAD_BODY: &str = "An error occurred while loading the submitted data.";
pub(crate) const BAD_CONTENT_TYPE: &str = "Unsupported Content-Type.";
pub(crate) const NO_PASSWORD_LOGIN: &str =
    "The collection is not configured to allow password authentication.";
pub(crate) const NO_OTP_LOGIN: &str =
    "The collection is not configured to allow OTP authentication.";

/// Messages and codes.
const VALUES: [&str; 35] = [
    BIND_FAILED,
    UNBIND_FAILED,
    LOGIN_FAILED,
    OTP_INVALID,
    OTP_ATTEMPTS,
    MFA_EXPIRED,
    MFA_INVALID,
    MFA_UNREADABLE,
    MFA_SAME_METHOD,
    BAD_BODY,
    BAD_CONTENT_TYPE,
    NO_PASSWORD_LOGIN,
    NO_OTP_LOGIN,
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

/// Returns the message that the inside of a JSON string decodes to; empty if it is not one of BosBase's.
pub(crate) fn known_message(inside: &str) -> &'static str {
    let known = VALUES.iter().find(|value| json::decodes_to(inside, value));
    known.copied().unwrap_or_default()
}

/// Whether the inside of a JSON string is one of BosBase's messages or codes.
pub(crate) fn is_value(inside: &str) -> bool {
    VALUES.contains(&inside)
}

/// Whether the inside of a JSON string is the name of one of BosBase's fields.
pub(crate) fn is_name(inside: &str) -> bool {
    NAMES.split(' ').any(|name| name == inside)
}

/// Whether a number occurs in BosBase's errors: a limit, or the status itself.
pub(crate) fn is_number(number: &str, status: u16) -> bool {
    NUMBERS.contains(&number) || number.parse() == Ok(status)
}
