//! Hashing and checking passwords, away from the threads that serve requests.

use tokio::task::spawn_blocking;

/// The bcrypt hash of a password, or nothing if it is too long (72 bytes) or the cost is none.
pub async fn hash(password: String, cost: u32) -> Option<String> {
    spawn_blocking(move || bcrypt::non_truncating_hash(password, cost).ok())
        .await
        .ok()
        .flatten()
}

/// Whether `password` is the one that was hashed.
pub async fn is_right(password: String, hash: String) -> bool {
    spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false))
        .await
        .unwrap_or(false)
}
