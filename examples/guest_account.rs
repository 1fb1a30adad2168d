//! Creates an account without asking anything, and logs in. `docs/guest-accounts.md` describes it. Start
//! `cargo run -p bosbase-local` in another terminal, then
//! `cargo run --example guest_account -- guest.json http://127.0.0.1:8090`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::thread;
use std::time::Duration;

use bosauth::{CallOptions, Client, Error, Session, Status};
use serde_json::{Value, json};

const RECORDS: &str = "/api/collections/users/records";

/// Writes a file that only this user can read, and that is complete or unchanged.
fn save(guest: &Value, path: &str) -> io::Result<()> {
    let temporary = format!("{path}.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&temporary)?;
    write!(file, "{guest}")?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

/// Reads what the device keeps; in an app, from the keychain. At the first start, creates it before anything is sent.
fn load(path: &str) -> Result<Value, Box<dyn std::error::Error>> {
    if !fs::exists(path)? {
        let [name, token, password] = [(); 3].map(|()| bosauth::generate_token());
        let email = format!("guest-{}@guests.example.com", name?.expose());
        let guest =
            json!({"email": email, "token": token?.expose(), "password": password?.expose()});
        save(&guest, path)?;
    }
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

fn send(client: &Client, method: &str, path: &str, body: &Value) -> Result<(), Error> {
    let body = body.to_string();
    let response = client.send(method, path, Some(body.as_bytes()), &CallOptions::new());
    response.map(drop)
}

/// Logs in. Binds the token if the server does not know it, and creates the account if there is none.
fn log_in(client: &Client, guest: &Value) -> Result<Session, Error> {
    let [email, token, password] =
        ["email", "token", "password"].map(|name| guest[name].as_str().unwrap_or_default());
    let users = client.collection("users");
    let is_unknown = |error: &Error| error.status() == Status::UnknownToken;
    match users.auth_with_token(token) {
        Err(error) if is_unknown(&error) => {}
        login => return login,
    }
    match users.bind_token(email, password, token) {
        Err(error) if error.status() == Status::Credentials => {
            let account =
                json!({"email": email, "password": password, "passwordConfirm": password});
            send(client, "POST", RECORDS, &account)?;
            users.bind_token(email, password, token)?;
        }
        bound => bound?,
    }
    match users.auth_with_token(token) {
        Err(error) if is_unknown(&error) => {
            thread::sleep(Duration::from_secs(3)); // a new server
            users.auth_with_token(token)
        }
        login => login,
    }
}

/// Gives the account a name and a password that the user has chosen.
fn set_name(
    client: &Client,
    guest: &Value,
    id: &str,
    name: &str,
    password: &str,
) -> Result<Session, Error> {
    let change = json!({
        "name": name,
        "oldPassword": guest["password"],
        "password": password,
        "passwordConfirm": password,
    });
    let changed = send(client, "PATCH", &format!("{RECORDS}/{id}"), &change);
    // The old session has ended. A login also proves that the password is set if the outcome is unknown.
    let email = guest["email"].as_str().unwrap_or_default();
    let login = client
        .collection("users")
        .auth_with_password(email, password);
    login.map_err(|error| changed.err().unwrap_or(error))
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [path, url, names @ ..] = &arguments[..] else {
        return Err("usage: guest_account FILE URL [NAME]".into());
    };
    let mut guest = load(path)?;
    let client = Client::builder(url).build()?;
    let mut session = log_in(&client, &guest)?;
    if let [name] = names {
        let mut password = String::new();
        io::stdin().read_line(&mut password)?;
        let id = session.field("id").unwrap_or_default();
        session = set_name(&client, &guest, &id, name, password.trim_end_matches('\n'))?;
        guest["password"] = "".into();
        save(&guest, path)?;
    }
    let name = session.field("name").filter(|name| !name.is_empty());
    println!("logged in as {}", name.as_deref().unwrap_or("a guest"));
    Ok(())
}
