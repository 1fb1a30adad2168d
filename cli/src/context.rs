//! What a command works with: the profile with the options of the command line, and its client.

use std::path::PathBuf;
use std::time::Duration;

use bosauth::{CallOptions, Client, ClientBuilder, Session};

use crate::arguments::{Account, Arguments};
use crate::failure::Failure;
use crate::input::Source;
use crate::interrupt;
use crate::keyring::KeyringStorage;
use crate::profile::{Profile, Profiles};
use crate::terminal::{self, Echo};

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
        let profiles = Profiles::new(arguments.config_dir.clone())?;
        let name = arguments.profile.clone();
        let name = name.unwrap_or_else(|| "default".to_owned());
        let mut profile = profiles.load(&name)?.unwrap_or_default();
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

    /// A client with the session of the profile.
    pub fn client_with_session(&self) -> Result<Client, Failure> {
        let path = self.profiles.create(&self.name)?;
        let builder = self.builder()?;
        let builder = if self.profile.keyring {
            let storage = KeyringStorage::open(&path.to_string_lossy());
            let storage =
                storage.map_err(|error| Failure::program("cannot use the keyring", error))?;
            builder.session_storage(storage)
        } else {
            builder.session_file(path.join("session"))
        };
        Ok(builder.build()?)
    }

    fn builder(&self) -> Result<ClientBuilder, Failure> {
        if self.profile.url.is_empty() {
            let hint = "pass --url URL, or set BOSAUTH_URL; a login keeps it in the profile";
            return Err(Failure::Program(format!("the server is not known: {hint}")));
        }
        let builder = Client::builder(&self.profile.url).timeout(self.timeout);
        match &self.ca_file {
            Some(file) => Ok(builder.roots_pem(Source::new(file).read()?)),
            None => Ok(builder),
        }
    }
}

/// The session of a client, valid or not.
pub fn session(client: &Client) -> Result<Session, Failure> {
    client
        .session()?
        .ok_or(Failure::NotLoggedIn("nobody is logged in"))
}
