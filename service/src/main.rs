//! The program `bosbase-local`: command line and messages.

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
      Serves a demo user and superuser, and prints curl commands to try.
  bosbase-local serve --http 127.0.0.1:0 --seed seed.json
      For tests: a free port, the accounts of seed.json, all data in memory. The first line of
      the output is the base URL.
  bosbase-local serve --data bosbase.db
      Stores all data in bosbase.db. Use --seed the first time only.
  bosbase-local serve --data postgres://user:password@127.0.0.1/name
      Stores all data in PostgreSQL. Several instances can share one database.
  bosbase-local serve --http 127.0.0.1:0 --seed seed.json --control --log
      For tests: POST /_local/control changes accounts and injects faults, and each request is
      logged.

A seed is a JSON object:
  {\"accounts\": [{\"collection\": \"users\", \"email\": \"a@example.com\", \"password\": \"secret\"}]}
README.md describes the format. In an installation it is in share/doc/bosbase-local.

bosbase-local is for local development and tests. In production use BosBase.";

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
    /// Address to listen on. Port 0 selects a free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    http: String,
    /// SQLite file or PostgreSQL URL (postgres://user:password@host/name, or without the password,
    /// which is then read from PGPASSWORD) to store data in. By default data is in memory.
    #[arg(long, value_name = "FILE|URL")]
    data: Option<OsString>,
    /// JSON file with the initial collections, records and accounts.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Create a demo user and superuser, and print their password.
    #[arg(long, conflicts_with = "seed")]
    demo: bool,
    /// Enable POST /_local/control, by which programs on this machine change accounts and inject
    /// faults. For tests only.
    #[arg(long)]
    control: bool,
    /// bcrypt cost for passwords.
    #[arg(long, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(4..=31))]
    seed_cost: u32,
    /// Log each request to standard error as JSON: time, method, path, status, milliseconds, client,
    /// and the injected fault.
    #[arg(long)]
    log: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let serve = match parse(&arguments) {
        Ok(serve) => serve,
        Err(error) => return report_usage_error(&error, &arguments),
    };
    match run(&serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_message(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Parses a command line. The default command is `serve --demo`.
fn parse(arguments: &[OsString]) -> Result<Serve, clap::Error> {
    match Arguments::try_parse_from(arguments)?.command {
        Some(Command::Serve(serve)) => Ok(serve),
        None => parse(&["bosbase-local", "serve", "--demo"].map(OsString::from)),
    }
}

/// Writes a line to standard error, ignoring write errors.
fn print_message(line: &str) {
    let _ = writeln!(io::stderr(), "bosbase-local: {line}");
}

/// Reports an invalid command line, or prints the requested help.
fn report_usage_error(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if arguments.iter().skip(1).any(|it| may_be_secret(it)) {
        // clap's message would quote arguments, or parts of them.
        let kind = error.kind().as_str().unwrap_or("invalid command line");
        print_message(&format!(
            "{kind} (arguments redacted: one may contain a password): write \
            bosbase-local serve --data URL, and see bosbase-local serve --help"
        ));
    } else if let Some(option) = arguments.get(1).and_then(|it| serve_option(it)) {
        print_message(&format!(
            "--{option} is an option of serve: write bosbase-local serve --{option} ..."
        ));
    } else {
        let _ = error.print();
    }
    ExitCode::from(2)
}

/// Whether an argument is a connection string, or an option whose name or value is one.
fn may_be_secret(argument: &OsStr) -> bool {
    let argument = argument.to_string_lossy();
    let name = argument.trim_start_matches('-');
    let value = name.split_once('=').map_or("", |(_, value)| value);
    let mut parts = [name, value].into_iter();
    parts.any(|part| Data::is_connection_string(part.as_ref()))
}

/// Returns the name of the option of `serve` that an argument sets.
fn serve_option(argument: &OsStr) -> Option<String> {
    let name = argument.to_str()?.strip_prefix("--")?.split('=').next()?;
    let command = Arguments::command();
    let serve = command.find_subcommand("serve")?;
    let mut options = serve.get_arguments().filter_map(clap::Arg::get_long);
    options.find(|option| *option == name).map(str::to_owned)
}

fn run(serve: &Serve) -> Result<(), Box<dyn std::error::Error>> {
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before the URL is printed: a test may send the signal right after reading it.
        let stop = stop_signal()?;
        let server = start(serve)?;
        print_introduction(serve, &server)?;
        stop.await;
        server.stop();
        Ok(())
    })
}

/// Raises the limit of file descriptors, and so of connections, to the hard limit.
#[cfg(unix)]
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Serving works with the old limit, too.
    let _ = setrlimit(Resource::Nofile, limit);
}

#[cfg(not(unix))]
fn raise_descriptor_limit() {}

fn start(serve: &Serve) -> Result<Server, Box<dyn std::error::Error>> {
    let defaults = if serve.demo {
        Config::demo()
    } else {
        Config::default()
    };
    let config = Config {
        address: parse_address(&serve.http)?,
        data: serve.data.as_deref().map(Data::parse),
        seed: serve.seed.clone().map(Seed::File).or(defaults.seed),
        control: serve.control,
        seed_cost: serve.seed_cost,
        log: serve.log,
    };
    Server::start(config).map_err(|error| with_hint(serve, &error).into())
}

/// Returns the message of an error at startup, with a hint.
fn with_hint(serve: &Serve, error: &Error) -> String {
    let reason = error.to_string();
    let is_conflict =
        reason.starts_with("cannot use the seed") && reason.contains("already exists");
    if is_conflict && serve.demo {
        "the data already contains the demo accounts: omit --demo".to_owned()
    } else if is_conflict && serve.data.is_some() {
        format!("{reason} (if the seed was loaded before, omit --seed)")
    } else if reason.starts_with("cannot listen") {
        format!("{reason} (bosbase-local serve --http 127.0.0.1:0 selects a free port)")
    } else {
        reason
    }
}

fn parse_address(address: &str) -> Result<SocketAddr, String> {
    if Data::is_connection_string(address.as_ref()) {
        return Err(
            "--http requires an address and a port, like 127.0.0.1:8090, not a URL".to_owned(),
        );
    }
    let mut resolved = address.to_socket_addrs().map_err(|error| {
        format!("--http {address}: {error} (expected an address like 127.0.0.1:8090)")
    })?;
    resolved
        .next()
        .ok_or_else(|| format!("--http {address}: no such address"))
}

/// Prints the base URL on the first line, then notes. Only the first line must have a reader.
fn print_introduction(serve: &Serve, server: &Server) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", server.base_url())
        .and_then(|()| stdout.flush())
        .map_err(|error| format!("cannot write the base URL to standard output: {error}"))?;
    if serve.demo {
        let _ = writeln!(stdout, "{}", demo_notes(server.base_url())).and_then(|()| stdout.flush());
    }
    if serve.data.is_none() {
        print_message("data is kept in memory and lost on exit (--data stores it)");
    }
    if serve.seed.is_none() && serve.data.is_none() && !serve.demo {
        print_message("there are no accounts (--seed FILE or --demo creates some)");
    }
    if !server.address().ip().is_loopback() {
        print_message("other machines can reach this server, which is for tests only");
    }
    Ok(())
}

fn demo_notes(url: &str) -> String {
    format!(
        "\
A user       {DEMO_USER}    password: {DEMO_PASSWORD}
A superuser  {DEMO_SUPERUSER}   password: {DEMO_PASSWORD}

Bind a custom token to the user, then log in with it:

curl -i {url}/api/collections/users/bind-token -H 'Content-Type: application/json' -d '{{\"email\":\"{DEMO_USER}\",\"password\":\"{DEMO_PASSWORD}\",\"token\":\"my-own-token\"}}'

curl -i {url}/api/collections/users/auth-with-token -H 'Content-Type: application/json' -d '{{\"token\":\"my-own-token\"}}'

For the superuser, use _superusers instead of users. Press Ctrl-C to stop."
    )
}

/// Installs the signal handlers, and returns a future that completes on SIGINT or SIGTERM.
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

#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
