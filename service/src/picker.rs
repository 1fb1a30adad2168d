//! `?fields=`: keeping only the members that were asked for.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The list of fields makes no sense.
#[derive(Debug, PartialEq)]
pub struct BadFields;

/// What is to be kept of an object: by name, and beneath it.
#[derive(Default)]
struct Wanted {
    /// The member itself is wanted, changed in this way.
    whole: Option<Change>,
    /// Its own members that are wanted.
    members: BTreeMap<String, Wanted>,
}

#[derive(Clone, Copy, PartialEq)]
enum Change {
    None,
    /// So many letters; a negative number fails on every text.
    Excerpt {
        most: i64,
        with_ellipsis: bool,
    },
}

/// Cuts `value` down to `fields`, a comma-separated list like `token,record.id` or
/// `*,record.name:excerpt(20,true)`. A list of nothing leaves it whole.
pub fn pick(value: &mut Value, fields: &str) -> Result<(), BadFields> {
    let mut wanted = Wanted::default();
    for field in listed(fields).map(str::trim).filter(|it| !it.is_empty()) {
        wanted.add(field)?;
    }
    if wanted.members.is_empty() {
        return Ok(());
    }
    cut(value, &wanted)
}

/// The fields of a list, in which commas inside brackets do not count.
fn listed(fields: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    fields.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
}

impl Wanted {
    fn add(&mut self, field: &str) -> Result<(), BadFields> {
        let (path, change) = match field.split_once(':') {
            Some((path, change)) => (path, Change::read(change)?),
            None => (field, Change::None),
        };
        let mut place = self;
        // `record.` is `record`.
        for name in path.strip_suffix('.').unwrap_or(path).split('.') {
            place = place.members.entry(name.to_owned()).or_default();
        }
        place.whole = Some(change);
        Ok(())
    }

    /// What is wanted of the member `name`. `*` at the end stands for every member that is not
    /// named; before others it stands for none.
    fn member(&self, name: &str) -> Option<&Self> {
        let all = || self.members.get("*").filter(|all| all.whole.is_some());
        self.members.get(name).or_else(all)
    }
}

fn cut(value: &mut Value, wanted: &Wanted) -> Result<(), BadFields> {
    match value {
        Value::Object(members) => cut_members(members, wanted),
        Value::Array(values) => values.iter_mut().try_for_each(|value| cut(value, wanted)),
        _ => Ok(()),
    }
}

fn cut_members(members: &mut Map<String, Value>, wanted: &Wanted) -> Result<(), BadFields> {
    members.retain(|name, _| wanted.member(name).is_some());
    for (name, value) in members {
        match wanted.member(name) {
            Some(Wanted {
                whole: Some(change),
                ..
            }) => change.apply(value)?,
            Some(beneath) => cut(value, beneath)?,
            None => {}
        }
    }
    Ok(())
}

impl Change {
    fn read(text: &str) -> Result<Self, BadFields> {
        let arguments = text
            .strip_prefix("excerpt(")
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or(BadFields)?;
        let (most, ellipsis) = match arguments.split_once(',') {
            Some((most, ellipsis)) => (most, ellipsis.trim()),
            None => (arguments, "false"),
        };
        match most.trim().parse() {
            Ok(most) if most != 0 => Ok(Self::Excerpt {
                most,
                with_ellipsis: ellipsis.parse().map_err(|_| BadFields)?,
            }),
            _ => Err(BadFields),
        }
    }

    fn apply(self, value: &mut Value) -> Result<(), BadFields> {
        if let (
            Self::Excerpt {
                most,
                with_ellipsis,
            },
            Value::String(text),
        ) = (self, value)
        {
            let most = usize::try_from(most).map_err(|_| BadFields)?;
            *text = excerpt(text, most, with_ellipsis);
        }
        Ok(())
    }
}

/// The first `most` letters of a text, without its tags and with single spaces.
fn excerpt(text: &str, most: usize, with_ellipsis: bool) -> String {
    let words: Vec<String> = without_tags(text)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let plain = words.join(" ");
    let Some((end, _)) = plain.char_indices().nth(most) else {
        return plain;
    };
    let short = plain[..end].trim_end();
    let ellipsis = if with_ellipsis { "..." } else { "" };
    format!("{short}{ellipsis}")
}

/// A text in which every tag has become a space. A `<` that begins no tag stays.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        plain.push_str(before);
        let begins_tag =
            tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        match tag.find('>') {
            Some(end) if begins_tag => {
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

    fn picked(fields: &str) -> Value {
        let mut value = json!({"token": "t", "record": {"id": "i", "name": "<b>Nimble</b>  fox",
            "expand": {"team": {"id": "r", "title": "Reds"}}}});
        pick(&mut value, fields).unwrap();
        value
    }

    #[test]
    fn only_what_is_wanted_stays() {
        assert_eq!(
            picked("token,record.id"),
            json!({"token": "t", "record": {"id": "i"}})
        );
        assert_eq!(
            picked(" record.id , token "),
            json!({"token": "t", "record": {"id": "i"}})
        );
        assert_eq!(picked("nothing"), json!({}));
        assert_eq!(picked("record.nothing"), json!({"record": {}}));
        assert_eq!(
            picked("*,record.id"),
            json!({"token": "t", "record": {"id": "i"}})
        );
        for everything in [",", " , ,"] {
            assert_eq!(picked(everything), picked("*"), "{everything}");
        }
        assert_eq!(picked("record."), picked("record"));
        assert_eq!(picked("record.id."), picked("record.id"));
        assert_eq!(picked("record.."), json!({"record": {}}));
        assert_eq!(picked("."), json!({}));
        assert_eq!(picked("*.id"), json!({}));
        assert_eq!(
            picked("record.expand.*.title"),
            json!({"record": {"expand": {}}})
        );
        assert_eq!(picked("record.none:excerpt(-1)"), json!({"record": {}}));
        assert_eq!(picked("token.deeper"), json!({"token": "t"}));
        assert_eq!(picked("*")["record"]["id"], "i");
        assert_eq!(
            picked("record.expand.team.title"),
            json!({"record": {"expand": {"team": {"title": "Reds"}}}})
        );
    }

    #[test]
    fn an_excerpt_is_short_and_plain() {
        let name = |fields: &str| picked(fields)["record"]["name"].clone();
        assert_eq!(name("record.name:excerpt(6,true)"), "Nimble...");
        assert_eq!(name("record.name:excerpt(7)"), "Nimble");
        assert_eq!(name("record.name:excerpt(8, true)"), "Nimble f...");
        assert_eq!(name("record.name:excerpt(100,true)"), "Nimble fox");
        assert_eq!(excerpt("1 < 2 <br/>é>", 100, false), "1 < 2 é>");
    }

    #[test]
    fn unknown_changes_are_errors() {
        for fields in [
            "token:bogus(1)",
            "token:excerpt",
            "token:excerpt()",
            "token:excerpt(0)",
            "token:excerpt(1,2)",
            "token:excerpt(1,true",
            "record.id,token:x",
        ] {
            assert_eq!(pick(&mut json!({}), fields), Err(BadFields), "{fields}");
        }
        let mut value = json!({"token": "t"});
        assert_eq!(pick(&mut value, "token:excerpt(-1)"), Err(BadFields));
    }
}
