//! Posts that end by themselves, because a filter or a bot said so.

use rusqlite::Connection;

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::StatusId;

/// Ends the post at `at`, or earlier if that was said already.
pub fn set(tx: &Tx, status: StatusId, at: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO post_expiries (status_id, expires_at) VALUES (?1, ?2)
         ON CONFLICT (status_id) DO UPDATE SET expires_at = min(expires_at, ?2)",
    )?
    .execute((status, at))?;
    Ok(())
}

/// Posts whose end has come, longest overdue first.
pub fn due(db: &Connection, now: Time, limit: i64) -> Result<Vec<StatusId>> {
    let mut statement =
        db.prepare_cached("SELECT status_id FROM post_expiries WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2")?;
    let rows = statement.query_map((now, limit), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
