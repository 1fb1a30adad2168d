//! An immutable session: [`Session`].

use std::ffi::c_char;
use std::fmt;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use once_cell::race::OnceBox;

use super::{Committed, text};
use crate::clock::Clock;
use crate::error::Status;
use crate::input;
use crate::protocol::json;
use crate::protocol::jwt;
use crate::secret::Secret;

/// The collection id of BosBase's superusers (`docs/protocol.md`, "Login response").
const SUPERUSERS_ID: &str = "pbc_3142635823";
/// The collection name of BosBase's superusers.
const SUPERUSERS_NAME: &str = "_superusers";

/// A session: the token and record of a logged-in account. Immutable and cheap to clone. The token is zeroized when the
/// last clone is dropped.
#[derive(Clone)]
pub struct Session {
    login: Arc<Login>,
    was_kept: bool,
    store_status: Option<Status>,
    /// The client's clock of the server when the session was returned.
    clock: Clock,
}

/// The contents of a login response.
struct Login {
    /// The server's.
    base_url: Arc<str>,
    token: Secret,
    /// `None` for an empty string, and so is `meta_json`.
    record_json: Option<Secret>,
    meta_json: Option<Secret>,
    /// Parsed at the first use: few apps read them after each login.
    claims: OnceBox<jwt::Claims>,
}

impl Session {
    /// A session of these parts, all validated, at the server with this base URL.
    pub(crate) fn new(
        base_url: &Arc<str>,
        token: Secret,
        record_json: &str,
        meta_json: &str,
    ) -> Self {
        let secret = |json: &str| (!json.is_empty()).then(|| Secret::new(json));
        let (record_json, meta_json) = (secret(record_json), secret(meta_json));
        Session {
            login: Arc::new(Login {
                base_url: Arc::clone(base_url),
                token,
                record_json,
                meta_json,
                claims: OnceBox::new(),
            }),
            was_kept: false,
            store_status: None,
            clock: Clock::Local,
        }
    }

    /// The same session with this [`Session::was_kept`].
    pub(crate) fn kept(&self, was_kept: bool) -> Self {
        Session {
            was_kept,
            ..self.clone()
        }
    }

    /// The session of a call whose commit has this result, after that has been settled.
    pub(crate) fn committed(self, committed: Option<Committed<'_>>) -> Self {
        let was_kept = committed.is_some();
        let result = committed.map_or(Ok(()), Committed::settle);
        Session {
            was_kept,
            store_status: result.err().map(|error| error.status()),
            ..self
        }
    }

    /// The same session with this [`Session::store_status`].
    pub(crate) fn stored(self, store_status: Option<Status>) -> Self {
        Session {
            store_status,
            ..self
        }
    }

    /// The base URL of its server.
    pub(crate) fn base_url(&self) -> &Arc<str> {
        &self.login.base_url
    }

    /// The same session with the clock that decides whether it is valid.
    pub(crate) fn with_clock(self, clock: Clock) -> Self {
        Session { clock, ..self }
    }

    fn claims(&self) -> &jwt::Claims {
        let parse = || Box::new(jwt::claims(self.token()));
        self.login.claims.get_or_init(parse)
    }

    /// Returns the session token, a JWT.
    pub fn token(&self) -> &str {
        self.login.token.expose()
    }

    /// Returns the account's record as the server sent it: a JSON object, or empty if the session was saved without one.
    pub fn record_json(&self) -> &str {
        self.login.record_json.as_ref().map_or("", Secret::expose)
    }

    /// Returns the `meta` of the login response as JSON; empty if absent.
    pub fn meta_json(&self) -> &str {
        self.login.meta_json.as_ref().map_or("", Secret::expose)
    }

    /// [`Session::token`] as a C string, for the C ABI. It lives as long as the session and its clones.
    #[doc(hidden)]
    pub fn token_ptr(&self) -> *const c_char {
        self.login.token.as_ptr()
    }

    /// [`Session::record_json`] as a C string, likewise.
    #[doc(hidden)]
    pub fn record_json_ptr(&self) -> *const c_char {
        pointer(self.login.record_json.as_ref())
    }

    /// [`Session::meta_json`] as a C string, likewise.
    #[doc(hidden)]
    pub fn meta_json_ptr(&self) -> *const c_char {
        pointer(self.login.meta_json.as_ref())
    }

    /// Returns a field of the record: a string decoded, any other value as JSON. A string that contains NUL or is not
    /// valid Unicode (`"\ud800"`) is returned as JSON, too. `None` if the record has no such field.
    pub fn field(&self, name: &str) -> Option<String> {
        let raw = json::field(self.record_json(), name)?;
        let decoded = json::string(raw).filter(|string| !string.contains('\0'));
        Some(decoded.unwrap_or_else(|| raw.to_owned()))
    }

    /// Returns when the token expires, in Unix seconds; `None` if the token has no expiry.
    pub fn expires_at(&self) -> Option<i64> {
        self.claims().expires_at
    }

    /// Returns whether the token is a JWT that has not expired. The server may have revoked it.
    ///
    /// The time is that of the server's clock, if the client had received a response with a `Date` and without an
    /// `Age` when this session was returned; otherwise that of the local clock. The server's time is accurate to the
    /// round trip of the newest such response or to 1 second, whichever is longer. Setting the local clock does not
    /// change it, and it continues while the device is suspended.
    ///
    /// Later responses do not apply to this session: [`Client::session`](crate::Client::session) returns one with the
    /// client's newest time.
    pub fn is_valid(&self) -> bool {
        let now = self
            .clock
            .now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |passed| passed.as_secs());
        self.is_valid_at(i64::try_from(now).unwrap_or(i64::MAX))
    }

    fn is_valid_at(&self, now: i64) -> bool {
        self.claims().readable && self.expires_at().is_none_or(|expiry| expiry > now)
    }

    /// Returns whether this is a superuser: the record's `collectionName` is `_superusers` or, without one,
    /// the `collectionId` of the record or else of the token is that of the superusers.
    pub fn is_superuser(&self) -> bool {
        if let Some(name) = self.string_field("collectionName") {
            return name == SUPERUSERS_NAME;
        }
        self.collection_id().as_deref() == Some(SUPERUSERS_ID)
    }

    /// The collection of the account, by the record or else by the token; `None` if it is unknown or unusable.
    pub(crate) fn collection_id(&self) -> Option<String> {
        let of_record = self.string_field("collectionId");
        let id = of_record.or_else(|| self.claims().collection_id.clone());
        id.filter(|id| input::collection(id).is_ok())
    }

    /// The id of the account, by the record or else by the token; `None` if it is unknown.
    fn id(&self) -> Option<String> {
        let of_record = self.string_field("id");
        of_record.or_else(|| self.claims().id.clone())
    }

    /// Whether this is a session of the account of `other`, as far as `other` names it.
    pub(crate) fn is_of_account(&self, other: &Session) -> bool {
        let collections = (self.collection_id(), other.collection_id());
        let is_other = matches!(&collections, (Some(own), Some(other)) if own != other);
        !is_other && other.id().is_none_or(|id| self.id() == Some(id))
    }

    /// Whether both have the same token, record and meta.
    pub(crate) fn has_content_of(&self, other: &Session) -> bool {
        self.is(other)
            || (self.token() == other.token()
                && self.record_json() == other.record_json()
                && self.meta_json() == other.meta_json())
    }

    /// Whether both are clones of one session.
    pub(crate) fn is(&self, other: &Session) -> bool {
        Arc::ptr_eq(&self.login, &other.login)
    }

    fn string_field(&self, name: &str) -> Option<String> {
        json::string(json::field(self.record_json(), name)?)
    }

    /// Returns whether it became the client's session when it was created. It did not if `keep_session` was off, a later
    /// change had already committed, or the client's session changed during a refresh.
    pub fn was_kept(&self) -> bool {
        self.was_kept
    }

    /// Returns why the session was not stored when the snapshot was taken: [`Status::Store`] if the session file or storage
    /// failed, [`Status::StoreUnavailable`] if it could not be used at that moment. The session is then live in memory, and
    /// the next change or [`Client::sync_session`](crate::Client::sync_session) stores it.
    ///
    /// `None` if it is stored, if it is not the client's session, or if the client has neither file nor storage; also
    /// after a refresh that kept what another client had stored or removed in the meantime.
    pub fn store_status(&self) -> Option<Status> {
        self.store_status
    }

    /// Returns the session as a string for [`Client::import_session`](crate::Client::import_session): a JSON object with the
    /// version of the format, the base URL, token, record and meta. Treat it like a password.
    pub fn export(&self) -> Secret {
        text::write(self)
    }
}

fn pointer(json: Option<&Secret>) -> *const c_char {
    json.map_or(c"".as_ptr(), Secret::as_ptr)
}

impl fmt::Debug for Session {
    /// Shows neither the token nor the record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("expires_at", &self.expires_at())
            .field("was_kept", &self.was_kept)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unsigned JWT with these claims.
    fn jwt(claims: &str) -> String {
        use base64::Engine;
        let middle = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
        format!("e30.{middle}.c2ln")
    }

    fn session(token: &str, record: &str) -> Session {
        Session::new(
            &Arc::from("http://localhost"),
            Secret::new(token),
            record,
            "",
        )
    }

    #[test]
    fn session_is_valid_until_it_expires() {
        let valid = |claims: &str| session(&jwt(claims), "").is_valid_at(1000);
        assert!(valid(r#"{"exp":1001}"#));
        assert!(!valid(r#"{"exp":1000}"#));
        assert!(valid("{}"));
        assert!(!session("no-jwt", "").is_valid());
        assert!(session(&jwt(r#"{"exp":4949092214}"#), "").is_valid());
        assert_eq!(
            session(&jwt(r#"{"exp":4949092214}"#), "").expires_at(),
            Some(4_949_092_214)
        );
    }

    #[test]
    fn superusers_are_recognized_by_name_then_by_id() {
        let of_superusers = jwt(r#"{"collectionId":"pbc_3142635823"}"#);
        for (token, record, superuser) in [
            ("t", r#"{"collectionName":"_superusers"}"#, true),
            (
                "t",
                r#"{"collectionName":"users","collectionId":"pbc_3142635823"}"#,
                false,
            ),
            ("t", r#"{"collectionId":"pbc_3142635823"}"#, true),
            ("t", r#"{"collectionId":"_pb_users_auth_"}"#, false),
            (
                &of_superusers,
                r#"{"collectionId":"_pb_users_auth_"}"#,
                false,
            ),
            (&of_superusers, "", true),
            ("t", "", false),
        ] {
            assert_eq!(session(token, record).is_superuser(), superuser, "{record}");
        }
    }

    #[test]
    fn account_is_that_of_the_record_or_else_of_the_token() {
        let of_token = jwt(r#"{"id":"r1","collectionId":"c1"}"#);
        let (opaque, in_c2) = ("t", jwt(r#"{"id":"r1","collectionId":"c2"}"#));
        let full = r#"{"id":"r1","collectionId":"c1"}"#;
        for (record, collection) in [
            (full, Some("c1")),
            ("", None),
            (r#"{"collectionId":5}"#, None),
            (r#"{"collectionId":".."}"#, None),
            (r#"{"collectionId":"a/b"}"#, None),
            (r#"{"collectionId":""}"#, None),
        ] {
            let session = session(opaque, record);
            assert_eq!(session.collection_id().as_deref(), collection, "{record}");
        }
        for (token, record, other, is_of_account) in [
            (opaque, full, session(&of_token, ""), true),
            (&of_token, "", session(opaque, full), true),
            (&of_token, r#"{"name":"x"}"#, session(opaque, full), true),
            (opaque, r#"{"id":"r1"}"#, session(opaque, full), true),
            (opaque, r#"{"id":"r2"}"#, session(opaque, full), false),
            (opaque, r#"{"id":1}"#, session(opaque, full), false),
            (opaque, "{}", session(opaque, full), false),
            (&of_token, r#"{"id":"r2"}"#, session(opaque, full), false),
            (&in_c2, "", session(opaque, full), false),
            (&in_c2, full, session(opaque, full), true),
            (opaque, "{}", session(opaque, ""), true),
            (
                opaque,
                full,
                session(opaque, r#"{"collectionId":"c1"}"#),
                true,
            ),
            (
                opaque,
                full,
                session(opaque, r#"{"collectionId":"c2"}"#),
                false,
            ),
        ] {
            let new = session(token, record);
            assert_eq!(new.is_of_account(&other), is_of_account, "{record}");
        }
    }

    #[test]
    fn fields_are_strings_or_json() {
        let record = r#"{"text":"a\u00e9\"","number":1.50,"list":[1, 2],"nul":"a\u0000b","none":null,"\u0061":1,"\ud800":2,"odd":"x\ud800","pair":"\ud83d\ude00","huge":1e400}"#;
        let session = session("t", record);
        for (name, value) in [
            ("text", Some("aé\"")),
            ("number", Some("1.50")),
            ("list", Some("[1, 2]")),
            ("nul", Some(r#""a\u0000b""#)),
            ("none", Some("null")),
            ("a", Some("1")),
            ("odd", Some(r#""x\ud800""#)),
            ("pair", Some("😀")),
            ("huge", Some("1e400")),
            ("absent", None),
        ] {
            assert_eq!(session.field(name).as_deref(), value, "{name}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!(
            "{:?}",
            session("token-1", r#"{"email":"secret@example.com"}"#)
        );
        assert!(
            !shown.contains("token-1") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
