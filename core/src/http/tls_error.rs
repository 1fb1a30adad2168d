//! Why TLS failed, in the library's own words: one for each reason that rustls distinguishes. rustls's own
//! texts quote the peer's certificate, and no message holds text of the peer's.

use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved,
};
use webpki::Error as PathError;

use super::{FailureKind, SystemError};

/// What a failure of TLS is told as.
pub(super) fn failure(error: &Error) -> FailureKind {
    match error {
        Error::FailedToGetRandomBytes => FailureKind::System(SystemError::Random),
        Error::FailedToGetCurrentTime => FailureKind::System(SystemError::Clock),
        _ => FailureKind::Tls(reason(error)),
    }
}

/// The reason, as a part of a sentence.
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
            "what came from the server cannot be decrypted: it was changed on the network path, or \
             the server is faulty"
        }
        Error::PeerSentOversizedRecord => {
            "the server sent a TLS record that is larger than TLS allows"
        }
        Error::NoApplicationProtocol => "the server does not accept the protocol http/1.1",
        Error::UnsupportedNameType => "no certificate can be for this host name",
        Error::InvalidCertRevocationList(_) => "a certificate revocation list cannot be used",
        _ => "the TLS library failed",
    }
}

/// Whether the alert comes from a handshake only. Before the first byte of a response of TLS 1.3 it proves that
/// the server has taken no request: it decrypts requests only after the handshake.
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

/// The alerts of RFC 8446 section 6, RFC 5246 section 7.2 and the extensions' RFCs.
fn alert_reason(alert: AlertDescription) -> &'static str {
    use AlertDescription as Alert;
    match alert {
        Alert::CloseNotify => "the server closed the connection within the TLS handshake",
        Alert::UnexpectedMessage => {
            "the server sent the TLS alert unexpected_message (10): it met a message that it did not expect"
        }
        Alert::BadRecordMac => {
            "the server sent the TLS alert bad_record_mac (20): what it received was changed on the \
             network path"
        }
        Alert::DecryptionFailed => {
            "the server sent the TLS alert decryption_failed (21): it could not decrypt what it received"
        }
        Alert::RecordOverflow => {
            "the server sent the TLS alert record_overflow (22): it received a record that it found too long"
        }
        Alert::DecompressionFailure => {
            "the server sent the TLS alert decompression_failure (30): it could not decompress what it \
             received"
        }
        Alert::HandshakeFailure => {
            "the server sent the TLS alert handshake_failure (40): it accepts none of the TLS parameters \
             offered, or it requires a client certificate, which this library does not send"
        }
        Alert::NoCertificate => {
            "the server sent the TLS alert no_certificate (41): it requires a client certificate, which \
             this library does not send"
        }
        Alert::BadCertificate => {
            "the server sent the TLS alert bad_certificate (42): it requires a client certificate, which \
             this library does not send"
        }
        Alert::UnsupportedCertificate => {
            "the server sent the TLS alert unsupported_certificate (43): it requires a client certificate \
             of another kind"
        }
        Alert::CertificateRevoked => {
            "the server sent the TLS alert certificate_revoked (44): it finds a certificate revoked"
        }
        Alert::CertificateExpired => {
            "the server sent the TLS alert certificate_expired (45): it finds a certificate expired"
        }
        Alert::CertificateUnknown => {
            "the server sent the TLS alert certificate_unknown (46): it does not accept a certificate, for \
             a reason that it does not give"
        }
        Alert::IllegalParameter => {
            "the server sent the TLS alert illegal_parameter (47): it met a value that it does not allow"
        }
        Alert::UnknownCA => {
            "the server sent the TLS alert unknown_ca (48): it requires a client certificate of an \
             authority that it knows"
        }
        Alert::AccessDenied => {
            "the server sent the TLS alert access_denied (49): its access control refuses this client"
        }
        Alert::DecodeError => {
            "the server sent the TLS alert decode_error (50): it could not read a message"
        }
        Alert::DecryptError => {
            "the server sent the TLS alert decrypt_error (51): a signature or checksum of the handshake \
             was wrong"
        }
        Alert::ExportRestriction => {
            "the server sent the TLS alert export_restriction (60): it wants a weaker cipher than is accepted"
        }
        Alert::ProtocolVersion => {
            "the server speaks no TLS version that is accepted (1.2 or 1.3): it sent the TLS alert \
             protocol_version (70)"
        }
        Alert::InsufficientSecurity => {
            "the server sent the TLS alert insufficient_security (71): it wants ciphers that this library \
             does not have"
        }
        Alert::InternalError => {
            "the server sent the TLS alert internal_error (80): it failed by itself; see the server's log"
        }
        Alert::InappropriateFallback => {
            "the server sent the TLS alert inappropriate_fallback (86): it speaks a higher TLS version than \
             it was asked for"
        }
        Alert::UserCanceled => {
            "the server sent the TLS alert user_canceled (90): the connection was given up at the server"
        }
        Alert::NoRenegotiation => {
            "the server sent the TLS alert no_renegotiation (100): it does not begin a new handshake"
        }
        Alert::MissingExtension => {
            "the server sent the TLS alert missing_extension (109): it wants a TLS extension that was not sent"
        }
        Alert::UnsupportedExtension => {
            "the server sent the TLS alert unsupported_extension (110): it met a TLS extension that it does \
             not allow"
        }
        Alert::CertificateUnobtainable => {
            "the server sent the TLS alert certificate_unobtainable (111): it could not fetch a certificate"
        }
        Alert::UnrecognisedName => {
            "the server sent the TLS alert unrecognized_name (112): it has no certificate for this host name"
        }
        Alert::BadCertificateStatusResponse => {
            "the server sent the TLS alert bad_certificate_status_response (113): it found a certificate's \
             OCSP status invalid"
        }
        Alert::BadCertificateHashValue => {
            "the server sent the TLS alert bad_certificate_hash_value (114): it found a certificate's hash \
             wrong"
        }
        Alert::UnknownPSKIdentity => {
            "the server sent the TLS alert unknown_psk_identity (115): it does not know the session to resume"
        }
        Alert::CertificateRequired => {
            "the server sent the TLS alert certificate_required (116): it requires a client certificate, \
             which this library does not send"
        }
        Alert::NoApplicationProtocol => {
            "the server sent the TLS alert no_application_protocol (120): it does not accept http/1.1"
        }
        Alert::EncryptedClientHelloRequired => {
            "the server sent the TLS alert ech_required (121): it requires an encrypted ClientHello, which \
             this library does not send"
        }
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
            "the server's certificate comes from an unknown authority: add the authority's certificate to \
             the trusted roots, or let the server send the certificates between the two"
        }
        CertificateError::UnknownRevocationStatus => {
            "it is not known whether the server's certificate was revoked"
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
        #[allow(deprecated, reason = "rustls still gives it")]
        CertificateError::UnsupportedSignatureAlgorithm => UNSUPPORTED_ALGORITHM,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another name: the host of the base URL must stand in its \
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

/// What rustls hands on as webpki found it while it built the chain.
fn path_reason(error: &PathError) -> &'static str {
    match error {
        PathError::CaUsedAsEndEntity => {
            "the server's certificate is one of a certificate authority (CA:TRUE, which openssl req -x509 \
             sets by default) and no server's: make it again with \
             -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:HOST, with the host of \
             the base URL"
        }
        PathError::EndEntityUsedAsCa => {
            "the server's certificate was signed with one that is no authority's (CA:FALSE)"
        }
        PathError::CertDistrusted => "the key of the server's certificate is distrusted",
        PathError::EmptyEkuExtension => {
            "the server's certificate has an extendedKeyUsage that names no purpose"
        }
        PathError::ExtensionValueInvalid | PathError::MalformedExtensions => {
            "an extension of the server's certificate is malformed or there twice"
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
            "the server's certificate is not of X.509 version 3; make it again with a subjectAltName"
        }
        PathError::UnsupportedCriticalExtension => UNKNOWN_EXTENSION,
        PathError::UnsupportedNameType => {
            "the server's certificate holds names of a kind that is not supported"
        }
        _ => NOT_ACCEPTED,
    }
}

fn message_reason(message: &InvalidMessage) -> &'static str {
    match message {
        InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge => {
            "the server sends a handshake message, such as its certificate chain, that is larger than the \
             64 KiB that are accepted"
        }
        InvalidMessage::InvalidContentType
        | InvalidMessage::InvalidEmptyPayload
        | InvalidMessage::MessageTooLarge
        | InvalidMessage::UnknownProtocolVersion => {
            "the server's response is not TLS: does the port speak plain http://?"
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
            "the server speaks no TLS version that is accepted (1.2 or 1.3)"
        }
        PeerIncompatible::NoCipherSuitesInCommon => {
            "the server speaks no cipher suite that is accepted (AES-GCM or ChaCha20-Poly1305, with ECDHE)"
        }
        PeerIncompatible::NoKxGroupsInCommon
        | PeerIncompatible::NamedGroupsExtensionRequired
        | PeerIncompatible::NoEcPointFormatsInCommon
        | PeerIncompatible::UncompressedEcPointsRequired
        | PeerIncompatible::EcPointsExtensionRequired
        | PeerIncompatible::KeyShareExtensionRequired => {
            "the server speaks no key exchange group that is accepted (X25519, P-256 or P-384)"
        }
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "the server signs with no scheme that is accepted (ECDSA, Ed25519 or RSA with SHA-2)"
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
            "something on the network path forced TLS 1.2 on a server that speaks 1.3"
        }
        PeerMisbehaved::SelectedUnofferedApplicationProtocol => {
            "the server chose another protocol than http/1.1, the one that was offered"
        }
        PeerMisbehaved::SelectedUnofferedCipherSuite
        | PeerMisbehaved::SelectedUnofferedCompression
        | PeerMisbehaved::SelectedUnofferedKxGroup => {
            "the server chose TLS parameters that were not offered"
        }
        PeerMisbehaved::SignedKxWithWrongAlgorithm
        | PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme => {
            "the server signed its handshake with a scheme that was not offered"
        }
        PeerMisbehaved::TooManyEmptyFragments
        | PeerMisbehaved::TooManyKeyUpdateRequests
        | PeerMisbehaved::TooManyRenegotiationRequests
        | PeerMisbehaved::TooManyWarningAlertsReceived => {
            "the server sent too many TLS messages that carry nothing"
        }
        _ => "the server broke the rules of TLS",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_alert_has_a_reason_of_its_own_with_its_code() {
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

    /// What rustls cannot be brought to say by a server of a test.
    #[test]
    fn rare_faults_have_their_reasons() {
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
