//! One request over the network and its response. Independent of BosBase.
//!
//! `head`, `date`, `body` and `response` are pure: they parse bytes. `exchange` sends one request over one connection.
//! A [`Call`] takes that connection from its [`Transport`], pooled or new.

mod body;
mod call;
mod cancel;
mod connect;
mod connection;
mod date;
mod error;
mod exchange;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod head;
mod in_flight;
mod limits;
mod pool;
mod request;
mod resolve;
mod response;
mod system_error;
mod tls;
mod tls_error;
mod transport;
mod wait;
mod waker;

pub(crate) use call::Call;
pub use cancel::Cancel;
pub(crate) use error::{Cause, NetworkError};
#[cfg(test)]
pub(crate) use head::Headers;
pub(crate) use limits::WaitHook;
pub(crate) use request::Request;
pub(crate) use response::Response;
pub(crate) use system_error::SystemError;
pub(crate) use transport::{Origin, Transport};
