//! The head of a response: status line and fields, parsed strictly (RFC 9112). Pure.

use std::mem::MaybeUninit;

use zeroize::Zeroizing;

use super::date;
use super::error::{Cause, NetworkError, Progress};
use crate::secret::SecretBytes;

/// The largest head, in bytes.
const HEAD_MAX: usize = 16 * 1024;
/// The most fields of a head.
const FIELDS_MAX: usize = 64;
/// The most interim responses (1xx) before the final one.
const INTERIM_MAX: usize = 8;

/// A parsed head.
#[derive(Debug)]
pub(super) struct Head {
    pub status: u16,
    pub framing: Framing,
    pub keep_alive: bool,
    /// When the server sent it, in Unix seconds; `None` if unknown.
    pub date: Option<i64>,
    pub headers: Headers,
}

/// The header fields of a response. They are read only where a call needs them: few calls do.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    /// A complete head.
    bytes: SecretBytes,
}

impl Headers {
    /// Copies a complete head.
    pub fn new(head: &[u8]) -> Self {
        let mut bytes = SecretBytes::with_capacity(head.len());
        bytes.push(head);
        Headers { bytes }
    }

    /// Returns the names and values in the order of the head. A fold in a value is a space, and what is not UTF-8 is
    /// replaced by U+FFFD.
    pub fn to_vec(&self) -> Vec<(String, Zeroizing<String>)> {
        let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
        let parsed = parse_fields(self.bytes.as_slice(), &mut fields);
        let list = parsed.map_or(&[][..], |response| response.headers);
        let pair = |field: &httparse::Header<'_>| {
            let value = String::from_utf8_lossy(field.value);
            (field.name.to_owned(), Zeroizing::new(unfold(&value)))
        };
        list.iter().map(pair).collect()
    }
}

/// How the end of the body is determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// By its length in bytes.
    Length(u64),
    /// By the last chunk.
    Chunked,
    /// By the end of the connection.
    UntilClose,
}

/// Reads heads from the bytes as they arrive: skips interim responses, and returns the final one.
#[derive(Default)]
pub(super) struct HeadReader {
    /// Whether the request is a HEAD, whose response has no body.
    is_head_request: bool,
    /// How many bytes of the current head are known not to contain its end.
    scanned: usize,
    interim: usize,
}

impl HeadReader {
    /// A reader for the response of a request with this method.
    pub fn new(method: &str) -> Self {
        HeadReader {
            is_head_request: method == "HEAD",
            ..HeadReader::default()
        }
    }

    /// Searches `input` for the final head. Returns how many bytes to drop from its front and, once complete, the head;
    /// otherwise call it again with more bytes.
    pub fn read(&mut self, input: &[u8]) -> Result<(usize, Option<Head>), NetworkError> {
        let mut used = 0;
        while let Some(end) = self.find_end(&input[used..])? {
            let head = parse(&input[used..used + end], self.is_head_request)?;
            used += end;
            self.scanned = 0;
            if !(100..200).contains(&head.status) {
                return Ok((used, Some(head)));
            }
            self.count_interim(head.status)
                .map_err(|cause| with_status(head.status, cause))?;
        }
        Ok((used, None))
    }

    /// Returns the length of the head at the front of `input`, if it is complete. Rejects another protocol at once,
    /// instead of waiting for the end of a head.
    fn find_end(&mut self, input: &[u8]) -> Result<Option<usize>, Cause> {
        const START: &[u8] = b"HTTP/1.";
        let known = input.len().min(START.len());
        if input[..known] != START[..known] {
            return Err(Cause::InvalidResponse("not HTTP/1"));
        }
        let scanned = self.scanned.min(HEAD_MAX);
        let window = &input[..input.len().min(HEAD_MAX)];
        for at in memchr::memchr_iter(b'\n', &window[scanned..]).map(|at| scanned + at) {
            if !input[..at].ends_with(b"\r") {
                return Err(Cause::InvalidResponse("a head line without CR"));
            }
            if input[..at].ends_with(b"\r\n\r") {
                return Ok(Some(at + 1));
            }
        }
        if input.len() >= HEAD_MAX {
            return Err(Cause::TooLarge("head"));
        }
        self.scanned = input.len();
        Ok(None)
    }

    fn count_interim(&mut self, status: u16) -> Result<(), Cause> {
        self.interim += 1;
        if status == 101 {
            return Err(Cause::InvalidResponse("a switch to another protocol"));
        }
        if self.interim > INTERIM_MAX {
            return Err(Cause::InvalidResponse("more than 8 interim responses"));
        }
        Ok(())
    }
}

/// An error in the response with this status.
fn with_status(status: u16, cause: Cause) -> NetworkError {
    let progress = Progress {
        http_status: Some(status),
        ..Progress::default()
    };
    NetworkError { cause, progress }
}

/// Parses one complete head.
fn parse(bytes: &[u8], is_head_request: bool) -> Result<Head, NetworkError> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let response = parse_fields(bytes, &mut fields)?;
    let fields = Fields {
        list: response.headers,
        status: response.code.unwrap_or(0),
        http_10: response.version == Some(0),
        is_head_request,
    };
    let (framing, keep_alive) = fields
        .framing_and_persistence()
        .map_err(|cause| with_status(fields.status, cause))?;
    Ok(Head {
        status: fields.status,
        framing,
        keep_alive,
        date: fields.date(),
        headers: Headers::new(bytes),
    })
}

fn parse_fields<'a, 'b>(
    bytes: &'b [u8],
    fields: &'a mut [MaybeUninit<httparse::Header<'b>>; FIELDS_MAX],
) -> Result<httparse::Response<'a, 'b>, Cause> {
    let mut response = httparse::Response::new(&mut []);
    let mut config = httparse::ParserConfig::default();
    // A user agent replaces a fold by a space (RFC 9112 section 5.2).
    config.allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response_with_uninit_headers(&mut response, bytes, fields) {
        Ok(httparse::Status::Complete(used)) if used == bytes.len() => Ok(response),
        Err(httparse::Error::TooManyHeaders) => Err(Cause::TooLarge("head")),
        _ => Err(Cause::InvalidResponse("a malformed head")),
    }
}

/// The fields of a head. Names are case-insensitive.
struct Fields<'a> {
    list: &'a [httparse::Header<'a>],
    status: u16,
    http_10: bool,
    is_head_request: bool,
}

impl<'a> Fields<'a> {
    /// The framing, and whether the connection may stay open.
    fn framing_and_persistence(&self) -> Result<(Framing, bool), Cause> {
        let framing = self.framing()?;
        self.reject_content_coding()?;
        Ok((framing, self.keep_alive() && framing != Framing::UntilClose))
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.list
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    /// The elements of a list field, without empty ones (RFC 9110 section 5.6.1).
    fn elements(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let elements = self
            .all(name)
            .flat_map(|value| value.split(|&byte| byte == b','));
        // A fold is white space here.
        elements
            .map(<[u8]>::trim_ascii)
            .filter(|element| !element.is_empty())
    }

    /// Whether a response of this status, or to this request, never has a body.
    fn is_bodiless(&self) -> bool {
        self.is_head_request || self.status < 200 || matches!(self.status, 204 | 304)
    }

    /// The framing of the body (RFC 9112 §6.3). Ambiguous framing is rejected.
    fn framing(&self) -> Result<Framing, Cause> {
        match (self.content_length()?, self.is_chunked()?) {
            (Some(_), true) => Err(Cause::InvalidResponse(
                "both Content-Length and Transfer-Encoding",
            )),
            (_, true) | (Some(1..), _) if self.status == 204 => {
                Err(Cause::InvalidResponse("a body in a response 204"))
            }
            _ if self.is_bodiless() => Ok(Framing::Length(0)),
            (_, true) => Ok(Framing::Chunked),
            (Some(length), false) => Ok(Framing::Length(length)),
            (None, false) => Ok(Framing::UntilClose),
        }
    }

    fn content_length(&self) -> Result<Option<u64>, Cause> {
        let mut length = None;
        for value in self.all("content-length") {
            let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let digits = std::str::from_utf8(value).ok().filter(|_| is_number);
            match digits.and_then(|digits| digits.parse().ok()) {
                Some(number) if length.is_none_or(|earlier| earlier == number) => {
                    length = Some(number)
                }
                _ => return Err(Cause::InvalidResponse("a malformed Content-Length")),
            }
        }
        Ok(length)
    }

    fn is_chunked(&self) -> Result<bool, Cause> {
        if self.all("transfer-encoding").next().is_none() {
            return Ok(false);
        }
        let mut codings = self.elements("transfer-encoding");
        match (codings.next(), codings.next()) {
            (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") && !self.http_10 => {
                Ok(true)
            }
            _ => Err(Cause::InvalidResponse(
                "a Transfer-Encoding other than chunked",
            )),
        }
    }

    /// No content coding was requested, and the body must be the bytes that the server produced. A response without a
    /// body may name one.
    fn reject_content_coding(&self) -> Result<(), Cause> {
        let mut codings = self.elements("content-encoding");
        if !self.is_bodiless() && codings.any(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
            return Err(Cause::InvalidResponse(
                "a Content-Encoding that was not requested",
            ));
        }
        Ok(())
    }

    fn keep_alive(&self) -> bool {
        let mut options = self.elements("connection");
        !self.http_10 && !options.any(|option| option.eq_ignore_ascii_case(b"close"))
    }

    /// When the server sent the response, in Unix seconds. `None` if a cache sent it, which adds an Age, or without
    /// exactly one Date that is valid.
    fn date(&self) -> Option<i64> {
        let (mut dates, mut ages) = (self.all("date"), self.all("age"));
        let (Some(date), None, None) = (dates.next(), dates.next(), ages.next()) else {
            return None;
        };
        date::parse(date)
    }
}

/// Replaces each fold of a value by a space.
fn unfold(value: &str) -> String {
    if !value.contains('\r') {
        return value.to_owned();
    }
    let lines = value.split("\r\n").map(str::trim_ascii);
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Result<(usize, Option<Head>), NetworkError> {
        HeadReader::default().read(head.as_bytes())
    }

    /// The value of the first field of this name.
    fn value(head: &Head, name: &str) -> Option<Zeroizing<String>> {
        let mut fields = head.headers.to_vec().into_iter();
        fields.find_map(|(other, value)| (other == name).then_some(value))
    }

    /// The date of a response with these fields.
    fn date(fields: &str) -> Option<i64> {
        let head = read(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"));
        head.expect("a head").1.expect("complete").date
    }

    fn framing(fields: &str) -> Result<Framing, Option<u16>> {
        let head = read(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"));
        head.map(|(_, head)| head.map_or(Framing::UntilClose, |head| head.framing))
            .map_err(|error| error.progress.http_status)
    }

    #[test]
    fn head_is_read_in_pieces() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nCONTENT-length: 2\r\ncontent-type: application/json\r\n\r\n{}";
        let end = bytes.len() - 2;
        let mut reader = HeadReader::default();
        for length in 0..end {
            let read = reader.read(&bytes[..length]);
            assert!(matches!(read, Ok((0, None))), "after {length} bytes");
        }
        let (used, head) = reader.read(bytes).expect("a head");
        let head = head.expect("complete");
        assert_eq!(
            (used, head.status, head.framing, head.keep_alive),
            (end, 200, Framing::Length(2), true)
        );
        let content_type = value(&head, "content-type");
        assert_eq!(content_type.expect("a field").as_str(), "application/json");
    }

    #[test]
    fn ambiguous_framing_is_rejected() {
        assert_eq!(framing("Content-Length: 5\r\n"), Ok(Framing::Length(5)));
        assert_eq!(
            framing("Content-Length: 5\r\nContent-Length: 5\r\n"),
            Ok(Framing::Length(5))
        );
        assert_eq!(
            framing("transfer-encoding: Chunked\r\n"),
            Ok(Framing::Chunked)
        );
        for chunked in [
            "Transfer-Encoding:\t chunked \t\r\n",
            "Transfer-Encoding: , chunked,,\r\n",
            "Transfer-Encoding:\r\n chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n",
        ] {
            assert_eq!(framing(chunked), Ok(Framing::Chunked), "{chunked:?}");
        }
        for length in [
            "Content-Length:5\r\n",
            "Content-Length: \t005\t \r\n",
            "Content-Length:\r\n 5\r\n",
            "Content-Length: 5\r\n \r\n",
            "Content-Encoding:\r\nContent-Length: 5\r\n",
            "Content-Encoding: Identity\r\nContent-Length: 5\r\n",
            "Content-Encoding: identity, , IDENTITY\r\nContent-Length: 5\r\n",
        ] {
            assert_eq!(framing(length), Ok(Framing::Length(5)), "{length:?}");
        }
        assert_eq!(framing(""), Ok(Framing::UntilClose));
        for invalid in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: 1\r\n 2\r\n",
            "Transfer-Encoding:\r\n",
            "Transfer-Encoding: ,\r\n",
            "Transfer-Encoding: chunked, chunked\r\n",
            "Transfer-Encoding: chun\r\n ked\r\n",
            "Transfer-Encoding: chunked;a=b\r\n",
            "Content-Encoding: identity,\r\n gzip\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Content-Encoding: gzip\r\nContent-Length: 5\r\n",
        ] {
            assert_eq!(framing(invalid), Err(Some(200)), "{invalid:?}");
        }
        assert!(read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn response_204_has_no_body() {
        for (fields, accepted) in [
            ("", true),
            ("Content-Length: 0\r\n", true),
            ("Content-Encoding: gzip\r\n", true),
            ("Content-Length: 1\r\n", false),
            ("Transfer-Encoding: chunked\r\n", false),
        ] {
            assert_eq!(
                read(&format!("HTTP/1.1 204 No Content\r\n{fields}\r\n")).is_ok(),
                accepted,
                "{fields:?}"
            );
        }
    }

    #[test]
    fn response_to_head_has_no_body() {
        for (status, fields, accepted) in [
            ("200 OK", "Content-Length: 5\r\n", true),
            ("200 OK", "Transfer-Encoding: chunked\r\n", true),
            ("200 OK", "Content-Encoding: gzip\r\n", true),
            ("404 Not Found", "", true),
            ("204 No Content", "Content-Length: 1\r\n", false),
            (
                "200 OK",
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                false,
            ),
        ] {
            let head = format!("HTTP/1.1 {status}\r\n{fields}\r\n");
            let read = HeadReader::new("HEAD").read(head.as_bytes());
            let framing = read.ok().and_then(|(_, head)| head).map(|head| {
                assert!(head.keep_alive, "{fields:?}");
                head.framing
            });
            let expected = accepted.then_some(Framing::Length(0));
            assert_eq!(framing, expected, "{status} {fields:?}");
        }
    }

    #[test]
    fn date_is_read_unless_a_cache_sent_it() {
        const DATE: &str = "Date: Thu, 26 Nov 2026 12:00:00 GMT\r\n";
        for (fields, is_read) in [
            (DATE, true),
            ("DATE:\tThu, 26 Nov 2026 12:00:00 GMT \r\n", true),
            ("Date:\r\n Thu, 26 Nov 2026 12:00:00 GMT\r\n", true),
            ("", false),
            ("Date:\r\n", false),
            ("Date: Thu, 26 Nov\r\n 2026 12:00:00 GMT\r\n", false),
            ("Last-Modified: Thu, 26 Nov 2026 12:00:00 GMT\r\n", false),
            (&DATE.repeat(2), false),
            (&format!("Date: x\r\n{DATE}"), false),
            (&format!("{DATE}Date:\r\n"), false),
            (&format!("{DATE}Age: 0\r\n"), false),
            (&format!("age: 3600\r\n{DATE}"), false),
            (&format!("Age: x\r\n{DATE}"), false),
        ] {
            let expected = is_read.then_some(1_795_694_400);
            assert_eq!(date(fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn headers_are_in_order() {
        let head = b"HTTP/1.1 200 OK\r\nB: 1\r\na:\r\nB: x\r\n y\xff\r\n\r\n";
        let fields = Headers::new(head).to_vec();
        let fields: Vec<_> = fields.iter().map(|(n, v)| (&**n, v.as_str())).collect();
        assert_eq!(fields, [("B", "1"), ("a", ""), ("B", "x y\u{fffd}")]);
        assert!(Headers::default().to_vec().is_empty());
    }

    #[test]
    fn heads_allowed_by_rfc_9112_are_accepted() {
        for accepted in [
            // No reason, an empty one, and one of any bytes.
            b"HTTP/1.1 200\r\n\r\n".as_slice(),
            b"HTTP/1.1 200 \r\n\r\n",
            b"HTTP/1.1 200 d'acc\xf4rd \t\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\n",
            // Values: none, of any bytes, folded once or more.
            b"HTTP/1.1 200 OK\r\nA:\r\nA: \r\n!#$%&'*+-.^_`|~9: \x80\xff\t\"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\td\r\nB: e\r\n \r\n f\r\n\r\n",
        ] {
            let head = HeadReader::default().read(accepted);
            let is_read = matches!(head, Ok((used, Some(_))) if used == accepted.len());
            assert!(is_read, "{}", accepted.escape_ascii());
        }
        let bytes = "HTTP/1.1 200 OK\r\nContent-Type:\r\n application/json;\r\n\t charset=utf-8 \r\n\
            Retry-After: Wed,\r\n 21 Oct 2026 07:28:00 GMT\r\nConnection: a,\r\n close\r\n\
            Content-Length: 0\r\n\r\n";
        let head = read(bytes).expect("a head").1.expect("complete");
        for (name, expected) in [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),
        ] {
            let value = value(&head, name).expect(name);
            assert_eq!(value.as_str(), expected);
        }
        assert!(!head.keep_alive);
    }

    #[test]
    fn malformed_heads_are_rejected_at_once() {
        for invalid in [
            "<html>",
            "SSH-2.0-x",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 200 OK\n",
            "HTTP/1.1 200 OK\r\nA: b\n",
            "HTTP/1.1 x\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA\r\n : b\r\n\r\n",
            "\r\n",
        ] {
            assert!(
                matches!(
                    read(invalid),
                    Err(NetworkError {
                        cause: Cause::InvalidResponse(_),
                        ..
                    })
                ),
                "{invalid:?}"
            );
        }
    }

    #[test]
    fn heads_have_limits() {
        let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "b".repeat(HEAD_MAX));
        let many = format!(
            "HTTP/1.1 200 OK\r\n{}\r\n",
            "A: b\r\n".repeat(FIELDS_MAX + 1)
        );
        let most = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(FIELDS_MAX));
        for head in [&long, &many] {
            let cause = read(head).err().map(|error| error.cause);
            assert_eq!(cause, Some(Cause::TooLarge("head")));
        }
        assert!(read(&most).is_ok());
    }

    #[test]
    fn interim_responses_are_skipped_and_limited() {
        let interim = "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n";
        let last = "HTTP/1.1 204 No Content\r\n\r\n";
        let (used, head) =
            read(&format!("{}{last}", interim.repeat(8))).expect("eight are allowed");
        assert_eq!(
            (used, head.map(|h| h.status)),
            (interim.len() * 8 + last.len(), Some(204))
        );
        assert!(read(&interim.repeat(9)).is_err());
        let switched = read("HTTP/1.1 101 Switching\r\n\r\n").err();
        let status = switched.and_then(|error| error.progress.http_status);
        assert_eq!(status, Some(101));
    }

    #[test]
    fn only_persistent_connections_are_kept_alive() {
        let keep = |head: &str| {
            read(head)
                .ok()
                .and_then(|(_, head)| head)
                .map(|head| head.keep_alive)
        };
        assert_eq!(
            keep("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            Some(true)
        );
        assert_eq!(
            keep("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n"),
            Some(false)
        );
        assert_eq!(
            keep("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"),
            Some(false)
        );
        assert_eq!(keep("HTTP/1.1 200 OK\r\n\r\n"), Some(false));
    }
}
