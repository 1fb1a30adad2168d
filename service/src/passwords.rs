//! Hashing and verifying passwords on blocking threads.

use tokio::task::spawn_blocking;

/// Returns the bcrypt hash of a password, or `None` if it is longer than 71 bytes or the cost is
/// invalid.
pub async fn hash(password: String, cost: u32) -> Option<String> {
    spawn_blocking(move || bcrypt::non_truncating_hash(password, cost).ok())
        .await
        .ok()
        .flatten()
}

/// Returns whether `hash` is the hash of `password`.
pub async fn verify(password: String, hash: String) -> bool {
    spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false))
        .await
        .unwrap_or(false)
}
