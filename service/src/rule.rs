//! The rules of a collection: a small real language over the fields of one record.
//!
//! ```text
//! rule       = and *( "||" and )
//! and        = term *( "&&" term )
//! term       = "(" rule ")" | operand operator operand
//! operator   = "=" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "!~"
//! operand    = field | string | number | "true" | "false" | "null"
//! string     = "'" text "'" | '"' text '"'        a backslash keeps the next character
//! ```
//!
//! `~` asks whether the left text contains the right one, whatever its case; with a `%` in the
//! right text it must match as a whole, `%` standing for anything. What is not understood
//! (another operator, an unknown field, kinds that cannot be compared) is an error, wherever in
//! the rule it stands, and whoever asks refuses.

use serde_json::{Map, Value};

/// How deep brackets may be nested.
const DEEPEST: usize = 64;

/// The rule, or what was asked of it, makes no sense here.
#[derive(Debug, PartialEq)]
pub struct NotUnderstood;

type Understood<T> = Result<T, NotUnderstood>;

/// Whether `record` satisfies `rule`. The empty rule is satisfied by every record.
pub fn satisfied(rule: &str, record: &Map<String, Value>) -> Understood<bool> {
    if rule.is_empty() {
        return Ok(true);
    }
    let words = words(rule)?;
    let mut reader = Reader {
        words: &words,
        record,
    };
    let verdict = reader.rule(0)?;
    if reader.words.is_empty() {
        Ok(verdict)
    } else {
        Err(NotUnderstood)
    }
}

/// The least piece of a rule.
#[derive(Debug, Clone, PartialEq)]
enum Word {
    Name(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

/// Longer signs stand before those that begin them.
const SIGNS: [&str; 12] = [
    "&&", "||", "!=", "!~", ">=", "<=", "=", ">", "<", "~", "(", ")",
];

fn words(rule: &str) -> Understood<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = rule.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = word(first, rest)?;
        words.push(word);
        rest = after.trim_start();
    }
    Ok(words)
}

fn word(first: char, rest: &str) -> Understood<(Word, &str)> {
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok((Word::Sign(sign), &rest[sign.len()..]));
    }
    if first == '\'' || first == '"' {
        return quoted(first, &rest[1..]);
    }
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || "_.-+".contains(c)))
        .unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    let word = if first.is_ascii_alphabetic() || first == '_' {
        name(text)?
    } else {
        number(text)?
    };
    Ok((word, after))
}

fn name(text: &str) -> Understood<Word> {
    if text.contains(['.', '-', '+']) {
        return Err(NotUnderstood);
    }
    Ok(Word::Name(text.to_owned()))
}

fn number(text: &str) -> Understood<Word> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Word::Number(number)),
        _ => Err(NotUnderstood),
    }
}

/// The text up to the closing quote, the opening one having been read.
fn quoted(quote: char, rest: &str) -> Understood<(Word, &str)> {
    let mut text = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        if character == quote {
            return Ok((Word::Text(text), characters.as_str()));
        }
        text.push(match character {
            '\\' => characters.next().ok_or(NotUnderstood)?,
            other => other,
        });
    }
    Err(NotUnderstood)
}

/// Reads a rule and judges by it in one go. Both sides of `&&` and `||` are always judged, so
/// that an error is found wherever it stands.
struct Reader<'a> {
    words: &'a [Word],
    record: &'a Map<String, Value>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Understood<&'a Word> {
        let (first, rest) = self.words.split_first().ok_or(NotUnderstood)?;
        self.words = rest;
        Ok(first)
    }

    /// Steps over `sign` if it comes next.
    fn takes(&mut self, sign: &'static str) -> bool {
        let found = self.words.first() == Some(&Word::Sign(sign));
        if found {
            self.words = &self.words[1..];
        }
        found
    }

    fn rule(&mut self, depth: usize) -> Understood<bool> {
        let mut verdict = self.and(depth)?;
        while self.takes("||") {
            verdict |= self.and(depth)?;
        }
        Ok(verdict)
    }

    fn and(&mut self, depth: usize) -> Understood<bool> {
        let mut verdict = self.term(depth)?;
        while self.takes("&&") {
            verdict &= self.term(depth)?;
        }
        Ok(verdict)
    }

    fn term(&mut self, depth: usize) -> Understood<bool> {
        if !self.takes("(") {
            return self.comparison();
        }
        if depth == DEEPEST {
            return Err(NotUnderstood);
        }
        let verdict = self.rule(depth + 1)?;
        if self.takes(")") {
            Ok(verdict)
        } else {
            Err(NotUnderstood)
        }
    }

    fn comparison(&mut self) -> Understood<bool> {
        let left = self.operand()?;
        let Word::Sign(sign) = self.next()? else {
            return Err(NotUnderstood);
        };
        compared(&left, sign, &self.operand()?)
    }

    fn operand(&mut self) -> Understood<Value> {
        match self.next()? {
            Word::Text(text) => Ok(text.as_str().into()),
            Word::Number(number) => Ok((*number).into()),
            Word::Sign(_) => Err(NotUnderstood),
            Word::Name(name) => match name.as_str() {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                "null" => Ok(Value::Null),
                field => self.record.get(field).cloned().ok_or(NotUnderstood),
            },
        }
    }
}

fn compared(left: &Value, sign: &str, right: &Value) -> Understood<bool> {
    match sign {
        "=" => equal(left, right),
        "!=" => equal(left, right).map(|verdict| !verdict),
        "~" => contains(left, right),
        "!~" => contains(left, right).map(|verdict| !verdict),
        _ => ordered(left, sign, right),
    }
}

/// Nothing and the empty text are the same to BosBase.
fn equal(left: &Value, right: &Value) -> Understood<bool> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, Value::String(text)) | (Value::String(text), Value::Null) => {
            Ok(text.is_empty())
        }
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        (Value::String(left), Value::String(right)) => Ok(left == right),
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Number(left), Value::Number(right)) => Ok(left.as_f64() == right.as_f64()),
        _ => Err(NotUnderstood),
    }
}

fn ordered(left: &Value, sign: &str, right: &Value) -> Understood<bool> {
    let order = match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => left.as_f64().partial_cmp(&right.as_f64()),
        _ => None,
    };
    let order = order.ok_or(NotUnderstood)?;
    match sign {
        ">" => Ok(order.is_gt()),
        ">=" => Ok(order.is_ge()),
        "<" => Ok(order.is_lt()),
        "<=" => Ok(order.is_le()),
        _ => Err(NotUnderstood),
    }
}

fn contains(left: &Value, right: &Value) -> Understood<bool> {
    let (Value::String(text), Value::String(sought)) = (left, right) else {
        return Err(NotUnderstood);
    };
    let (text, sought) = (text.to_lowercase(), sought.to_lowercase());
    if sought.contains('%') {
        Ok(matches_whole(&text, &sought))
    } else {
        Ok(text.contains(&sought))
    }
}

/// Whether `text` is made of the pieces of `pattern` in their order, with anything where it has
/// a `%`.
fn matches_whole(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('%');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let last = pieces.next_back().unwrap_or_default();
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn judge(rule: &str) -> Understood<bool> {
        let record = json!({
            "nick": "Vip", "score": 2, "verified": true, "name": "it's", "team": "", "ratio": 0.5
        });
        satisfied(rule, record.as_object().unwrap())
    }

    #[test]
    fn understood_rules_are_judged() {
        for rule in [
            "",
            "nick = 'Vip'",
            "nick=\"Vip\"",
            "name = 'it\\'s'",
            "nick != 'vip'",
            "verified = true && score > 1",
            "verified = false || score >= 2",
            "score < 3 && (nick = 'x' || ratio <= 0.5)",
            "nick ~ 'vI' && nick !~ 'x'",
            "nick ~ 'v%p' && nick !~ 'v%x'",
            "team = null && team = '' && nick != null",
            "score > -1 && score < 1e3",
            "nick > 'A'",
            // `&&` binds tighter than `||`, on either side.
            "score = 2 || score = 3 && score = 4",
            "score = 3 && score = 4 || score = 2",
        ] {
            assert_eq!(judge(rule), Ok(true), "{rule}");
        }
        for rule in [
            "nick = 'vip'",
            "verified = false",
            "(score = 2 || score = 3) && score = 4",
        ] {
            assert_eq!(judge(rule), Ok(false), "{rule}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for rule in [
            " ",
            "nick",
            "nick =",
            "= 'a'",
            "nick = 'Vip",
            "nick == 'Vip'",
            "nick ?= 'Vip'",
            "missing = 1",
            "@request.auth.id != ''",
            "team.title = 'x'",
            "nick:lower = 'vip'",
            "score = '2'",
            "verified > false",
            "nick ~ 2",
            "nick = 'Vip' nick = 'Vip'",
            "nick = 'Vip' &&",
            "(nick = 'Vip'",
            "nick = 'Vip')",
            "()",
            "score = 1e999",
            "score = 1.2.3",
            "nick = 'Vip' // note",
            // The error stands where it need not be looked at.
            "nick = 'Vip' || missing = 1",
            "nick = 'x' && missing = 1",
        ] {
            assert_eq!(judge(rule), Err(NotUnderstood), "{rule}");
        }
    }

    #[test]
    fn brackets_may_be_deep_but_not_endless() {
        let nested = |depth| format!("{}score = 2{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(judge(&nested(DEEPEST)), Ok(true));
        assert_eq!(judge(&nested(DEEPEST + 1)), Err(NotUnderstood));
        assert_eq!(judge(&"(".repeat(1_000_000)), Err(NotUnderstood));
    }
}
