//! Where data is stored, parsed from `--data`. The argument may contain a database password, even
//! if mistyped: it is displayed only if it is known to contain none.

use sqlx::any::AnyConnectOptions;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where data is stored.
#[derive(Clone)]
pub enum Data {
    /// A SQLite file, created if it does not exist. Only one server can use it at a time. The name
    /// is used literally: `:memory:` is a file of that name. A name that is empty or looks like a
    /// database URL is rejected.
    File(PathBuf),
    /// The URL of a PostgreSQL database (`postgres://user:password@host/name`). Several servers
    /// can share it.
    Postgres(String),
}

const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];

/// The schemes of database URLs that may lack `//`.
const SCHEMES: [&str; 22] = [
    "cockroachdb:",
    "db2:",
    "duckdb:",
    "file:",
    "jdbc:",
    "libsql:",
    "mariadb:",
    "mongodb:",
    "mssql:",
    "mysql:",
    "odbc:",
    "oracle:",
    "pg:",
    "pgsql:",
    "postgres:",
    "postgresql:",
    "psql:",
    "r2dbc:",
    "redis:",
    "sqlite3:",
    "sqlite:",
    "sqlserver:",
];

/// The keywords of connection strings, in lower case.
const KEYWORDS: [&str; 18] = [
    "data source",
    "database",
    "dbname",
    "host",
    "hostaddr",
    "initial catalog",
    "passfile",
    "passwd",
    "password",
    "port",
    "pwd",
    "server",
    "service",
    "sslmode",
    "uid",
    "user",
    "user id",
    "username",
];

/// The query parameters of a PostgreSQL URL.
const PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

const NOT_POSTGRES: &str = "it looks like a database URL or connection string, but is not a \
    PostgreSQL URL: write postgres://user:password@host/name, or the name of a SQLite file (./NAME \
    if the name looks like this one)";

const UNENCODED: &str = "special characters in its user name and password must be percent-encoded \
    (# is %23, / is %2F, ? is %3F, @ is %40)";

/// The message for a URL that cannot be parsed.
pub(crate) const INVALID_URL: &str = "it is not a valid PostgreSQL URL: write \
    postgres://user:password@host:port/name, with special characters percent-encoded (# is %23, / \
    is %2F, ? is %3F, @ is %40)";

impl Data {
    /// Parses the argument of `--data`: a PostgreSQL URL, otherwise a file name.
    #[must_use]
    pub fn parse(argument: &OsStr) -> Self {
        match argument.to_str() {
            Some(url) if is_postgres(url) => Self::Postgres(url.to_owned()),
            _ => Self::File(argument.into()),
        }
    }

    /// Returns whether `string` looks like a URL or connection string of any database, and so may
    /// contain a password. A string that starts with `/`, `./` or `../` is a file name.
    #[must_use]
    pub fn is_connection_string(string: &OsStr) -> bool {
        let string = string.to_string_lossy().to_lowercase();
        let trimmed = string.trim_start_matches([' ', '\t', '\r', '\n', '"', '\'']);
        let has_scheme =
            trimmed.contains("://") || SCHEMES.iter().any(|it| trimmed.starts_with(it));
        !is_path(&string) && (has_scheme || has_keyword(trimmed) || has_credentials(trimmed))
    }

    /// Fails unless this is a valid file name or PostgreSQL URL.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::File(path) if path.as_os_str().is_empty() => Err(
                "the name is empty: give the name of a file, or omit it to keep all data in memory"
                    .to_owned(),
            ),
            Self::File(path) if Self::is_connection_string(path.as_os_str()) => {
                Err(NOT_POSTGRES.to_owned())
            }
            Self::File(path) if path.to_str().is_none() => {
                Err("its name is not valid UTF-8, which SQLite requires".to_owned())
            }
            Self::File(_) => Ok(()),
            Self::Postgres(url) if !is_postgres(url) => Err(NOT_POSTGRES.to_owned()),
            Self::Postgres(url) => host_and_path(url).map(drop),
        }
    }
}

/// The file name, or the host, port and path of the URL; nothing that may contain a password.
impl fmt::Display for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.check().is_err() {
            return match self {
                Self::File(path) => redact(path.as_os_str()).fmt(formatter),
                Self::Postgres(_) => REDACTED.fmt(formatter),
            };
        }
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Postgres(url) => {
                let host_and_path = host_and_path(url).unwrap_or_default();
                write!(formatter, "postgres://{host_and_path}")
            }
        }
    }
}

/// The same as `Display`, since a URL contains a password.
impl fmt::Debug for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Replaces what may contain a password.
const REDACTED: &str = "(redacted: it may contain a password)";

/// Returns a command-line argument for display.
pub(crate) fn redact(argument: &OsStr) -> String {
    if Data::is_connection_string(argument) {
        REDACTED.to_owned()
    } else {
        Path::new(argument).display().to_string()
    }
}

fn is_postgres(url: &str) -> bool {
    POSTGRES.iter().any(|scheme| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Whether a string starts like a path. `//` does not: `//user:password@host` is a URL.
fn is_path(string: &str) -> bool {
    let string = string.replace('\\', "/");
    let has_drive = string.get(1..3) == Some(":/");
    let is_absolute = string.starts_with('/') && !string.starts_with("//");
    is_absolute || has_drive || string.starts_with("./") || string.starts_with("../")
}

/// Whether a keyword of a connection string precedes a `=`, as in `host=… password=…`.
fn has_keyword(string: &str) -> bool {
    string.match_indices('=').any(|(index, _)| {
        let before = string[..index].trim_end();
        KEYWORDS.iter().any(|keyword| {
            before.strip_suffix(keyword).is_some_and(|rest| {
                let last = rest.chars().next_back();
                last.is_none_or(|last| last.is_whitespace() || ";,&?\"'".contains(last))
            })
        })
    })
}

/// Whether a string looks like `user:password@host`, a URL without its scheme.
fn has_credentials(string: &str) -> bool {
    string
        .split_once(':')
        .is_some_and(|(_, rest)| rest.contains('@'))
}

/// Returns the host, port and path of a PostgreSQL URL. Errors quote nothing of it.
fn host_and_path(url: &str) -> Result<String, String> {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // An unencoded special character ends the password; its rest would become part of the URL
    // that is displayed or sent to the server.
    if rest[authority..].contains(['@', '#']) || rest.contains(char::is_control) {
        return Err(UNENCODED.to_owned());
    }
    let options: AnyConnectOptions = url.parse().map_err(|_| INVALID_URL.to_owned())?;
    let url = options.database_url;
    let is_known = |name: &str| PARAMETERS.contains(&name) || name.starts_with("options[");
    if !url.query_pairs().all(|(name, _)| is_known(&name)) {
        return Err(format!(
            "its URL has an unknown parameter; the known ones are {}",
            PARAMETERS.join(", ")
        ));
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    Ok(format!("{host}{port}{}", url.path()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn connection_strings_are_distinguished_from_file_names() {
        for string in [
            "postgres://h/x",
            "Postgres://shop:canary@h/x",
            "POSTGRESQL://h",
            "postgres:shop:canary@h/x",
            " postgres://h",
            "\"postgres://h\"",
            "DATABASE_URL=postgres://h",
            "postgresql+psycopg2://h",
            "mysql://h",
            "MySQL:x",
            "sqlite:x.db",
            "sqlite::memory:",
            "file::memory:",
            "file:x.db?mode=memory",
            "jdbc:postgresql://h",
            "https://h",
            "host=h password=canary",
            "password = 'can ary' host = h",
            "user='a b'",
            "HOST=h",
            "Server=h;Database=x;User Id=shop;Password=canary",
            "port=1,host=h",
            "//shop:canary@h/x",
            "shop:canary@h/x",
            "u:canary@h/x",
            "shop:canary@tcp(h:3306)/x",
            "https://h/?password=canary",
        ] {
            assert!(Data::is_connection_string(string.as_ref()), "{string}");
        }
        for string in [
            "",
            ":memory:",
            "bosbase.db",
            "a b#c%41?.db",
            "notes:1.db",
            "?mode=memory",
            "/home/a:b@c/x.db",
            "./host=x",
            "../postgres://x",
            ".\\host=x",
            "C:\\a@b\\x.db",
            "C:/a=b",
            "ghost=1.db",
            "a=b.db",
            "//server/share.db",
            "a@b.db",
            "é:ü.db",
        ] {
            assert!(!Data::is_connection_string(string.as_ref()), "{string}");
        }
    }

    #[test]
    fn passwords_are_not_displayed() {
        for string in [
            "Postgres://shop:canary@h/x",
            "postgres://shop:canary#canary@h/x",
            "postgres://shop:1#canary@h/x",
            "postgres://shop:1?canary@h/x",
            "postgres://shop:1/canary@h/x",
            "postgres://shop:canary/canary@h/x",
            "postgres://shop:canary@canary@h/x",
            "postgres://shop:canary[canary@h/x",
            "postgres://shop:canary\\canary@h/x",
            "postgres://shop:canary canary@h/x",
            "postgres://shop:canary%zzcanary@h/x",
            "postgres://shop:canary@h:99999/x",
            "postgres://shop:canary",
            "postgres://shop:canary@",
            "postgres://:canary@h/x",
            "postgres://h/x?password=canary",
            "postgres://h/x?pasword=canary",
            "postgres://h/x?sslmode=canary",
            "postgres://h/x#canary",
            "postgres://shop:1\tcanary@h/x",
            "mysql://shop:canary@h/x",
            "host=h password=canary",
            "shop:canary@h",
        ] {
            for data in [
                Data::parse(string.as_ref()),
                Data::File(string.into()),
                Data::Postgres(string.to_owned()),
            ] {
                let output = format!("{data} {data:?} {:?}", data.check());
                assert!(!output.contains("canary"), "{string}: {output}");
                assert!(!output.contains("://shop:1"), "{string}: {output}");
            }
        }
    }

    #[test]
    fn no_password_character_reveals_the_rest() {
        for letter in (0..=255).map(char::from) {
            for url in [
                format!("postgres://shop:canary{letter}canary@h/x"),
                format!("postgres://shop:1{letter}canary@h/x"),
                format!("postgres://shop:1{letter}canary@h?user=a"),
                format!("postgres://shop{letter}canary@h/x"),
                format!("postgres{letter}//shop:canary@h/x"),
                format!("{letter}postgres://shop:canary@h/x"),
                format!("host=h{letter}password=canary"),
                format!("host=h password{letter}={letter}canary"),
            ] {
                let data = Data::parse(url.as_ref());
                let output = format!("{data} {data:?} {:?}", data.check());
                let is_file = url.starts_with('/') || !Data::is_connection_string(url.as_ref());
                let is_hidden = !output.contains("canary");
                assert!(is_hidden || is_file, "{url:?}: {output}");
            }
        }
    }

    #[test]
    fn urls_are_displayed_without_user_and_parameters() {
        for (url, expected) in [
            ("postgres://h/x", "postgres://h/x"),
            (
                "POSTGRESQL://u:p@h:5433/x?user=v&sslmode=disable",
                "postgres://h:5433/x",
            ),
            ("postgres://u:%23%3F%40@[::1]:1/x", "postgres://[::1]:1/x"),
            (
                "postgres://u@localhost/x?host=%2Ftmp",
                "postgres://localhost/x",
            ),
            ("postgres://", "postgres://"),
        ] {
            let data = Data::parse(url.as_ref());
            assert_eq!(data.check(), Ok(()), "{url}");
            assert_eq!(data.to_string(), expected);
        }
    }
}
