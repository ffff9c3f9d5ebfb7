//! Background work that a client may ask after: each account's newest rebuilding of its home.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// One row of `async_refreshes`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Refresh {
    pub id: i64,
    pub account_id: AccountId,
    pub started_at: Time,
    /// `None` while it runs.
    pub result_count: Option<i64>,
}

impl Refresh {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            started_at: row.get("started_at")?,
            result_count: row.get("result_count")?,
        })
    }
}

/// The newest of `account`.
pub fn of(db: &Connection, account: AccountId) -> Result<Option<Refresh>> {
    let sql = "SELECT id, account_id, started_at, result_count FROM async_refreshes WHERE account_id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([account], Refresh::from_row).optional()?)
}

/// The one with this id.
pub fn by_id(db: &Connection, id: i64) -> Result<Option<Refresh>> {
    let sql = "SELECT id, account_id, started_at, result_count FROM async_refreshes WHERE id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([id], Refresh::from_row).optional()?)
}

/// Begins one; an older one of the same account is forgotten.
pub fn begin(tx: &Tx, id: i64, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO async_refreshes (id, account_id, started_at, result_count) VALUES (:id, :account, :now, NULL)
         ON CONFLICT (account_id) DO UPDATE SET id = :id, started_at = :now, result_count = NULL",
    )?
    .execute(named_params! {":id": id, ":account": account, ":now": now})?;
    Ok(())
}

/// It brought so many entries.
pub fn finish(tx: &Tx, id: i64, count: i64) -> Result<()> {
    tx.prepare_cached("UPDATE async_refreshes SET result_count = ?2 WHERE id = ?1")?.execute([id, count])?;
    Ok(())
}
