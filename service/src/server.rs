//! A running server: its thread, how it starts and how it stops.

use crate::answer::went_wrong;
use crate::config::{Config, Error, Seed};
use crate::faults::{Fault, Faults, Wire};
use crate::seed::{self, Problem};
use crate::store::Store;
use crate::{App, routes, steps};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::Value;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// How long requests that are being answered may hold up the end.
const GRACE: Duration = Duration::from_secs(5);

/// How long the head of a request may take to come.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It has its own threads, so it can be used from any test, and it stops when
/// it is dropped.
pub struct Server {
    address: SocketAddr,
    base_url: String,
    app: Arc<App>,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the thread tells when the server accepts connections.
struct Started {
    address: SocketAddr,
    app: Arc<App>,
    runtime: Handle,
}

impl Server {
    /// Starts a server; it accepts connections when this returns.
    ///
    /// # Errors
    /// When the address cannot be listened on, or the data or the seed cannot be used.
    pub fn start(config: Config) -> Result<Self, Error> {
        let (tell, told) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("bosbase-local".to_owned())
            .spawn(move || run(&config, &tell, stopped))
            .map_err(|error| Error(format!("cannot start a thread: {error}")))?;
        let started = told
            .recv()
            .map_err(|_| Error("the server ended before it had started".to_owned()))??;
        Ok(Self {
            address: started.address,
            base_url: format!("http://{}", started.address),
            app: started.app,
            runtime: started.runtime,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The URL under which it is reached, like `http://127.0.0.1:8090`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address on which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Carries out a step as the control address would, whether that is open or not. Gives the
    /// answer of a step that has one, else `null`.
    ///
    /// # Errors
    /// When the step is not understood or asks for something that cannot be.
    pub fn control(&self, step: Value) -> Result<Value, Error> {
        let app = Arc::clone(&self.app);
        let (tell, told) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let done = steps::carry_out(&app, step).await;
            // Nobody listens any more if the server has been dropped meanwhile.
            let _ = tell.send(done);
        });
        told.recv()
            .map_err(|_| Error("the server has ended".to_owned()))?
            .map(Option::unwrap_or_default)
            .map_err(|problem| Error(problem.to_string()))
    }

    /// Stops the server. Requests that are being answered are finished first.
    pub fn stop(self) {}
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread of a server does.
fn run(
    config: &Config,
    tell: &mpsc::SyncSender<Result<Started, Error>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = tell.send(Err(Error(format!("cannot start threads: {error}"))));
            return;
        }
    };
    runtime.block_on(async {
        match prepare(config).await {
            Ok((listener, started)) => {
                let app = Arc::clone(&started.app);
                if tell.send(Ok(started)).is_ok() {
                    serve(listener, app, stopped).await;
                }
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        }
    });
    runtime.shutdown_timeout(Duration::ZERO);
}

/// Opens the store and the listener.
async fn prepare(config: &Config) -> Result<(TcpListener, Started), Error> {
    let seed = config.seed.as_ref().map(Seed::text).transpose()?;
    let listen_error = |error| Error(format!("cannot listen on {}: {error}", config.address));
    let listener = TcpListener::bind(config.address)
        .await
        .map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let store = Store::open(config.data.as_ref())
        .await
        .map_err(|unusable| {
            let data = config.data.as_ref().map(ToString::to_string);
            let data = data.unwrap_or_default();
            Error(format!("cannot use the data {data}: {unusable}"))
        })?;
    if let Some(text) = &seed
        && let Err(problem) = seed::load(&store, text, config.seed_cost).await
    {
        store.close().await;
        let seed = config.seed.as_ref().map_or(String::new(), Seed::name);
        return Err(match problem {
            Problem::Refused(reason) => Error(format!("cannot use {seed}: {reason}")),
            Problem::Store(error) => Error(format!("cannot store {seed}: {error}")),
        });
    }
    let app = Arc::new(App {
        store,
        seed_cost: config.seed_cost,
        control: config.control,
        log: config.log,
        faults: Faults::default(),
    });
    let runtime = Handle::current();
    Ok((
        listener,
        Started {
            address,
            app,
            runtime,
        },
    ))
}

/// Serves until it is told to stop, or until the one who could tell is gone.
async fn serve(listener: TcpListener, app: Arc<App>, mut stopped: oneshot::Receiver<()>) {
    let router = routes::router(Arc::clone(&app));
    let connections = GracefulShutdown::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(stream, peer, &router, &connections),
                // Most likely there are too many connections; some will end.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    // A connection on which half a request was sent must not keep the server for ever.
    let _ = tokio::time::timeout(GRACE, connections.shutdown()).await;
    // Nor must a database that does not respond.
    let _ = tokio::time::timeout(GRACE, app.store.close()).await;
}

/// Serves one connection, beside all others.
fn connect(stream: TcpStream, peer: SocketAddr, router: &Router, all: &GracefulShutdown) {
    // Answers are written in one piece; there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let wire = Wire::new(stream);
    let router = router.clone();
    let played_on = wire.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A task of its own: a request that has come whole is carried out, whether or not its client
        // waits for the answer.
        let handling = tokio::spawn(router.clone().oneshot(request));
        answered(handling, played_on.clone())
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .serve_connection(TokioIo::new(wire), service);
    tokio::spawn(all.watch(connection));
}

/// The answer that is being made, unless it is played on the wire; then an error ends the connection.
async fn answered(
    handling: JoinHandle<Result<Response, Infallible>>,
    wire: Wire,
) -> Result<Response, &'static str> {
    let ended = handling.await;
    let Ok(mut answer) = ended.unwrap_or_else(|_| Ok(went_wrong("a panic").into_response()));
    // The router adds it where a path has other methods; BosBase has no 405 that would need it.
    answer.headers_mut().remove(header::ALLOW);
    match answer.extensions().get::<Fault>().copied() {
        Some(fault) if fault.is_on_the_wire() => {
            // Nobody is left to be told that the client has gone.
            let _ = wire.play(fault, answer).await;
            Err("a fault was played on this connection")
        }
        _ => Ok(answer),
    }
}
