//! Deletion of accounts and collections, with the rows of all tables that belong to them.

use super::{Db, accounts, bindings, execute, limits};

/// Deletes an account.
pub async fn account(db: &mut Db, collection_id: &str, id: &str) -> sqlx::Result<()> {
    // The same order as in a request of a one-time password: account first.
    accounts::lock(db, collection_id, id).await?;
    bindings::delete_of(db, collection_id, id).await?;
    limits::reset(db, &limits::otp_attempts(collection_id, id)).await?;
    for sql in [
        "DELETE FROM local_mfas WHERE collection_id = $1 AND account_id = $2",
        "DELETE FROM local_otps WHERE collection_id = $1 AND account_id = $2",
        "DELETE FROM local_accounts WHERE collection_id = $1 AND id = $2",
    ] {
        execute(db, sql, &[collection_id, id]).await?;
    }
    Ok(())
}

/// Deletes a collection.
pub async fn collection(db: &mut Db, id: &str) -> sqlx::Result<()> {
    bindings::delete_all(db, id).await?;
    limits::reset_prefix(db, &limits::otp_attempts(id, "")).await?;
    for sql in [
        "DELETE FROM local_mfas WHERE collection_id = $1",
        "DELETE FROM local_otps WHERE collection_id = $1",
        "DELETE FROM local_accounts WHERE collection_id = $1",
        "DELETE FROM local_records WHERE collection_id = $1",
        "DELETE FROM local_collections WHERE id = $1",
    ] {
        execute(db, sql, &[id]).await?;
    }
    Ok(())
}
