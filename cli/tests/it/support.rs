//! A server and a directory for the profiles of one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};
use serde_json::{Value, json};

/// The token that the tests bind.
pub const TOKEN: &str = "token-of-the-tests";

/// The path of the records in `notes`.
pub const NOTES: &str = "/api/collections/notes/records";

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_bosauth");

/// The search path of programs, with that of the program.
pub fn path() -> String {
    let programs = Path::new(PROGRAM).parent().unwrap().display();
    format!("{programs}:{}", std::env::var("PATH").unwrap())
}

/// Gives signals their default effect, whatever the tests have inherited: an option of `env`.
pub const DEFAULT_SIGNALS: &str = "--default-signal=INT,TERM,HUP";

/// The longest wait of a test.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits for a condition. Returns false if it is not met within the limit.
pub fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    let limit = Instant::now() + LIMIT;
    while !condition() {
        if Instant::now() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
    true
}

/// The exit code of a process that ends by itself; `None` if a signal has ended it.
pub fn exit_code(child: &mut Child) -> Option<i32> {
    let ends = wait_until(|| child.try_wait().unwrap().is_some());
    if !ends {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    assert!(ends, "the process does not end");
    status.code()
}

/// A server, and a directory for profiles and files.
pub struct Fixture {
    pub server: Server,
    pub directory: PathBuf,
}

/// The exit code, standard output and standard error of the program.
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub error: String,
}

impl Run {
    pub fn new(output: Output) -> Self {
        Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            error: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON object on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

impl Fixture {
    /// A server with the demo accounts, and the files `password` and `token`.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cli-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("password"), format!("{DEMO_PASSWORD}\n")).unwrap();
        fs::write(directory.join("token"), format!("{TOKEN}\n")).unwrap();
        let config = Config {
            control: true,
            ..Config::demo()
        };
        let server = Server::start(config).unwrap();
        Fixture { server, directory }
    }

    /// The same, with a collection `players` that requires two factors and has the account of the demo user.
    pub fn with_second_factors() -> Self {
        let fixture = Fixture::new();
        let collection = json!({
            "name": "players", "type": "auth", "mfa": {"enabled": true}, "otp": {"enabled": true},
        });
        let account =
            json!({"collection": "players", "email": DEMO_USER, "password": DEMO_PASSWORD});
        for command in [
            json!({"do": "create_collection", "collection": collection}),
            json!({"do": "create_account", "account": account}),
        ] {
            fixture.server.control(command).unwrap();
        }
        fixture
    }

    /// The same, with a collection `notes` that everyone can list, whose records have a text of up to 10 MB.
    pub fn with_notes() -> Self {
        let fixture = Fixture::new();
        let collection = json!({
            "name": "notes", "type": "auth", "listRule": "",
            "fields": [{"name": "text", "type": "text", "max": 10_000_000}],
        });
        let create = json!({"do": "create_collection", "collection": collection});
        fixture.server.control(create).unwrap();
        fixture
    }

    /// Creates a record in `notes`.
    pub fn create_note(&self, email: &str, text: &str) {
        let fields = json!({ "text": text });
        let account = json!({
            "collection": "notes", "email": email, "password": DEMO_PASSWORD, "fields": fields,
        });
        let create = json!({"do": "create_account", "account": account});
        self.server.control(create).unwrap();
    }

    /// The newest one-time password of the demo user in `players`.
    pub fn last_code(&self) -> String {
        let account = json!({"collection": "players", "email": DEMO_USER});
        let otp = self
            .server
            .control(json!({"do": "last_otp", "account": account}));
        otp.unwrap()["code"].as_str().unwrap().to_owned()
    }

    /// The program in the directory, without a terminal.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_with(&[DEFAULT_SIGNALS], arguments)
    }

    /// The same, with options of `env`.
    pub fn command_with(&self, options: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new("env");
        command
            .args(options)
            .args(["setsid", "--wait", PROGRAM])
            .args(arguments)
            .current_dir(&self.directory)
            .envs(self.environment());
        command
    }

    /// The environment of the program.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        let profiles = self.directory.join("profiles");
        [
            ("BOSAUTH_CONFIG_DIR", profiles.to_str().unwrap().to_owned()),
            ("BOSAUTH_URL", self.server.base_url().to_owned()),
        ]
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::new(self.command(arguments).output().unwrap())
    }

    /// Runs the program, which must succeed, and returns its standard output.
    pub fn output(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.error);
        run.out
    }

    /// Binds the token to the demo user.
    pub fn bind(&self) {
        self.bind_in("users");
    }

    /// Binds the token to the demo user in a collection.
    pub fn bind_in(&self, collection: &str) {
        let account = ["--collection", collection, "--email", DEMO_USER];
        let files = ["--password-file", "password", "--token-file", "token"];
        self.output(&[&["bind"], &account[..], &files].concat());
    }

    /// Binds the token and logs in with it.
    pub fn log_in(&self) {
        self.bind();
        self.output(&["login", "--token-file", "token"]);
    }
}
