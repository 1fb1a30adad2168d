//! What a command works with: the profile with the options of the command line, and its client.

use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bosauth::input::RESPONSE_MAX;
use bosauth::{CallOptions, Client, ClientBuilder, Session};

use crate::arguments::{Account, Arguments};
use crate::failure::Failure;
use crate::input::Source;
use crate::interrupt;
use crate::keyring::KeyringStorage;
use crate::output::note;
use crate::profile::{Profile, Profiles};
use crate::terminal::{self, Echo};

/// The name of the session file in the directory of a profile.
const SESSION: &str = "session";

const NOBODY: Failure = Failure::NotLoggedIn("nobody is logged in");

/// The profile of a command, with the options of the command line.
pub struct Context {
    pub profiles: Profiles,
    pub name: String,
    pub profile: Profile,
    timeout: Duration,
    ca_file: Option<PathBuf>,
}

impl Context {
    /// Reads the profile. Options replace its settings.
    pub fn new(arguments: &Arguments) -> Result<Self, Failure> {
        Self::with(arguments, Err)
    }

    /// The same for a command that needs no profile. One that cannot be read is reported, and ignored.
    pub fn lenient(arguments: &Arguments) -> Result<Self, Failure> {
        Self::with(arguments, |failure| {
            note(&format!("note: {}", failure.message()));
            Ok(None)
        })
    }

    fn with(
        arguments: &Arguments,
        on_failure: fn(Failure) -> Result<Option<Profile>, Failure>,
    ) -> Result<Self, Failure> {
        let profiles = Profiles::new(arguments.config_dir.clone())?;
        let name = arguments.profile.clone();
        let name = name.unwrap_or_else(|| "default".to_owned());
        profiles.path(&name)?;
        let profile = profiles.load(&name).or_else(on_failure)?;
        let mut profile = profile.unwrap_or_default();
        if let Some(url) = &arguments.url {
            profile.url.clone_from(url);
        }
        if let Some(collection) = &arguments.collection {
            profile.collection.clone_from(collection);
        }
        if profile.collection.is_empty() {
            "users".clone_into(&mut profile.collection);
        }
        Ok(Context {
            profiles,
            name,
            profile,
            timeout: Duration::from_secs(arguments.timeout.into()),
            ca_file: arguments.ca_file.clone(),
        })
    }

    /// The email of the account: the option, that of the profile, or the answer of the user, which the profile then has.
    pub fn ask_email(&mut self, account: &Account) -> Result<String, Failure> {
        if let Some(email) = &account.email {
            self.profile.email.clone_from(email);
        } else if self.profile.email.is_empty() {
            let answer = terminal::ask("email: ", Echo::On)?;
            answer.trim().clone_into(&mut self.profile.email);
        }
        Ok(self.profile.email.clone())
    }

    /// Options of a call that Ctrl-C cancels.
    pub fn options(&self) -> CallOptions {
        CallOptions::new().cancel(interrupt::cancel())
    }

    /// A client without a stored session.
    pub fn client(&self) -> Result<Client, Failure> {
        Ok(self.builder()?.build()?)
    }

    /// A client with the session of the profile. If there is no profile, it has no session, and stores none.
    pub fn client_with_session(&self) -> Result<Client, Failure> {
        self.client_of(self.builder()?, self.profiles.existing(&self.name)?)
    }

    /// A client whose login is stored in the profile.
    pub fn client_for_login(&self) -> Result<Client, Failure> {
        let builder = self.builder()?;
        self.client_of(builder, Some(self.profiles.create(&self.name)?))
    }

    /// A client for a command that requires an earlier login, which has stored the server.
    pub fn client_of_login(&self) -> Result<Client, Failure> {
        if self.profile.url.is_empty() {
            return Err(NOBODY);
        }
        self.client_with_session()
    }

    fn client_of(
        &self,
        builder: ClientBuilder,
        directory: Option<PathBuf>,
    ) -> Result<Client, Failure> {
        let builder = match directory {
            Some(directory) if self.profile.keyring => {
                builder.session_storage(keyring(&directory)?)
            }
            Some(directory) => builder.session_file(directory.join(SESSION)),
            None => builder,
        };
        Ok(builder.build()?)
    }

    /// Removes what earlier logins have left where this one does not store its session, or with another server.
    pub fn clear_earlier_sessions(&self) -> Result<(), Failure> {
        let Some(directory) = self.profiles.existing(&self.name)? else {
            return Ok(());
        };
        if self.profile.keyring {
            clear(|builder| builder.session_file(directory.join(SESSION)))?;
        }
        remove_replaced(&directory)
    }

    /// Removes the sessions of the profile: in the file and the keyring, of this server and another one.
    pub fn clear_sessions(&self) -> Result<(), Failure> {
        let Some(directory) = self.profiles.existing(&self.name)? else {
            return Ok(());
        };
        clear(|builder| builder.session_file(directory.join(SESSION)))?;
        remove_replaced(&directory)?;
        if self.profile.keyring {
            let storage = keyring(&directory)?;
            clear(|builder| builder.session_storage(storage))?;
        }
        Ok(())
    }

    fn builder(&self) -> Result<ClientBuilder, Failure> {
        if self.profile.url.is_empty() {
            let hint = "pass --url URL, or set BOSAUTH_URL; a login keeps it in the profile";
            return Err(Failure::Program(format!("the server is not known: {hint}")));
        }
        let builder = Client::builder(&self.profile.url)
            .timeout(self.timeout)
            .max_response_bytes(RESPONSE_MAX);
        match &self.ca_file {
            Some(file) => Ok(builder.roots_pem(Source::new(file).read()?)),
            None => Ok(builder),
        }
    }
}

/// The keyring entry of a profile. Its name is the directory's absolute path, which is unique.
fn keyring(directory: &Path) -> Result<KeyringStorage, Failure> {
    let failure = |error: &dyn Display| Failure::program("cannot use the keyring", error);
    let path = fs::canonicalize(directory).map_err(|error| failure(&error))?;
    KeyringStorage::open(&path.to_string_lossy()).map_err(|error| failure(&error))
}

/// Clears a storage. A session of any server is removed, so that the URL does not matter: nothing is sent.
fn clear(set_storage: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<(), Failure> {
    let client = set_storage(Client::builder("http://localhost")).build()?;
    Ok(client.clear_session()?)
}

/// Removes the file to which the library renames what it cannot read, such as the session of another server.
fn remove_replaced(directory: &Path) -> Result<(), Failure> {
    let file = directory.join(SESSION).with_extension("corrupt");
    match fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::program(
            format!("cannot remove {}", file.display()),
            error,
        )),
        _ => Ok(()),
    }
}

/// The session of a client, valid or not.
pub fn session(client: &Client) -> Result<Session, Failure> {
    client.session()?.ok_or(NOBODY)
}
