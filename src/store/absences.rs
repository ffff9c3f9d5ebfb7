//! Actors whose own server did not find them: frozen, asked for again, and in the end purged. Spec: rule P7

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// One row of `absences`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Absence {
    pub account_id: AccountId,
    pub gone: bool,
    pub hits: i64,
    pub first_at: Time,
    pub next_at: Time,
}

/// What we know about the absence of `account`; `None`: it was there when last asked for.
pub fn of(db: &Connection, account: AccountId) -> Result<Option<Absence>> {
    let mut statement =
        db.prepare_cached("SELECT account_id, gone, hits, first_at, next_at FROM absences WHERE account_id = ?1")?;
    Ok(statement.query_row([account], read).optional()?)
}

/// Writes the row as it is now.
pub fn put(tx: &Tx, absence: &Absence) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO absences (account_id, gone, hits, first_at, next_at) VALUES (:account, :gone, :hits, :first, :next)
         ON CONFLICT (account_id) DO UPDATE SET gone = :gone, hits = :hits, first_at = :first, next_at = :next",
    )?
    .execute(named_params! {
        ":account": absence.account_id, ":gone": absence.gone, ":hits": absence.hits, ":first": absence.first_at,
        ":next": absence.next_at,
    })?;
    Ok(())
}

/// The actor was found, or is kept whatever its server says.
pub fn clear(tx: &Tx, account: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM absences WHERE account_id = ?1")?.execute([account])?;
    Ok(())
}

/// Who is to be asked for again, the longest waiting first.
pub fn due(db: &Connection, now: Time, limit: usize) -> Result<Vec<Absence>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, gone, hits, first_at, next_at FROM absences WHERE next_at <= ?1 ORDER BY next_at LIMIT ?2",
    )?;
    let rows = statement.query_map(rusqlite::params![now, limit as i64], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Absence> {
    Ok(Absence {
        account_id: row.get("account_id")?,
        gone: row.get("gone")?,
        hits: row.get("hits")?,
        first_at: row.get("first_at")?,
        next_at: row.get("next_at")?,
    })
}
