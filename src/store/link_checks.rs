//! Profiles whose links are to be checked for one that leads back.

use rusqlite::Connection;

use super::Tx;
use super::accounts::Field;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// The links of `account` are to be checked at `due`.
pub fn ask(tx: &Tx, account: AccountId, due: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO link_checks (account_id, due_at) VALUES (?1, ?2)
         ON CONFLICT (account_id) DO UPDATE SET due_at = excluded.due_at, attempts = 0",
    )?
    .execute(rusqlite::params![account, due])?;
    Ok(())
}

/// Whose links are to be checked now, and how often that failed before.
pub fn due(db: &Connection, now: Time, limit: usize) -> Result<Vec<(AccountId, i64)>> {
    let mut statement =
        db.prepare_cached("SELECT account_id, attempts FROM link_checks WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2")?;
    let rows = statement.query_map(rusqlite::params![now, limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// They were checked; again at `again`, if ever, because a page could not be had.
pub fn done(tx: &Tx, account: AccountId, again: Option<Time>) -> Result<()> {
    match again {
        None => tx.prepare_cached("DELETE FROM link_checks WHERE account_id = ?1")?.execute([account])?,
        Some(again) => tx
            .prepare_cached("UPDATE link_checks SET attempts = attempts + 1, due_at = ?2 WHERE account_id = ?1")?
            .execute(rusqlite::params![account, again])?,
    };
    Ok(())
}

/// The lines of a profile, and nothing else of it.
pub fn set_fields(tx: &Tx, account: AccountId, fields: &[Field]) -> Result<()> {
    tx.prepare_cached("UPDATE accounts SET fields = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![account, serde_json::to_string(fields).unwrap_or_default()])?;
    Ok(())
}
