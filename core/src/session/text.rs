//! The text form of a session: what is exported, imported and stored.

use std::fmt;
use std::sync::Arc;

use crate::input::{self, EXPORT_MAX};
use crate::protocol::json::{self, DEPTH_MAX, JsonError, UNLIMITED};
use crate::protocol::paths::BaseUrl;
use crate::protocol::{bodies, record};
use crate::secret::{Secret, SecretBytes};

use super::Session;

/// The version of the format.
const VERSION: u64 = 1;
/// The deepest nesting of a text, so that its record may be as deep as any value.
const LEVELS: usize = DEPTH_MAX + 1;

/// Why a text is rejected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TextError {
    /// It is longer than [`EXPORT_MAX`].
    TooLong,
    /// It is not a JSON object.
    Json(JsonError),
    /// A field is missing or invalid.
    Field(&'static str),
    /// It has a later version of the format.
    NewerVersion(u64),
    /// It belongs to the server at this URL, if that is valid.
    OtherServer(Option<Arc<str>>),
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextError::TooLong => write!(f, "it is longer than {EXPORT_MAX} bytes"),
            TextError::Json(error) => error.fmt(f),
            TextError::Field(name) => write!(f, "its field \"{name}\" is missing or invalid"),
            TextError::NewerVersion(version) => write!(
                f,
                "it has version {version} of the format, this library reads version {VERSION}"
            ),
            TextError::OtherServer(Some(url)) => {
                write!(f, "it is a session of {url} (store one for each server)")
            }
            TextError::OtherServer(None) => {
                f.write_str("it is a session of another server (store one for each server)")
            }
        }
    }
}

/// Writes a session.
pub(crate) fn write(session: &Session) -> Secret {
    let fields = [
        ("baseUrl", session.base_url().as_ref()),
        ("token", session.token()),
    ];
    // Larger than needed, and never reallocated.
    let size = session.record_json().len() + session.meta_json().len() + 64;
    let own = bodies::object(&fields, None);
    let mut text = SecretBytes::with_capacity(own.len() + size);
    text.push(format!("{{\"bosauth\":{VERSION},").as_bytes());
    text.push(&own.as_slice()[1..own.len() - 1]);
    for (name, json) in [
        ("record", session.record_json()),
        ("meta", session.meta_json()),
    ] {
        if !json.is_empty() {
            text.push(b",\"");
            text.push(name.as_bytes());
            text.push(b"\":");
            text.push(json.as_bytes());
        }
    }
    text.push(b"}");
    // All parts are strings.
    Secret::new(std::str::from_utf8(text.as_slice()).unwrap_or_default())
}

/// Reads a session of the server at `base_url`, which is normalized. Fields of other names are ignored.
pub(crate) fn read(text: &str, base_url: &Arc<str>) -> Result<Session, TextError> {
    if text.len() > EXPORT_MAX {
        return Err(TextError::TooLong);
    }
    let fields = Fields::read(text).map_err(TextError::Json)?;
    let version = fields.version.and_then(|version| version.parse().ok());
    match version.ok_or(TextError::Field("bosauth"))? {
        VERSION => {}
        0 => return Err(TextError::Field("bosauth")),
        newer => return Err(TextError::NewerVersion(newer)),
    }
    let url = fields.base_url.and_then(json::string);
    let url = url.ok_or(TextError::Field("baseUrl"))?;
    if *url != **base_url {
        // It may be spelled differently.
        let url = BaseUrl::parse(&url).ok().map(|url| Arc::clone(url.url()));
        if url.as_ref() != Some(base_url) {
            return Err(TextError::OtherServer(url));
        }
    }
    let token = fields.token.and_then(json::inside);
    let token = token.filter(|token| input::session_token(token).is_ok());
    let token = token.ok_or(TextError::Field("token"))?;
    let record = fields.record.unwrap_or_default();
    if !record.is_empty() && record::check(record, UNLIMITED).is_err() {
        return Err(TextError::Field("record"));
    }
    let meta = fields.meta.unwrap_or_default();
    Ok(Session::new(base_url, Secret::new(token), record, meta))
}

/// The fields of a text, as JSON.
#[derive(Default)]
struct Fields<'a> {
    version: Option<&'a str>,
    base_url: Option<&'a str>,
    token: Option<&'a str>,
    record: Option<&'a str>,
    meta: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn read(text: &'a str) -> Result<Self, JsonError> {
        let (mut fields, mut names) = (Fields::default(), Vec::with_capacity(8));
        json::fields(text, LEVELS, UNLIMITED, |name, value| {
            let all = [
                ("bosauth", &mut fields.version),
                ("baseUrl", &mut fields.base_url),
                ("token", &mut fields.token),
                ("record", &mut fields.record),
                ("meta", &mut fields.meta),
            ];
            for (expected, field) in all {
                if name.is(expected) {
                    *field = Some(value);
                }
            }
            names.push(name);
        })?;
        match record::has_duplicates(&names, UNLIMITED)? {
            true => Err(JsonError::Duplicate),
            false => Ok(fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://api.example.com";
    const TEXT: &str =
        r#"{"bosauth":1,"baseUrl":"https://api.example.com","token":"t.1","record":{"id":"r"}}"#;

    fn read_text(text: &str) -> Result<Session, TextError> {
        read(text, &Arc::from(URL))
    }

    #[test]
    fn written_session_is_read_back() {
        let deep = format!("{}1{}", "{\"a\":".repeat(512), "}".repeat(512));
        let spaced = "{ \"name\" : \"\\u00e9 \\\"x\\\"\",\n \"list\": [1, 2.50] }";
        for (record, meta) in [
            ("", ""),
            (r#"{"id":"r","email":"ann@example.com"}"#, ""),
            ("{}", r#"{"isNew":true}"#),
            (spaced, "[1]"),
            (&deep, "\"\""),
        ] {
            let session = Session::new(&Arc::from(URL), Secret::new("t.-1_~+/="), record, meta);
            let text = write(&session);
            let back = read_text(text.expose()).expect("a session");
            assert_eq!(back.token(), "t.-1_~+/=");
            assert_eq!((back.record_json(), back.meta_json()), (record, meta));
            assert_eq!(write(&back), text);
        }
    }

    #[test]
    fn text_is_one_json_object() {
        let session = Session::new(&Arc::from(URL), Secret::new("t.1"), r#"{"id":"r"}"#, "");
        assert_eq!(write(&session).expose(), TEXT);
        assert!(read_text(TEXT).is_ok());
        let spelled = TEXT.replace(URL, "HTTPS://API.example.com:443/");
        assert!(read_text(&spelled).is_ok());
        let extended = TEXT.replace("{\"bosauth\"", "{\"later\":[1],\"bosauth\"");
        assert!(read_text(&extended).is_ok());
    }

    #[test]
    fn invalid_text_is_rejected_by_name() {
        let with = |old: &str, new: &str| read_text(&TEXT.replace(old, new)).err();
        let json = |error| Some(TextError::Json(error));
        assert_eq!(read_text("").err(), json(JsonError::NotJson));
        assert_eq!(read_text("[]").err(), json(JsonError::NotAnObject));
        assert_eq!(read_text("{}").err(), Some(TextError::Field("bosauth")));
        for at in 1..TEXT.len() {
            assert!(read_text(&TEXT[..at]).is_err(), "{at}");
        }
        for version in ["0", "-1", "1.5", "\"1\"", "null", "99999999999999999999"] {
            let error = with(":1,", &format!(":{version},"));
            assert_eq!(error, Some(TextError::Field("bosauth")), "{version}");
        }
        assert_eq!(with(":1,", ":2,"), Some(TextError::NewerVersion(2)));
        for (url, named) in [
            (
                "https://other.example.com",
                Some("https://other.example.com"),
            ),
            (
                "https://api.example.com/app",
                Some("https://api.example.com/app"),
            ),
            ("http://api.example.com", Some("http://api.example.com")),
            ("https://ann:secret@api.example.com", None),
            ("", None),
        ] {
            let error = with(URL, url);
            assert_eq!(
                error,
                Some(TextError::OtherServer(named.map(Arc::from))),
                "{url}"
            );
        }
        assert_eq!(
            with("\"https://api.example.com\"", "1"),
            Some(TextError::Field("baseUrl"))
        );
        for token in ["\"\"", "\"a b\"", "\"a\\u0041\"", "1", "null"] {
            assert_eq!(
                with("\"t.1\"", token),
                Some(TextError::Field("token")),
                "{token}"
            );
        }
        for record in ["[]", "1", "null", r#"{"a":1,"a":2}"#] {
            let error = with(r#"{"id":"r"}"#, record);
            assert_eq!(error, Some(TextError::Field("record")), "{record}");
        }
        assert_eq!(with("\"token\"", "\"baseUrl\""), json(JsonError::Duplicate));
        let long = TEXT.replace("\"r\"", &format!("\"{}\"", "x".repeat(EXPORT_MAX)));
        assert_eq!(read_text(&long).err(), Some(TextError::TooLong));
    }
}
