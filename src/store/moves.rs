//! Who moved where and when, and what those who live here keep of somebody who moved.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, ListId};

/// One row of `moves`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Move {
    pub target_uri: String,
    pub tried_at: Time,
    pub moved_at: Option<Time>,
}

/// The last Move of `account`.
pub fn last(db: &Connection, account: AccountId) -> Result<Option<Move>> {
    let mut statement = db.prepare_cached("SELECT target_uri, tried_at, moved_at FROM moves WHERE account_id = ?1")?;
    let found = statement
        .query_row([account], |row| Ok(Move { target_uri: row.get(0)?, tried_at: row.get(1)?, moved_at: row.get(2)? }));
    Ok(found.optional()?)
}

/// Notes an attempt, before anything is asked of other servers.
pub fn tried(tx: &Tx, account: AccountId, target_uri: &str, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO moves (account_id, target_uri, tried_at) VALUES (:account, :target, :now)
         ON CONFLICT (account_id) DO UPDATE SET target_uri = :target, tried_at = :now",
    )?
    .execute(named_params! {":account": account, ":target": target_uri, ":now": now})?;
    Ok(())
}

/// Notes that `account` moved.
pub fn done(tx: &Tx, account: AccountId, target_uri: &str, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO moves (account_id, target_uri, tried_at, moved_at) VALUES (:account, :target, :now, :now)
         ON CONFLICT (account_id) DO UPDATE SET target_uri = :target, tried_at = :now, moved_at = :now",
    )?
    .execute(named_params! {":account": account, ":target": target_uri, ":now": now})?;
    Ok(())
}

/// Sets where `account` says that it lives now; `None`: here.
pub fn set_target(tx: &Tx, account: AccountId, target_uri: Option<&str>) -> Result<()> {
    tx.prepare_cached("UPDATE accounts SET moved_to_uri = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![account, target_uri])?;
    Ok(())
}

/// Sets which other accounts `account` says are its own.
pub fn set_aliases(tx: &Tx, account: AccountId, uris: &[String]) -> Result<()> {
    tx.prepare_cached("UPDATE accounts SET also_known_as = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![account, serde_json::to_string(uris).unwrap_or_default()])?;
    Ok(())
}

/// Whether anybody who lives here follows, blocks, mutes or jotted down something about `account`.
pub fn concerns_us(db: &Connection, account: AccountId) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM follows f JOIN users u ON u.account_id = f.account_id WHERE f.target_id = ?1)
             OR EXISTS (SELECT 1 FROM blocks b JOIN users u ON u.account_id = b.account_id WHERE b.target_id = ?1)
             OR EXISTS (SELECT 1 FROM mutes m JOIN users u ON u.account_id = m.account_id WHERE m.target_id = ?1)
             OR EXISTS (SELECT 1 FROM account_notes n WHERE n.target_id = ?1)",
    )?;
    Ok(statement.query_row([account], |row| row.get(0))?)
}

/// Who lives here and follows, or asked to follow, `account`.
pub fn local_followers(db: &Connection, account: AccountId) -> Result<Vec<AccountId>> {
    ids(
        db,
        "SELECT f.account_id FROM follows f JOIN users u ON u.account_id = f.account_id
         WHERE f.target_id = ?1 ORDER BY f.id",
        account,
    )
}

/// Who lives here and blocks `account`.
pub fn local_blockers(db: &Connection, account: AccountId) -> Result<Vec<AccountId>> {
    ids(
        db,
        "SELECT b.account_id FROM blocks b JOIN users u ON u.account_id = b.account_id
         WHERE b.target_id = ?1 ORDER BY b.id",
        account,
    )
}

/// Who lives here and mutes `account`.
pub fn local_muters(db: &Connection, account: AccountId) -> Result<Vec<AccountId>> {
    ids(
        db,
        "SELECT m.account_id FROM mutes m JOIN users u ON u.account_id = m.account_id
         WHERE m.target_id = ?1 ORDER BY m.id",
        account,
    )
}

/// Whose servers must learn that `account` moved although they do not follow it: those that block it (from elsewhere).
pub fn remote_blockers(db: &Connection, account: AccountId) -> Result<Vec<AccountId>> {
    ids(
        db,
        "SELECT b.account_id FROM blocks b JOIN accounts a ON a.id = b.account_id
         WHERE b.target_id = ?1 AND a.domain IS NOT NULL ORDER BY b.id",
        account,
    )
}

/// The lists of `owner` that `member` is in.
pub fn lists_with(db: &Connection, owner: AccountId, member: AccountId) -> Result<Vec<ListId>> {
    let mut statement = db.prepare_cached(
        "SELECT l.id FROM lists l JOIN list_members m ON m.list_id = l.id WHERE l.account_id = ?1 AND m.account_id = ?2",
    )?;
    let rows = statement.query_map([owner, member], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Copies what people jotted down about `old` to `new`: beneath what they have there already.
pub fn copy_notes(tx: &Tx, old: AccountId, new: AccountId) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO account_notes (account_id, target_id, comment)
         SELECT account_id, ?2, comment FROM account_notes WHERE target_id = ?1 AND account_id <> ?2
         ON CONFLICT (account_id, target_id) DO UPDATE
         SET comment = substr(account_notes.comment || char(10) || excluded.comment, 1, 2000)
         WHERE instr(account_notes.comment, excluded.comment) = 0",
    )?
    .execute([old, new])?;
    Ok(())
}

fn ids(db: &Connection, sql: &str, account: AccountId) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([account], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
