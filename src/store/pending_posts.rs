//! Posts of ours that late filters still judge.

use rusqlite::{Connection, OptionalExtension};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::StatusId;

/// Notes that the stored post waits, with the draft that it was and what the early stage said (both JSON).
pub fn insert(tx: &Tx, status: StatusId, draft: &str, early: &str, now: Time) -> Result<()> {
    tx.prepare_cached("INSERT INTO pending_posts (status_id, draft, early, created_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute((status, draft, early, now))?;
    Ok(())
}

/// The draft of a post that waits, and what the early stage said.
pub fn draft(db: &Connection, status: StatusId) -> Result<Option<(String, String)>> {
    let mut statement = db.prepare_cached("SELECT draft, early FROM pending_posts WHERE status_id = ?1")?;
    Ok(statement.query_row([status], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Those that wait since before `before`, oldest first.
pub fn older(db: &Connection, before: Time, limit: i64) -> Result<Vec<StatusId>> {
    let mut statement =
        db.prepare_cached("SELECT status_id FROM pending_posts WHERE created_at < ?1 ORDER BY status_id LIMIT ?2")?;
    let rows = statement.query_map((before, limit), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
