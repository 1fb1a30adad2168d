//! Compares the store with a plain model, in every order in which the steps of three operations can happen.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use super::{Committed, SessionStore, Ticket};
use crate::secret::Secret;
use crate::session::change::{ChangeKind, Subscription};
use crate::session::storage::{SessionStorage, Storage, StorageConfig, StorageError};
use crate::session::{Session, text};

const URL: &str = "http://localhost";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Login,
    Save,
    Clear,
    Import,
    Refresh,
    Load,
    Sync,
}

use Operation::{Clear, Import, Load, Login, Refresh, Save, Sync};

const OPERATIONS: [Operation; 7] = [Login, Save, Clear, Import, Refresh, Load, Sync];

impl Operation {
    /// A login and a refresh start, commit and settle. A change without a request commits and settles.
    fn steps(self) -> usize {
        match self {
            Login | Refresh => 3,
            Save | Clear | Import => 2,
            Load | Sync => 1,
        }
    }

    fn kind(self) -> ChangeKind {
        match self {
            Login => ChangeKind::Login,
            Save => ChangeKind::Save,
            Clear => ChangeKind::Clear,
            Import => ChangeKind::Import,
            Refresh => ChangeKind::Refresh,
            Load | Sync => ChangeKind::Load,
        }
    }
}

/// How often the storage fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Failing {
    Never,
    /// It is unavailable until it has been used once.
    AtFirst,
    Always,
}

/// A storage in memory, shared by both clients.
#[derive(Clone)]
struct Shared(Arc<Mutex<Content>>);

struct Content {
    text: Option<String>,
    failing: Failing,
}

impl Shared {
    fn use_once(&self) -> Result<MutexGuard<'_, Content>, StorageError> {
        let mut content = self.0.lock().unwrap();
        match content.failing {
            Failing::Never => Ok(content),
            Failing::AtFirst => {
                content.failing = Failing::Never;
                Err(StorageError::Unavailable)
            }
            Failing::Always => Err(StorageError::Failed),
        }
    }

    fn token(&self) -> Option<String> {
        let content = self.0.lock().unwrap();
        let session = text::read(content.text.as_ref()?, &URL.into()).unwrap();
        Some(session.token().to_owned())
    }
}

impl SessionStorage for Shared {
    fn load(&self) -> Result<Option<String>, StorageError> {
        Ok(self.use_once()?.text.clone())
    }

    fn save(&self, session: Option<&str>) -> Result<(), StorageError> {
        self.use_once()?.text = session.map(str::to_owned);
        Ok(())
    }
}

fn session(token: &str) -> Session {
    Session::new(&URL.into(), Secret::new(token), "", "")
}

/// A change as a listener receives it: its kind, the generation, and the token.
type Told = (ChangeKind, u64, Option<String>);

/// A client of the real store.
struct Client {
    store: Arc<SessionStore>,
    told: Arc<Mutex<Vec<Told>>>,
    _subscription: Subscription,
}

/// An operation of the real store that has started.
#[derive(Default)]
struct Running<'a> {
    ticket: Option<Ticket>,
    refreshed: Option<Session>,
    committed: Option<Committed<'a>>,
}

impl Client {
    fn new(shared: &Shared) -> Self {
        let config = StorageConfig::App(Arc::new(shared.clone()));
        let storage = Storage::new(&config, &URL.into()).unwrap();
        let store = Arc::new(SessionStore::new(storage, Arc::default()));
        let told = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&told);
        let subscription = store.add_listener(move |change| {
            let token = change.session.as_ref().map(|s| s.token().to_owned());
            let told = (change.kind, change.generation, token);
            log.lock().unwrap().push(told);
        });
        Client {
            store,
            told,
            _subscription: subscription,
        }
    }

    fn step<'a>(
        &'a self,
        operation: Operation,
        step: usize,
        token: &str,
        running: &mut Running<'a>,
    ) {
        let new = session(token);
        match (operation, step) {
            (Login, 0) => running.ticket = Some(self.store.begin()),
            (Login, 1) => {
                let ticket = running.ticket.unwrap();
                running.committed = self.store.commit_login(ticket, &new);
            }
            (Refresh, 0) => running.refreshed = self.store.current().ok().flatten(),
            (Refresh, 1) => {
                let old = running.refreshed.take();
                running.committed = old.and_then(|old| self.store.commit_refresh(&old, &new));
            }
            (Save | Import, 0) => {
                running.committed = Some(self.store.set(operation.kind(), Some(&new)));
            }
            (Clear, 0) => running.committed = Some(self.store.set(ChangeKind::Clear, None)),
            (Load, _) => drop(self.store.current()),
            (Sync, _) => drop(self.store.sync()),
            _ => drop(running.committed.take().map(Committed::settle)),
        }
    }
}

/// The plain model of a client.
#[derive(Default)]
struct Model {
    session: Option<String>,
    is_loaded: bool,
    started: u64,
    committed: u64,
    generation: u64,
    /// The token that a write may replace; `Some(None)`: anything.
    unwritten: Option<Option<String>>,
    written: u64,
    untold: Vec<Told>,
    told: Vec<Told>,
}

/// An operation of the model that has started.
#[derive(Default)]
struct ModelRunning {
    ticket: u64,
    refreshed: Option<(String, u64)>,
    committed: Option<u64>,
}

/// The plain model of the storage.
struct ModelStorage {
    token: Option<String>,
    failing: Failing,
}

impl ModelStorage {
    fn works(&mut self) -> bool {
        let works = self.failing == Failing::Never;
        if self.failing == Failing::AtFirst {
            self.failing = Failing::Never;
        }
        works
    }
}

impl Model {
    fn change(&mut self, kind: ChangeKind, session: Option<String>) {
        self.generation += 1;
        self.is_loaded = true;
        self.session.clone_from(&session);
        self.untold.push((kind, self.generation, session));
    }

    fn write(&mut self, storage: &mut ModelStorage) -> bool {
        let Some(replaces) = self.unwritten.clone() else {
            return true;
        };
        self.written = self.generation;
        if !storage.works() {
            return false;
        }
        if let Some(token) = &replaces {
            // Read and written.
            if storage.token.as_ref() != Some(token) {
                self.unwritten = None;
                return true;
            }
            if !storage.works() {
                return false;
            }
        }
        storage.token.clone_from(&self.session);
        self.unwritten = None;
        true
    }

    fn load(&mut self, storage: &mut ModelStorage) {
        if !storage.works() {
            return;
        }
        self.is_loaded = true;
        if self.session != storage.token {
            self.change(ChangeKind::Load, storage.token.clone());
            self.told.append(&mut self.untold);
        }
        self.written = self.generation;
    }

    fn step(
        &mut self,
        operation: Operation,
        step: usize,
        token: &str,
        storage: &mut ModelStorage,
        running: &mut ModelRunning,
    ) {
        let new = Some(token.to_owned());
        match (operation, step) {
            (Login, 0) => {
                self.started += 1;
                running.ticket = self.started;
            }
            (Login, 1) if running.ticket < self.committed => {}
            (Refresh, 0) => {
                if !self.is_loaded {
                    self.load(storage);
                }
                let session = self.session.clone().filter(|_| self.is_loaded);
                running.refreshed = session.map(|session| (session, self.generation));
            }
            (Refresh, 1) => {
                let Some((old, generation)) = running.refreshed.take() else {
                    return;
                };
                if generation == self.generation {
                    self.change(ChangeKind::Refresh, new);
                    self.unwritten.get_or_insert(Some(old));
                    running.committed = Some(self.generation);
                }
            }
            (Login, 1) | (Save | Import | Clear, 0) => {
                if operation != Login {
                    self.started += 1;
                    running.ticket = self.started;
                }
                self.committed = running.ticket;
                self.change(operation.kind(), new.filter(|_| operation != Clear));
                self.unwritten = Some(None);
                running.committed = Some(self.generation);
            }
            (Load, _) => {
                if !self.is_loaded {
                    self.load(storage);
                }
            }
            (Sync, _) => {
                if self.write(storage) {
                    self.load(storage);
                }
            }
            _ => {
                let Some(generation) = running.committed.take() else {
                    return;
                };
                if self.written < generation {
                    self.write(storage);
                }
                self.told.append(&mut self.untold);
            }
        }
    }
}

/// Every order of the steps of operations with so many steps: the operation at each step.
fn orders(steps: &[usize]) -> Vec<Vec<usize>> {
    let mut orders = Vec::new();
    extend(&mut vec![], &mut steps.to_vec(), &mut orders);
    orders
}

fn extend(order: &mut Vec<usize>, remaining: &mut [usize], orders: &mut Vec<Vec<usize>>) {
    if remaining.iter().all(|&steps| steps == 0) {
        orders.push(order.clone());
    }
    for operation in 0..remaining.len() {
        if remaining[operation] > 0 {
            remaining[operation] -= 1;
            order.push(operation);
            extend(order, remaining, orders);
            order.pop();
            remaining[operation] += 1;
        }
    }
}

/// Runs the operations in this order on the store and on the model, and compares both after each step. A session is
/// stored before the first step.
fn run(order: &[usize], operations: [Operation; 3], clients: [usize; 3], failing: Failing) {
    let context = || format!("{order:?} {operations:?} {clients:?} {failing:?}");
    let first = text::write(&session("first")).expose().to_owned();
    let shared = Shared(Arc::new(Mutex::new(Content {
        text: Some(first),
        failing,
    })));
    let mut storage = ModelStorage {
        token: Some("first".into()),
        failing,
    };
    let real = [Client::new(&shared), Client::new(&shared)];
    let mut models = [Model::default(), Model::default()];
    let mut running: [(Running<'_>, ModelRunning); 3] = Default::default();
    let mut steps = [0; 3];
    for &at in order {
        let (operation, step, client) = (operations[at], steps[at], clients[at]);
        let token = ["one", "two", "three"][at];
        let (of_real, of_model) = &mut running[at];
        real[client].step(operation, step, token, of_real);
        models[client].step(operation, step, token, &mut storage, of_model);
        steps[at] += 1;
        assert_eq!(shared.token(), storage.token, "storage: {}", context());
        for (real, model) in real.iter().zip(&models) {
            let (session, generation) = real.store.in_memory();
            assert!(session.as_ref().is_none_or(Session::was_kept));
            let token = session.map(|session| session.token().to_owned());
            assert_eq!(token, model.session, "memory: {}", context());
            assert_eq!(generation, model.generation, "generation: {}", context());
            let told = real.told.lock().unwrap();
            assert_eq!(*told, model.told, "listeners: {}", context());
        }
    }
    for (client, model) in real.iter().zip(&models) {
        // Independent of the model.
        let (session, _) = client.store.in_memory();
        let token = session.map(|session| session.token().to_owned());
        let told = client.told.lock().unwrap();
        if let Some((_, _, last)) = told.last() {
            assert_eq!(*last, token, "last change: {}", context());
        }
        let is_alone = clients.iter().all(|client| *client == clients[0]);
        if is_alone && failing == Failing::Never && model.is_loaded {
            assert_eq!(shared.token(), token, "stored: {}", context());
        }
    }
}

/// Runs the operations with these numbers in every order, and returns the number of runs.
fn run_orders(choices: impl Iterator<Item = usize>) -> usize {
    let mut known = HashMap::new();
    let mut runs = 0;
    for choice in choices {
        let count = OPERATIONS.len();
        let operations = [choice, choice / count, choice / count / count];
        let operations = operations.map(|choice| OPERATIONS[choice % count]);
        let steps = operations.map(Operation::steps);
        let orders = known.entry(steps).or_insert_with(|| orders(&steps));
        // Miri and the sanitizers take a sample.
        let stride = if cfg!(miri) { 997 } else { 1 };
        for (at, order) in orders.iter().enumerate() {
            for clients in [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]] {
                for failing in [Failing::Never, Failing::AtFirst, Failing::Always] {
                    if (at + choice) % stride == 0 {
                        run(order, operations, clients, failing);
                        runs += 1;
                    }
                }
            }
        }
    }
    runs
}

#[test]
fn store_agrees_with_a_plain_model_in_every_order_of_three_operations() {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let part = |first| (first..OPERATIONS.len().pow(3)).step_by(threads);
    let runs: usize = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || run_orders(part(first))))
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    });
    println!("{runs} runs");
    assert!(runs > 10_000 || cfg!(miri));
}
