//! A temporary PostgreSQL server, on a Unix socket.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::programs;

/// How long the server may take to start; usually a second or two.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// Runs the server until standard input is closed, which happens when the test process exits for
/// any reason. The arguments are the directories of the programs and of the server.
const SERVE: &str = r#"
exec >"$2/log" 2>&1
"$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale=C --no-sync || exit 1
"$1/postgres" -D "$2/data" -p 5432 -c listen_addresses= -c unix_socket_directories="$2" \
    -c max_connections=500 -c fsync=off &
read -r never
kill -QUIT $!
wait
cd / && rm -rf "$2"
"#;

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();

struct Cluster {
    /// The directory of the programs.
    programs: PathBuf,
    directory: PathBuf,
    /// Closed when the process exits, which stops the server.
    _stdin: ChildStdin,
}

/// Returns the socket of the server, once a database was created.
pub fn socket() -> Option<PathBuf> {
    let cluster = CLUSTER.get()?.as_ref()?;
    Some(cluster.directory.join(".s.PGSQL.5432"))
}

/// Creates an empty database, and returns its URL. Skips the test if PostgreSQL is not installed.
pub fn new_database() -> Option<String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let Some(cluster) = CLUSTER.get_or_init(start) else {
        programs::skip("no PostgreSQL");
        return None;
    };
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let created = cluster.program("createdb").arg(&name).output().unwrap();
    assert!(created.status.success(), "{created:?}\n{}", cluster.log());
    Some(cluster.url(&name))
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        let socket = self.directory.to_str().unwrap();
        let socket = socket.replace('/', "%2F").replace(' ', "%20");
        format!("postgres://postgres@localhost:5432/{database}?host={socket}&sslmode=disable")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// Returns a client program that connects to the server.
    fn program(&self, name: &str) -> Command {
        let mut program = without_variables(Command::new(self.programs.join(name)));
        program.arg("--host").arg(&self.directory).args([
            "--port",
            "5432",
            "--username",
            "postgres",
        ]);
        program
    }

    fn is_ready(&self) -> bool {
        let ready = self.program("pg_isready").output();
        ready.is_ok_and(|output| output.status.success())
    }
}

/// Removes the variables of PostgreSQL, which may configure another server.
fn without_variables(mut command: Command) -> Command {
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command
}

fn start() -> Option<Cluster> {
    let programs = installed()?;
    // Its name needs quotes in a shell.
    let directory = std::env::temp_dir().join(format!("bosbase pg {}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir(&directory).unwrap();
    let mut shell = without_variables(shell(&directory)?);
    shell
        .args(["-c", SERVE, "sh"])
        .args([&programs, &directory]);
    let mut child = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let cluster = Cluster {
        programs,
        directory,
        _stdin: child.stdin.take().unwrap(),
    };
    let start_time = Instant::now();
    while !cluster.is_ready() {
        let is_running = child.try_wait().unwrap().is_none();
        assert!(
            is_running && start_time.elapsed() < START_TIMEOUT,
            "{}",
            cluster.log()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(cluster)
}

/// Returns the directory of the programs of PostgreSQL. On Debian it is not in `PATH`.
fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql");
    let debian = debian.into_iter().flatten().flatten();
    std::env::split_paths(&path)
        .chain(debian.map(|version| version.path().join("bin")))
        .find(|directory| {
            let programs = ["initdb", "postgres", "createdb", "pg_isready"];
            programs.iter().all(|name| directory.join(name).is_file())
        })
}

/// Returns a shell for the server, which refuses to run as root.
fn shell(directory: &Path) -> Option<Command> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout != b"0\n" {
        return Some(Command::new("sh"));
    }
    let chown = Command::new("chown")
        .arg("postgres")
        .arg(directory)
        .status();
    if !chown.ok()?.success() {
        return None;
    }
    let mut command = Command::new("runuser");
    command
        .args(["-u", "postgres", "--", "sh"])
        .current_dir(directory);
    Some(command)
}
