//! Which filters people chose for what reaches them.

use rusqlite::Connection;

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// Chooses it.
pub fn add(tx: &Tx, plugin: &str, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO plugin_choices (plugin_id, account_id, chosen_at) VALUES (?1, ?2, ?3)")?
        .execute((plugin, account, now))?;
    Ok(())
}

/// Does without it again.
pub fn remove(tx: &Tx, plugin: &str, account: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_choices WHERE plugin_id = ?1 AND account_id = ?2")?
        .execute((plugin, account))?;
    Ok(())
}

/// Nobody chose it: it is uninstalled.
pub fn clear(tx: &Tx, plugin: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_choices WHERE plugin_id = ?1")?.execute([plugin])?;
    Ok(())
}

/// What this person chose.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<String>> {
    let mut statement =
        db.prepare_cached("SELECT plugin_id FROM plugin_choices WHERE account_id = ?1 ORDER BY plugin_id")?;
    let rows = statement.query_map([account], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Who chose it.
pub fn people(db: &Connection, plugin: &str) -> Result<Vec<AccountId>> {
    let mut statement =
        db.prepare_cached("SELECT account_id FROM plugin_choices WHERE plugin_id = ?1 ORDER BY account_id")?;
    let rows = statement.query_map([plugin], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether anybody chose anything.
pub fn any(db: &Connection) -> Result<bool> {
    Ok(db.prepare_cached("SELECT EXISTS (SELECT 1 FROM plugin_choices)")?.query_row([], |row| row.get(0))?)
}
