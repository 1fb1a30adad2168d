//! Describes errors of TLS: one message for each error that rustls distinguishes. rustls's own messages quote the
//! peer's certificate, and no message of this library contains a string of the peer.

use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved,
};
use webpki::Error as PathError;

use super::error::Cause;
use super::system_error::SystemError;

/// Returns the cause of an error of TLS.
pub(super) fn cause(error: &Error) -> Cause {
    match error {
        Error::FailedToGetRandomBytes => Cause::System(SystemError::RANDOM),
        Error::FailedToGetCurrentTime => Cause::System(SystemError::CLOCK),
        _ => Cause::Tls(reason(error)),
    }
}

/// The reason, as a clause.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(certificate) => certificate_reason(certificate),
        Error::AlertReceived(description) => alert(*description).0,
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

/// Defines `alert`, which returns the reason for an alert, and whether the alert is sent in a handshake only.
macro_rules! alerts {
    ($($variant:ident $name:ident $code:literal $in_handshake:literal $reason:literal,)*) => {
        fn alert(alert: AlertDescription) -> (&'static str, bool) {
            match alert {
                $(AlertDescription::$variant => (
                    concat!("the server sent the TLS alert ", stringify!($name), " (", $code, "): ", $reason),
                    $in_handshake,
                ),)*
                AlertDescription::CloseNotify => {
                    ("the server closed the connection during the TLS handshake", false)
                }
                _ => ("the server sent a TLS alert that has no meaning in TLS 1.2 or 1.3", false),
            }
        }
    };
}

// RFC 8446 section 6, RFC 5246 section 7.2 and the RFCs of extensions.
alerts! {
    UnexpectedMessage unexpected_message 10 false "it received an unexpected message",
    BadRecordMac bad_record_mac 20 false "what it received was modified on the network path",
    DecryptionFailed decryption_failed 21 false "it could not decrypt what it received",
    RecordOverflow record_overflow 22 false "it received a record that is too long",
    DecompressionFailure decompression_failure 30 false "it could not decompress what it received",
    HandshakeFailure handshake_failure 40 true "it accepts none of the TLS parameters offered, or it requires a client certificate, which this library does not send",
    NoCertificate no_certificate 41 true "it requires a client certificate, which this library does not send",
    BadCertificate bad_certificate 42 true "it requires a client certificate, which this library does not send",
    UnsupportedCertificate unsupported_certificate 43 true "it requires a client certificate of another kind",
    CertificateRevoked certificate_revoked 44 true "a certificate is revoked",
    CertificateExpired certificate_expired 45 true "a certificate has expired",
    CertificateUnknown certificate_unknown 46 true "it does not accept a certificate, for an unspecified reason",
    IllegalParameter illegal_parameter 47 false "it received a value that is not allowed",
    UnknownCA unknown_ca 48 true "it requires a client certificate of a known authority",
    AccessDenied access_denied 49 true "its access control refuses this client",
    DecodeError decode_error 50 false "it could not decode a message",
    DecryptError decrypt_error 51 true "a signature or checksum of the handshake is wrong",
    ExportRestriction export_restriction 60 true "it requires a weaker cipher than is accepted",
    ProtocolVersion protocol_version 70 true "it supports no TLS version that is accepted (1.2 or 1.3)",
    InsufficientSecurity insufficient_security 71 true "it requires ciphers that this library does not support",
    InternalError internal_error 80 false "it failed; see the server's log",
    InappropriateFallback inappropriate_fallback 86 true "it supports a higher TLS version than requested",
    UserCanceled user_canceled 90 false "the server cancelled the handshake",
    NoRenegotiation no_renegotiation 100 false "it refuses a new handshake",
    MissingExtension missing_extension 109 true "it requires a TLS extension that was not sent",
    UnsupportedExtension unsupported_extension 110 true "it received a TLS extension that is not allowed",
    CertificateUnobtainable certificate_unobtainable 111 true "it could not fetch a certificate",
    UnrecognisedName unrecognized_name 112 true "it has no certificate for this host name",
    BadCertificateStatusResponse bad_certificate_status_response 113 true "a certificate's OCSP status is invalid",
    BadCertificateHashValue bad_certificate_hash_value 114 true "a certificate's hash is wrong",
    UnknownPSKIdentity unknown_psk_identity 115 true "the session to resume is unknown to it",
    CertificateRequired certificate_required 116 true "it requires a client certificate, which this library does not send",
    NoApplicationProtocol no_application_protocol 120 true "it does not accept http/1.1",
    EncryptedClientHelloRequired ech_required 121 true "it requires an encrypted ClientHello, which this library does not send",
}

/// Whether the alert is sent in a handshake only. Before the first byte of a response, it proves over TLS 1.3 that the
/// server received no request: it decrypts requests only after the handshake.
pub(super) fn ends_handshake(description: AlertDescription) -> bool {
    alert(description).1
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
            let description = AlertDescription::from(code);
            let reason = alert(description).0;
            let is_unknown = matches!(description, AlertDescription::Unknown(_));
            assert_eq!(reason.contains("no meaning"), is_unknown, "{code}");
            assert!(is_unknown || reasons.insert(reason), "{reason}");
            let is_named = reason.contains(&format!("({code})"));
            assert!(is_unknown || code == 0 || is_named, "{code}: {reason}");
            assert!(!is_unknown || !ends_handshake(description), "{code}");
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
