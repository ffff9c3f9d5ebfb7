//! What actor filters say about profiles of other servers, or have yet to say.

use rusqlite::{Connection, OptionalExtension};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in the migration")]
pub struct Judgement {
    pub account_id: AccountId,
    /// `waiting`, `held` or `rejected`.
    pub state: String,
    pub document: Option<String>,
    pub plugin_id: Option<String>,
    pub reason: Option<String>,
    pub at: Time,
}

/// What is known about this account; `None`: nothing stands against it.
pub fn of(db: &Connection, account: AccountId) -> Result<Option<Judgement>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, state, document, plugin_id, reason, at FROM actor_judgements WHERE account_id = ?1",
    )?;
    let found = statement.query_row([account], |row| {
        Ok(Judgement {
            account_id: row.get(0)?,
            state: row.get(1)?,
            document: row.get(2)?,
            plugin_id: row.get(3)?,
            reason: row.get(4)?,
            at: row.get(5)?,
        })
    });
    Ok(found.optional()?)
}

/// Replaces what is known.
pub fn put(tx: &Tx, row: &Judgement) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO actor_judgements (account_id, state, document, plugin_id, reason, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((row.account_id, &row.state, &row.document, &row.plugin_id, &row.reason, row.at))?;
    Ok(())
}

/// Nothing stands against it any more.
pub fn clear(tx: &Tx, account: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM actor_judgements WHERE account_id = ?1")?.execute([account])?;
    Ok(())
}
