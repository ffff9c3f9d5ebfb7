//! Posts that people keep for themselves. Nobody else learns of it.

use rusqlite::named_params;

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Bookmarks the post; `false`: it was already.
pub fn insert(tx: &Tx, id: i64, account: AccountId, status: StatusId, now: Time) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO bookmarks (id, account_id, status_id, created_at) VALUES (:id, :account, :status, :now)
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {":id": id, ":account": account, ":status": status, ":now": now})?;
    Ok(inserted > 0)
}

/// Takes the bookmark away; `false`: there was none.
pub fn delete(tx: &Tx, account: AccountId, status: StatusId) -> Result<bool> {
    let deleted = tx
        .prepare_cached("DELETE FROM bookmarks WHERE account_id = ?1 AND status_id = ?2")?
        .execute(rusqlite::params![account, status])?;
    Ok(deleted > 0)
}
