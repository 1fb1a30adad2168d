//! Where everything is kept: what a name means, and how it is shown. A name may hold a database
//! password, also one that was mistyped, so that nothing is shown unless it is known to be harmless.

use sqlx::any::AnyConnectOptions;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where everything is kept.
#[derive(Clone)]
pub enum Data {
    /// A SQLite file, made if it is not there. Only one server at a time can use it. The name is
    /// taken as it is: `:memory:` is a file of that name. What looks like the URL of a database, or
    /// is empty, is refused.
    File(PathBuf),
    /// The URL of a PostgreSQL database (`postgres://user:password@host/name`). Several servers
    /// can use it at the same time, and answer as one.
    Postgres(String),
}

const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];

/// Prefixes of database URLs that need no `//`.
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

/// Keywords of connection strings, in lower case.
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

/// The parameters that the URL of a PostgreSQL database can have.
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

const FOREIGN: &str = "it looks like the URL or connection string of a database, and is no \
    PostgreSQL URL: write postgres://user:password@host/name, or the name of a SQLite file (./NAME \
    if the name looks like this one)";

const SPECIAL: &str = "special characters in its user name and password must be percent-encoded \
    (# is %23, / is %2F, ? is %3F, @ is %40)";

const INVALID: &str = "it is no valid PostgreSQL URL: write postgres://user:password@host:port/name, \
    with special characters percent-encoded (# is %23, / is %2F, ? is %3F, @ is %40)";

impl Data {
    /// What `--data` means: the URL of a PostgreSQL database or else the name of a file.
    #[must_use]
    pub fn named(text: &OsStr) -> Self {
        match text.to_str() {
            Some(url) if is_postgres(url) => Self::Postgres(url.to_owned()),
            _ => Self::File(text.into()),
        }
    }

    /// Whether `text` looks like the URL or connection string of any database, so that it may hold a
    /// password and must not be shown. What begins with `/`, `./` or `../` is the name of a file.
    #[must_use]
    pub fn is_connection_string(text: &OsStr) -> bool {
        let text = text.to_string_lossy().to_lowercase();
        let bare = text.trim_start_matches([' ', '\t', '\r', '\n', '"', '\'']);
        let has_scheme = bare.contains("://") || SCHEMES.iter().any(|it| bare.starts_with(it));
        !is_path(&text) && (has_scheme || has_keyword(bare) || has_credentials(bare))
    }

    /// Refuses what is no name of a file and no URL of a PostgreSQL database.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::File(path) if path.as_os_str().is_empty() => Err(
                "the name is empty: give the name of a file, or leave it out to keep everything in \
                memory"
                    .to_owned(),
            ),
            Self::File(path) if Self::is_connection_string(path.as_os_str()) => {
                Err(FOREIGN.to_owned())
            }
            Self::File(path) if path.to_str().is_none() => {
                Err("its name is not valid UTF-8, which SQLite needs".to_owned())
            }
            Self::File(_) => Ok(()),
            Self::Postgres(url) if !is_postgres(url) => Err(FOREIGN.to_owned()),
            Self::Postgres(url) => parsed(url).map(drop),
        }
    }
}

/// The name of the file, or the host, port and path of the URL. Nothing of what may hold a password.
impl fmt::Display for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.check().is_err() {
            return match self {
                Self::File(path) => shown(path.as_os_str()).fmt(formatter),
                Self::Postgres(_) => HIDDEN.fmt(formatter),
            };
        }
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Postgres(url) => {
                let place = parsed(url).unwrap_or_default();
                write!(formatter, "postgres://{place}")
            }
        }
    }
}

/// As it is displayed, for a URL holds a password.
impl fmt::Debug for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What is shown in the place of what may hold a password.
const HIDDEN: &str = "(not shown, for it may hold a password)";

/// A value of the command line as it may be shown.
pub(crate) fn shown(text: &OsStr) -> String {
    if Data::is_connection_string(text) {
        HIDDEN.to_owned()
    } else {
        Path::new(text).display().to_string()
    }
}

fn is_postgres(url: &str) -> bool {
    POSTGRES.iter().any(|scheme| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Whether a text is a path however it goes on. `//` is none: `//user:password@host` is a URL.
fn is_path(text: &str) -> bool {
    let text = text.replace('\\', "/");
    let has_drive = text.get(1..3) == Some(":/");
    let is_absolute = text.starts_with('/') && !text.starts_with("//");
    is_absolute || has_drive || text.starts_with("./") || text.starts_with("../")
}

/// Whether a keyword of a connection string stands before a `=`, as in `host=… password=…`.
fn has_keyword(text: &str) -> bool {
    text.match_indices('=').any(|(at, _)| {
        let before = text[..at].trim_end();
        KEYWORDS.iter().any(|keyword| {
            before.strip_suffix(keyword).is_some_and(|rest| {
                let last = rest.chars().next_back();
                last.is_none_or(|last| last.is_whitespace() || ";,&?\"'".contains(last))
            })
        })
    })
}

/// Whether a text is like `user:password@host`, as a URL without its scheme is.
fn has_credentials(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(_, rest)| rest.contains('@'))
}

/// The host, port and path of the URL of a PostgreSQL database. An error holds nothing of it.
fn parsed(url: &str) -> Result<String, String> {
    let (_, place) = url.split_once("://").unwrap_or_default();
    let authority = place.find(['/', '?', '#']).unwrap_or(place.len());
    // A special character that is left as it is ends the password, and the rest of it would become
    // a part of the URL that is shown, or that the server is told.
    if place[authority..].contains(['@', '#']) || place.contains(char::is_control) {
        return Err(SPECIAL.to_owned());
    }
    let options: AnyConnectOptions = url.parse().map_err(|_| INVALID.to_owned())?;
    let url = options.database_url;
    let is_known = |name: &str| PARAMETERS.contains(&name) || name.starts_with("options[");
    if !url.query_pairs().all(|(name, _)| is_known(&name)) {
        return Err(format!(
            "its URL has an unknown parameter; known are {}",
            PARAMETERS.join(", ")
        ));
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    Ok(format!("{host}{port}{}", url.path()))
}

/// Why the driver takes a URL that [`Data::check`] lets pass for none.
pub(crate) fn invalid_url() -> &'static str {
    INVALID
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn connection_strings_are_recognized_and_file_names_are_not() {
        for text in [
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
            assert!(Data::is_connection_string(text.as_ref()), "{text}");
        }
        for text in [
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
            assert!(!Data::is_connection_string(text.as_ref()), "{text}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        for text in [
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
                Data::named(text.as_ref()),
                Data::File(text.into()),
                Data::Postgres(text.to_owned()),
            ] {
                let said = format!("{data} {data:?} {:?}", data.check());
                assert!(!said.contains("canary"), "{text}: {said}");
                assert!(!said.contains("://shop:1"), "{text}: {said}");
            }
        }
    }

    #[test]
    fn no_character_of_a_password_shows_the_rest_of_it() {
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
                let data = Data::named(url.as_ref());
                let said = format!("{data} {data:?} {:?}", data.check());
                let is_file = url.starts_with('/') || !Data::is_connection_string(url.as_ref());
                let is_hidden = !said.contains("canary");
                assert!(is_hidden || is_file, "{url:?}: {said}");
            }
        }
    }

    #[test]
    fn a_url_is_shown_without_its_user_and_parameters() {
        for (url, place) in [
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
            let data = Data::named(url.as_ref());
            assert_eq!(data.check(), Ok(()), "{url}");
            assert_eq!(data.to_string(), place);
        }
    }
}
