//! Where a session outlives the process: a file or a storage of the app.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::Session;
use super::file::{FileError, FileErrorKind, Judgement, SessionFile, Stored};
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
        let session = text::read(&text, &self.base_url);
        session.map(Some).map_err(|error| self.unusable(&error))
    }

    /// Stores this session, or removes what is stored with `None`.
    pub fn write(&self, session: Option<&Session>, replaces: &Replaces) -> Result<(), Error> {
        let text = session.map(text::write);
        let text = text.as_ref().map(Secret::expose);
        match &self.kind {
            Kind::File(file) => {
                let judge = |stored: Stored<'_>| self.judge(stored, replaces);
                file.update(text, &judge).map_err(file_error)
            }
            Kind::App(storage) => self.write_to_app(storage.as_ref(), text, replaces),
        }
    }

    fn write_to_app(
        &self,
        storage: &dyn SessionStorage,
        text: Option<&str>,
        replaces: &Replaces,
    ) -> Result<(), Error> {
        if text.is_some_and(|text| text.len() > input::EXPORT_MAX) {
            let message =
                "cannot store the session: it is larger than 4 MiB + 64 KiB; save a smaller record";
            return Err(store_error(Status::Store, message));
        }
        if matches!(replaces, Replaces::TokenOf(_)) {
            let stored = storage.load().map_err(app_error)?.map(Zeroizing::new);
            let stored = stored
                .as_ref()
                .map_or(Stored::Nothing, |text| Stored::Text(text));
            if self.judge(stored, replaces) != Judgement::Replace {
                return Ok(());
            }
        }
        storage.save(text).map_err(app_error)
    }

    /// What to do with the stored text.
    fn judge(&self, stored: Stored<'_>, replaces: &Replaces) -> Judgement {
        let session = match stored {
            Stored::Text(text) => text::read(text, &self.base_url).ok(),
            Stored::Nothing | Stored::Unusable => None,
        };
        match (replaces, session) {
            (Replaces::Anything, None) if stored != Stored::Nothing => Judgement::SetAside,
            (Replaces::Anything, _) => Judgement::Replace,
            (Replaces::TokenOf(old), Some(stored)) if old.token() == stored.token() => {
                Judgement::Replace
            }
            (Replaces::TokenOf(_), _) => Judgement::Keep,
        }
    }

    fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    /// The error for a stored text that is unusable.
    fn unusable(&self, reason: &TextError) -> Error {
        match &self.kind {
            Kind::File(file) => file_error(file.unusable(&reason.to_string())),
            Kind::App(_) => store_error(
                Status::StoreCorrupt,
                format!(
                    "the stored session cannot be used: {reason}; log in again, which replaces it"
                ),
            ),
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    const URL: &str = "https://api.example.com";

    fn session(token: &str) -> Session {
        Session::new(&URL.into(), Secret::new(token), r#"{"id":"r"}"#, "")
    }

    fn storage(config: &StorageConfig) -> Storage {
        Storage::new(config, &URL.into()).unwrap().unwrap()
    }

    fn token(storage: &Storage) -> Option<String> {
        let session = storage.load().unwrap();
        session.map(|session| session.token().to_owned())
    }

    /// Writes sessions and expects that a refresh replaces only its own.
    fn check_writes(storage: &Storage) {
        let [old, new, other] = ["old", "new", "other"].map(session);
        let refresh = Replaces::TokenOf(old.clone());
        assert_eq!(token(storage), None);
        storage.write(Some(&new), &refresh).unwrap();
        assert_eq!(token(storage), None, "another process has logged out");
        storage.write(Some(&old), &Replaces::Anything).unwrap();
        storage.write(Some(&new), &refresh).unwrap();
        assert_eq!(token(storage).as_deref(), Some("new"));
        storage.write(Some(&other), &Replaces::Anything).unwrap();
        storage.write(Some(&new), &refresh).unwrap();
        assert_eq!(token(storage).as_deref(), Some("other"));
        storage.write(None, &Replaces::Anything).unwrap();
        storage.write(None, &Replaces::Anything).unwrap();
        assert_eq!(token(storage), None);
    }

    #[derive(Default)]
    struct Memory(std::sync::Mutex<Option<String>>);

    impl SessionStorage for Memory {
        fn load(&self) -> Result<Option<String>, StorageError> {
            Ok(self.0.lock().unwrap().clone())
        }

        fn save(&self, session: Option<&str>) -> Result<(), StorageError> {
            *self.0.lock().unwrap() = session.map(str::to_owned);
            Ok(())
        }
    }

    #[test]
    fn refresh_replaces_only_the_session_that_it_refreshed() {
        check_writes(&storage(&StorageConfig::App(Arc::new(Memory::default()))));
        let directory =
            std::env::temp_dir().join(format!("bosauth storage {}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let path = directory.join("session");
        check_writes(&storage(&StorageConfig::File(path)));
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn unusable_text_is_kept_until_it_is_replaced() {
        let name = format!("bosauth unusable {}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        let path = directory.join("session");
        let memory = Arc::new(Memory::default());
        let file = storage(&StorageConfig::File(path.clone()));
        let app = storage(&StorageConfig::App(
            Arc::clone(&memory) as Arc<dyn SessionStorage>
        ));
        let text = text::write(&session("t"));
        for (old, new, reason) in [
            ("\"token\":\"t\"", "", "it is not valid JSON"),
            ("\"bosauth\":1", "\"bosauth\":7", "it has version 7"),
            (
                URL,
                "https://old.example.com",
                "it is a session of https://old.example.com (",
            ),
        ] {
            let bad = text.expose().replace(old, new);
            file.write(Some(&session("t")), &Replaces::Anything)
                .unwrap();
            fs::write(&path, &bad).unwrap();
            *memory.0.lock().unwrap() = Some(bad.clone());
            for storage in [&file, &app] {
                let refresh = Replaces::TokenOf(session("t"));
                storage.write(Some(&session("new")), &refresh).unwrap();
                let error = storage.load().unwrap_err();
                assert_eq!(error.status(), Status::StoreCorrupt);
                assert!(error.message().contains(reason), "{}", error.message());
                storage
                    .write(Some(&session("new")), &Replaces::Anything)
                    .unwrap();
                assert_eq!(token(storage).as_deref(), Some("new"));
            }
            let kept = fs::read_to_string(directory.join("session.corrupt")).unwrap();
            assert_eq!(kept, bad);
        }
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn session_over_the_limit_is_not_stored() {
        let memory = Arc::new(Memory::default());
        let storage = storage(&StorageConfig::App(
            Arc::clone(&memory) as Arc<dyn SessionStorage>
        ));
        storage
            .write(Some(&session("stored")), &Replaces::Anything)
            .unwrap();
        let record = format!(r#"{{"a":"{}"}}"#, "x".repeat(input::EXPORT_MAX));
        let large = Session::new(&URL.into(), Secret::new("large"), &record, "");
        let error = storage
            .write(Some(&large), &Replaces::Anything)
            .unwrap_err();
        assert_eq!(error.status(), Status::Store);
        assert!(error.message().contains("larger than"));
        assert_eq!(token(&storage).as_deref(), Some("stored"));
    }

    #[test]
    fn empty_string_of_the_app_is_no_session_and_an_empty_file_is_corrupt() {
        let memory = Arc::new(Memory(Some(String::new()).into()));
        assert_eq!(token(&storage(&StorageConfig::App(memory))), None);
        let path = std::env::temp_dir().join(format!("bosauth empty {}", std::process::id()));
        fs::write(&path, "").unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let error = storage(&StorageConfig::File(path.clone()))
            .load()
            .unwrap_err();
        assert_eq!(error.status(), Status::StoreCorrupt);
        fs::remove_file(&path).unwrap();
    }
}
