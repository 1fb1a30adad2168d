//! A PostgreSQL server of our own: in a folder that is gone afterwards, on a socket in it.

use super::program::unique;
use super::tools;
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long the server may take to start, which it does in a second or two.
const PATIENCE: Duration = Duration::from_secs(120);

/// Serves until its standard input ends, which it does when the test process does, however that
/// ends. Takes the folder of the programs and its own.
const SERVE: &str = r#"
exec >"$2/log" 2>&1
"$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale=C --no-sync || exit 1
"$1/postgres" -D "$2/data" -p 5432 -c listen_addresses= -c unix_socket_directories="$2" \
    -c max_connections=300 -c fsync=off &
read -r never
kill -QUIT $!
wait
cd / && rm -rf "$2"
"#;

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();

struct Cluster {
    folder: PathBuf,
    /// Dropped when the process ends, and with it the server.
    _lifeline: ChildStdin,
}

/// The socket on which the server listens, once a database was made.
pub fn socket() -> Option<PathBuf> {
    let cluster = CLUSTER.get()?.as_ref()?;
    Some(cluster.folder.join(".s.PGSQL.5432"))
}

/// The URL of a new, empty database, or nothing (and a loud word) without PostgreSQL.
pub fn new_database() -> Option<String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let Some(cluster) = CLUSTER.get_or_init(start) else {
        tools::skip("no PostgreSQL");
        return None;
    };
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let statement = format!("CREATE DATABASE {name}");
    let made = execute(&cluster.url("postgres"), &statement);
    made.unwrap_or_else(|error| panic!("{error}\n{}", cluster.log()));
    Some(cluster.url(&name))
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        let socket = self.folder.to_str().unwrap();
        let socket = socket.replace('/', "%2F").replace(' ', "%20");
        format!("postgres://postgres@localhost:5432/{database}?host={socket}&sslmode=disable")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn is_ready(&self) -> bool {
        execute(&self.url("postgres"), "SELECT 1").is_ok()
    }
}

fn execute(url: &str, statement: &str) -> sqlx::Result<()> {
    install_default_drivers();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut connection = AnyConnection::connect(url).await?;
        connection.execute(AssertSqlSafe(statement)).await?;
        connection.close().await
    })
}

fn start() -> Option<Cluster> {
    let programs = programs()?;
    let folder = unique("bosbase pg");
    std::fs::create_dir(&folder).unwrap();
    let mut shell = shell(&folder)?;
    // Settings for another server that the machine may have.
    let variables = std::env::vars_os().map(|(name, _)| name);
    for name in variables.filter(|name| name.to_string_lossy().starts_with("PG")) {
        shell.env_remove(name);
    }
    shell.args(["-c", SERVE, "sh"]).args([&programs, &folder]);
    let mut child = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let cluster = Cluster {
        folder,
        _lifeline: child.stdin.take().unwrap(),
    };
    let began = Instant::now();
    while !cluster.is_ready() {
        let is_running = child.try_wait().unwrap().is_none();
        assert!(
            is_running && began.elapsed() < PATIENCE,
            "{}",
            cluster.log()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(cluster)
}

/// Where `initdb` and `postgres` are. Debian keeps them out of the path.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql");
    let debian = debian.into_iter().flatten().flatten();
    std::env::split_paths(&on_path)
        .chain(debian.map(|version| version.path().join("bin")))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// A shell for the server, which does not run as root.
fn shell(folder: &Path) -> Option<Command> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout != b"0\n" {
        return Some(Command::new("sh"));
    }
    let given = Command::new("chown").arg("postgres").arg(folder).status();
    if !given.ok()?.success() {
        return None;
    }
    let mut command = Command::new("runuser");
    command
        .args(["-u", "postgres", "--", "sh"])
        .current_dir(folder);
    Some(command)
}
