//! The client: one server, one session, one pool of connections.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::ServerClock;
use crate::config::{ClientBuilder, Config};
use crate::error::Error;
use crate::http::{Origin, Transport};
use crate::protocol::paths::BaseUrl;
use crate::secret::Secret;
use crate::session::{
    ChangeKind, Session, SessionChange, SessionStore, Storage, Subscription, text,
};
use crate::{input, protocol};

/// A client of one BosBase server. Clones share the session and the connections; any thread may use one.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

/// The state shared by all clones of a client.
pub(crate) struct Inner {
    pub base_url: BaseUrl,
    pub config: Config,
    pub transport: Transport,
    pub store: Arc<SessionStore>,
}

impl Client {
    /// Returns a builder for a client of the server at `base_url`: `http` or `https`, a host, an optional port and
    /// an optional path prefix, without user info, query or fragment; see [`input::base_url`].
    ///
    /// Plain `http` protects neither passwords nor responses on the network path: use it on loopback only.
    pub fn builder(base_url: &str) -> ClientBuilder {
        ClientBuilder::default().base_url(base_url)
    }

    /// Returns the client's current session, or `None` if there is none.
    ///
    /// With a session file or storage, the first call reads it. Later changes of other processes are read by
    /// [`Client::sync_session`].
    ///
    /// # Errors
    /// `Store`, `StoreUnavailable` or `StoreCorrupt` if the session cannot be read. The next call tries again.
    pub fn session(&self) -> Result<Option<Session>, Error> {
        self.inner.store.current()
    }

    /// Makes a token obtained elsewhere the client's session.
    ///
    /// If it cannot be stored, it is the client's session in memory, as after a login; see [`Session::store_status`].
    ///
    /// [`input::session_token`] lists the limits of `token`. `record_json` is the account's record: a JSON object
    /// with at most 512 levels of nesting and without duplicate names at its top level.
    ///
    /// # Errors
    /// `InvalidArgument`; the session is then unchanged.
    pub fn save_session(&self, token: &str, record_json: Option<&str>) -> Result<(), Error> {
        input::session_token(token)?;
        if let Some(record) = record_json {
            protocol::record::check(record, protocol::json::UNLIMITED).map_err(|reason| {
                input::invalid(
                    "record_json",
                    format!("record_json must be a valid JSON object: {reason}"),
                )
            })?;
        }
        let session = Session::new(
            self.inner.base_url.url(),
            Secret::new(token),
            record_json.unwrap_or(""),
            "",
        );
        self.set_session(ChangeKind::Save, &session);
        Ok(())
    }

    /// Makes an exported session the client's: a string from [`Session::export`] of a client with the same base URL, of at
    /// most 4 MiB and 64 KiB.
    ///
    /// If it cannot be stored, it is the client's session in memory, as after a login; see [`Session::store_status`].
    ///
    /// # Errors
    /// `InvalidArgument` with the reason, such as another base URL or a later version of the format; the session is then
    /// unchanged.
    pub fn import_session(&self, text: &str) -> Result<(), Error> {
        let session = text::read(text, self.inner.base_url.url()).map_err(|reason| {
            let message = format!("text must be an exported session of this server: {reason}");
            input::invalid("text", message)
        })?;
        self.set_session(ChangeKind::Import, &session);
        Ok(())
    }

    fn set_session(&self, kind: ChangeKind, session: &Session) {
        // The session is live in memory: its `store_status` reports this error, and `sync_session` returns it.
        let _ = self.inner.store.set(kind, Some(session)).settle();
    }

    /// Removes the client's session, also from the session file or storage. No request is sent: the server accepts the
    /// token until it expires.
    ///
    /// # Errors
    /// `Store` or `StoreUnavailable` if the session could not be removed from the file or storage. The client's session is
    /// removed nevertheless. The next change or [`Client::sync_session`] removes it there, too.
    pub fn clear_session(&self) -> Result<(), Error> {
        self.inner.store.set(ChangeKind::Clear, None).settle()
    }

    /// Writes the session to the session file or storage if that has failed before, and reads what is stored. A session
    /// that another process has stored becomes the client's; if another process has removed it, nobody is logged in.
    /// Without a file or storage, it has no effect.
    ///
    /// # Errors
    /// `Store`, `StoreUnavailable` or `StoreCorrupt`; the session is then unchanged.
    pub fn sync_session(&self) -> Result<(), Error> {
        self.inner.store.sync()
    }

    /// Returns the number of changes of the session: a login, refresh, save, import, clear, or a load from the session file
    /// or storage. It differs exactly if the session was changed in the meantime.
    pub fn generation(&self) -> u64 {
        self.inner.store.generation()
    }

    /// Adds a listener for the changes of the session from now on. It is removed when the subscription is dropped, and not
    /// called any more once the client is closed.
    ///
    /// Listeners receive every change in order, one call at a time, on a thread that is inside a call of this client:
    /// usually the one that made the change. No lock is held: a listener may make any call of the client, add and remove
    /// listeners, and close the client. A change that it makes is reported after it has returned. A listener that owns a
    /// clone of the client keeps it alive until the listener is removed. A panic of a listener is one of the call that
    /// it runs in.
    ///
    /// ```
    /// let client = bosauth::Client::builder("https://api.example.com").build()?;
    /// let subscription = client.add_listener(|change| match &change.session {
    ///     Some(session) => println!("{}: {:?}", change.kind, session.field("email")),
    ///     None => println!("logged out"),
    /// });
    /// client.clear_session()?;
    /// drop(subscription);
    /// # Ok::<(), bosauth::Error>(())
    /// ```
    pub fn add_listener(
        &self,
        listener: impl Fn(&SessionChange) + Send + Sync + 'static,
    ) -> Subscription {
        self.inner.store.add_listener(listener)
    }

    /// [`Client::add_listener`] for the C ABI: `register` receives the subscription before the listener can be called. If
    /// it fails, the listener is not added.
    #[doc(hidden)]
    pub fn add_registered_listener(
        &self,
        listener: impl Fn(&SessionChange) + Send + Sync + 'static,
        register: impl FnOnce(Subscription) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.inner.store.add_registered_listener(listener, register)
    }

    /// Closes the client and its connections. All its calls, of all clones, fail with
    /// [`Status::Cancelled`](crate::Status::Cancelled): those in progress and later ones.
    ///
    /// Waits at most `wait` and returns whether no call is in progress any more, except that of a listener or storage on
    /// the calling thread. The session can still be read.
    pub fn close(&self, wait: Duration) -> bool {
        let deadline = Instant::now().checked_add(wait);
        self.inner.store.close();
        self.inner.transport.close(wait) && self.inner.store.wait(deadline)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.inner.base_url)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Creates the client. Nothing is sent.
    ///
    /// # Errors
    /// `InvalidArgument` for an invalid base URL; otherwise the first error of a setter, or `InvalidArgument` for a session
    /// file that can never be used.
    pub fn build(self) -> Result<Client, Error> {
        let base_url = BaseUrl::parse(&self.base_url)?;
        if let Some(error) = self.error {
            return Err(error);
        }
        let origin = Origin {
            https: base_url.is_https(),
            host: base_url.host().into(),
            port: base_url.port(),
        };
        let storage = Storage::new(&self.config.storage, base_url.url())?;
        let clock = Arc::<ServerClock>::default();
        let inner = Inner {
            base_url,
            transport: Transport::new(origin, &self.config, Arc::clone(&clock)),
            config: self.config,
            store: Arc::new(SessionStore::new(storage, clock)),
        };
        Ok(Client {
            inner: Arc::new(inner),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::error::Status;

    #[test]
    fn listener_is_registered_before_it_is_called() {
        let client = Client::builder("http://localhost").build().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let mut subscription = None;
        let count = Arc::clone(&calls);
        let count = move |_: &SessionChange| {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let register = |new| {
            client.save_session("before", None)?;
            subscription = Some(new);
            Ok(())
        };
        client.add_registered_listener(count, register).unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        client.save_session("after", None).unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        drop(subscription);
        assert_eq!(Arc::strong_count(&calls), 1, "the listener is dropped");
    }

    #[test]
    fn path_of_a_session_file_that_cannot_be_used_is_an_error() {
        for (path, reason) in [
            ("", "path must not be empty"),
            ("missing/directory/session", "it does not exist"),
            ("/", "has no file name"),
        ] {
            let client = Client::builder("http://localhost").session_file(path);
            let error = client.build().unwrap_err();
            assert_eq!(
                (error.status(), error.argument()),
                (Status::InvalidArgument, "path")
            );
            assert!(error.message().contains(reason), "{}", error.message());
        }
    }

    #[test]
    fn listener_that_cannot_be_registered_is_not_added() {
        let client = Client::builder("http://localhost").build().unwrap();
        let owned = Arc::new(());
        let own = Arc::clone(&owned);
        let listener = move |_: &SessionChange| panic!("{own:?}");
        let failed = client.add_registered_listener(listener, |_| Err(Error::internal("full")));
        assert!(failed.is_err());
        assert_eq!(Arc::strong_count(&owned), 1, "the listener is dropped");
        client.save_session("after", None).unwrap();
    }
}
