//! What all clones of a client share: [`Shared`].

use std::fmt;

use crate::config::Config;
use crate::http::Transport;
use crate::protocol::paths::BaseUrl;
use crate::session::SessionStore;

/// What all clones of a client share.
pub(crate) struct Shared {
    pub base_url: BaseUrl,
    pub config: Config,
    pub transport: Transport,
    pub store: SessionStore,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
