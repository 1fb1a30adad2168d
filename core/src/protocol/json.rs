//! JSON (RFC 8259): validated in one pass without recursion; fields are borrowed from the input. Numbers and escapes of
//! any form are accepted, and decoded only where needed.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;

use zeroize::Zeroizing;

/// The deepest nesting of objects and arrays of a value.
pub(crate) const DEPTH_MAX: usize = 512;

/// Capacity for the names of an object. The record of a user has 11.
const NAMES_EXPECTED: usize = 16;

/// How many bytes are read between two checks of deadline and cancellation.
const BLOCK: usize = 64 * 1024;

/// The longest escape of one byte: `\u0041`.
pub(crate) const ESCAPE_MAX: usize = 6;

/// The deadline of the call has passed, or it was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// Checks deadline and cancellation of the call. Called at least once for every 64 KiB of work.
pub(crate) type Check<'a> = &'a dyn Fn() -> Result<(), Stopped>;

/// A [`Check`] that never stops.
pub(crate) const UNLIMITED: Check<'static> = &|| Ok(());

/// Why JSON is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    NotUtf8,
    NotJson,
    NotAnObject,
    TooDeep,
    /// A name that must be unique occurs twice.
    Duplicate,
    /// The call was stopped before the end of the input.
    Stopped,
}

impl From<Stopped> for JsonError {
    fn from(_: Stopped) -> Self {
        JsonError::Stopped
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JsonError::NotUtf8 => "it is not UTF-8",
            JsonError::NotJson => "it is not valid JSON",
            JsonError::NotAnObject => "it is not a JSON object",
            JsonError::TooDeep => "it is nested more than 512 levels deep",
            JsonError::Duplicate => "a name occurs twice at its top level",
            JsonError::Stopped => "the call was stopped",
        })
    }
}

/// Whether bytes start like a JSON object. Then an error in them is an error of the server, not a page of a proxy.
pub(crate) fn looks_like_object(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"{")
}

/// Parses the JSON object `json`, and passes the name and the value of each field to `each`, in order. `levels` is the
/// deepest nesting that is accepted.
pub(crate) fn fields<'a>(
    json: &'a str,
    levels: usize,
    check: Check<'_>,
    mut each: impl FnMut(Name<'a>, &'a str),
) -> Result<(), JsonError> {
    let scanner = Scanner::new(json, levels, check);
    scan(scanner, &mut |name, value, _| {
        each(name, value);
        ControlFlow::Continue(())
    })
}

/// Returns the value of a field of an object that [`fields`] accepts.
pub(crate) fn field<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let mut found = None;
    let scanner = Scanner::new(json, DEPTH_MAX, UNLIMITED);
    let result = scan(scanner, &mut |other, value, _| {
        if !other.is(name) {
            return ControlFlow::Continue(());
        }
        found = Some(value);
        ControlFlow::Break(())
    });
    found.filter(|_| result.is_ok())
}

/// As [`fields`]. Also passes the names at the top level of a value that is an object.
pub(crate) fn nested_fields<'a>(
    json: &'a str,
    levels: usize,
    check: Check<'_>,
    mut each: impl FnMut(Name<'a>, &'a str, &mut Vec<Name<'a>>),
) -> Result<(), JsonError> {
    let mut scanner = Scanner::new(json, levels, check);
    scanner.collects_names = true;
    scanner.names.reserve(NAMES_EXPECTED);
    scan(scanner, &mut |name, value, names| {
        each(name, value, names);
        ControlFlow::Continue(())
    })
}

/// Receives the name and value of a field, and the names in that value.
type Each<'a, 'e> = &'e mut dyn FnMut(Name<'a>, &'a str, &mut Vec<Name<'a>>) -> ControlFlow<()>;

/// Parses an object up to its end, or until `each` breaks. Compiled once, not for each caller: it is large.
fn scan<'a>(mut scanner: Scanner<'a, '_>, each: Each<'a, '_>) -> Result<(), JsonError> {
    scanner.space()?;
    if scanner.peek() != Some(b'{') {
        scanner.value()?;
        scanner.end()?;
        return Err(JsonError::NotAnObject);
    }
    scanner.open(true)?;
    scanner.space()?;
    if !scanner.eat(b'}') {
        loop {
            let name = scanner.name()?;
            scanner.space()?;
            let start = scanner.at;
            scanner.names.clear();
            scanner.value()?;
            let value = &scanner.json[start..scanner.at];
            if each(name, value, &mut scanner.names).is_break() {
                return Ok(());
            }
            scanner.space()?;
            match scanner.next() {
                Some(b',') => scanner.space()?,
                Some(b'}') => break,
                _ => return Err(JsonError::NotJson),
            }
        }
    }
    scanner.end()
}

/// Returns the decoded strings in an object that [`fields`] accepts, at any depth, without the names.
pub(crate) fn strings(json: &str) -> impl Iterator<Item = Zeroizing<String>> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find('"')? + 1;
            let inside = &rest[start..start + string_length(&rest.as_bytes()[start..])];
            rest = rest.get(start + inside.len() + 1..).unwrap_or_default();
            if !is_before_colon(rest) {
                return Some(Zeroizing::new(decode_lossy(inside)));
            }
        }
    })
}

/// Whether a colon follows, so that the string before it is a name.
pub(crate) fn is_before_colon(rest: &str) -> bool {
    after_colon(rest).is_some()
}

/// Returns what follows the colon at the front, without the space around it.
pub(crate) fn after_colon(rest: &str) -> Option<&str> {
    const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
    let value = rest.trim_start_matches(SPACE).strip_prefix(':')?;
    Some(value.trim_start_matches(SPACE))
}

/// Returns the length of the inside of a string, up to its closing quote or the end.
pub(crate) fn string_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// A position in the input, and the objects and arrays that enclose it.
struct Scanner<'a, 'c> {
    json: &'a str,
    at: usize,
    /// The position of the next check.
    check_at: usize,
    check: Check<'c>,
    levels: usize,
    depth: usize,
    /// A bit for each level: whether it is an object.
    is_object: [u64; (DEPTH_MAX + 1).div_ceil(64)],
    /// Whether `names` are collected.
    collects_names: bool,
    /// The names at the second level, of the value that is being parsed.
    names: Vec<Name<'a>>,
}

impl<'a, 'c> Scanner<'a, 'c> {
    fn new(json: &'a str, levels: usize, check: Check<'c>) -> Self {
        Scanner {
            json,
            at: 0,
            check_at: BLOCK,
            check,
            levels: levels.min(DEPTH_MAX + 1),
            depth: 0,
            is_object: [0; (DEPTH_MAX + 1).div_ceil(64)],
            collects_names: false,
            names: Vec::new(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// Runs the check if it is due.
    fn check(&mut self) -> Result<(), Stopped> {
        if self.at < self.check_at {
            return Ok(());
        }
        self.check_at = self.at + BLOCK;
        (self.check)()
    }

    /// Skips what `length` matches at the front of each block, as long as that is the whole block.
    fn skip(&mut self, length: impl Fn(&[u8]) -> usize) -> Result<(), Stopped> {
        loop {
            self.check()?;
            let rest = &self.json.as_bytes()[self.at..];
            let block = &rest[..rest.len().min(BLOCK)];
            let taken = length(block);
            self.at += taken;
            if taken < block.len() || block.is_empty() {
                return Ok(());
            }
        }
    }

    fn space(&mut self) -> Result<(), Stopped> {
        let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        if self.peek().is_some_and(|b| is_space(&b)) {
            self.skip(|block| front(block, is_space))?;
        }
        Ok(())
    }

    /// Accepts white space up to the end.
    fn end(&mut self) -> Result<(), JsonError> {
        self.space()?;
        let is_end = self.at == self.json.len();
        is_end.then_some(()).ok_or(JsonError::NotJson)
    }

    fn open(&mut self, is_object: bool) -> Result<(), JsonError> {
        if self.depth == self.levels {
            return Err(JsonError::TooDeep);
        }
        let (word, bit) = (self.depth / 64, 1 << (self.depth % 64));
        if is_object {
            self.is_object[word] |= bit;
        } else {
            self.is_object[word] &= !bit;
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    fn is_in_object(&self) -> bool {
        let level = self.depth - 1;
        self.is_object[level / 64] & 1 << (level % 64) != 0
    }

    /// Parses one value.
    fn value(&mut self) -> Result<(), JsonError> {
        let outside = self.depth;
        loop {
            self.check()?;
            self.space()?;
            let is_nonempty = match self.peek() {
                Some(b'"') => self.string().map(|_| false)?,
                Some(b'{') => self.open_value(true)?,
                Some(b'[') => self.open_value(false)?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => self.number().map(|()| false)?,
            };
            if !is_nonempty && self.ends_value(outside)? {
                return Ok(());
            }
        }
    }

    /// Parses the front of an object or array, with the name of its first field. Returns whether a value must follow.
    fn open_value(&mut self, is_object: bool) -> Result<bool, JsonError> {
        self.open(is_object)?;
        self.space()?;
        let is_empty = self.eat(if is_object { b'}' } else { b']' });
        if is_empty {
            self.depth -= 1;
        } else if is_object {
            self.nested_name()?;
        }
        Ok(!is_empty)
    }

    /// Parses what follows a value, up to the start of the next. Returns whether there is no next above the depth
    /// `outside`.
    fn ends_value(&mut self, outside: usize) -> Result<bool, JsonError> {
        while self.depth > outside {
            self.check()?;
            self.space()?;
            match (self.next(), self.is_in_object()) {
                (Some(b','), false) => return Ok(false),
                (Some(b','), true) => {
                    self.space()?;
                    self.nested_name()?;
                    return Ok(false);
                }
                (Some(b'}'), true) | (Some(b']'), false) => self.depth -= 1,
                _ => return Err(JsonError::NotJson),
            }
        }
        Ok(true)
    }

    /// Parses a name below the top level.
    fn nested_name(&mut self) -> Result<(), JsonError> {
        let name = self.name()?;
        if self.collects_names && self.depth == 2 {
            self.names.push(name);
        }
        Ok(())
    }

    /// Parses a name and the colon after it.
    fn name(&mut self) -> Result<Name<'a>, JsonError> {
        let start = self.at + 1;
        let has_escape = self.string()?;
        let inside = &self.json[start..self.at - 1];
        self.space()?;
        if self.eat(b':') {
            Ok(Name { inside, has_escape })
        } else {
            Err(JsonError::NotJson)
        }
    }

    /// Parses a string. Returns whether it has an escape.
    fn string(&mut self) -> Result<bool, JsonError> {
        if !self.eat(b'"') {
            return Err(JsonError::NotJson);
        }
        let mut has_escape = false;
        loop {
            self.skip(plain_length)?;
            match self.next() {
                Some(b'"') => return Ok(has_escape),
                Some(b'\\') => {
                    has_escape = true;
                    self.escape()?;
                }
                _ => return Err(JsonError::NotJson),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let is_whole = match self.next() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
            Some(b'u') => {
                let digits = self.json.as_bytes().get(self.at..self.at + 4);
                self.at += 4;
                digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            }
            _ => false,
        };
        is_whole.then_some(()).ok_or(JsonError::NotJson)
    }

    fn literal(&mut self, word: &str) -> Result<bool, JsonError> {
        let is_there = self.json.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        is_there.then_some(false).ok_or(JsonError::NotJson)
    }

    fn number(&mut self) -> Result<(), JsonError> {
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Parses one or more digits.
    fn digits(&mut self) -> Result<(), JsonError> {
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(JsonError::NotJson);
        }
        Ok(self.skip(|block| front(block, u8::is_ascii_digit))?)
    }
}

/// Returns how many bytes at the front are of this kind.
fn front(bytes: &[u8], is_kind: impl Fn(&u8) -> bool) -> usize {
    let end = bytes.iter().position(|b| !is_kind(b));
    end.unwrap_or(bytes.len())
}

/// Returns how many bytes at the front of the inside of a string need no decoding. Tests eight at a time.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // The high bit of the first byte that is smaller than `limit`, and perhaps of bytes after it.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let is_equal = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let mut at = 0;
    while let Some(&eight) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(eight);
        let ends = (below(word, 0x20) | is_equal(word, b'"') | is_equal(word, b'\\')) & HIGH;
        if ends != 0 {
            return at + ends.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + front(&bytes[at..], |b| !matches!(b, ..0x20 | b'"' | b'\\'))
}

/// The name of a field. Two are equal if their decoded strings are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    /// The part between the quotes.
    pub inside: &'a str,
    has_escape: bool,
}

impl Name<'_> {
    /// Whether its decoded string is `name`.
    pub fn is(self, name: &str) -> bool {
        if self.has_escape {
            decodes_to(self.inside, name)
        } else {
            self.inside == name
        }
    }
}

impl PartialEq for Name<'_> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        if self.has_escape | other.has_escape {
            return code_points(self.inside).eq(code_points(other.inside));
        }
        // Most names differ in length, which needs no call.
        self.inside.len() == other.inside.len() && self.inside == other.inside
    }
}

impl Eq for Name<'_> {}

impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        code_points(self.inside).for_each(|code| state.write_u32(code));
    }
}

/// Returns the code points of the inside of a string, lone surrogates included.
pub(crate) fn code_points(inside: &str) -> impl Iterator<Item = u32> {
    let mut rest = inside;
    std::iter::from_fn(move || {
        let mut characters = rest.chars();
        let first = characters.next()?;
        if first != '\\' {
            rest = characters.as_str();
            return Some(first.into());
        }
        let (code, taken) = read_escape(rest.as_bytes());
        rest = rest.get(taken..).unwrap_or_default();
        Some(code)
    })
}

/// Whether any string in valid JSON is not valid Unicode.
pub(crate) fn has_lone_surrogate(json: &str) -> bool {
    // Only strings have escapes: the input can be decoded like one string.
    code_points(json).any(|code| (0xd800..0xe000).contains(&code))
}

/// Decodes a valid escape. Returns the code point, and the length of the escape, or of both of a surrogate pair.
pub(crate) fn read_escape(escape: &[u8]) -> (u32, usize) {
    let simple = |byte: u8| (u32::from(byte), 2);
    match escape.get(1) {
        Some(b'n') => simple(b'\n'),
        Some(b'r') => simple(b'\r'),
        Some(b't') => simple(b'\t'),
        Some(b'b') => simple(0x08),
        Some(b'f') => simple(0x0c),
        Some(b'u') => {
            let high = code_unit(escape).unwrap_or_default();
            let low = code_unit(escape.get(6..).unwrap_or_default());
            match low.filter(|low| (0xd800..0xdc00).contains(&high) && low & 0xfc00 == 0xdc00) {
                Some(low) => (0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12),
                None => (high, 6),
            }
        }
        other => simple(other.copied().unwrap_or_default()),
    }
}

/// Decodes the `\uXXXX` at the front.
pub(crate) fn code_unit(escape: &[u8]) -> Option<u32> {
    let digits = escape.strip_prefix(b"\\u")?.first_chunk::<4>()?;
    digits.iter().try_fold(0, |number, &digit| {
        Some(number * 16 + char::from(digit).to_digit(16)?)
    })
}

/// Whether the inside of a string decodes to `string`.
pub(crate) fn decodes_to(inside: &str, string: &str) -> bool {
    if inside.len() > string.len() * ESCAPE_MAX {
        return false;
    }
    if !inside.contains('\\') {
        return inside == string;
    }
    code_points(inside).eq(string.chars().map(u32::from))
}

/// As [`string`], with `None` if it is longer than `max` bytes.
pub(crate) fn short_string(value: &str, max: usize) -> Option<String> {
    if value.len() > max * ESCAPE_MAX + r#""""#.len() {
        return None;
    }
    string(value).filter(|string| string.len() <= max)
}

/// Decodes a string value. `None` for any other value, and if it is not valid Unicode.
pub(crate) fn string(value: &str) -> Option<String> {
    let inside = inside(value)?;
    if !inside.contains('\\') {
        return Some(inside.to_owned());
    }
    // Never reallocated: that would leave a copy in memory.
    let mut decoded = String::with_capacity(inside.len());
    for code in code_points(inside) {
        decoded.push(char::from_u32(code)?);
    }
    Some(decoded)
}

/// Returns the part between the quotes of a string value.
pub(crate) fn inside(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}

/// Returns the characters that are complete within the first `limit` bytes.
pub(crate) fn truncated(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Decodes the inside of a string, with U+FFFD for what is not valid Unicode.
pub(crate) fn decode_lossy(inside: &str) -> String {
    let mut decoded = String::with_capacity(inside.len());
    decoded.extend(
        code_points(inside).map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)),
    );
    decoded
}

#[cfg(test)]
mod tests;
