//! A running server: its thread, startup and shutdown.

use crate::app::App;
use crate::config::{Config, Error, Seed};
use crate::faults::{Fault, FaultStream, Faults};
use crate::response::internal_error;
use crate::seed::{self, ApplyError};
use crate::store::Store;
use crate::{control, routes};
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

/// How long a shutdown waits for requests in progress.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// A running server. It runs on its own threads, independent of any async runtime, and stops when
/// it is dropped.
pub struct Server {
    address: SocketAddr,
    base_url: String,
    app: Arc<App>,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the server's thread reports once connections are accepted.
struct Started {
    address: SocketAddr,
    app: Arc<App>,
    runtime: Handle,
}

impl Server {
    /// Starts a server. It accepts connections when this returns.
    ///
    /// # Errors
    /// If the address cannot be bound, or the data or the seed cannot be used.
    pub fn start(config: Config) -> Result<Self, Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("bosbase-local".to_owned())
            .spawn(move || run(&config, &sender, stopped))
            .map_err(|error| Error(format!("cannot start a thread: {error}")))?;
        let started = receiver
            .recv()
            .map_err(|_| Error("the server stopped during startup".to_owned()))??;
        Ok(Self {
            address: started.address,
            base_url: format!("http://{}", started.address),
            app: started.app,
            runtime: started.runtime,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns the base URL, like `http://127.0.0.1:8090`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the address on which the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Executes a control command, whether or not [`Config::control`] is set. Returns the
    /// command's result, or `null` if it has none.
    ///
    /// # Errors
    /// If the command is invalid or cannot be executed.
    pub fn control(&self, command: Value) -> Result<Value, Error> {
        let app = Arc::clone(&self.app);
        let (sender, receiver) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let result = control::execute(&app, command).await;
            // Fails if the server has been dropped in the meantime.
            let _ = sender.send(result);
        });
        receiver
            .recv()
            .map_err(|_| Error("the server has stopped".to_owned()))?
            .map(Option::unwrap_or_default)
            .map_err(|error| Error(error.to_string()))
    }

    /// Stops the server after the requests in progress.
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

/// The main function of the server's thread.
fn run(
    config: &Config,
    sender: &mpsc::SyncSender<Result<Started, Error>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = sender.send(Err(Error(format!("cannot start threads: {error}"))));
            return;
        }
    };
    runtime.block_on(async {
        match prepare(config).await {
            Ok((listener, started)) => {
                let app = Arc::clone(&started.app);
                if sender.send(Ok(started)).is_ok() {
                    serve(listener, app, stopped).await;
                }
            }
            Err(error) => {
                let _ = sender.send(Err(error));
            }
        }
    });
    runtime.shutdown_timeout(Duration::ZERO);
}

/// Opens the listener and the store, and loads the seed.
async fn prepare(config: &Config) -> Result<(TcpListener, Started), Error> {
    let seed = config.seed.as_ref().map(Seed::read).transpose()?;
    let listen_error = |error| Error(format!("cannot listen on {}: {error}", config.address));
    let listener = TcpListener::bind(config.address)
        .await
        .map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let store = Store::open(config.data.as_ref()).await.map_err(|error| {
        let data = config.data.as_ref().map(ToString::to_string);
        let data = data.unwrap_or_default();
        Error(format!("cannot use the data {data}: {error}"))
    })?;
    if let Some(json) = &seed
        && let Err(error) = seed::load(&store, json, config.seed_cost).await
    {
        store.close().await;
        let seed = config.seed.as_ref().map_or(String::new(), Seed::name);
        return Err(match error {
            ApplyError::Invalid(reason) => Error(format!("cannot use {seed}: {reason}")),
            ApplyError::Store(error) => Error(format!("cannot store {seed}: {error}")),
        });
    }
    let app = Arc::new(App {
        store,
        seed_cost: config.seed_cost,
        control: config.control,
        log: config.log,
        faults: Faults::new(routes::call_names()),
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

/// Serves until `stopped` receives a value or its sender is dropped.
async fn serve(listener: TcpListener, app: Arc<App>, mut stopped: oneshot::Receiver<()>) {
    let router = routes::router(Arc::clone(&app));
    let connections = GracefulShutdown::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(stream, peer, &router, &connections),
                // Most likely out of file descriptors: wait until a connection is closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    // Incomplete requests and an unresponsive database must not block the shutdown.
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, connections.shutdown()).await;
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, app.store.close()).await;
}

/// Spawns a task that serves one connection.
fn connect(stream: TcpStream, peer: SocketAddr, router: &Router, all: &GracefulShutdown) {
    // Each response is one write; Nagle's algorithm would only delay it.
    let _ = stream.set_nodelay(true);
    let stream = FaultStream::new(stream);
    let router = router.clone();
    let fault_stream = stream.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A separate task, so that a complete request is executed even if its client
        // disconnects.
        let handler = tokio::spawn(router.clone().oneshot(request));
        respond(handler, fault_stream.clone())
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        // As BosBase sends them. Some clients compare them with case.
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service);
    tokio::spawn(all.watch(connection));
}

/// Returns the handler's response. An error closes the connection, after a fault was sent on it.
async fn respond(
    handler: JoinHandle<Result<Response, Infallible>>,
    stream: FaultStream,
) -> Result<Response, &'static str> {
    let result = handler.await;
    let Ok(mut response) = result.unwrap_or_else(|_| Ok(internal_error("a panic").into_response()));
    // axum adds `Allow` if the path supports other methods; BosBase does not.
    response.headers_mut().remove(header::ALLOW);
    match response.extensions().get::<Fault>().copied() {
        Some(fault) if fault.is_below_http() => {
            // Fails if the client has disconnected.
            let _ = stream.send(fault, response).await;
            Err("a fault was injected")
        }
        _ => Ok(response),
    }
}
