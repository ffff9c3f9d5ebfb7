//! What an operator changes while the server runs: keys and text values.

use rusqlite::{Connection, OptionalExtension};

use super::Tx;
use crate::error::Result;

/// The value of `key`, if it was ever set.
pub fn get(db: &Connection, key: &str) -> Result<Option<String>> {
    Ok(db.prepare_cached("SELECT value FROM settings WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()?)
}

/// Sets `key` to `value`.
pub fn set(tx: &Tx, key: &str, value: &str) -> Result<()> {
    tx.prepare_cached("INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")?
        .execute([key, value])?;
    Ok(())
}

/// Setting: the local account (its username) whose profile is the front page, in single-user mode.
pub const FRONT_PAGE_ACCOUNT: &str = "front_page_account";
