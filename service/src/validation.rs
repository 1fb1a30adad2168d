//! Checking the fields of a form, and saying what is wrong with each.

use crate::answer::Refusal;
use serde_json::{Map, Value, json};

/// What has been found wrong so far.
#[derive(Default)]
pub struct Findings(Map<String, Value>);

impl Findings {
    /// A field that must be there, with at most `most` bytes.
    pub fn required(&mut self, name: &str, text: &str, most: usize) {
        if text.is_empty() {
            self.add(
                name,
                json!({
                    "code": "validation_required", "message": "Cannot be blank."
                }),
            );
        } else {
            self.not_longer(name, text, most);
        }
    }

    /// A field that may be left out, and else is one of `choices`.
    pub fn one_of(&mut self, name: &str, text: &str, choices: &[String]) {
        self.not_longer(name, text, 255);
        let is_choice = text.is_empty() || choices.iter().any(|choice| choice == text);
        if !is_choice && !self.0.contains_key(name) {
            self.add(
                name,
                json!({
                    "code": "validation_in_invalid", "message": "Must be a valid value."
                }),
            );
        }
    }

    fn not_longer(&mut self, name: &str, text: &str, most: usize) {
        if text.len() > most {
            self.add(
                name,
                json!({
                    "code": "validation_length_out_of_range",
                    "message": format!("The length must be between 1 and {most}."),
                    "params": {"max": most, "min": 1},
                }),
            );
        }
    }

    /// A field that must be there and hold an address.
    pub fn email(&mut self, name: &str, text: &str) {
        self.required(name, text, 255);
        if !self.0.contains_key(name) && !is_email(text) {
            self.add(
                name,
                json!({
                    "code": "validation_is_email", "message": "Must be a valid email address."
                }),
            );
        }
    }

    /// Refuses the request if anything was found.
    pub fn refuse(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal::invalid(self.0))
        }
    }

    fn add(&mut self, name: &str, finding: Value) {
        self.0.insert(name.to_owned(), finding);
    }
}

/// Whether `text` looks like an address. Quoted local parts are not taken.
pub fn is_email(text: &str) -> bool {
    match text.split_once('@') {
        Some((local, domain)) => local.split('.').all(is_atom) && is_domain(domain),
        None => false,
    }
}

fn is_atom(atom: &str) -> bool {
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_foreign(c);
    !atom.is_empty() && atom.chars().all(allowed)
}

/// At least two labels, the last of which begins and ends with a letter.
fn is_domain(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let Some((labels, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let letter = |c: char| c.is_ascii_alphabetic() || is_foreign(c);
    let edge = |c: char| letter(c) || c.is_ascii_digit();
    let inner = |c: char| edge(c) || "-._~".contains(c);
    has_shape(labels, edge, inner) && has_shape(top, letter, |c| c != '.' && inner(c))
}

/// Whether the first and the last letter are as `edge` wants them and all others as `inner` does.
fn has_shape(text: &str, edge: impl Fn(char) -> bool, inner: impl Fn(char) -> bool) -> bool {
    text.starts_with(&edge)
        && text.chars().next_back().is_some_and(&edge)
        && text.chars().all(inner)
}

/// Letters beyond ASCII that addresses may hold.
fn is_foreign(c: char) -> bool {
    matches!(c, '\u{a0}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for text in [
            "a@example.com",
            "a.b+c@x-y.example",
            "ü@exämple.de",
            "a@1.co",
            "a@b.com.",
            "a@b..c.com",
        ] {
            assert!(is_email(text), "{text}");
        }
        for text in [
            "",
            "no-at",
            " a@example.com",
            "a@example.com ",
            "a@@example.com",
            "a@b@example.com",
            "a@example",
            "a@.com",
            "a@b..com",
            "a@-b.com",
            "a@b.c0",
            ".a@example.com",
            "a..b@example.com",
            "a@example.com\n",
            "@example.com",
            "a@",
        ] {
            assert!(!is_email(text), "{text:?}");
        }
    }
}
