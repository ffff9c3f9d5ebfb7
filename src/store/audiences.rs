//! In which group a post was written. Spec: FEP-1b12, https://w3id.org/fep/1b12

use rusqlite::{Connection, OptionalExtension};

use super::Tx;
use crate::error::Result;
use crate::ids::StatusId;

/// Remembers that the post belongs to the group whose actor id is `group`.
pub fn set(tx: &Tx, status: StatusId, group: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO audiences (status_id, group_uri) VALUES (?1, ?2)
         ON CONFLICT (status_id) DO UPDATE SET group_uri = ?2",
    )?
    .execute(rusqlite::params![status, group])?;
    Ok(())
}

/// The actor id of the group that the post belongs to.
pub fn of(db: &Connection, status: StatusId) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT group_uri FROM audiences WHERE status_id = ?1")?;
    Ok(statement.query_row([status], |row| row.get(0)).optional()?)
}
