//! Posts of other servers that late filters still judge.

use rusqlite::{Connection, OptionalExtension};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in the migration")]
pub struct Arrival {
    pub status_id: StatusId,
    pub object: String,
    pub early: String,
    pub direction: String,
    pub recipient_id: Option<AccountId>,
    pub created_at: Time,
}

/// Notes that the stored post waits.
pub fn insert(tx: &Tx, arrival: &Arrival) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO pending_arrivals (status_id, object, early, direction, recipient_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        arrival.status_id,
        &arrival.object,
        &arrival.early,
        &arrival.direction,
        arrival.recipient_id,
        arrival.created_at,
    ))?;
    Ok(())
}

/// The one that is stored as this post.
pub fn by_status(db: &Connection, status: StatusId) -> Result<Option<Arrival>> {
    let mut statement = db.prepare_cached(
        "SELECT status_id, object, early, direction, recipient_id, created_at FROM pending_arrivals WHERE status_id = ?1",
    )?;
    let found = statement.query_row([status], |row| {
        Ok(Arrival {
            status_id: row.get(0)?,
            object: row.get(1)?,
            early: row.get(2)?,
            direction: row.get(3)?,
            recipient_id: row.get(4)?,
            created_at: row.get(5)?,
        })
    });
    Ok(found.optional()?)
}

/// Whether this post waits.
pub fn waits(db: &Connection, status: StatusId) -> Result<bool> {
    let mut statement = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM pending_arrivals WHERE status_id = ?1)")?;
    Ok(statement.query_row([status], |row| row.get(0))?)
}

/// Those that wait since before `before`, oldest first.
pub fn older(db: &Connection, before: Time, limit: i64) -> Result<Vec<StatusId>> {
    let mut statement =
        db.prepare_cached("SELECT status_id FROM pending_arrivals WHERE created_at < ?1 ORDER BY status_id LIMIT ?2")?;
    let rows = statement.query_map((before, limit), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
