//! Storages and listeners that call back, fail, panic and race.

#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock, Weak, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::SessionStore;
use crate::clock::{ServerClock, boot_time_ms};
use crate::error::{Error, Status};
use crate::secret::Secret;
use crate::session::change::{ChangeKind, SessionChange, Subscription};
use crate::session::storage::{SessionStorage, Storage, StorageConfig, StorageError};
use crate::session::{Session, text};

const URL: &str = "http://localhost";

fn session(token: &str) -> Session {
    Session::new(&URL.into(), Secret::new(token), "", "")
}

/// A storage in memory that runs a function of a test at each use.
#[derive(Clone, Default)]
struct Hooked {
    text: Arc<Mutex<Option<String>>>,
    hook: Arc<OnceLock<Hook>>,
}

type Hook = Box<dyn Fn(Use) -> Result<(), StorageError> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Use {
    Load,
    Save,
}

impl Hooked {
    fn run(&self, what: Use) -> Result<(), StorageError> {
        self.hook.get().map_or(Ok(()), |hook| hook(what))
    }

    fn set(&self, hook: impl Fn(Use) -> Result<(), StorageError> + Send + Sync + 'static) {
        assert!(self.hook.set(Box::new(hook)).is_ok());
    }

    fn store(&self) -> Arc<SessionStore> {
        self.store_with(Arc::default())
    }

    fn store_with(&self, clock: Arc<ServerClock>) -> Arc<SessionStore> {
        let config = StorageConfig::App(Arc::new(self.clone()));
        let storage = Storage::new(&config, &URL.into()).unwrap();
        Arc::new(SessionStore::new(storage, clock))
    }

    fn token(&self) -> Option<String> {
        let text = self.text.lock().unwrap();
        let session = text::read(text.as_ref()?, &URL.into()).unwrap();
        Some(session.token().to_owned())
    }
}

impl SessionStorage for Hooked {
    fn load(&self) -> Result<Option<String>, StorageError> {
        let text = self.text.lock().unwrap().clone();
        self.run(Use::Load)?;
        Ok(text)
    }

    fn save(&self, session: Option<&str>) -> Result<(), StorageError> {
        self.run(Use::Save)?;
        *self.text.lock().unwrap() = session.map(str::to_owned);
        Ok(())
    }
}

fn save(store: &SessionStore, token: &str) -> Result<(), Error> {
    store.set(ChangeKind::Save, Some(&session(token))).settle()
}

fn clear(store: &SessionStore) -> Result<(), Error> {
    store.set(ChangeKind::Clear, None).settle()
}

fn token(store: &SessionStore) -> Option<String> {
    let session = store.current().unwrap();
    session.map(|session| session.token().to_owned())
}

fn status(result: Result<(), Error>) -> Option<Status> {
    result.err().map(|error| error.status())
}

/// The changes that a listener received.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(ChangeKind, u64)>>>);

impl Log {
    fn add(&self, change: &SessionChange) {
        self.0
            .lock()
            .unwrap()
            .push((change.kind, change.generation));
    }

    fn taken(&self) -> Vec<(ChangeKind, u64)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[test]
fn changes_without_a_request_always_take_effect() {
    let store = SessionStore::default();
    let per_thread = if cfg!(miri) { 10 } else { 2_000 };
    let change = || {
        for _ in 0..per_thread {
            save(&store, "a").unwrap();
            clear(&store).unwrap();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(change);
        scope.spawn(change);
    });
    assert_eq!(store.generation(), 4 * per_thread);
}

#[test]
fn refresh_does_not_replace_a_session_with_the_same_token() {
    let store = SessionStore::default();
    let [old, same, new] = ["a", "a", "b"].map(session);
    for session in [&old, &same] {
        store.set(ChangeKind::Save, Some(session)).settle().unwrap();
    }
    assert!(store.commit_refresh(&old, &new).is_none());
    assert!(store.commit_refresh(&same, &new).is_some());
    assert!(store.commit_refresh(&same, &old).is_none());
}

#[test]
fn listener_receives_its_own_changes_after_it_has_returned() {
    let store = Arc::new(SessionStore::default());
    let (log, calls) = (Log::default(), Arc::new(AtomicU32::new(0)));
    let weak = Arc::downgrade(&store);
    let of_listener = (log.clone(), Arc::clone(&calls));
    let subscription = store.add_listener(move |change| {
        let (log, calls) = &of_listener;
        assert_eq!(calls.fetch_add(1, Ordering::Relaxed), 0, "not nested");
        if change.session.is_some() {
            clear(&weak.upgrade().unwrap()).unwrap();
        }
        log.add(change);
        calls.fetch_sub(1, Ordering::Relaxed);
    });
    save(&store, "a").unwrap();
    assert_eq!(log.taken(), [(ChangeKind::Save, 1), (ChangeKind::Clear, 2)]);
    assert_eq!(token(&store), None);
    drop(subscription);
    save(&store, "b").unwrap();
    assert_eq!(log.taken(), []);
}

#[test]
fn listeners_are_added_and_removed_in_a_listener() {
    let store = Arc::new(SessionStore::default());
    let (log, added) = (Log::default(), Arc::new(Mutex::new(None)));
    let own = Arc::new(Mutex::new(None::<Subscription>));
    let weak = Arc::downgrade(&store);
    let (log_of_added, slot, own_slot) = (log.clone(), Arc::clone(&added), Arc::clone(&own));
    let subscription = store.add_listener(move |_| {
        let log = log_of_added.clone();
        let store = weak.upgrade().unwrap();
        *slot.lock().unwrap() = Some(store.add_listener(move |change| log.add(change)));
        // Removes itself.
        *own_slot.lock().unwrap() = None;
    });
    *own.lock().unwrap() = Some(subscription);
    for token in ["a", "b", "c"] {
        save(&store, token).unwrap();
    }
    assert_eq!(log.taken(), [(ChangeKind::Save, 2), (ChangeKind::Save, 3)]);
}

#[test]
fn listener_receives_no_change_from_before_it_was_added() {
    let store = Arc::new(SessionStore::default());
    let (log, added) = (Log::default(), Arc::new(Mutex::new(None)));
    let weak = Arc::downgrade(&store);
    let (log_of_added, slot) = (log.clone(), Arc::clone(&added));
    let _subscription = store.add_listener(move |change| {
        if change.generation == 1 {
            let (store, log) = (weak.upgrade().unwrap(), log_of_added.clone());
            // Not reported yet.
            save(&store, "b").unwrap();
            *slot.lock().unwrap() = Some(store.add_listener(move |change| log.add(change)));
        }
    });
    save(&store, "a").unwrap();
    assert_eq!((log.taken(), store.generation()), (vec![], 2));
    clear(&store).unwrap();
    assert_eq!(log.taken(), [(ChangeKind::Clear, 3)]);
}

#[test]
fn removed_listener_is_dropped_after_its_call() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let store = Arc::new(SessionStore::default());
    let is_dropped = Arc::new(AtomicBool::new(false));
    let own = Arc::new(Mutex::new(None::<Subscription>));
    let (slot, guard) = (Arc::clone(&own), Dropped(Arc::clone(&is_dropped)));
    let subscription = store.add_listener(move |_| {
        drop(slot.lock().unwrap().take());
        assert!(!guard.0.load(Ordering::Relaxed), "not inside of it");
    });
    *own.lock().unwrap() = Some(subscription);
    save(&store, "a").unwrap();
    assert!(is_dropped.load(Ordering::Relaxed));
}

#[test]
fn closed_store_calls_no_listener() {
    let store = Arc::new(SessionStore::default());
    let log = Log::default();
    let (weak, of_listener) = (Arc::downgrade(&store), log.clone());
    let _subscription = store.add_listener(move |change| {
        of_listener.add(change);
        let store = weak.upgrade().unwrap();
        save(&store, "b").unwrap();
        store.close();
        assert!(
            store.wait(Some(Instant::now())),
            "its own call is no reason to wait"
        );
    });
    save(&store, "a").unwrap();
    save(&store, "c").unwrap();
    assert_eq!(log.taken(), [(ChangeKind::Save, 1)]);
    assert_eq!(token(&store).as_deref(), Some("c"));
}

#[test]
fn close_waits_for_a_storage_and_for_a_listener() {
    for in_storage in [true, false] {
        let storage = Hooked::default();
        let store = storage.store();
        let (entered, is_entered) = mpsc::channel();
        let (leave, may_leave) = mpsc::channel();
        let (entered, may_leave) = (Mutex::new(entered), Mutex::new(may_leave));
        let block = move || {
            entered.lock().unwrap().send(()).unwrap();
            may_leave.lock().unwrap().recv().unwrap();
        };
        let mut subscription = None;
        if in_storage {
            storage.set(move |_| {
                block();
                Ok(())
            });
        } else {
            subscription = Some(store.add_listener(move |_| block()));
        }
        thread::scope(|scope| {
            let saving = scope.spawn(|| save(&store, "a").unwrap());
            is_entered.recv().unwrap();
            store.close();
            assert!(!store.wait(Some(Instant::now())));
            leave.send(()).unwrap();
            assert!(store.wait(Instant::now().checked_add(Duration::from_secs(60))));
            saving.join().unwrap();
        });
        drop(subscription);
    }
}

#[test]
fn storage_may_use_the_client() {
    let storage = Hooked::default();
    let store = storage.store();
    let weak: Weak<SessionStore> = Arc::downgrade(&store);
    let (results, calls) = (Arc::new(Mutex::new(Vec::new())), AtomicU32::new(0));
    let of_hook = Arc::clone(&results);
    storage.set(move |what| {
        let store = weak.upgrade().unwrap();
        let mut results = of_hook.lock().unwrap();
        results.push((what, token(&store), status(store.sync())));
        if calls.fetch_add(1, Ordering::Relaxed) < 2 {
            assert_eq!(status(save(&store, "own")), Some(Status::StoreUnavailable));
        }
        Ok(())
    });
    // It changes the session while that is read, and again while that change is written.
    assert_eq!(token(&store).as_deref(), Some("own"));
    assert_eq!(storage.token().as_deref(), Some("own"));
    let unavailable = Some(Status::StoreUnavailable);
    let own = || Some("own".to_owned());
    assert_eq!(
        std::mem::take(&mut *results.lock().unwrap()),
        [
            (Use::Load, None, unavailable),
            (Use::Save, own(), unavailable)
        ]
    );
    // The second change waits for the next one.
    let session = store.current().unwrap().unwrap();
    assert_eq!(session.store_status(), unavailable);
    store.sync().unwrap();
    assert_eq!(store.current().unwrap().unwrap().store_status(), None);
}

#[test]
fn session_that_changed_while_it_was_loaded_is_kept() {
    let storage = Hooked::default();
    *storage.text.lock().unwrap() = Some(text::write(&session("stored")).expose().into());
    let store = storage.store();
    let (entered, is_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel();
    let (entered, may_leave) = (Mutex::new(entered), Mutex::new(may_leave));
    storage.set(move |what| {
        if what == Use::Load {
            entered.lock().unwrap().send(()).unwrap();
            may_leave.lock().unwrap().recv().unwrap();
        }
        Ok(())
    });
    thread::scope(|scope| {
        let loading = scope.spawn(|| token(&store));
        is_entered.recv().unwrap();
        let saving = scope.spawn(|| save(&store, "new"));
        while store.generation() == 0 {
            thread::yield_now();
        }
        leave.send(()).unwrap();
        assert_eq!(loading.join().unwrap().as_deref(), Some("new"));
        saving.join().unwrap().unwrap();
    });
    assert_eq!(storage.token().as_deref(), Some("new"));
    assert_eq!(store.generation(), 1, "nothing was loaded");
}

#[test]
fn change_that_was_not_written_when_a_load_started_is_kept() {
    let storage = Hooked::default();
    let store = storage.store();
    let weak = Arc::downgrade(&store);
    let saves = AtomicU32::new(0);
    storage.set(move |what| {
        if what == Use::Load {
            return Ok(());
        }
        match saves.fetch_add(1, Ordering::Relaxed) {
            0 => return Err(StorageError::Unavailable),
            // The write of `sync`: this change is still to be written when the load starts.
            1 => assert!(save(&weak.upgrade().unwrap(), "new").is_err()),
            _ => {}
        }
        Ok(())
    });
    assert!(save(&store, "old").is_err());
    store.sync().unwrap();
    assert_eq!(token(&store).as_deref(), Some("new"));
    assert_eq!(storage.token().as_deref(), Some("new"));
    assert_eq!(store.generation(), 2, "nothing was loaded");
}

#[test]
fn panic_of_a_storage_leaves_the_session_to_be_written() {
    let storage = Hooked::default();
    let store = storage.store();
    let panics = Arc::new(AtomicBool::new(true));
    let of_hook = Arc::clone(&panics);
    storage.set(move |_| {
        assert!(!of_hook.load(Ordering::Relaxed), "on purpose");
        Ok(())
    });
    assert!(catch_unwind(AssertUnwindSafe(|| save(&store, "a"))).is_err());
    let session = store.current().unwrap().unwrap();
    assert_eq!(session.store_status(), Some(Status::Internal));
    assert!(store.wait(Some(Instant::now())), "no turn is left over");
    panics.store(false, Ordering::Relaxed);
    store.sync().unwrap();
    assert_eq!(storage.token().as_deref(), Some("a"));
}

#[test]
fn panic_of_a_listener_does_not_end_the_calls_of_others() {
    let store = Arc::new(SessionStore::default());
    let (log, panics) = (Log::default(), Arc::new(AtomicBool::new(true)));
    let (of_first, of_second) = (Arc::clone(&panics), log.clone());
    let _subscriptions = [
        store.add_listener(move |_| assert!(!of_first.load(Ordering::Relaxed), "on purpose")),
        store.add_listener(move |change| of_second.add(change)),
    ];
    assert!(catch_unwind(AssertUnwindSafe(|| save(&store, "a"))).is_err());
    assert!(store.wait(Some(Instant::now())), "no turn is left over");
    panics.store(false, Ordering::Relaxed);
    clear(&store).unwrap();
    assert_eq!(log.taken(), [(ChangeKind::Clear, 2)]);
}

#[test]
fn memory_storage_and_listeners_agree_after_changes_of_many_threads() {
    let (threads, rounds) = if cfg!(miri) { (3, 5) } else { (8, 500) };
    let storage = Hooked::default();
    let uses = Arc::new(AtomicU32::new(0));
    storage.set(move |_| {
        assert_eq!(
            uses.fetch_add(1, Ordering::Relaxed),
            0,
            "one thread at a time"
        );
        uses.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    });
    let store = storage.store();
    let reported = Arc::new(Mutex::new((0, None)));
    let of_listener = Arc::clone(&reported);
    let _subscription = store.add_listener(move |change| {
        let mut reported = of_listener.try_lock().expect("one call at a time");
        assert_eq!(change.generation, reported.0 + 1, "every change, in order");
        let token = change.session.as_ref().map(|s| s.token().to_owned());
        *reported = (change.generation, token);
    });
    thread::scope(|scope| {
        for thread in 0..threads {
            let store = &store;
            scope.spawn(move || {
                for round in 0..rounds {
                    match (thread + round) % 4 {
                        0 => clear(store).unwrap(),
                        1 => store.sync().unwrap(),
                        _ => save(store, &format!("t{thread}-{round}")).unwrap(),
                    }
                }
            });
        }
    });
    let (session, generation) = store.in_memory();
    let token = session.map(|session| session.token().to_owned());
    assert_eq!(*reported.lock().unwrap(), (generation, token.clone()));
    assert_eq!(storage.token(), token);
}

#[test]
fn sessions_are_valid_by_the_clock_of_the_server() {
    // Expires in 2010.
    let token = "e30.eyJleHAiOjEyNjIzMDQwMDB9.c2ln";
    let storage = Hooked::default();
    *storage.text.lock().unwrap() = Some(text::write(&session(token)).expose().into());
    let clock = Arc::<ServerClock>::default();
    let store = storage.store_with(Arc::clone(&clock));
    let log = Arc::new(Mutex::new(Vec::new()));
    let of_listener = Arc::clone(&log);
    let _subscription = store.add_listener(move |change| {
        let is_valid = change.session.as_ref().unwrap().is_valid();
        of_listener.lock().unwrap().push((change.kind, is_valid));
    });
    let is_valid = || store.current().unwrap().unwrap().is_valid();
    assert!(!is_valid());
    // In 2001.
    clock.observe(1_000_000_000, boot_time_ms(), boot_time_ms());
    assert!(is_valid());
    save(&store, token).unwrap();
    assert!(is_valid());
    let expected = [(ChangeKind::Load, false), (ChangeKind::Save, true)];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[test]
fn last_change_reported_and_stored_is_that_in_memory_after_each_race() {
    let races = if cfg!(miri) { 5 } else { 5_000 };
    let storage = Hooked::default();
    let store = storage.store();
    let reported = Arc::new(Mutex::new(None));
    let of_listener = Arc::clone(&reported);
    let _subscription = store.add_listener(move |change| {
        let token = change.session.as_ref().map(|s| s.token().to_owned());
        *of_listener.lock().unwrap() = token;
    });
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            for _ in 0..races {
                start.wait();
                clear(&store).unwrap();
                start.wait();
            }
        });
        for race in 0..races {
            start.wait();
            save(&store, &format!("t{race}")).unwrap();
            start.wait();
            let token = store
                .in_memory()
                .0
                .map(|session| session.token().to_owned());
            assert_eq!(*reported.lock().unwrap(), token, "race {race}");
            assert_eq!(storage.token(), token, "race {race}");
        }
        other.join().unwrap();
    });
}
