//! Browser sessions of the sign-in page, by the hash of the cookie.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::{Tx, user_ips};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// How long a session lasts without being used.
pub const LIFETIME: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// One row of `sessions`, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Session {
    pub account_id: AccountId,
    pub created_at: Time,
    pub last_used_at: Time,
    pub ip: String,
    pub user_agent: String,
}

/// Inserts a session, notes from where it was opened, and forgets those that were not used for [`LIFETIME`].
pub fn insert(tx: &Tx, session: &Session, hash: &[u8; 32]) -> Result<()> {
    tx.prepare_cached("DELETE FROM sessions WHERE last_used_at < ?1")?.execute([session.created_at.minus(LIFETIME)])?;
    tx.prepare_cached(
        "INSERT INTO sessions (token_hash, account_id, created_at, last_used_at, ip, user_agent)
         VALUES (:hash, :account, :created_at, :last_used_at, :ip, :user_agent)",
    )?
    .execute(named_params! {
        ":hash": hash.as_slice(), ":account": session.account_id, ":created_at": session.created_at,
        ":last_used_at": session.last_used_at, ":ip": session.ip, ":user_agent": session.user_agent,
    })?;
    user_ips::note(tx, session.account_id, &session.ip, session.created_at)
}

/// The session whose cookie has this hash, unless it ran out before `now`.
pub fn by_hash(db: &Connection, hash: &[u8; 32], now: Time) -> Result<Option<Session>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, created_at, last_used_at, ip, user_agent FROM sessions
         WHERE token_hash = ?1 AND last_used_at >= ?2",
    )?;
    let found = statement.query_row(rusqlite::params![hash.as_slice(), now.minus(LIFETIME)], |row| {
        Ok(Session {
            account_id: row.get(0)?,
            created_at: row.get(1)?,
            last_used_at: row.get(2)?,
            ip: row.get(3)?,
            user_agent: row.get(4)?,
        })
    });
    Ok(found.optional()?)
}

/// Notes that the session was used.
pub fn touch(tx: &Tx, hash: &[u8; 32], now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE sessions SET last_used_at = ?2 WHERE token_hash = ?1")?
        .execute(rusqlite::params![hash.as_slice(), now])?;
    Ok(())
}

/// Deletes every session of `account`, but the one with the hash `keep`.
pub fn delete_of(tx: &Tx, account: AccountId, keep: Option<&[u8; 32]>) -> Result<()> {
    let keep = keep.map_or(&[][..], |hash| hash.as_slice());
    tx.prepare_cached("DELETE FROM sessions WHERE account_id = ?1 AND token_hash <> ?2")?
        .execute(rusqlite::params![account, keep])?;
    Ok(())
}

/// Deletes the session.
pub fn delete(tx: &Tx, hash: &[u8; 32]) -> Result<()> {
    tx.prepare_cached("DELETE FROM sessions WHERE token_hash = ?1")?.execute([hash.as_slice()])?;
    Ok(())
}

/// The sessions of `account` that have not run out, last used first: the hash of each, and the session.
pub fn of(db: &Connection, account: AccountId, now: Time) -> Result<Vec<(Vec<u8>, Session)>> {
    let mut statement = db.prepare_cached(
        "SELECT token_hash, account_id, created_at, last_used_at, ip, user_agent FROM sessions
         WHERE account_id = ?1 AND last_used_at >= ?2 ORDER BY last_used_at DESC, created_at DESC",
    )?;
    let rows = statement.query_map(rusqlite::params![account, now.minus(LIFETIME)], |row| {
        let session = Session {
            account_id: row.get(1)?,
            created_at: row.get(2)?,
            last_used_at: row.get(3)?,
            ip: row.get(4)?,
            user_agent: row.get(5)?,
        };
        Ok((row.get(0)?, session))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Deletes all sessions of `account` but the one with the hash `keep`; answers how many.
pub fn delete_others(tx: &Tx, account: AccountId, keep: Option<&[u8; 32]>) -> Result<usize> {
    let keep: &[u8] = keep.map_or(&[], |hash| hash);
    let mut statement = tx.prepare_cached("DELETE FROM sessions WHERE account_id = ?1 AND token_hash <> ?2")?;
    Ok(statement.execute(rusqlite::params![account, keep])?)
}
