//! The program `bosbase-local`: its command line, and what it says.

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_SUPERUSER, DEMO_USER, Data, Error, Seed, Server};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  bosbase-local
      A user and a superuser to play with; prints a curl line to try.
  bosbase-local serve --http 127.0.0.1:0 --seed seed.json
      A free port, the accounts of seed.json, everything in memory. For tests: read the first
      line of the output, it is the base URL.
  bosbase-local serve --data bosbase.db
      Keeps everything in bosbase.db. Give --seed the first time only.
  bosbase-local serve --data postgres://user:password@127.0.0.1/name
      Keeps everything in PostgreSQL. Several of these on one database answer as one.
  bosbase-local serve --http 127.0.0.1:0 --seed seed.json --control --log
      For tests: accounts are changed and faults ordered by POST /_local/control, and each request
      is logged.

A seed is a JSON object:
  {\"accounts\": [{\"collection\": \"users\", \"email\": \"a@example.com\", \"password\": \"secret\"}]}
README.md describes all of it.

This is for trying out and for tests. In production use BosBase itself.";

/// BosBase's token API on SQLite or PostgreSQL: bind, unbind and log in with an app's own token.
#[derive(Parser)]
#[command(name = "bosbase-local", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM.
    #[command(after_help = EXAMPLES)]
    Serve(Serve),
}

#[derive(Args)]
struct Serve {
    /// Where to listen. Port 0 takes a free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    http: String,
    /// Where to keep everything: a SQLite file, or the URL of a PostgreSQL database
    /// (postgres://user:password@host/name; the password may stand in PGPASSWORD instead). Without
    /// it everything is kept in memory.
    #[arg(long, value_name = "FILE|URL")]
    data: Option<OsString>,
    /// A JSON file with the collections and accounts to begin with.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Begin with a user and a superuser whose password is printed.
    #[arg(long, conflicts_with = "seed")]
    demo: bool,
    /// Let programs on this machine change accounts and order faults by POST /_local/control. For
    /// tests only.
    #[arg(long)]
    control: bool,
    /// The bcrypt cost of the passwords of seeded accounts.
    #[arg(long, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(4..=31))]
    seed_cost: u32,
    /// Write a JSON object per request: time, method, path, status, milliseconds, client, and the
    /// fault that it met.
    #[arg(long)]
    log: bool,
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let command = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments.command,
        Err(error) => return explain(&error, &words),
    };
    let serve = match command {
        Some(Command::Serve(serve)) => serve,
        None => Serve {
            http: "127.0.0.1:8090".to_owned(),
            data: None,
            seed: None,
            demo: true,
            control: false,
            seed_cost: 4,
            log: false,
        },
    };
    match run(&serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to the standard error output. If that has no reader any more, nobody misses it.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "bosbase-local: {line}");
}

/// Says why a command line is not understood, or prints the help that it asks for.
fn explain(error: &clap::Error, words: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if words.iter().skip(1).any(|word| may_be_secret(word)) {
        // The error quotes arguments, and parts of them.
        let what = error.kind().as_str().unwrap_or("wrong command line");
        say(&format!(
            "{what} (the arguments are not shown, for one may hold a password): write \
            bosbase-local serve --data URL, and see bosbase-local serve --help"
        ));
    } else if let Some(option) = words.get(1).and_then(|word| option_of_serve(word)) {
        say(&format!(
            "--{option} is an option of serve: write bosbase-local serve --{option} ..."
        ));
    } else {
        let _ = error.print();
    }
    ExitCode::from(2)
}

/// Whether a word is a connection string, or an option whose name or value is one.
fn may_be_secret(word: &OsStr) -> bool {
    let word = word.to_string_lossy();
    let name = word.trim_start_matches('-');
    let value = name.split_once('=').map_or("", |(_, value)| value);
    let mut parts = [name, value].into_iter();
    parts.any(|part| Data::is_connection_string(part.as_ref()))
}

/// The option of `serve` that a word is, with or without its value.
fn option_of_serve(word: &OsStr) -> Option<String> {
    let name = word.to_str()?.strip_prefix("--")?.split('=').next()?;
    let command = Arguments::command();
    let serve = command.find_subcommand("serve")?;
    let mut options = serve.get_arguments().filter_map(clap::Arg::get_long);
    options.find(|option| *option == name).map(str::to_owned)
}

fn run(serve: &Serve) -> Result<(), Box<dyn std::error::Error>> {
    allow_many_connections();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before the URL is printed, for a test may send the signal as soon as it has read it.
        let stop = stop_signal()?;
        let server = start(serve)?;
        introduce(serve, &server)?;
        stop.await;
        server.stop();
        Ok(())
    })
}

/// Takes as many connections as the system lets us have, and not only as many as it suggests.
#[cfg(unix)]
fn allow_many_connections() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // With what there is already it can serve as well.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Takes as many connections as the system lets us have.
#[cfg(not(unix))]
fn allow_many_connections() {}

fn start(serve: &Serve) -> Result<Server, Box<dyn std::error::Error>> {
    let begin = if serve.demo {
        Config::demo()
    } else {
        Config::default()
    };
    let config = Config {
        address: address(&serve.http)?,
        data: serve.data.as_deref().map(Data::named),
        seed: serve.seed.clone().map(Seed::File).or(begin.seed),
        control: serve.control,
        seed_cost: serve.seed_cost,
        log: serve.log,
    };
    Server::start(config).map_err(|error| hinted(serve, &error).into())
}

/// Why the server did not start, with what to do about it.
fn hinted(serve: &Serve, error: &Error) -> String {
    let reason = error.to_string();
    let was_seeded = reason.contains("is there already");
    if was_seeded && serve.demo {
        "the data hold the demo accounts already: leave out --demo".to_owned()
    } else if was_seeded && serve.data.is_some() {
        format!("{reason} (if the seed was loaded before, leave out --seed)")
    } else if reason.starts_with("cannot listen") {
        format!("{reason} (bosbase-local serve --http 127.0.0.1:0 takes a free port)")
    } else {
        reason
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    if Data::is_connection_string(text.as_ref()) {
        return Err(
            "--http takes an address and a port, like 127.0.0.1:8090, and no URL".to_owned(),
        );
    }
    let mut found = text
        .to_socket_addrs()
        .map_err(|error| format!("--http {text}: {error} (it should be like 127.0.0.1:8090)"))?;
    found
        .next()
        .ok_or_else(|| format!("--http {text}: no such address"))
}

/// Prints the base URL, alone on the first line, and then what there is to know. Whoever started the
/// program waits for that line; what comes after it may have no reader.
fn introduce(serve: &Serve, server: &Server) -> Result<(), String> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", server.base_url())
        .and_then(|()| out.flush())
        .map_err(|error| format!("cannot write the base URL to the standard output: {error}"))?;
    if serve.demo {
        let _ = writeln!(out, "{}", what_to_try(server.base_url())).and_then(|()| out.flush());
    }
    if serve.data.is_none() {
        say("everything is kept in memory and gone at the end (--data keeps it)");
    }
    if serve.seed.is_none() && serve.data.is_none() && !serve.demo {
        say("there are no accounts (--seed FILE or --demo brings some)");
    }
    if !server.address().ip().is_loopback() {
        say("other machines can reach this service; it is made for tests only");
    }
    Ok(())
}

fn what_to_try(url: &str) -> String {
    format!(
        "\
A user       {DEMO_USER}    password: {DEMO_PASSWORD}
A superuser  {DEMO_SUPERUSER}   password: {DEMO_PASSWORD}

Bind a token of your own to the user, then log in with it:

curl -i {url}/api/collections/users/bind-token -H 'Content-Type: application/json' -d '{{\"email\":\"{DEMO_USER}\",\"password\":\"{DEMO_PASSWORD}\",\"token\":\"my-own-token\"}}'

curl -i {url}/api/collections/users/auth-with-token -H 'Content-Type: application/json' -d '{{\"token\":\"my-own-token\"}}'

The same works for the superuser with _superusers in the place of users. Ctrl-C ends it."
    )
}

/// Gives a future that ends when the program is to stop. Signals are caught from now on.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use std::future::poll_fn;
    use std::task::Poll;
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(poll_fn(move |context| {
        if interrupt.poll_recv(context).is_ready() || terminate.poll_recv(context).is_ready() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }))
}

/// Gives a future that ends when the program is to stop.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
