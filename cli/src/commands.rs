//! The commands.

use std::path::Path;
use std::time::{Duration, Instant};

use bosauth::{CallOptions, Client, Collection, Error, Response, Session, Status};
use clap::CommandFactory;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::arguments::{Arguments, Binding, Command, Login, Send};
use crate::context::{Context, session};
use crate::failure::Failure;
use crate::files;
use crate::input::Source;
use crate::login::log_in;
use crate::output::{
    account, note, print_body, print_json, print_result, printable, session_json, write_out,
};
use crate::profile::Profiles;

/// Runs the command of the command line.
pub fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let is_json = arguments.json;
    if let Command::Health(health) = &mut arguments.command {
        arguments.url = health.server.take().or(arguments.url);
    }
    let context = || Context::new(&arguments);
    let lenient = || Context::lenient(&arguments);
    match &arguments.command {
        Command::Bind(binding) => change_binding(lenient()?, binding, bind, "bound to", is_json),
        Command::Unbind(binding) => {
            let call: BindingCall =
                |users, email, password, token| users.unbind_token(email, password, token);
            change_binding(lenient()?, binding, call, "no longer bound to", is_json)
        }
        Command::Login(login) => self::login(lenient()?, login, is_json),
        Command::Status => status(&context()?, is_json),
        Command::Refresh => refresh(&context()?, is_json),
        Command::Logout => logout(&lenient()?, is_json),
        Command::Send(send) => self::send(&context()?, send, is_json),
        Command::Token(token) => self::token(token.output.as_deref(), is_json),
        Command::Health(_) => health(&lenient()?, is_json),
        Command::Profiles => profiles(&Profiles::new(arguments.config_dir)?, is_json),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "bosauth", &mut script);
            write_out(&script)
        }
        Command::Man { directory } => clap_mangen::generate_to(Arguments::command(), directory)
            .map_err(|error| {
                Failure::program(format!("cannot write to {}", directory.display()), error)
            }),
    }
}

/// `bind_token` or `unbind_token`.
type BindingCall = fn(&Collection<'_>, &str, &str, &str) -> Result<(), Error>;

/// Binds a token. Two files or descriptors can be one: everyone who has the token would know the password.
fn bind(users: &Collection<'_>, email: &str, password: &str, token: &str) -> Result<(), Error> {
    if token == password {
        let message = "token is the password: check where it is read from";
        return Err(Error::bad_argument(
            Status::InvalidArgument,
            "token",
            message,
        ));
    }
    users.bind_token(email, password, token)
}

fn change_binding(
    mut context: Context,
    binding: &Binding,
    call: BindingCall,
    done: &str,
    is_json: bool,
) -> Result<(), Failure> {
    binding.secrets.check()?;
    let client = context.client()?;
    let email = context.ask_email(&binding.account)?;
    let password = binding.secrets.password()?;
    let token = binding.secrets.token()?;
    let options = context.options();
    let users = client
        .collection(&context.profile.collection)
        .with(&options);
    call(&users, &email, &password, &token)?;
    let line = format!("the token is {done} {email}");
    print_result(is_json, &[line], json!({ "email": email }))
}

fn login(mut context: Context, arguments: &Login, is_json: bool) -> Result<(), Failure> {
    arguments.secrets.check()?;
    context.profile.keyring |= arguments.keyring;
    let client = context.client_for_login()?;
    let session = log_in(&mut context, &client, arguments)?;
    // Of the account that has logged in: a token needs no email.
    context.profile.email = session.field("email").unwrap_or_default();
    context.profiles.save(&context.name, &context.profile)?;
    context.clear_earlier_sessions()?;
    // Reports that the session could not be stored.
    client.sync_session()?;
    let line = logged_in(&context, &session);
    print_result(is_json, &[line], session_json(&session))
}

/// The line for people about who is logged in.
fn logged_in(context: &Context, session: &Session) -> String {
    format!(
        "logged in to {} as {}",
        context.profile.url,
        account(session)
    )
}

fn status(context: &Context, is_json: bool) -> Result<(), Failure> {
    let client = context.client_of_login()?;
    let session = session(&client)?;
    if !session.is_valid() {
        return Err(Failure::NotLoggedIn("the session has expired"));
    }
    let mut line = logged_in(context, &session);
    if let Some(lifetime) = lifetime(session.expires_at()) {
        line += &format!(", for {lifetime}");
    }
    let mut object = session_json(&session);
    object["url"] = json!(context.profile.url);
    object["profile"] = json!(context.name);
    print_result(is_json, &[line], object)
}

/// The time until a session expires, rounded, in the largest unit of which there are at least two.
fn lifetime(expires_at: Option<i64>) -> Option<String> {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let seconds = u64::try_from(expires_at?)
        .ok()?
        .checked_sub(now.as_secs())?;
    let units = [
        ("days", 86_400),
        ("hours", 3_600),
        ("minutes", 60),
        ("seconds", 1),
    ];
    let (name, unit) = units
        .into_iter()
        .find(|(_, unit)| seconds >= 2 * unit)
        .unwrap_or(("seconds", 1));
    Some(format!("{} {name}", (seconds + unit / 2) / unit))
}

fn refresh(context: &Context, is_json: bool) -> Result<(), Failure> {
    let client = context.client_of_login()?;
    session(&client)?;
    let session = client.auth_refresh(&context.options())?;
    client.sync_session()?;
    let line = logged_in(context, &session);
    print_result(is_json, &[line], session_json(&session))
}

fn logout(context: &Context, is_json: bool) -> Result<(), Failure> {
    context.clear_sessions()?;
    print_result(is_json, &["logged out".to_owned()], json!({}))
}

fn send(context: &Context, arguments: &Send, is_json: bool) -> Result<(), Failure> {
    let body = match &arguments.body {
        Some(file) => Some(Source::new(file).read()?),
        None => None,
    };
    let mut options = context.options();
    for (name, value) in &arguments.query {
        options = options.query(name, value);
    }
    for (name, value) in &arguments.header {
        options = options.header(name, value);
    }
    let client = context.client_with_session()?;
    let response = client.send(
        &arguments.method,
        &arguments.path,
        body.as_deref(),
        &options,
    )?;
    if is_json {
        return print_response_json(&response);
    }
    if arguments.include {
        write_out(head(&response).as_bytes())?;
    }
    print_body(response.body())
}

/// The status and the header fields of a response, as lines.
fn head(response: &Response) -> String {
    let mut head = format!("{}\n", response.status());
    for (name, value) in response.headers() {
        head += &format!("{}\n", printable(&format!("{name}: {value}")));
    }
    head + "\n"
}

/// A response as a JSON object. The body is that of the response if it is JSON, with all digits of its numbers, otherwise
/// a string.
#[derive(Serialize)]
struct ResponseJson {
    status: &'static str,
    http_status: u16,
    headers: Map<String, Value>,
    body: Box<RawValue>,
}

fn print_response_json(response: &Response) -> Result<(), Failure> {
    let body = body_json(response.body());
    print_json(&ResponseJson {
        status: "OK",
        http_status: response.status(),
        headers: headers_json(response.headers()),
        body: body.map_err(|error| Failure::program("cannot write JSON", error))?,
    })
}

fn body_json(body: &[u8]) -> serde_json::Result<Box<RawValue>> {
    serde_json::from_slice(body).or_else(|_| to_raw_value(&String::from_utf8_lossy(body)))
}

/// The header fields of a response: a string, or an array if the field is repeated.
fn headers_json<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in fields {
        match headers.get_mut(name) {
            None => drop(headers.insert(name.to_owned(), json!(value))),
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first, value]),
        }
    }
    headers
}

fn token(output: Option<&Path>, is_json: bool) -> Result<(), Failure> {
    let token = bosauth::generate_token()?;
    let Some(file) = output else {
        let line = token.expose().to_owned();
        return print_result(is_json, &[line], json!({ "token": token.expose() }));
    };
    let path = file.display().to_string();
    let content = Zeroizing::new(format!("{}\n", token.expose()));
    files::create(file, content.as_bytes())
        .map_err(|error| Failure::program(format!("cannot create {path}"), error))?;
    let line = format!("the token is in {path}");
    print_result(is_json, &[line], json!({ "file": path }))
}

/// Sends two requests: the second one shows the time of a request without connecting.
fn health(context: &Context, is_json: bool) -> Result<(), Failure> {
    let client = context.client()?;
    let options = context.options();
    let first = timed_request(&client, &options)?;
    let second = timed_request(&client, &options)?;
    let milliseconds = |time: Duration| (time.as_secs_f64() * 10_000.0).round() / 10.0;
    let (first, second) = (milliseconds(first), milliseconds(second));
    let line = format!(
        "{} responds in {second} ms, {first} ms with connecting",
        context.profile.url
    );
    print_result(
        is_json,
        &[line],
        json!({ "url": context.profile.url, "first_ms": first, "ms": second }),
    )
}

fn timed_request(client: &Client, options: &CallOptions) -> Result<Duration, Failure> {
    let start = Instant::now();
    client.send("GET", "/api/health", None, options)?;
    Ok(start.elapsed())
}

fn profiles(profiles: &Profiles, is_json: bool) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut objects = Vec::new();
    for name in profiles.names()? {
        let profile = match profiles.load(&name) {
            Ok(Some(profile)) => profile,
            Ok(None) => continue,
            Err(failure) => {
                note(&format!("note: {name} is skipped: {}", failure.message()));
                continue;
            }
        };
        lines.push(format!(
            "{name}  {} {} {}",
            profile.url, profile.collection, profile.email
        ));
        objects.push(json!({
            "name": name, "url": profile.url, "collection": profile.collection, "email": profile.email,
            "keyring": profile.keyring,
        }));
    }
    if lines.is_empty() && !is_json {
        note("there are no profiles: bosauth login creates one");
        return Ok(());
    }
    print_result(is_json, &lines, json!({ "profiles": objects }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn json_of_a_response_is_complete() {
        for body in [r#"{"b":12345678901234567890123,"a":1.10,"a":2}"#, "[1e400]"] {
            assert_eq!(body_json(body.as_bytes()).unwrap().get(), body);
        }
        assert_eq!(body_json(b"a \"page\"").unwrap().get(), r#""a \"page\"""#);
        let fields = [("Set-Cookie", "a"), ("Date", "x"), ("Set-Cookie", "b")];
        let expected = json!({"Set-Cookie": ["a", "b"], "Date": "x"});
        assert_eq!(json!(headers_json(fields.into_iter())), expected);
    }
}
