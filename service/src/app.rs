//! State shared by all requests.

use crate::faults::Faults;
use crate::store::Store;

/// State shared by all requests. Everything mutable is in the store, except the faults, which
/// belong to this instance.
pub struct App {
    pub store: Store,
    /// The bcrypt cost for passwords and one-time passwords.
    pub seed_cost: u32,
    /// Whether the control endpoint is enabled.
    pub control: bool,
    /// Whether every request is logged.
    pub log: bool,
    pub faults: Faults,
}
