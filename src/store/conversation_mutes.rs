//! Threads of which somebody wants to hear nothing more.

use rusqlite::{Connection, named_params};

use super::Tx;
use super::statuses::Status;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Mutes the thread of the post for `account`.
pub fn insert(tx: &Tx, account: AccountId, status: &Status, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO conversation_mutes (account_id, conversation, created_at) VALUES (:account, :thread, :now)
         ON CONFLICT DO NOTHING",
    )?
    .execute(named_params! {":account": account, ":thread": thread(status), ":now": now})?;
    Ok(())
}

/// Hears of the thread again.
pub fn delete(tx: &Tx, account: AccountId, status: &Status) -> Result<()> {
    tx.prepare_cached("DELETE FROM conversation_mutes WHERE account_id = ?1 AND conversation = ?2")?
        .execute(rusqlite::params![account, thread(status)])?;
    Ok(())
}

/// Whether `account` muted the thread in which the post stands.
pub fn covers(db: &Connection, account: AccountId, status: StatusId) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM statuses s JOIN conversation_mutes m
             ON m.account_id = :account AND m.conversation = coalesce(s.conversation, s.uri) WHERE s.id = :status)",
    )?;
    Ok(statement.query_row(named_params! {":account": account, ":status": status}, |row| row.get(0))?)
}

fn thread(status: &Status) -> &str {
    status.conversation.as_deref().unwrap_or(&status.uri)
}
