//! A parser of complete HTTP/1 responses by RFC 9112 and the library's limits, to compare the library's with.

/// The size limit of a head.
const HEAD_MAX: usize = 16 * 1024;
/// The size limit of a line between chunks, with its CR.
const LINE_MAX: usize = 4096;
/// The most fields in a head, and in a trailer.
const FIELDS_MAX: usize = 64;

/// A complete response that is accepted.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
    /// Its length in bytes, interim responses included.
    pub length: usize,
    /// Whether the connection can be reused.
    pub keep_alive: bool,
}

/// Parses the response to a request with this method at the start of `bytes`, with a body of at most `max` bytes; `None`
/// if it is incomplete or rejected. `closed` means that an orderly close follows the bytes.
pub fn parse(method: &str, bytes: &[u8], closed: bool, max: usize) -> Option<Response> {
    let mut start = 0;
    for _ in 0..=8 {
        let head = Head::of(&bytes[start..])?;
        let framing = head.framing(method == "HEAD")?;
        start += head.length;
        match head.status {
            101 => return None,
            100..=199 => continue,
            status => {
                let (body, length) = framing.body(&bytes[start..], closed)?;
                return (body.len() <= max).then_some(Response {
                    status,
                    body,
                    length: start + length,
                    keep_alive: head.keeps_alive() && framing != Framing::UntilClose,
                });
            }
        }
    }
    None
}

struct Head {
    length: usize,
    is_http_10: bool,
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
}

impl Head {
    fn of(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
        let length = end + 4;
        let mut lines = lines(&bytes[..end]).into_iter();
        let (is_http_10, status) = status_line(lines.next()?)?;
        let fields: Vec<_> = unfolded(lines)?
            .iter()
            .map(|line| field(line))
            .collect::<Option<_>>()?;
        (length <= HEAD_MAX && fields.len() <= FIELDS_MAX).then_some(Head {
            length,
            is_http_10,
            status,
            fields,
        })
    }

    fn values(&self, name: &str) -> Vec<String> {
        let values = self.fields.iter().filter(|field| field.0 == name);
        values
            .map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase())
            .collect()
    }

    /// The elements of a list, without empty ones.
    fn elements(&self, name: &str) -> Vec<String> {
        let list = self.values(name).join(",");
        let elements = list
            .split(',')
            .map(|element| element.trim_ascii().to_owned());
        elements.filter(|element| !element.is_empty()).collect()
    }

    fn keeps_alive(&self) -> bool {
        !self.is_http_10 && !self.elements("connection").contains(&"close".to_owned())
    }

    /// How the body ends; `None` if the head is rejected.
    fn framing(&self, is_head_request: bool) -> Option<Framing> {
        let lengths = self.values("content-length");
        let lengths: Vec<u64> = lengths
            .iter()
            .map(|length| number(length))
            .collect::<Option<_>>()?;
        let codings = self.elements("transfer-encoding");
        let is_bodiless = is_head_request || matches!(self.status, 0..=199 | 204 | 304);
        let contents = self.elements("content-encoding");
        if !is_bodiless && contents.iter().any(|coding| coding != "identity")
            || codings.is_empty() && !self.values("transfer-encoding").is_empty()
        {
            return None;
        }
        let framing = match (lengths.as_slice(), codings.as_slice()) {
            ([], []) => Framing::UntilClose,
            ([], [coding]) if coding == "chunked" && !self.is_http_10 => Framing::Chunked,
            ([length, others @ ..], []) if others.iter().all(|other| other == length) => {
                Framing::Length(*length)
            }
            _ => return None,
        };
        let has_body = !matches!(framing, Framing::UntilClose | Framing::Length(0));
        match self.status {
            204 if has_body => None,
            _ if is_bodiless => Some(Framing::Length(0)),
            _ => Some(framing),
        }
    }
}

fn number(digits: &str) -> Option<u64> {
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// Splits at CRLFs. A bare CR or LF stays in its line, which is then rejected.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut lines, mut rest) = (Vec::new(), bytes);
    while let Some(end) = rest.windows(2).position(|end| end == b"\r\n") {
        lines.push(&rest[..end]);
        rest = &rest[end + 2..];
    }
    lines.push(rest);
    lines
}

/// Joins each line that starts with white space to the one before it (obs-fold); `None` if the first does.
fn unfolded<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<Vec<Vec<u8>>> {
    let mut unfolded: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            let last = unfolded.last_mut()?;
            // More white space than one space stays: values are trimmed later, and only their ends are compared.
            *last = [last, b" ".as_slice(), line].concat();
        } else {
            unfolded.push(line.to_vec());
        }
    }
    Some(unfolded)
}

fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|&b| b == b'\t' || (b >= b' ' && b != 0x7f))
}

/// Parses a status line into: is it HTTP/1.0, and the status.
fn status_line(line: &[u8]) -> Option<(bool, u16)> {
    let (start, rest) = line.split_at_checked(9)?;
    let is_http_10 = start == b"HTTP/1.0 ";
    let (digits, reason) = rest.split_at_checked(3)?;
    let is_fit = (is_http_10 || start == b"HTTP/1.1 ")
        && digits.iter().all(u8::is_ascii_digit)
        && (reason.is_empty() || reason.starts_with(b" "))
        && is_text(reason);
    let status = std::str::from_utf8(digits).ok()?.parse().ok()?;
    is_fit.then_some((is_http_10, status))
}

/// Parses a field into its name in lower case and its trimmed value.
fn field(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|&b| b == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    if name.is_empty() || !name.iter().all(is_token) || !is_text(value) {
        return None;
    }
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    Some((name, value.trim_ascii().to_vec()))
}

#[derive(PartialEq)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

impl Framing {
    /// The body at the start of `bytes`, and its length there.
    fn body(&self, bytes: &[u8], closed: bool) -> Option<(Vec<u8>, usize)> {
        match self {
            Framing::Length(length) => {
                let length = usize::try_from(*length).ok()?;
                Some((bytes.get(..length)?.to_vec(), length))
            }
            Framing::Chunked => chunks(bytes),
            Framing::UntilClose => closed.then(|| (bytes.to_vec(), bytes.len())),
        }
    }
}

fn chunks(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut rest) = (Vec::new(), bytes);
    loop {
        let size = chunk_size(line(&mut rest)?)?;
        if size == 0 {
            break;
        }
        body.extend(rest.get(..size)?);
        rest = rest[size..].strip_prefix(b"\r\n")?;
    }
    for _ in 0..=FIELDS_MAX {
        if line(&mut rest)?.is_empty() {
            return Some((body, bytes.len() - rest.len()));
        }
    }
    None
}

/// Takes the first line off `rest`, which ends with CRLF and has no bare LF.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|&b| b == b'\n')?;
    let line = rest[..end].strip_suffix(b"\r")?;
    *rest = &rest[end + 1..];
    (end <= LINE_MAX).then_some(line)
}

/// Parses hexadecimal digits, optional white space, and an optional extension after a semicolon, which is ignored.
fn chunk_size(line: &[u8]) -> Option<usize> {
    // An extension may contain any byte.
    let line = String::from_utf8_lossy(line);
    let size = line.split(';').next().unwrap_or_default();
    let digits = size.trim_end_matches([' ', '\t']);
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    if digits.len() > 16 || !is_hex || line.contains('\r') {
        return None;
    }
    usize::from_str_radix(digits, 16).ok()
}
