//! `?fields=`: selecting fields of a response.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The list of fields is invalid.
#[derive(Debug, PartialEq)]
pub struct InvalidFields;

/// The selection at one level of an object.
#[derive(Default)]
struct Selection {
    /// The modifier, if the field itself is selected.
    modifier: Option<Modifier>,
    /// The selections below it, by field.
    fields: BTreeMap<String, Selection>,
}

#[derive(Clone, Copy, PartialEq)]
enum Modifier {
    None,
    /// `max` is in characters; a negative number fails on every string.
    Excerpt {
        max: i64,
        with_ellipsis: bool,
    },
}

/// Removes all fields of `value` that are not in `fields`, a comma-separated list like
/// `token,record.id` or `*,record.name:excerpt(20,true)`. An empty list removes nothing.
pub fn select(value: &mut Value, fields: &str) -> Result<(), InvalidFields> {
    let mut selection = Selection::default();
    for field in split(fields).map(str::trim).filter(|it| !it.is_empty()) {
        selection.add(field)?;
    }
    if selection.fields.is_empty() {
        return Ok(());
    }
    apply(value, &selection)
}

/// Splits a list at its commas, except those in parentheses.
fn split(fields: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    fields.split(move |character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
}

impl Selection {
    fn add(&mut self, field: &str) -> Result<(), InvalidFields> {
        let (path, modifier) = match field.split_once(':') {
            Some((path, modifier)) => (path, Modifier::parse(modifier)?),
            None => (field, Modifier::None),
        };
        let mut node = self;
        // `record.` is the same as `record`.
        for name in path.strip_suffix('.').unwrap_or(path).split('.') {
            node = node.fields.entry(name.to_owned()).or_default();
        }
        node.modifier = Some(modifier);
        Ok(())
    }

    /// Returns the selection for the field `name`. A final `*` matches all fields that are not
    /// named; elsewhere it matches none.
    fn get(&self, name: &str) -> Option<&Self> {
        let wildcard = || self.fields.get("*").filter(|it| it.modifier.is_some());
        self.fields.get(name).or_else(wildcard)
    }
}

fn apply(value: &mut Value, selection: &Selection) -> Result<(), InvalidFields> {
    match value {
        Value::Object(fields) => apply_to_object(fields, selection),
        Value::Array(values) => values
            .iter_mut()
            .try_for_each(|value| apply(value, selection)),
        _ => Ok(()),
    }
}

fn apply_to_object(
    fields: &mut Map<String, Value>,
    selection: &Selection,
) -> Result<(), InvalidFields> {
    fields.retain(|name, _| selection.get(name).is_some());
    for (name, value) in fields {
        match selection.get(name) {
            Some(Selection {
                modifier: Some(modifier),
                ..
            }) => modifier.apply(value)?,
            Some(below) => apply(value, below)?,
            None => {}
        }
    }
    Ok(())
}

impl Modifier {
    fn parse(modifier: &str) -> Result<Self, InvalidFields> {
        let arguments = modifier
            .strip_prefix("excerpt(")
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or(InvalidFields)?;
        let (max, ellipsis) = match arguments.split_once(',') {
            Some((max, ellipsis)) => (max, ellipsis.trim()),
            None => (arguments, "false"),
        };
        match max.trim().parse() {
            Ok(max) if max != 0 => Ok(Self::Excerpt {
                max,
                with_ellipsis: ellipsis.parse().map_err(|_| InvalidFields)?,
            }),
            _ => Err(InvalidFields),
        }
    }

    fn apply(self, value: &mut Value) -> Result<(), InvalidFields> {
        if let (Self::Excerpt { max, with_ellipsis }, Value::String(string)) = (self, value) {
            let max = usize::try_from(max).map_err(|_| InvalidFields)?;
            *string = excerpt(string, max, with_ellipsis);
        }
        Ok(())
    }
}

/// Returns the first `max` characters of a string, without tags and with single spaces.
fn excerpt(string: &str, max: usize, with_ellipsis: bool) -> String {
    let plain = strip_tags(string);
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = plain.char_indices().nth(max) else {
        return plain;
    };
    let short = plain[..end].trim_end();
    let ellipsis = if with_ellipsis { "..." } else { "" };
    format!("{short}{ellipsis}")
}

/// Replaces every HTML tag with a space. A `<` that starts no tag is kept.
fn strip_tags(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        plain.push_str(before);
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        match tag.find('>') {
            Some(end) if is_tag => {
                plain.push(' ');
                rest = &tag[end + 1..];
            }
            _ => {
                plain.push('<');
                rest = &tag[1..];
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn selected(fields: &str) -> Value {
        let mut value = json!({"token": "t", "record": {"id": "i", "name": "<b>Nimble</b>  fox",
            "expand": {"team": {"id": "r", "title": "Reds"}}}});
        select(&mut value, fields).unwrap();
        value
    }

    #[test]
    fn only_selected_fields_remain() {
        assert_eq!(
            selected("token,record.id"),
            json!({"token": "t", "record": {"id": "i"}})
        );
        assert_eq!(
            selected(" record.id , token "),
            json!({"token": "t", "record": {"id": "i"}})
        );
        assert_eq!(selected("nothing"), json!({}));
        assert_eq!(selected("record.nothing"), json!({"record": {}}));
        assert_eq!(
            selected("*,record.id"),
            json!({"token": "t", "record": {"id": "i"}})
        );
        for everything in [",", " , ,"] {
            assert_eq!(selected(everything), selected("*"), "{everything}");
        }
        assert_eq!(selected("record."), selected("record"));
        assert_eq!(selected("record.id."), selected("record.id"));
        assert_eq!(selected("record.."), json!({"record": {}}));
        assert_eq!(selected("."), json!({}));
        assert_eq!(selected("*.id"), json!({}));
        assert_eq!(
            selected("record.expand.*.title"),
            json!({"record": {"expand": {}}})
        );
        assert_eq!(selected("record.none:excerpt(-1)"), json!({"record": {}}));
        assert_eq!(selected("token.deeper"), json!({"token": "t"}));
        assert_eq!(selected("*")["record"]["id"], "i");
        assert_eq!(
            selected("record.expand.team.title"),
            json!({"record": {"expand": {"team": {"title": "Reds"}}}})
        );
    }

    #[test]
    fn excerpt_is_short_plain_text() {
        let name = |fields: &str| selected(fields)["record"]["name"].clone();
        assert_eq!(name("record.name:excerpt(6,true)"), "Nimble...");
        assert_eq!(name("record.name:excerpt(7)"), "Nimble");
        assert_eq!(name("record.name:excerpt(8, true)"), "Nimble f...");
        assert_eq!(name("record.name:excerpt(100,true)"), "Nimble fox");
        assert_eq!(excerpt("1 < 2 <br/>é>", 100, false), "1 < 2 é>");
    }

    #[test]
    fn unknown_modifiers_are_errors() {
        for fields in [
            "token:bogus(1)",
            "token:excerpt",
            "token:excerpt()",
            "token:excerpt(0)",
            "token:excerpt(1,2)",
            "token:excerpt(1,true",
            "record.id,token:x",
        ] {
            assert_eq!(
                select(&mut json!({}), fields),
                Err(InvalidFields),
                "{fields}"
            );
        }
        let mut value = json!({"token": "t"});
        assert_eq!(select(&mut value, "token:excerpt(-1)"), Err(InvalidFields));
    }
}
