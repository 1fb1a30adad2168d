//! The head of an answer: status line and fields, strictly read (RFC 9112). Pure.

use super::FailureKind;

/// The largest head, in bytes.
const HEAD_MAX: usize = 16 * 1024;
/// The most fields a head may have.
const FIELDS_MAX: usize = 64;
/// The most interim answers (1xx) before the final one.
const INTERIM_MAX: usize = 8;

/// What the head says about the answer and its body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub status: u16,
    pub framing: Framing,
    pub keep_alive: bool,
    pub content_type: String,
    pub retry_after: String,
}

/// Where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After this many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// An answer that is refused, with its status where that is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub kind: FailureKind,
    pub http_status: Option<u16>,
}

/// Reads heads from the bytes as they come: skips interim answers, ends with the final one.
#[derive(Default)]
pub(super) struct HeadReader {
    /// How much of the current head is known to hold no end.
    scanned: usize,
    interim: usize,
}

impl HeadReader {
    /// Looks for the final head in `input`. Gives how many bytes to drop from its front and, once it is
    /// complete, the head; call again with more bytes otherwise.
    pub fn read(&mut self, input: &[u8]) -> Result<(usize, Option<Head>), Refusal> {
        let mut used = 0;
        while let Some(end) = self.find_end(&input[used..])? {
            let head = parse(&input[used..used + end])?;
            used += end;
            self.scanned = 0;
            if !(100..200).contains(&head.status) {
                return Ok((used, Some(head)));
            }
            self.count_interim(head.status)?;
        }
        Ok((used, None))
    }

    /// The length of the head at the front of `input`, if it is complete. Refuses what can be no head
    /// at once, so that a peer that speaks something else is not waited for.
    fn find_end(&mut self, input: &[u8]) -> Result<Option<usize>, Refusal> {
        const START: &[u8] = b"HTTP/1.";
        let known = input.len().min(START.len());
        if input[..known] != START[..known] {
            return Err(not_accepted("the answer is not HTTP/1", None));
        }
        let scanned = self.scanned.min(HEAD_MAX);
        let window = &input[..input.len().min(HEAD_MAX)];
        for at in memchr::memchr_iter(b'\n', &window[scanned..]).map(|at| scanned + at) {
            if !input[..at].ends_with(b"\r") {
                return Err(not_accepted(
                    "a line of the answer's head ends without CR",
                    None,
                ));
            }
            if input[..at].ends_with(b"\r\n\r") {
                return Ok(Some(at + 1));
            }
        }
        if input.len() >= HEAD_MAX {
            return Err(too_large("head"));
        }
        self.scanned = input.len();
        Ok(None)
    }

    fn count_interim(&mut self, status: u16) -> Result<(), Refusal> {
        self.interim += 1;
        if status == 101 {
            return Err(not_accepted(
                "the server switched to another protocol",
                Some(status),
            ));
        }
        if self.interim > INTERIM_MAX {
            return Err(not_accepted(
                "more than 8 interim answers came",
                Some(status),
            ));
        }
        Ok(())
    }
}

/// Reads one complete head.
fn parse(bytes: &[u8]) -> Result<Head, Refusal> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let mut config = httparse::ParserConfig::default();
    // A user agent replaces a fold by a space (RFC 9112 section 5.2).
    config.allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response(&mut response, bytes) {
        Ok(httparse::Status::Complete(used)) if used == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(too_large("head")),
        _ => return Err(not_accepted("the answer's head is malformed", None)),
    }
    let status = response.code.unwrap_or(0);
    let fields = Fields {
        list: response.headers,
        status,
        http_10: response.version == Some(0),
    };
    let framing = fields.framing()?;
    fields.refuse_content_coding()?;
    Ok(Head {
        status,
        framing,
        keep_alive: fields.keep_alive() && framing != Framing::UntilClose,
        content_type: fields.text("content-type"),
        retry_after: fields.text("retry-after"),
    })
}

/// The fields of a head, whose names are compared without regard to case.
struct Fields<'a> {
    list: &'a [httparse::Header<'a>],
    status: u16,
    http_10: bool,
}

impl<'a> Fields<'a> {
    fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.list
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    /// The elements of the lists that the fields of that name are, empty ones left out (RFC 9110 section 5.6.1).
    fn elements(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let elements = self
            .all(name)
            .flat_map(|value| value.split(|&byte| byte == b','));
        // A fold is white space like any other here.
        elements
            .map(<[u8]>::trim_ascii)
            .filter(|element| !element.is_empty())
    }

    /// The first field of that name as text; empty if there is none or it is not UTF-8.
    fn text(&self, name: &str) -> String {
        let value = self.all(name).next();
        unfold(
            value
                .and_then(|value| std::str::from_utf8(value).ok())
                .unwrap_or(""),
        )
    }

    /// Whether a status never comes with a body.
    fn is_bodiless(&self) -> bool {
        self.status < 200 || matches!(self.status, 204 | 304)
    }

    /// Where the body ends (RFC 9112 §6.3), with everything ambiguous refused.
    fn framing(&self) -> Result<Framing, Refusal> {
        let length = self.content_length()?;
        let chunked = self.chunked()?;
        match (length, chunked) {
            (Some(_), true) => {
                Err(self.refuse("the answer has both Content-Length and Transfer-Encoding"))
            }
            (_, true) if self.status == 204 => Err(self.refuse("the answer 204 has a body")),
            (Some(1..), false) if self.status == 204 => {
                Err(self.refuse("the answer 204 has a body"))
            }
            _ if self.is_bodiless() => Ok(Framing::Length(0)),
            (_, true) => Ok(Framing::Chunked),
            (Some(length), false) => Ok(Framing::Length(length)),
            (None, false) => Ok(Framing::UntilClose),
        }
    }

    fn content_length(&self) -> Result<Option<u64>, Refusal> {
        let mut length = None;
        for value in self.all("content-length") {
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let number = std::str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse().ok());
            match number.filter(|_| digits) {
                Some(number) if length.is_none_or(|earlier| earlier == number) => {
                    length = Some(number)
                }
                _ => return Err(self.refuse("the answer's Content-Length is malformed")),
            }
        }
        Ok(length)
    }

    fn chunked(&self) -> Result<bool, Refusal> {
        if self.all("transfer-encoding").next().is_none() {
            return Ok(false);
        }
        let mut codings = self.elements("transfer-encoding");
        match (codings.next(), codings.next()) {
            (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") && !self.http_10 => {
                Ok(true)
            }
            _ => Err(self.refuse("the answer's Transfer-Encoding is not chunked alone")),
        }
    }

    /// None was asked for, and a checked body must be the bytes the server meant. What has no body may name one.
    fn refuse_content_coding(&self) -> Result<(), Refusal> {
        let mut codings = self.elements("content-encoding");
        if !self.is_bodiless() && codings.any(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
            return Err(self.refuse("the answer is compressed although that was not asked for"));
        }
        Ok(())
    }

    fn keep_alive(&self) -> bool {
        let mut options = self.elements("connection");
        !self.http_10 && !options.any(|option| option.eq_ignore_ascii_case(b"close"))
    }

    fn refuse(&self, reason: &'static str) -> Refusal {
        not_accepted(reason, Some(self.status))
    }
}

/// A value with each of its folds replaced by a space.
fn unfold(value: &str) -> String {
    if !value.contains('\r') {
        return value.to_owned();
    }
    let lines = value.split("\r\n").map(str::trim_ascii);
    lines.collect::<Vec<_>>().join(" ")
}

fn not_accepted(reason: &'static str, http_status: Option<u16>) -> Refusal {
    Refusal {
        kind: FailureKind::NotAccepted(reason),
        http_status,
    }
}

fn too_large(part: &'static str) -> Refusal {
    Refusal {
        kind: FailureKind::TooLarge(part),
        http_status: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(usize, Option<Head>), Refusal> {
        HeadReader::default().read(text.as_bytes())
    }

    fn framing(fields: &str) -> Result<Framing, Option<u16>> {
        let head = read(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"));
        head.map(|(_, head)| head.map_or(Framing::UntilClose, |head| head.framing))
            .map_err(|r| r.http_status)
    }

    #[test]
    fn a_head_may_come_in_pieces() {
        let text =
            b"HTTP/1.1 200 OK\r\nCONTENT-length: 2\r\ncontent-type: application/json\r\n\r\n{}";
        let end = text.len() - 2;
        let mut reader = HeadReader::default();
        for length in 0..end {
            assert_eq!(
                reader.read(&text[..length]),
                Ok((0, None)),
                "after {length} bytes"
            );
        }
        let (used, head) = reader.read(text).expect("a head");
        let head = head.expect("complete");
        assert_eq!(
            (used, head.status, head.framing, head.keep_alive),
            (end, 200, Framing::Length(2), true)
        );
        assert_eq!(head.content_type, "application/json");
    }

    #[test]
    fn framing_is_never_guessed() {
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
        for refused in [
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
            assert_eq!(framing(refused), Err(Some(200)), "{refused:?}");
        }
        assert!(read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn a_204_has_no_body() {
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
    fn what_rfc_9112_lets_a_server_write_is_read() {
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
        let text = "HTTP/1.1 200 OK\r\nContent-Type:\r\n application/json;\r\n\t charset=utf-8 \r\n\
            Retry-After: Wed,\r\n 21 Oct 2026 07:28:00 GMT\r\nConnection: a,\r\n close\r\n\
            Content-Length: 0\r\n\r\n";
        let head = read(text).expect("a head").1.expect("complete");
        assert_eq!(head.content_type, "application/json; charset=utf-8");
        assert_eq!(head.retry_after, "Wed, 21 Oct 2026 07:28:00 GMT");
        assert!(!head.keep_alive);
    }

    #[test]
    fn what_is_no_head_is_refused_at_once() {
        for refused in [
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
                    read(refused),
                    Err(Refusal {
                        kind: FailureKind::NotAccepted(_),
                        ..
                    })
                ),
                "{refused:?}"
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
        assert_eq!(
            read(&long).map_err(|r| r.kind),
            Err(FailureKind::TooLarge("head"))
        );
        assert_eq!(
            read(&many).map_err(|r| r.kind),
            Err(FailureKind::TooLarge("head"))
        );
        assert!(read(&most).is_ok());
    }

    #[test]
    fn interim_answers_are_skipped_and_counted() {
        let interim = "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n";
        let last = "HTTP/1.1 204 No Content\r\n\r\n";
        let (used, head) =
            read(&format!("{}{last}", interim.repeat(8))).expect("eight are allowed");
        assert_eq!(
            (used, head.map(|h| h.status)),
            (interim.len() * 8 + last.len(), Some(204))
        );
        assert!(read(&interim.repeat(9)).is_err());
        assert_eq!(
            read("HTTP/1.1 101 Switching\r\n\r\n").map_err(|r| r.http_status),
            Err(Some(101))
        );
    }

    #[test]
    fn connections_are_kept_only_where_both_sides_may() {
        let keep = |text: &str| {
            read(text)
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
