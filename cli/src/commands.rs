//! The commands.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use bosauth::{CallOptions, Client, Collection, Error, Response, Session};
use clap::CommandFactory;
use serde_json::{Value, json};

use crate::arguments::{Arguments, Binding, Command, Login, Send};
use crate::context::{Context, session};
use crate::failure::Failure;
use crate::input::Source;
use crate::login::log_in;
use crate::output::{account, note, print_result, session_json, write_out};

/// Runs the command of the command line.
pub fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let is_json = arguments.json;
    if let Command::Health(health) = &mut arguments.command {
        arguments.url = health.server.take().or(arguments.url);
    }
    let context = || Context::new(&arguments);
    match &arguments.command {
        Command::Bind(binding) => {
            let call: BindingCall =
                |users, email, password, token| users.bind_token(email, password, token);
            change_binding(context()?, binding, call, "bound to", is_json)
        }
        Command::Unbind(binding) => {
            let call: BindingCall =
                |users, email, password, token| users.unbind_token(email, password, token);
            change_binding(context()?, binding, call, "no longer bound to", is_json)
        }
        Command::Login(login) => self::login(context()?, login, is_json),
        Command::Status => status(&context()?, is_json),
        Command::Refresh => refresh(&context()?, is_json),
        Command::Logout => logout(&context()?, is_json),
        Command::Send(send) => self::send(&context()?, send, is_json),
        Command::Token(token) => self::token(token.output.as_deref(), is_json),
        Command::Health(_) => health(&context()?, is_json),
        Command::Profiles => profiles(&context()?, is_json),
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
    print_result(is_json, &line, json!({ "email": email }))
}

fn login(mut context: Context, arguments: &Login, is_json: bool) -> Result<(), Failure> {
    arguments.secrets.check()?;
    context.profile.keyring |= arguments.keyring;
    let client = context.client_with_session()?;
    let session = log_in(&mut context, &client, arguments)?;
    // Of the account that has logged in: a token needs no email.
    context.profile.email = session.field("email").unwrap_or_default();
    context.profiles.save(&context.name, &context.profile)?;
    // Reports that the session could not be stored.
    client.sync_session()?;
    let line = logged_in(&context, &session);
    print_result(is_json, &line, session_json(&session))
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
    let client = context.client_with_session()?;
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
    print_result(is_json, &line, object)
}

/// The time until a session expires, in the largest unit of which there are at least two.
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
    Some(format!("{} {name}", seconds / unit))
}

fn refresh(context: &Context, is_json: bool) -> Result<(), Failure> {
    let client = context.client_with_session()?;
    session(&client)?;
    let session = client.auth_refresh(&context.options())?;
    client.sync_session()?;
    let line = logged_in(context, &session);
    print_result(is_json, &line, session_json(&session))
}

fn logout(context: &Context, is_json: bool) -> Result<(), Failure> {
    context.client_with_session()?.clear_session()?;
    print_result(is_json, "logged out", json!({}))
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
        return print_result(true, "", response_json(&response));
    }
    if arguments.include {
        write_out(head(&response).as_bytes())?;
    }
    write_out(response.body())
}

/// The status and the header fields of a response, as lines.
fn head(response: &Response) -> String {
    let mut head = format!("{}\n", response.status());
    for (name, value) in response.headers() {
        head += &format!("{name}: {value}\n");
    }
    head + "\n"
}

fn response_json(response: &Response) -> Value {
    let text = || json!(String::from_utf8_lossy(response.body()));
    let headers = response
        .headers()
        .map(|(name, value)| (name.to_owned(), json!(value)));
    json!({
        "http_status": response.status(),
        "headers": headers.collect::<serde_json::Map<_, _>>(),
        "body": serde_json::from_slice(response.body()).unwrap_or_else(|_| text()),
    })
}

fn token(output: Option<&Path>, is_json: bool) -> Result<(), Failure> {
    let token = bosauth::generate_token()?;
    let Some(file) = output else {
        return print_result(is_json, token.expose(), json!({ "token": token.expose() }));
    };
    let written =
        create_private(file).and_then(|mut created| writeln!(created, "{}", token.expose()));
    written
        .map_err(|error| Failure::program(format!("cannot create {}", file.display()), error))?;
    print_result(
        is_json,
        &format!("the token is in {}", file.display()),
        json!({ "file": file }),
    )
}

/// Creates a file that only the user can read. It must not exist.
fn create_private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
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
        &line,
        json!({ "url": context.profile.url, "first_ms": first, "ms": second }),
    )
}

fn timed_request(client: &Client, options: &CallOptions) -> Result<Duration, Failure> {
    let start = Instant::now();
    client.send("GET", "/api/health", None, options)?;
    Ok(start.elapsed())
}

fn profiles(context: &Context, is_json: bool) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut objects = Vec::new();
    for name in context.profiles.names()? {
        let Some(profile) = context.profiles.load(&name)? else {
            continue;
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
    print_result(is_json, &lines.join("\n"), json!({ "profiles": objects }))
}
