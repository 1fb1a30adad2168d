//! Keeps the session in a store of the app: `cargo run --example session_store URL`

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard};

use bosauth::{Client, SessionStorage, StorageError};

/// An in-memory keychain that can be locked.
#[derive(Clone, Default)]
struct Keychain(Arc<Mutex<Entry>>);

#[derive(Default)]
struct Entry {
    is_locked: bool,
    session: Option<String>,
}

impl Keychain {
    fn entry(&self) -> MutexGuard<'_, Entry> {
        self.0.lock().unwrap_or_else(|error| error.into_inner())
    }

    fn unlocked(&self) -> Result<MutexGuard<'_, Entry>, StorageError> {
        let entry = self.entry();
        match entry.is_locked {
            true => Err(StorageError::Unavailable),
            false => Ok(entry),
        }
    }
}

impl SessionStorage for Keychain {
    fn load(&self) -> Result<Option<String>, StorageError> {
        Ok(self.unlocked()?.session.clone())
    }

    /// `None` removes the session.
    fn save(&self, session: Option<&str>) -> Result<(), StorageError> {
        self.unlocked()?.session = session.map(str::to_owned);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1);
    let url = url.as_deref().unwrap_or("http://127.0.0.1:8090");
    let keychain = Keychain::default();
    let new_client = || {
        Client::builder(url)
            .session_storage(keychain.clone())
            .build()
    };

    // Logs in while the keychain is locked, and stores the session when it is not.
    let client = new_client()?;
    keychain.entry().is_locked = true;
    let session = client.collection("users").auth_with_token("my-own-token")?;
    if let Some(status) = session.store_status() {
        println!("logged in, {status}");
    }
    keychain.entry().is_locked = false;
    client.sync_session()?;
    println!("stored");
    drop(client);

    // Another client, as after a restart.
    let client = new_client()?;
    let session = client.session()?.ok_or("there is no session")?;
    let email = session.field("email").unwrap_or_default();
    println!("still logged in as {email}");
    client.clear_session()?;
    let is_removed = keychain.entry().session.is_none();
    println!(
        "{}",
        if is_removed {
            "logged out"
        } else {
            "still stored"
        }
    );
    Ok(())
}
