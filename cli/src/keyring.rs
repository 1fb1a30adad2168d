//! Sessions in the desktop keyring: Secret Service, macOS Keychain, Windows Credential Manager.

use bosauth::{SessionStorage, StorageError};
use keyring::{Entry, Error};

/// The session of a profile in the keyring.
pub struct KeyringStorage(Entry);

impl KeyringStorage {
    /// The entry of a profile: a string that is unique to its directory. Fails without a keyring, with the reason.
    pub fn open(profile: &str) -> Result<Self, String> {
        if let Err(error) = Entry::store_status() {
            return Err(error.to_string());
        }
        let entry = Entry::new("bosauth", profile).map_err(|error| error.to_string())?;
        Ok(KeyringStorage(entry))
    }
}

impl SessionStorage for KeyringStorage {
    fn load(&self) -> Result<Option<String>, StorageError> {
        match self.0.get_password() {
            Ok(session) => Ok(Some(session)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(storage_error(&error)),
        }
    }

    fn save(&self, session: Option<&str>) -> Result<(), StorageError> {
        let result = match session {
            Some(session) => self.0.set_password(session),
            None => self.0.delete_credential(),
        };
        match result {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(storage_error(&error)),
        }
    }
}

fn storage_error(error: &Error) -> StorageError {
    match error {
        Error::NoStorageAccess(_) => StorageError::Unavailable,
        _ => StorageError::Failed,
    }
}
