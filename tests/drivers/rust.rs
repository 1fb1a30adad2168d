//! The scenario driver for Rust: runs each line of its input through the public API of the crate `bosauth` and
//! prints the result. The format is that of `tests/scenarios/README.md`.

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bosauth::{
    CallOptions, Cancel, Client, ClientBuilder, Collection, Error, Response, Session,
    SessionChange, SessionStorage, StorageError, Subscription, generate_token,
};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

fn main() -> io::Result<()> {
    let mut driver = Driver::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let fields: Vec<String> = line?.split_ascii_whitespace().map(decode).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        writeln!(output, "{}", driver.run(&fields))?;
        output.flush()?;
    }
    Ok(())
}

/// A client, what is set for the next one and the next call, and the results of the last calls.
#[derive(Default)]
struct Driver {
    config: ClientBuilder,
    client: Option<Client>,
    options: CallOptions,
    login: Option<Session>,
    response: Option<Response>,
    cancel: Option<Cancel>,
    error: Option<Error>,
    store: Store,
    listeners: Vec<Subscription>,
    /// Recorded by the listeners.
    changes: Arc<Mutex<Vec<String>>>,
}

/// A session store in memory.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<Stored>>);

#[derive(Default)]
struct Stored {
    session: Option<String>,
    /// What its functions return.
    error: Option<StorageError>,
}

impl Store {
    fn with<T>(&self, work: impl FnOnce(&mut Stored) -> T) -> T {
        work(&mut self.0.lock().expect("no panic"))
    }

    fn set_status(&self, status: &str) -> String {
        let error = match status {
            "OK" => None,
            "STORE" => Some(StorageError::Failed),
            "STORE_UNAVAILABLE" => Some(StorageError::Unavailable),
            _ => return "UNKNOWN VERB".into(),
        };
        self.with(|stored| stored.error = error);
        "OK".into()
    }
}

impl SessionStorage for Store {
    fn load(&self) -> Result<Option<String>, StorageError> {
        self.with(|stored| stored.error.map_or(Ok(stored.session.clone()), Err))
    }

    fn save(&self, session: Option<&str>) -> Result<(), StorageError> {
        self.with(|stored| match stored.error {
            Some(error) => Err(error),
            None => {
                stored.session = session.map(str::to_owned);
                Ok(())
            }
        })
    }
}

impl Driver {
    /// Runs a line.
    fn run(&mut self, fields: &[&str]) -> String {
        match *fields {
            ["reset"] => {
                *self = Driver::default();
                "OK".into()
            }
            ["config", ..] => self.set_config(&fields[1..]),
            ["option", "cancel"] => {
                self.options = std::mem::take(&mut self.options).cancel(self.cancel());
                "OK".into()
            }
            ["option", ..] => self.set_option(&fields[1..]),
            ["client", url] => self.new_client(url),
            ["bind", collection, email, password, token] => self.call(|client, options| {
                let collection = client.collection(collection).with(options);
                collection.bind_token(email, password, token)
            }),
            ["unbind", collection, email, password, token] => self.call(|client, options| {
                let collection = client.collection(collection).with(options);
                collection.unbind_token(email, password, token)
            }),
            ["login", collection, token] => {
                self.log_in(collection, |users| users.auth_with_token(token))
            }
            ["login_with_password", collection, identity, password] => self
                .log_in(collection, |users| {
                    users.auth_with_password(identity, password)
                }),
            ["request_otp", collection, email] => self.string(|client, options| {
                client
                    .collection(collection)
                    .with(options)
                    .request_otp(email)
            }),
            ["login_with_otp", collection, otp_id, code] => {
                self.log_in(collection, |users| users.auth_with_otp(otp_id, code))
            }
            ["refresh"] => self.session(Client::auth_refresh),
            ["generate_token"] => match generate_token() {
                Ok(token) => format!("OK {}", encode(token.expose().as_bytes())),
                Err(error) => failure(&error),
            },
            ["send", method, path] => self.send(method, path, None),
            ["send", method, path, body] => self.send(method, path, Some(body.as_bytes())),
            ["received", part] => self.response_part(part),
            ["save", token] => self.call(|client, _| client.save_session(token, None)),
            ["save", token, record] => {
                self.call(|client, _| client.save_session(token, Some(record)))
            }
            ["clear"] => self.call(|client, _| client.clear_session()),
            ["store", status] => self.store.set_status(status),
            ["stored"] => some(self.store.with(|stored| stored.session.clone())),
            ["export"] => {
                let session = self.client().session();
                let text = |session: Session| session.export().expose().to_owned();
                self.outcome(session.map(|session| some(session.map(text))))
            }
            ["import", text] => self.call(|client, _| client.import_session(text)),
            ["sync"] => self.call(|client, _| client.sync_session()),
            ["generation"] => format!("OK {}", self.client().generation()),
            ["listen"] => self.listen(),
            ["unlisten"] => match self.listeners.pop() {
                Some(_) => "OK".into(),
                None => "UNKNOWN VERB".into(),
            },
            ["changes"] => {
                let changes = std::mem::take(&mut *self.changes.lock().expect("no panic"));
                format!("OK {}", encode(changes.join(",").as_bytes()))
            }
            ["cancel", what] => self.use_cancel(what),
            ["close", ms] => match self.client().close(milliseconds(ms)) {
                true => "OK".into(),
                false => "TIMEOUT".into(),
            },
            ["session", ref part @ ..] => match self.client().session() {
                Ok(session) => show(session.as_ref(), part),
                Err(error) => self.outcome(Err(error)),
            },
            ["result", ref part @ ..] => show(self.login.as_ref(), part),
            ["error", part] => self.error_part(part),
            _ => "UNKNOWN VERB".into(),
        }
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("a client was created before")
    }

    fn cancel(&self) -> &Cancel {
        self.cancel.as_ref().expect("a cancel was created before")
    }

    fn use_cancel(&mut self, what: &str) -> String {
        match what {
            "new" => self.cancel = Some(Cancel::new()),
            "trigger" => self.cancel().trigger(),
            "free" => self.cancel = None,
            _ => return "UNKNOWN VERB".into(),
        }
        "OK".into()
    }

    /// Applies a setting to the next client, and returns the status of the setter.
    fn set_config(&mut self, setting: &[&str]) -> String {
        let store = &self.store;
        let Some(alone) = configure(Client::builder("http://localhost"), setting, store) else {
            return "UNKNOWN VERB".into();
        };
        let config = std::mem::take(&mut self.config);
        self.config = configure(config, setting, store).unwrap_or_default();
        match setting {
            // The file is checked with the next client.
            ["session_file", _] => "OK".into(),
            _ => status(alone.build().map(drop)),
        }
    }

    fn listen(&mut self) -> String {
        let changes = Arc::clone(&self.changes);
        let record = move |change: &SessionChange| {
            let token = change.session.as_ref().map_or("-", Session::token);
            let change = format!("{}:{}:{token}", change.kind, change.generation);
            changes.lock().expect("no panic").push(change);
        };
        let listener = self.client().add_listener(record);
        self.listeners.push(listener);
        "OK".into()
    }

    /// Applies an option to the next call, and returns the status of the setter.
    fn set_option(&mut self, option: &[&str]) -> String {
        let Some(alone) = set_option(CallOptions::new(), option) else {
            return "UNKNOWN VERB".into();
        };
        let options = std::mem::take(&mut self.options);
        self.options = set_option(options, option).unwrap_or_default();
        status(alone.check())
    }

    fn new_client(&mut self, url: &str) -> String {
        let config = std::mem::take(&mut self.config).base_url(url);
        let built = config.build().map(|client| self.client = Some(client));
        self.outcome(built.map(|()| "OK".into()))
    }

    fn call(&mut self, call: impl FnOnce(&Client, &CallOptions) -> Result<(), Error>) -> String {
        let options = std::mem::take(&mut self.options);
        let result = call(self.client(), &options);
        self.outcome(result.map(|()| "OK".into()))
    }

    /// Runs a call that returns a string.
    fn string(
        &mut self,
        call: impl FnOnce(&Client, &CallOptions) -> Result<String, Error>,
    ) -> String {
        let options = std::mem::take(&mut self.options);
        let result = call(self.client(), &options);
        self.outcome(result.map(|string| format!("OK {}", encode(string.as_bytes()))))
    }

    fn log_in(
        &mut self,
        collection: &str,
        call: impl FnOnce(&Collection<'_>) -> Result<Session, Error>,
    ) -> String {
        self.session(|client, options| call(&client.collection(collection).with(options)))
    }

    /// Runs a call that returns a session.
    fn session(
        &mut self,
        call: impl FnOnce(&Client, &CallOptions) -> Result<Session, Error>,
    ) -> String {
        let options = std::mem::take(&mut self.options);
        let result = call(self.client(), &options);
        self.login = result.as_ref().ok().cloned();
        self.outcome(result.map(|session| {
            let kept = if session.was_kept() { "kept" } else { "lost" };
            format!("OK {kept}")
        }))
    }

    fn send(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> String {
        let options = std::mem::take(&mut self.options);
        let result = self.client().send(method, path, body, &options);
        let result = result.map(|response| {
            let status = response.status();
            self.response = Some(response);
            format!("OK {status}")
        });
        self.outcome(result)
    }

    fn response_part(&self, part: &str) -> String {
        let response = self.response.as_ref().expect("a request succeeded before");
        match part {
            "@body" => format!("OK {}", encode(response.body())),
            name => {
                let value = response.header(name).unwrap_or_default();
                format!("OK {}", encode(value.as_bytes()))
            }
        }
    }

    fn outcome(&mut self, result: Result<String, Error>) -> String {
        match result {
            Ok(result) => result,
            Err(error) => {
                let line = failure(&error);
                self.error = Some(error);
                line
            }
        }
    }

    fn error_part(&self, part: &str) -> String {
        let error = self.error.as_ref().expect("a call failed before");
        let string = match part {
            "message" => error.message().into(),
            "server_message" => error.server_message().into(),
            "data" => error.data_json().into(),
            "url" => error.url().into(),
            "mfa_id" => error.mfa_id().into(),
            "body" => return format!("OK {}", encode(error.body())),
            "retry_after_ms" => error.retry_after().as_millis().to_string(),
            _ => return "UNKNOWN VERB".into(),
        };
        format!("OK {}", encode(string.as_bytes()))
    }
}

fn configure(config: ClientBuilder, setting: &[&str], store: &Store) -> Option<ClientBuilder> {
    Some(match *setting {
        ["session_file", path] => config.session_file(path),
        ["session_store"] => config.session_storage(store.clone()),
        ["timeout_ms", ms] => config.timeout(milliseconds(ms)),
        ["connect_timeout_ms", ms] => config.connect_timeout(milliseconds(ms)),
        ["user_agent", string] => config.user_agent(string),
        ["header", name, value] => config.header(name, value),
        ["max_response_bytes", bytes] => config.max_response_bytes(number(bytes)),
        ["roots_pem", pem] => config.roots_pem(pem),
        _ => return None,
    })
}

fn set_option(options: CallOptions, option: &[&str]) -> Option<CallOptions> {
    Some(match *option {
        ["timeout_ms", ms] => options.timeout(milliseconds(ms)),
        ["query", name, value] => options.query(name, value),
        ["header", name, value] => options.header(name, value),
        ["body_json", object] => options.body_json(object),
        ["mfa_id", id] => options.mfa_id(id),
        ["keep_session", on] => options.keep_session(on != "0"),
        _ => return None,
    })
}

fn milliseconds(ms: &str) -> Duration {
    Duration::from_millis(number(ms))
}

fn number(string: &str) -> u64 {
    string.parse().expect("a number")
}

fn status(result: Result<(), Error>) -> String {
    result.map_or_else(|error| error.status().to_string(), |()| "OK".into())
}

fn failure(error: &Error) -> String {
    let http = error.http_status().unwrap_or(0);
    let mut string = format!("{} {http} {}", error.status(), error.action());
    if !error.argument().is_empty() {
        string += &format!(" arg={}", error.argument());
    }
    if error.outcome_unknown() {
        string += " outcome=unknown";
    }
    string
}

fn show(session: Option<&Session>, part: &[&str]) -> String {
    let Some(session) = session else {
        return "OK none".into();
    };
    let string = match *part {
        [] => return summary(session),
        ["@token"] => session.token().into(),
        ["@record"] => session.record_json().into(),
        ["@meta"] => session.meta_json().into(),
        ["@expires_at"] => session.expires_at().unwrap_or(0).to_string(),
        [name] => session.field(name).unwrap_or_default(),
        _ => return "UNKNOWN VERB".into(),
    };
    format!("OK {}", encode(string.as_bytes()))
}

/// The result of a string that may be missing.
fn some(string: Option<String>) -> String {
    string.map_or("OK none".into(), |string| {
        format!("OK {}", encode(string.as_bytes()))
    })
}

fn summary(session: &Session) -> String {
    let store = session.store_status();
    let store = store.map_or(String::new(), |status| format!(" store={status}"));
    format!(
        "OK expiry={} valid={} superuser={} kept={}{store}",
        if session.expires_at().is_some() {
            "known"
        } else {
            "unknown"
        },
        u8::from(session.is_valid()),
        u8::from(session.is_superuser()),
        u8::from(session.was_kept()),
    )
}

fn decode(field: &str) -> String {
    if field == "\"\"" {
        return String::new();
    }
    let decoded = percent_decode_str(field).decode_utf8();
    decoded.expect("a field is UTF-8").into_owned()
}

fn encode(value: &[u8]) -> String {
    const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    percent_encode(value, ENCODED).to_string()
}
