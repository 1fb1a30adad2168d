//! Describes errors of TLS: one message for each error that rustls distinguishes. rustls's own messages quote the
//! peer's certificate, and no message of this library contains text of the peer.

use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved,
};
use webpki::Error as PathError;

use super::error::Cause;
use super::system_error::SystemError;

/// Returns the cause of an error of TLS.
pub(super) fn cause(error: &Error) -> Cause {
    match error {
        Error::FailedToGetRandomBytes => Cause::System(SystemError::Random),
        Error::FailedToGetCurrentTime => Cause::System(SystemError::Clock),
        _ => Cause::Tls(reason(error)),
    }
}

/// The reason, as a clause.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(certificate) => certificate_reason(certificate),
        Error::AlertReceived(alert) => alert_reason(*alert),
        Error::InvalidMessage(message) => message_reason(message),
        Error::PeerIncompatible(incompatible) => incompatible_reason(incompatible),
        Error::PeerMisbehaved(misbehaved) => misbehaved_reason(misbehaved),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "the server sent a TLS message that is not allowed at this point"
        }
        Error::NoCertificatesPresented => "the server sent no certificate",
        Error::DecryptError => {
            "data from the server cannot be decrypted: it was modified on the network path, or \
             the server is faulty"
        }
        Error::PeerSentOversizedRecord => {
            "the server sent a TLS record that is larger than TLS allows"
        }
        Error::NoApplicationProtocol => "the server does not accept the protocol http/1.1",
        Error::UnsupportedNameType => "no certificate can be valid for this host name",
        Error::InvalidCertRevocationList(_) => "a certificate revocation list cannot be used",
        _ => "an internal error of the TLS library",
    }
}

/// Whether the alert is sent in a handshake only. Before the first byte of a response, it proves over TLS 1.3 that the
/// server received no request: it decrypts requests only after the handshake.
pub(super) fn ends_handshake(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::HandshakeFailure
            | Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError
            | Alert::ExportRestriction
            | Alert::ProtocolVersion
            | Alert::InsufficientSecurity
            | Alert::InappropriateFallback
            | Alert::MissingExtension
            | Alert::UnsupportedExtension
            | Alert::CertificateUnobtainable
            | Alert::UnrecognisedName
            | Alert::BadCertificateStatusResponse
            | Alert::BadCertificateHashValue
            | Alert::UnknownPSKIdentity
            | Alert::CertificateRequired
            | Alert::NoApplicationProtocol
            | Alert::EncryptedClientHelloRequired
    )
}

/// The message for an alert of RFC 8446 section 6, RFC 5246 section 7.2 or an extension's RFC.
macro_rules! alert {
    ($name:literal, $code:literal, $reason:literal) => {
        concat!(
            "the server sent the TLS alert ",
            $name,
            " (",
            $code,
            "): ",
            $reason
        )
    };
}

fn alert_reason(alert: AlertDescription) -> &'static str {
    use AlertDescription as Alert;
    match alert {
        Alert::CloseNotify => "the server closed the connection within the TLS handshake",
        Alert::UnexpectedMessage => alert!(
            "unexpected_message",
            10,
            "it received an unexpected message"
        ),
        Alert::BadRecordMac => alert!(
            "bad_record_mac",
            20,
            "what it received was modified on the network path"
        ),
        Alert::DecryptionFailed => alert!(
            "decryption_failed",
            21,
            "it could not decrypt what it received"
        ),
        Alert::RecordOverflow => alert!(
            "record_overflow",
            22,
            "it received a record that is too long"
        ),
        Alert::DecompressionFailure => alert!(
            "decompression_failure",
            30,
            "it could not decompress what it received"
        ),
        Alert::HandshakeFailure => alert!(
            "handshake_failure",
            40,
            "it accepts none of the TLS parameters offered, or it requires a client certificate, which this library does not send"
        ),
        Alert::NoCertificate => alert!(
            "no_certificate",
            41,
            "it requires a client certificate, which this library does not send"
        ),
        Alert::BadCertificate => alert!(
            "bad_certificate",
            42,
            "it requires a client certificate, which this library does not send"
        ),
        Alert::UnsupportedCertificate => alert!(
            "unsupported_certificate",
            43,
            "it requires a client certificate of another kind"
        ),
        Alert::CertificateRevoked => alert!("certificate_revoked", 44, "a certificate is revoked"),
        Alert::CertificateExpired => alert!("certificate_expired", 45, "a certificate has expired"),
        Alert::CertificateUnknown => alert!(
            "certificate_unknown",
            46,
            "it does not accept a certificate, for an unspecified reason"
        ),
        Alert::IllegalParameter => alert!(
            "illegal_parameter",
            47,
            "it received a value that is not allowed"
        ),
        Alert::UnknownCA => alert!(
            "unknown_ca",
            48,
            "it requires a client certificate of a known authority"
        ),
        Alert::AccessDenied => alert!(
            "access_denied",
            49,
            "its access control refuses this client"
        ),
        Alert::DecodeError => alert!("decode_error", 50, "it could not decode a message"),
        Alert::DecryptError => alert!(
            "decrypt_error",
            51,
            "a signature or checksum of the handshake is wrong"
        ),
        Alert::ExportRestriction => alert!(
            "export_restriction",
            60,
            "it requires a weaker cipher than is accepted"
        ),
        Alert::ProtocolVersion => {
            "the server supports no TLS version that is accepted (1.2 or 1.3): it sent the TLS alert protocol_version (70)"
        }
        Alert::InsufficientSecurity => alert!(
            "insufficient_security",
            71,
            "it requires ciphers that this library does not support"
        ),
        Alert::InternalError => alert!("internal_error", 80, "it failed; see the server's log"),
        Alert::InappropriateFallback => alert!(
            "inappropriate_fallback",
            86,
            "it supports a higher TLS version than requested"
        ),
        Alert::UserCanceled => alert!("user_canceled", 90, "the server cancelled the handshake"),
        Alert::NoRenegotiation => alert!("no_renegotiation", 100, "it refuses a new handshake"),
        Alert::MissingExtension => alert!(
            "missing_extension",
            109,
            "it requires a TLS extension that was not sent"
        ),
        Alert::UnsupportedExtension => alert!(
            "unsupported_extension",
            110,
            "it received a TLS extension that is not allowed"
        ),
        Alert::CertificateUnobtainable => alert!(
            "certificate_unobtainable",
            111,
            "it could not fetch a certificate"
        ),
        Alert::UnrecognisedName => alert!(
            "unrecognized_name",
            112,
            "it has no certificate for this host name"
        ),
        Alert::BadCertificateStatusResponse => alert!(
            "bad_certificate_status_response",
            113,
            "a certificate's OCSP status is invalid"
        ),
        Alert::BadCertificateHashValue => alert!(
            "bad_certificate_hash_value",
            114,
            "a certificate's hash is wrong"
        ),
        Alert::UnknownPSKIdentity => alert!(
            "unknown_psk_identity",
            115,
            "it does not know the session to resume"
        ),
        Alert::CertificateRequired => alert!(
            "certificate_required",
            116,
            "it requires a client certificate, which this library does not send"
        ),
        Alert::NoApplicationProtocol => alert!(
            "no_application_protocol",
            120,
            "it does not accept http/1.1"
        ),
        Alert::EncryptedClientHelloRequired => alert!(
            "ech_required",
            121,
            "it requires an encrypted ClientHello, which this library does not send"
        ),
        _ => "the server sent a TLS alert that has no meaning in TLS 1.2 or 1.3",
    }
}

fn certificate_reason(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::BadEncoding => "the server's certificate is malformed",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate, or that of its authority, has expired (is this machine's clock right?)"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate, or that of its authority, is not valid yet (is this machine's clock \
             right?)"
        }
        CertificateError::Revoked => "the server's certificate was revoked",
        CertificateError::UnhandledCriticalExtension => UNKNOWN_EXTENSION,
        CertificateError::UnknownIssuer => {
            "the server's certificate is issued by an unknown authority: add the authority's certificate to \
             the trusted roots, or configure the server to send the intermediate certificates"
        }
        CertificateError::UnknownRevocationStatus => {
            "the revocation status of the server's certificate is unknown"
        }
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            "the certificate revocation list has expired"
        }
        CertificateError::BadSignature => {
            "the signature on the server's certificate, or on its handshake, is wrong"
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            UNSUPPORTED_ALGORITHM
        }
        #[allow(deprecated, reason = "rustls still returns it")]
        CertificateError::UnsupportedSignatureAlgorithm => UNSUPPORTED_ALGORITHM,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another name: the host of the base URL must be in its \
             subjectAltName (its common name does not count)"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the server's certificate is for another purpose: its extendedKeyUsage lacks serverAuth"
        }
        CertificateError::InvalidOcspResponse => "the OCSP response of the server is invalid",
        CertificateError::ApplicationVerificationFailure => {
            "the server's certificate is not accepted by this program"
        }
        CertificateError::Other(other) => other.0.downcast_ref().map_or(NOT_ACCEPTED, path_reason),
        _ => NOT_ACCEPTED,
    }
}

const NOT_ACCEPTED: &str = "the server's certificate is not acceptable";
const UNKNOWN_EXTENSION: &str =
    "the server's certificate has a critical extension that is not supported";
const UNSUPPORTED_ALGORITHM: &str = "the server's certificate is signed, or its key used, with an algorithm that is not supported (accepted: RSA \
     of 2048 bits or more, ECDSA P-256 and P-384, Ed25519, with SHA-2)";
const TOO_COMPLEX: &str = "the server's certificate chain is too long or too complex";
const CONSTRAINTS: &str =
    "a name constraint in the server's certificate chain cannot be read or checked";

/// The reason of an error of webpki, which builds the chain.
fn path_reason(error: &PathError) -> &'static str {
    match error {
        PathError::CaUsedAsEndEntity => {
            "the server's certificate is one of a certificate authority (CA:TRUE, which openssl req -x509 \
             sets by default) and not a server's: create it again with \
             -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:HOST, with the host of \
             the base URL"
        }
        PathError::EndEntityUsedAsCa => {
            "the server's certificate is signed by a certificate that is not an authority's (CA:FALSE)"
        }
        PathError::CertDistrusted => "the key of the server's certificate is distrusted",
        PathError::EmptyEkuExtension => {
            "the server's certificate has an extendedKeyUsage that names no purpose"
        }
        PathError::ExtensionValueInvalid | PathError::MalformedExtensions => {
            "an extension of the server's certificate is malformed or duplicated"
        }
        PathError::InvalidSerialNumber => {
            "the serial number of the server's certificate is invalid"
        }
        PathError::MalformedDnsIdentifier => {
            "a DNS name in the server's certificate, or the host of the base URL, is malformed"
        }
        PathError::NameConstraintViolation => {
            "the authority of the server's certificate may not certify this name (name constraints)"
        }
        PathError::InvalidNetworkMaskConstraint
        | PathError::MalformedNameConstraint
        | PathError::MaximumNameConstraintComparisonsExceeded => CONSTRAINTS,
        PathError::MaximumPathBuildCallsExceeded
        | PathError::MaximumPathDepthExceeded
        | PathError::MaximumSignatureChecksExceeded => TOO_COMPLEX,
        PathError::PathLenConstraintViolated => {
            "the server's certificate chain is longer than its authority allows (pathlen)"
        }
        PathError::SignatureAlgorithmMismatch => {
            "the server's certificate names two different signature algorithms"
        }
        PathError::UnsupportedCertVersion => {
            "the server's certificate is not of X.509 version 3; create it again with a subjectAltName"
        }
        PathError::UnsupportedCriticalExtension => UNKNOWN_EXTENSION,
        PathError::UnsupportedNameType => {
            "the server's certificate contains names of an unsupported type"
        }
        _ => NOT_ACCEPTED,
    }
}

fn message_reason(message: &InvalidMessage) -> &'static str {
    match message {
        InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge => {
            "the server sent a handshake message, such as its certificate chain, that is larger than \
             64 KiB"
        }
        InvalidMessage::InvalidContentType
        | InvalidMessage::InvalidEmptyPayload
        | InvalidMessage::MessageTooLarge
        | InvalidMessage::UnknownProtocolVersion => {
            "the server's response is not TLS: is the port for plain http://?"
        }
        _ => "a TLS message of the server is malformed",
    }
}

fn incompatible_reason(error: &PeerIncompatible) -> &'static str {
    match error {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => {
            "the server supports no TLS version that is accepted (1.2 or 1.3)"
        }
        PeerIncompatible::NoCipherSuitesInCommon => {
            "the server supports no cipher suite that is accepted (AES-GCM or ChaCha20-Poly1305, with ECDHE)"
        }
        PeerIncompatible::NoKxGroupsInCommon
        | PeerIncompatible::NamedGroupsExtensionRequired
        | PeerIncompatible::NoEcPointFormatsInCommon
        | PeerIncompatible::UncompressedEcPointsRequired
        | PeerIncompatible::EcPointsExtensionRequired
        | PeerIncompatible::KeyShareExtensionRequired => {
            "the server supports no key exchange group that is accepted (X25519, P-256 or P-384)"
        }
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "the server supports no signature scheme that is accepted (ECDSA, Ed25519 or RSA with SHA-2)"
        }
        PeerIncompatible::IncorrectCertificateTypeExtension
        | PeerIncompatible::UnsolicitedCertificateTypeExtension => {
            "the server has no X.509 certificate, only a key of another type"
        }
        _ => "the server requires a feature of TLS that is not supported",
    }
}

fn misbehaved_reason(error: &PeerMisbehaved) -> &'static str {
    match error {
        PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported => {
            "the network path forced TLS 1.2 on a server that supports 1.3"
        }
        PeerMisbehaved::SelectedUnofferedApplicationProtocol => {
            "the server selected a protocol other than http/1.1"
        }
        PeerMisbehaved::SelectedUnofferedCipherSuite
        | PeerMisbehaved::SelectedUnofferedCompression
        | PeerMisbehaved::SelectedUnofferedKxGroup => {
            "the server selected TLS parameters that were not offered"
        }
        PeerMisbehaved::SignedKxWithWrongAlgorithm
        | PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme => {
            "the server signed its handshake with a scheme that was not offered"
        }
        PeerMisbehaved::TooManyEmptyFragments
        | PeerMisbehaved::TooManyKeyUpdateRequests
        | PeerMisbehaved::TooManyRenegotiationRequests
        | PeerMisbehaved::TooManyWarningAlertsReceived => {
            "the server sent too many empty TLS messages"
        }
        _ => "the server violated the TLS protocol",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_alert_has_its_own_reason_with_its_code() {
        let mut reasons = HashSet::new();
        for code in 0..=u8::MAX {
            let alert = AlertDescription::from(code);
            let reason = alert_reason(alert);
            let is_unknown = matches!(alert, AlertDescription::Unknown(_));
            assert_eq!(reason.contains("no meaning"), is_unknown, "{code}");
            assert!(is_unknown || reasons.insert(reason), "{reason}");
            let is_named = reason.contains(&format!("({code})"));
            assert!(is_unknown || code == 0 || is_named, "{code}: {reason}");
            assert!(!is_unknown || !ends_handshake(alert), "{code}");
        }
    }

    /// Errors of rustls that no test server provokes.
    #[test]
    fn rare_errors_have_specific_reasons() {
        let other = |error| {
            let other = rustls::OtherError(std::sync::Arc::new(error));
            reason(&CertificateError::Other(other).into())
        };
        for (reason, words) in [
            (reason(&CertificateError::BadEncoding.into()), "malformed"),
            (reason(&CertificateError::BadSignature.into()), "signature"),
            (reason(&CertificateError::Revoked.into()), "revoked"),
            (other(PathError::CaUsedAsEndEntity), "CA:TRUE"),
            (other(PathError::PathLenConstraintViolated), "pathlen"),
            (other(PathError::UnsupportedCertVersion), "version 3"),
            (other(PathError::MaximumPathDepthExceeded), "too complex"),
            (
                reason(&InvalidMessage::CertificatePayloadTooLarge.into()),
                "64 KiB",
            ),
            (
                reason(&InvalidMessage::MissingKeyExchange.into()),
                "malformed",
            ),
            (
                reason(&PeerIncompatible::NoCipherSuitesInCommon.into()),
                "cipher suite",
            ),
            (reason(&Error::DecryptError), "decrypted"),
            (reason(&Error::NoCertificatesPresented), "no certificate"),
        ] {
            assert!(reason.contains(words), "{words}: {reason}");
        }
    }
}
