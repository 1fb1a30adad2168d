//! Profiles: a server, an account, and where its session is. A profile is a directory with the files `profile.json` and
//! `session`.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::files;

/// The settings of a profile. None of them is secret.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct Profile {
    /// The base URL of the server.
    pub url: String,
    /// The auth collection.
    pub collection: String,
    /// The email of the account, if it is known.
    #[serde(default)]
    pub email: String,
    /// Whether the session is in the desktop keyring.
    #[serde(default)]
    pub keyring: bool,
}

/// The directory that has a directory for each profile.
pub struct Profiles {
    directory: PathBuf,
}

impl Profiles {
    /// The profiles in `directory`, by default those of the user.
    pub fn new(directory: Option<PathBuf>) -> Result<Self, Failure> {
        let of_user = || {
            Some(
                ProjectDirs::from("", "", "bosauth")?
                    .config_local_dir()
                    .to_owned(),
            )
        };
        let directory = directory.or_else(of_user);
        let directory = directory.ok_or_else(|| {
            let reason = "the user has no home directory; set --config-dir";
            Failure::Program(format!("no directory for profiles: {reason}"))
        })?;
        Ok(Profiles { directory })
    }

    /// The directory of a profile. Its name must be a plain file name.
    pub fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
        if name.is_empty()
            || name.starts_with('.')
            || name.len() > 100
            || !name.bytes().all(is_valid)
        {
            let valid = "1 to 100 letters, digits, '-', '_', '.' or '@', the first one not '.'";
            return Err(Failure::Program(format!(
                "the name of a profile must be {valid}"
            )));
        }
        Ok(self.directory.join(name))
    }

    /// Reads a profile. `None` if it does not exist.
    pub fn load(&self, name: &str) -> Result<Option<Profile>, Failure> {
        let file = settings_of(&self.path(name)?);
        let content = match fs::read(&file) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::program(
                    format!("cannot read {}", file.display()),
                    error,
                ));
            }
        };
        let profile = serde_json::from_slice(&content);
        profile.map_err(|error| {
            Failure::program(format!("{} is not a profile", file.display()), error)
        })
    }

    /// Writes a profile.
    pub fn save(&self, name: &str, profile: &Profile) -> Result<(), Failure> {
        let file = settings_of(&self.create(name)?);
        let content = serde_json::to_string_pretty(profile).map_err(io::Error::from);
        content
            .and_then(|content| files::replace(&file, (content + "\n").as_bytes()))
            .map_err(|error| Failure::program(format!("cannot write {}", file.display()), error))
    }

    /// Creates the directory of a profile, which only the user can access.
    pub fn create(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path(name)?;
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let created = builder.create(&path);
        created.map_err(|error| {
            Failure::program(format!("cannot create {}", path.display()), error)
        })?;
        Ok(path)
    }

    /// The directory of a profile, if it exists.
    pub fn existing(&self, name: &str) -> Result<Option<PathBuf>, Failure> {
        Ok(Some(self.path(name)?).filter(|path| path.is_dir()))
    }

    /// The names of the directories, sorted. They may have no profile, or one that cannot be read.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(Failure::program(
                    format!("cannot read {}", self.directory.display()),
                    error,
                ));
            }
        };
        let directories = entries.flatten().filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = directories
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        Ok(names)
    }
}

fn settings_of(profile: &Path) -> PathBuf {
    profile.join("profile.json")
}
