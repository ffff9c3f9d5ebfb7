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

/// All keys and values, in order of the keys.
pub fn all(db: &Connection) -> Result<Vec<(String, String)>> {
    let mut statement = db.prepare_cached("SELECT key, value FROM settings ORDER BY key")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets the value of `key`; `false`: there was none.
pub fn unset(tx: &Tx, key: &str) -> Result<bool> {
    Ok(tx.prepare_cached("DELETE FROM settings WHERE key = ?1")?.execute([key])? > 0)
}

/// Setting: the address of a LibreTranslate-compatible service. Without it nothing is translated.
pub const TRANSLATION_URL: &str = "translation_url";
/// Setting: the key for that service, if it asks for one.
pub const TRANSLATION_KEY: &str = "translation_key";
/// What that service said it can translate, and when; not for people.
pub const TRANSLATION_LANGUAGES: &str = "translation_languages";

/// Setting: `true` asks other servers to sign what they read here; without a signature they learn who an actor is and no more.
pub const AUTHORIZED_FETCH: &str = "authorized_fetch";
/// Setting: the numbers in NodeInfo: `rounded`, `none`, or as they are.
pub const NODEINFO_COUNTS: &str = "nodeinfo_counts";

/// The domain and the handle domain of the first start; not for people.
pub const NAMES: &str = "own_names";

/// Setting: the local account (its username) whose profile is the front page, in single-user mode.
pub const FRONT_PAGE_ACCOUNT: &str = "front_page_account";

/// Setting: `yes` shows only those trends that a moderator approved; anything else all that nobody rejected.
pub const TRENDS_REVIEW: &str = "trends_review";
