//! The rules of a collection: boolean expressions over the fields of a record.
//!
//! ```text
//! rule       = and *( "||" and )
//! and        = term *( "&&" term )
//! term       = "(" rule ")" | operand operator operand
//! operator   = "=" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "!~"
//! operand    = field | string | number | "true" | "false" | "null" | "@request.auth.id"
//! string     = "'" text "'" | '"' text '"'        a backslash escapes the next character
//! ```
//!
//! `~` is true if the left string contains the right one, ignoring case; if the right string
//! contains a `%`, it must match the whole left string, `%` matching any substring. An unknown
//! operator or field and operands that cannot be compared are errors, wherever in the rule they
//! are. `@request.auth.id` is the id of the account that sends the request, empty for a guest.

use serde_json::{Map, Value};

/// The maximum nesting of parentheses.
const MAX_DEPTH: usize = 64;

/// The rule is invalid for the record.
#[derive(Debug, PartialEq)]
pub struct RuleError;

type RuleResult<T> = Result<T, RuleError>;

/// The operand for the account that sends the request.
const AUTH_ID: &str = "@request.auth.id";

/// Returns whether `record` satisfies `rule`, in which `@request.auth.id` is an unknown field. Every
/// record satisfies the empty rule.
pub fn evaluate(rule: &str, record: &Map<String, Value>) -> RuleResult<bool> {
    evaluate_for(None, rule, record)
}

/// Returns whether `record` satisfies `rule` in a request from the account `auth_id`.
pub fn evaluate_for(
    auth_id: Option<&str>,
    rule: &str,
    record: &Map<String, Value>,
) -> RuleResult<bool> {
    if rule.is_empty() {
        return Ok(true);
    }
    let tokens = tokenize(rule)?;
    let mut parser = Parser {
        tokens: &tokens,
        record,
        auth_id,
    };
    let result = parser.rule(0)?;
    if parser.tokens.is_empty() {
        Ok(result)
    } else {
        Err(RuleError)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    String(String),
    Number(f64),
    Operator(&'static str),
}

/// An operator precedes its own prefixes.
const OPERATORS: [&str; 12] = [
    "&&", "||", "!=", "!~", ">=", "<=", "=", ">", "<", "~", "(", ")",
];

fn tokenize(rule: &str) -> RuleResult<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = rule.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = next_token(first, rest)?;
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn next_token(first: char, rest: &str) -> RuleResult<(Token, &str)> {
    if let Some(operator) = OPERATORS.into_iter().find(|it| rest.starts_with(it)) {
        return Ok((Token::Operator(operator), &rest[operator.len()..]));
    }
    if first == '\'' || first == '"' {
        return quoted(first, &rest[1..]);
    }
    if let Some(after) = rest.strip_prefix(AUTH_ID) {
        return Ok((Token::Name(AUTH_ID.to_owned()), after));
    }
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || "_.-+".contains(c)))
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    let token = if first.is_ascii_alphabetic() || first == '_' {
        name(word)?
    } else {
        number(word)?
    };
    Ok((token, after))
}

fn name(word: &str) -> RuleResult<Token> {
    if word.contains(['.', '-', '+']) {
        return Err(RuleError);
    }
    Ok(Token::Name(word.to_owned()))
}

fn number(word: &str) -> RuleResult<Token> {
    match word.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Token::Number(number)),
        _ => Err(RuleError),
    }
}

/// Reads a string up to its closing quote. The opening one has been read.
fn quoted(quote: char, rest: &str) -> RuleResult<(Token, &str)> {
    let mut string = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        if character == quote {
            return Ok((Token::String(string), characters.as_str()));
        }
        string.push(match character {
            '\\' => characters.next().ok_or(RuleError)?,
            other => other,
        });
    }
    Err(RuleError)
}

/// Parses and evaluates a rule in one pass. Both operands of `&&` and `||` are always evaluated,
/// so that errors are found everywhere.
struct Parser<'a> {
    tokens: &'a [Token],
    record: &'a Map<String, Value>,
    auth_id: Option<&'a str>,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> RuleResult<&'a Token> {
        let (first, rest) = self.tokens.split_first().ok_or(RuleError)?;
        self.tokens = rest;
        Ok(first)
    }

    /// Skips `operator` if it is the next token.
    fn skip(&mut self, operator: &'static str) -> bool {
        let found = self.tokens.first() == Some(&Token::Operator(operator));
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn rule(&mut self, depth: usize) -> RuleResult<bool> {
        let mut value = self.and(depth)?;
        while self.skip("||") {
            value |= self.and(depth)?;
        }
        Ok(value)
    }

    fn and(&mut self, depth: usize) -> RuleResult<bool> {
        let mut value = self.term(depth)?;
        while self.skip("&&") {
            value &= self.term(depth)?;
        }
        Ok(value)
    }

    fn term(&mut self, depth: usize) -> RuleResult<bool> {
        if !self.skip("(") {
            return self.comparison();
        }
        if depth == MAX_DEPTH {
            return Err(RuleError);
        }
        let value = self.rule(depth + 1)?;
        if self.skip(")") {
            Ok(value)
        } else {
            Err(RuleError)
        }
    }

    fn comparison(&mut self) -> RuleResult<bool> {
        let left = self.operand()?;
        let Token::Operator(operator) = self.next()? else {
            return Err(RuleError);
        };
        compare(&left, operator, &self.operand()?)
    }

    fn operand(&mut self) -> RuleResult<Value> {
        match self.next()? {
            Token::String(string) => Ok(string.as_str().into()),
            Token::Number(number) => Ok((*number).into()),
            Token::Operator(_) => Err(RuleError),
            Token::Name(name) => match name.as_str() {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                "null" => Ok(Value::Null),
                AUTH_ID => self.auth_id.map(Value::from).ok_or(RuleError),
                field => self.record.get(field).cloned().ok_or(RuleError),
            },
        }
    }
}

fn compare(left: &Value, operator: &str, right: &Value) -> RuleResult<bool> {
    match operator {
        "=" => equal(left, right),
        "!=" => equal(left, right).map(|value| !value),
        "~" => contains(left, right),
        "!~" => contains(left, right).map(|value| !value),
        _ => order(left, operator, right),
    }
}

/// Null equals the empty string, as in BosBase.
fn equal(left: &Value, right: &Value) -> RuleResult<bool> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, Value::String(string)) | (Value::String(string), Value::Null) => {
            Ok(string.is_empty())
        }
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        (Value::String(left), Value::String(right)) => Ok(left == right),
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Number(left), Value::Number(right)) => Ok(left.as_f64() == right.as_f64()),
        _ => Err(RuleError),
    }
}

fn order(left: &Value, operator: &str, right: &Value) -> RuleResult<bool> {
    let order = match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => left.as_f64().partial_cmp(&right.as_f64()),
        _ => None,
    };
    let order = order.ok_or(RuleError)?;
    match operator {
        ">" => Ok(order.is_gt()),
        ">=" => Ok(order.is_ge()),
        "<" => Ok(order.is_lt()),
        "<=" => Ok(order.is_le()),
        _ => Err(RuleError),
    }
}

fn contains(left: &Value, right: &Value) -> RuleResult<bool> {
    let (Value::String(string), Value::String(pattern)) = (left, right) else {
        return Err(RuleError);
    };
    let (string, pattern) = (string.to_lowercase(), pattern.to_lowercase());
    if pattern.contains('%') {
        Ok(matches_pattern(&string, &pattern))
    } else {
        Ok(string.contains(&pattern))
    }
}

/// Whether the whole `string` matches `pattern`, in which `%` matches any substring.
fn matches_pattern(string: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('%');
    let Some(mut rest) = string.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let last = pieces.next_back().unwrap_or_default();
    for piece in pieces {
        match rest.find(piece) {
            Some(index) => rest = &rest[index + piece.len()..],
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

    fn evaluate_rule(rule: &str) -> RuleResult<bool> {
        let record = json!({
            "nick": "Vip", "score": 2, "verified": true, "name": "it's", "team": "", "ratio": 0.5
        });
        evaluate(rule, record.as_object().unwrap())
    }

    #[test]
    fn valid_rules_are_evaluated() {
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
            // `&&` has precedence over `||`.
            "score = 2 || score = 3 && score = 4",
            "score = 3 && score = 4 || score = 2",
        ] {
            assert_eq!(evaluate_rule(rule), Ok(true), "{rule}");
        }
        for rule in [
            "nick = 'vip'",
            "verified = false",
            "(score = 2 || score = 3) && score = 4",
        ] {
            assert_eq!(evaluate_rule(rule), Ok(false), "{rule}");
        }
    }

    #[test]
    fn invalid_rules_are_errors() {
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
            // An error in an operand that does not change the result.
            "nick = 'Vip' || missing = 1",
            "nick = 'x' && missing = 1",
        ] {
            assert_eq!(evaluate_rule(rule), Err(RuleError), "{rule}");
        }
    }

    #[test]
    fn auth_id_is_the_account_that_sends_the_request() {
        let record = json!({"id": "a", "owner": ""});
        let evaluate =
            |auth, rule| evaluate_for(Some(auth), rule, record.as_object().unwrap()).ok();
        for (rule, of_owner, of_other, of_guest) in [
            ("id = @request.auth.id", true, false, false),
            (
                "@request.auth.id != '' && (id=@request.auth.id)",
                true,
                false,
                false,
            ),
            ("@request.auth.id = owner", false, false, true),
        ] {
            let expected = [of_owner, of_other, of_guest].map(Some);
            assert_eq!(
                ["a", "b", ""].map(|auth| evaluate(auth, rule)),
                expected,
                "{rule}"
            );
        }
        for rule in [
            "@request.auth.ids = ''",
            "@request.auth.id.x = ''",
            "@request.auth = ''",
        ] {
            assert_eq!(evaluate("a", rule), None, "{rule}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth| format!("{}score = 2{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(evaluate_rule(&nested(MAX_DEPTH)), Ok(true));
        assert_eq!(evaluate_rule(&nested(MAX_DEPTH + 1)), Err(RuleError));
        assert_eq!(evaluate_rule(&"(".repeat(1_000_000)), Err(RuleError));
    }
}
