//! Validation of form fields.

use crate::ids;
use crate::response::{ApiError, ApiResult};
use serde_json::{Map, Value, json};

/// The errors found so far, by field.
#[derive(Default)]
pub struct ValidationErrors(Map<String, Value>);

impl ValidationErrors {
    /// Checks a required field of at most `max` bytes.
    pub fn required(&mut self, name: &str, value: &str, max: usize) {
        if value.is_empty() {
            self.add(name, "validation_required", "Cannot be blank.");
        } else {
            self.max_length(name, value, max);
        }
    }

    /// Checks an optional field whose value must be one of `choices`.
    pub fn one_of(&mut self, name: &str, value: &str, choices: &[String]) {
        self.max_length(name, value, 255);
        let is_choice = value.is_empty() || choices.iter().any(|choice| choice == value);
        if !is_choice && !self.0.contains_key(name) {
            self.add(name, "validation_in_invalid", "Must be a valid value.");
        }
    }

    /// Checks a required field that must be an email address of at most `max` bytes.
    pub fn email(&mut self, name: &str, value: &str, max: usize) {
        self.required(name, value, max);
        if !self.0.contains_key(name) && !is_email(value) {
            self.add(
                name,
                "validation_is_email",
                "Must be a valid email address.",
            );
        }
    }

    /// Checks a text of at most `max` characters.
    pub fn max_characters(&mut self, name: &str, value: &str, max: usize) {
        if value.chars().count() > max {
            let message = format!("Must be no more than {max} character(s).");
            self.add(name, "validation_max_text_constraint", &message);
            self.0[name]["params"] = json!({"max": max});
        }
    }

    /// Checks a password to be hashed.
    pub fn new_password(&mut self, name: &str, value: &str) {
        let (bytes, characters) = (value.len(), value.chars().count());
        if value.is_empty() {
            self.required(name, value, 0);
        } else if bytes > 72 || (bytes == 72 && characters < 72) {
            self.add(name, "validation_invalid_value", "Invalid value.");
        } else if characters < 8 {
            let message = "Must be at least 8 character(s).";
            self.add(name, "validation_min_text_constraint", message);
        } else if characters > 71 {
            let message = "Must be less than 71 character(s).";
            self.add(name, "validation_max_text_constraint", message);
        }
    }

    /// Checks the id of a new record.
    pub fn new_id(&mut self, name: &str, value: &str) {
        if let Some(forbidden) = ["/", "\\"].into_iter().find(|it| value.contains(it)) {
            let message = "The record primary key contains forbidden characters.";
            self.add(name, "validation_pk_forbidden", message);
            self.0[name]["params"] = json!({"forbidden": forbidden});
        } else if value.chars().count() < 36 {
            let message = "Must be at least 36 character(s).";
            self.add(name, "validation_min_text_constraint", message);
            self.0[name]["params"] = json!({"min": 36});
        } else if value.chars().count() > 36 {
            self.max_characters(name, value, 36);
        } else if !ids::is_uuid(value) {
            self.add(name, "validation_invalid_format", "Invalid value format.");
        }
    }

    /// Checks a value that must equal another one.
    pub fn equal<T: PartialEq>(&mut self, name: &str, value: T, expected: T) {
        if value != expected {
            self.add(name, "validation_values_mismatch", "Values don't match.");
        }
    }

    /// Returns an error response if there are errors.
    pub fn into_result(self) -> ApiResult<()> {
        self.into_result_of("An error occurred while validating the submitted data.")
    }

    /// Returns an error response with this message if there are errors.
    pub fn into_result_of(self, message: &str) -> ApiResult<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ApiError::validation(message, self.0))
        }
    }

    fn max_length(&mut self, name: &str, value: &str, max: usize) {
        if value.len() > max {
            let message = format!("The length must be between 1 and {max}.");
            self.add(name, "validation_length_out_of_range", &message);
            self.0[name]["params"] = json!({"max": max, "min": 1});
        }
    }

    /// Adds an error.
    pub fn add(&mut self, name: &str, code: &str, message: &str) {
        let error = json!({"code": code, "message": message});
        self.0.insert(name.to_owned(), error);
    }
}

/// Returns whether `value` is an email address. Quoted local parts are not supported.
pub fn is_email(value: &str) -> bool {
    match value.split_once('@') {
        Some((local, domain)) => local.split('.').all(is_atom) && is_domain(domain),
        None => false,
    }
}

fn is_atom(atom: &str) -> bool {
    let allowed = |c: char| {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_non_ascii_letter(c)
    };
    !atom.is_empty() && atom.chars().all(allowed)
}

/// Whether `domain` has at least two labels, the last of which starts and ends with a letter.
fn is_domain(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let Some((labels, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let letter = |c: char| c.is_ascii_alphabetic() || is_non_ascii_letter(c);
    let edge = |c: char| letter(c) || c.is_ascii_digit();
    let inner = |c: char| edge(c) || "-._~".contains(c);
    is_label(labels, edge, inner) && is_label(top, letter, |c| c != '.' && inner(c))
}

/// Whether the first and last characters satisfy `edge` and all satisfy `inner`.
fn is_label(value: &str, edge: impl Fn(char) -> bool, inner: impl Fn(char) -> bool) -> bool {
    value.starts_with(&edge)
        && value.chars().next_back().is_some_and(&edge)
        && value.chars().all(inner)
}

/// The non-ASCII characters allowed in an address.
fn is_non_ascii_letter(c: char) -> bool {
    matches!(c, '\u{a0}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn email_addresses_are_recognized() {
        for value in [
            "a@example.com",
            "a.b+c@x-y.example",
            "ü@exämple.de",
            "a@1.co",
            "a@b.com.",
            "a@b..c.com",
        ] {
            assert!(is_email(value), "{value}");
        }
        for value in [
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
            assert!(!is_email(value), "{value:?}");
        }
    }
}
