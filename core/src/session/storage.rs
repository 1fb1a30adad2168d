//! Where a session outlives the process: a file or a storage of the app.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::Session;
use super::file::{FileError, FileErrorKind, Judgement, SessionFile};
use super::text::{self, TextError};
use crate::error::{Error, Report, Status};
use crate::input;
use crate::secret::Secret;

/// A storage of the app for the session, such as a keychain; see
/// [`ClientBuilder::session_storage`](crate::ClientBuilder::session_storage).
///
/// It stores one string, which holds the session token: treat it like a password. The functions are called on threads
/// that are inside a call of the client, one at a time, with no lock held. They may make calls of the client:
/// [`Client::session`](crate::Client::session) then returns the session in memory, and a change is stored after they have
/// returned. Their run time does not count towards the timeout of a call.
pub trait SessionStorage: Send + Sync {
    /// Returns the stored string; `None` if there is none.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if the storage cannot be read at the moment, otherwise [`StorageError::Failed`].
    fn load(&self) -> Result<Option<String>, StorageError>;

    /// Stores `session` in place of what is stored, or removes that with `None`. After an error, the old string should
    /// still be stored.
    ///
    /// # Errors
    /// As for [`SessionStorage::load`].
    fn save(&self, session: Option<&str>) -> Result<(), StorageError>;
}

/// Why a [`SessionStorage`] failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageError {
    /// It failed: [`Status::Store`](crate::Status::Store).
    Failed,
    /// It cannot be used at the moment, like a locked keychain:
    /// [`Status::StoreUnavailable`](crate::Status::StoreUnavailable).
    Unavailable,
}

/// Which storage a client uses.
#[derive(Clone, Default)]
pub(crate) enum StorageConfig {
    /// None: the session ends with the process.
    #[default]
    None,
    /// A file at this path.
    File(PathBuf),
    /// A storage of the app.
    App(Arc<dyn SessionStorage>),
}

// A panic of the app's storage leaves the client in a consistent state: the session remains to be written.
impl UnwindSafe for StorageConfig {}
impl RefUnwindSafe for StorageConfig {}
impl UnwindSafe for Kind {}
impl RefUnwindSafe for Kind {}

/// What a write may replace.
#[derive(Clone, Debug)]
pub(crate) enum Replaces {
    /// Whatever is stored.
    Anything,
    /// A session with the token of this one only: another process may have stored a later login.
    TokenOf(Session),
}

/// The storage of a client.
pub(crate) struct Storage {
    kind: Kind,
    base_url: Arc<str>,
}

enum Kind {
    File(SessionFile),
    App(Arc<dyn SessionStorage>),
}

impl Storage {
    /// Creates the storage for a client of `base_url`; `None` if there is none.
    pub fn new(config: &StorageConfig, base_url: &Arc<str>) -> Result<Option<Self>, Error> {
        let kind = match config {
            StorageConfig::None => return Ok(None),
            StorageConfig::File(path) => {
                let file = SessionFile::new(path.clone());
                Kind::File(file.map_err(|reason| input::invalid("path", reason))?)
            }
            StorageConfig::App(storage) => Kind::App(Arc::clone(storage)),
        };
        Ok(Some(Storage {
            kind,
            base_url: Arc::clone(base_url),
        }))
    }

    /// Reads the stored session; `None` if there is none.
    pub fn load(&self) -> Result<Option<Session>, Error> {
        let text = match &self.kind {
            Kind::File(file) => file.load().map_err(file_error)?,
            Kind::App(storage) => storage.load().map_err(app_error)?.map(Zeroizing::new),
        };
        // An empty string is what C and many stores return for none.
        let Some(text) = text.filter(|text| !text.is_empty() || self.is_file()) else {
            return Ok(None);
        };
        text::read(&text, &self.base_url)
            .map(Some)
            .map_err(|error| self.corrupt(&error))
    }

    /// Stores this session, or removes what is stored with `None`.
    pub fn write(&self, session: Option<&Session>, replaces: &Replaces) -> Result<(), Error> {
        let text = session.map(text::write);
        let text = text.as_ref().map(Secret::expose);
        match &self.kind {
            Kind::File(file) => {
                let judge = |stored: Option<&str>| self.judge(stored, replaces);
                file.update(text, &judge).map_err(file_error)
            }
            Kind::App(storage) => match replaces {
                Replaces::Anything => storage.save(text).map_err(app_error),
                Replaces::TokenOf(_) => {
                    let stored = storage.load().map_err(app_error)?.map(Zeroizing::new);
                    let stored = stored.as_ref().map(|stored| stored.as_str());
                    match self.judge(stored, replaces) {
                        Judgement::Replace => storage.save(text).map_err(app_error),
                        Judgement::SetAside | Judgement::Keep => Ok(()),
                    }
                }
            },
        }
    }

    /// What to do with the stored text.
    fn judge(&self, stored: Option<&str>, replaces: &Replaces) -> Judgement {
        let stored = stored.map(|text| text::read(text, &self.base_url));
        match (replaces, stored) {
            (Replaces::Anything, Some(Err(_))) => Judgement::SetAside,
            (Replaces::Anything, _) => Judgement::Replace,
            (Replaces::TokenOf(old), Some(Ok(stored))) if old.token() == stored.token() => {
                Judgement::Replace
            }
            (Replaces::TokenOf(_), _) => Judgement::Keep,
        }
    }

    fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    fn corrupt(&self, error: &TextError) -> Error {
        let (place, advice) = match self.kind {
            Kind::File(_) => (
                "session file",
                "log in again, which renames the file to .corrupt",
            ),
            Kind::App(_) => ("stored session", "log in again, which replaces it"),
        };
        store_error(
            Status::StoreCorrupt,
            format!("the {place} cannot be used, {error}: {advice}"),
        )
    }
}

/// The error of a storage.
pub(crate) fn store_error(status: Status, message: impl Into<String>) -> Error {
    Report::new(status, status.default_action(), message).into()
}

fn file_error(error: FileError) -> Error {
    let status = match error.kind {
        FileErrorKind::Failed => Status::Store,
        FileErrorKind::Unavailable => Status::StoreUnavailable,
        FileErrorKind::Corrupt => Status::StoreCorrupt,
    };
    store_error(status, error.message)
}

fn app_error(error: StorageError) -> Error {
    match error {
        StorageError::Failed => store_error(
            Status::Store,
            "the app's session storage failed: check what it reported",
        ),
        StorageError::Unavailable => store_error(
            Status::StoreUnavailable,
            "the app's session storage is unavailable at the moment: nothing was lost, retry later",
        ),
    }
}
