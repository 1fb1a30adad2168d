//! Parses certificates in PEM (RFC 7468) as it occurs in practice: with a byte order mark, any line ends, comments in any
//! encoding and blocks of other types. An invalid certificate is an error and never skipped. Pure.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Parses the certificates in `pem`: at least one, each usable as a trust anchor. Takes linear time. The error contains
/// the position of the certificate and the reason.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut lines = Lines {
        rest: pem,
        joined: None,
    };
    let mut certificates = Vec::new();
    while let Some(line) = lines.next() {
        let number = certificates.len() + 1;
        match begin_label(line) {
            Some(label) if is_certificate(label) => {
                let read = content(&mut lines, label).and_then(|content| certificate(&content));
                let invalid = |reason| format!("certificate {number} in the PEM {reason}");
                certificates.push(read.map_err(invalid)?);
            }
            Some(label) => {
                let invalid =
                    |reason| format!("a block before certificate {number} in the PEM {reason}");
                // It may be a private key: nothing of it is copied.
                read_block(&mut lines, label, |_| {}).map_err(invalid)?;
            }
            None if is_boundary(line) => {
                return Err(format!(
                    "the PEM has a BEGIN or END line that is malformed or has no counterpart, before \
                     certificate {number}"
                ));
            }
            None => {}
        }
    }
    if certificates.is_empty() {
        return Err(NO_CERTIFICATE.into());
    }
    Ok(certificates)
}

const NO_CERTIFICATE: &str = "the PEM has no certificate, which starts with -----BEGIN CERTIFICATE-----: pass the \
    content of a PEM file, not its name";
const NO_END: &str = "has no matching END line";

/// Returns the label of the block that this line starts.
fn begin_label(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----")
}

/// Whether a line looks like the first or last of a block, also after other text.
fn is_boundary(line: &[u8]) -> bool {
    line.starts_with(b"-----BEGIN") || memchr::memmem::find(line, b"-----END ").is_some()
}

/// Whether a block with this label is a certificate. RFC 7468 section 5.3 lists older labels.
fn is_certificate(label: &[u8]) -> bool {
    label == b"CERTIFICATE"
        || label == b"X509 CERTIFICATE"
        || label == b"X.509 CERTIFICATE"
        || label == TRUSTED
}

/// OpenSSL's label for a certificate with trust settings.
const TRUSTED: &[u8] = b"TRUSTED CERTIFICATE";

/// Returns the lines of a block, joined, without white space.
fn content(lines: &mut Lines<'_>, label: &[u8]) -> Result<Vec<u8>, &'static str> {
    if label == TRUSTED {
        return Err("is a TRUSTED CERTIFICATE, a format of OpenSSL: convert it with openssl x509");
    }
    let mut content = Vec::new();
    read_block(lines, label, |line| {
        content.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
    })?;
    Ok(content)
}

/// Passes the lines of a block to `each`, up to its END line.
fn read_block(
    lines: &mut Lines<'_>,
    label: &[u8],
    mut each: impl FnMut(&[u8]),
) -> Result<(), &'static str> {
    while let Some(line) = lines.next() {
        if lines.is_end(line, label)? {
            return Ok(());
        }
        each(line);
    }
    Err(NO_END)
}

/// Decodes the certificate in a block.
fn certificate(content: &[u8]) -> Result<CertificateDer<'static>, &'static str> {
    let der = BASE64.decode(content);
    let certificate = CertificateDer::from(der.map_err(|_| "is not valid base64")?);
    match RootCertStore::empty().add(certificate.clone()) {
        Ok(()) => Ok(certificate),
        Err(_) => Err("is damaged, or not an X.509 certificate that can be a trust anchor"),
    }
}

/// The lines of a file, with any line ends.
struct Lines<'a> {
    rest: &'a [u8],
    /// The rest of the line after an END line, where files were concatenated.
    joined: Option<&'a [u8]>,
}

impl<'a> Lines<'a> {
    /// Returns the next line without surrounding white space and byte order mark.
    fn next(&mut self) -> Option<&'a [u8]> {
        if let Some(joined) = self.joined.take() {
            return Some(joined);
        }
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'\n', b'\r', self.rest);
        let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.get(1..).unwrap_or_default();
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        Some(line.trim_ascii())
    }

    /// Whether a line within a block of this label ends it.
    fn is_end(&mut self, line: &'a [u8], label: &[u8]) -> Result<bool, &'static str> {
        if !line.starts_with(b"-----") {
            return Ok(false);
        }
        let after = line
            .strip_prefix(b"-----END ")
            .and_then(|line| line.strip_prefix(label))
            .and_then(|line| line.strip_prefix(b"-----"))
            .ok_or(NO_END)?;
        self.joined = (!after.is_empty()).then_some(after);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Created with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 36500 -subj /CN=root`.
    const ROOT: &str = include_str!("pem_root.pem");
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\n****\n-----END PRIVATE KEY-----\n";

    fn count(pem: impl AsRef<[u8]>) -> Result<usize, String> {
        certificates(pem.as_ref()).map(|certificates| certificates.len())
    }

    #[test]
    fn practical_pem_is_accepted() {
        let crlf = ROOT.replace('\n', "\r\n");
        let cr = ROOT.replace('\n', "\r");
        let joined = ROOT.trim_end().repeat(2);
        let old = [
            ROOT.replace("CERTIFICATE", "X509 CERTIFICATE"),
            ROOT.replace("CERTIFICATE", "X.509 CERTIFICATE"),
        ];
        let one_line = ROOT
            .lines()
            .skip(1)
            .take_while(|line| !line.starts_with('-'));
        let one_line: String = one_line.collect();
        let one_line =
            format!("-----BEGIN CERTIFICATE-----\n{one_line}\n-----END CERTIFICATE-----");
        let unpadded = one_line.replace('=', "");
        let indented = ROOT.replace('\n', " \t\n  ").replace("MI", "\n\nMI");
        let mut latin_1 = b"# Autorit\xe9 \xff\n-----\n- not BEGIN\n".to_vec();
        latin_1.extend(ROOT.as_bytes());
        latin_1.extend(b"\x80 rest");
        for (pem, expected) in [
            (ROOT.into(), 1),
            (format!("\u{feff}{ROOT}\u{feff}{ROOT}"), 2),
            (format!("{crlf}{cr}{ROOT}"), 3),
            (format!("{KEY}{ROOT}{KEY}{KEY}{ROOT}{KEY}"), 2),
            (
                format!(" text\n{ROOT}subject=CN = root\n\n{}", ROOT.trim_end()),
                2,
            ),
            (joined, 2),
            (one_line, 1),
            (unpadded, 1),
            (indented, 1),
            (old.concat(), 2),
        ] {
            assert_eq!(count(&pem), Ok(expected), "{pem}");
        }
        assert_eq!(count(&latin_1), Ok(1));
    }

    #[test]
    fn invalid_certificates_are_reported_by_number() {
        let body: String = ROOT.lines().skip(1).take(3).collect();
        let block = |content: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
        };
        let trusted = ROOT.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        for (second, words) in [
            (block("AAAA"), "certificate 2 in the PEM is damaged"),
            (block(&body), "certificate 2 in the PEM is damaged"),
            (block(""), "certificate 2 in the PEM is damaged"),
            (
                block("****"),
                "certificate 2 in the PEM is not valid base64",
            ),
            (block("Proc-Type: 4,ENCRYPTED"), "is not valid base64"),
            (
                ROOT.replace("-----END", ""),
                "certificate 2 in the PEM has no matching END",
            ),
            (
                ROOT.replace("END CERT", "END X CERT"),
                "has no matching END",
            ),
            (
                ROOT.replace("-----END CERTIFICATE-----\n", KEY),
                "has no matching END",
            ),
            (
                ROOT.replace("CERTIFICATE-----\nMI", "CERTIFICATE----\nMI"),
                "before certificate 2",
            ),
            (format!("x {ROOT}"), "before certificate 2"),
            (KEY.replace("-----END", ""), "a block before certificate 2"),
            (trusted, "certificate 2 in the PEM is a TRUSTED CERTIFICATE"),
        ] {
            for after in ["", ROOT] {
                let result = count(format!("{ROOT}{second}{after}"));
                let reason = result.expect_err(&second);
                assert!(reason.contains(words), "{reason}: {second}");
            }
        }
        for pem in ["", "x", KEY, "/etc/ssl/root.pem", "\x30\u{82}\u{1}"] {
            assert_eq!(count(pem), Err(NO_CERTIFICATE.into()), "{pem}");
        }
    }

    #[test]
    fn parsing_takes_linear_time() {
        // Would take minutes if it were read again for each line.
        let comments = "-\n".repeat(500_000);
        assert_eq!(count(format!("{comments}{ROOT}")), Ok(1));
        assert!(count(format!("-----BEGIN X-----\n{comments}")).is_err());
    }
}
