//! The second factor: secrets of one-time codes, recovery codes, and sign-ins that wait for either.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// One row of `one_time_codes`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct OneTime {
    pub secret: Vec<u8>,
    pub confirmed_at: Option<Time>,
    pub last_step: i64,
    pub wrong: i64,
    pub wrong_since: Time,
}

/// The secret of `account`, confirmed or not.
pub fn of(db: &Connection, account: AccountId) -> Result<Option<OneTime>> {
    let mut statement = db.prepare_cached(
        "SELECT secret, confirmed_at, last_step, wrong, wrong_since FROM one_time_codes WHERE account_id = ?1",
    )?;
    let found = statement.query_row([account], |row| {
        Ok(OneTime {
            secret: row.get(0)?,
            confirmed_at: row.get(1)?,
            last_step: row.get(2)?,
            wrong: row.get(3)?,
            wrong_since: row.get(4)?,
        })
    });
    Ok(found.optional()?)
}

/// Whether a code is asked of `account` when it signs in.
pub fn is_on(db: &Connection, account: AccountId) -> Result<bool> {
    Ok(of(db, account)?.is_some_and(|row| row.confirmed_at.is_some()))
}

/// Begins an enrolment anew with `secret`. A confirmed secret is left alone: `false`.
pub fn begin(tx: &Tx, account: AccountId, secret: &[u8]) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO one_time_codes (account_id, secret) VALUES (:account, :secret)
         ON CONFLICT (account_id) DO UPDATE SET secret = :secret, last_step = 0 WHERE confirmed_at IS NULL",
    )?;
    Ok(statement.execute(named_params! {":account": account, ":secret": secret})? > 0)
}

/// From now on codes are asked for.
pub fn confirm(tx: &Tx, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE one_time_codes SET confirmed_at = ?2 WHERE account_id = ?1")?
        .execute(rusqlite::params![account, now])?;
    Ok(())
}

/// The code of `step` was taken: it and those before it are worth nothing any more, and wrong ones are forgiven.
pub fn taken(tx: &Tx, account: AccountId, step: i64) -> Result<()> {
    tx.prepare_cached("UPDATE one_time_codes SET last_step = ?2, wrong = 0 WHERE account_id = ?1")?
        .execute(rusqlite::params![account, step])?;
    Ok(())
}

/// Sets how many wrong codes were given since when.
pub fn set_wrong(tx: &Tx, account: AccountId, wrong: i64, since: Time) -> Result<()> {
    tx.prepare_cached("UPDATE one_time_codes SET wrong = ?2, wrong_since = ?3 WHERE account_id = ?1")?
        .execute(rusqlite::params![account, wrong, since])?;
    Ok(())
}

/// Forgets the secret and the recovery codes of `account`; `false`: there was no secret.
pub fn remove(tx: &Tx, account: AccountId) -> Result<bool> {
    tx.prepare_cached("DELETE FROM recovery_codes WHERE account_id = ?1")?.execute([account])?;
    tx.prepare_cached("DELETE FROM half_sign_ins WHERE account_id = ?1")?.execute([account])?;
    Ok(tx.prepare_cached("DELETE FROM one_time_codes WHERE account_id = ?1")?.execute([account])? > 0)
}

/// Replaces the recovery codes of `account` by those with these hashes.
pub fn set_recovery(tx: &Tx, account: AccountId, hashes: &[[u8; 32]]) -> Result<()> {
    tx.prepare_cached("DELETE FROM recovery_codes WHERE account_id = ?1")?.execute([account])?;
    let mut insert = tx.prepare_cached("INSERT INTO recovery_codes (account_id, code_hash) VALUES (?1, ?2)")?;
    for hash in hashes {
        insert.execute(rusqlite::params![account, hash.as_slice()])?;
    }
    Ok(())
}

/// Uses up the recovery code with this hash; `false`: there is none.
pub fn take_recovery(tx: &Tx, account: AccountId, hash: &[u8; 32]) -> Result<bool> {
    let mut statement = tx.prepare_cached("DELETE FROM recovery_codes WHERE account_id = ?1 AND code_hash = ?2")?;
    Ok(statement.execute(rusqlite::params![account, hash.as_slice()])? > 0)
}

/// How many recovery codes `account` has left.
pub fn recovery_left(db: &Connection, account: AccountId) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM recovery_codes WHERE account_id = ?1")?;
    Ok(statement.query_row([account], |row| row.get(0))?)
}

/// Remembers that `account` gave the right password, until `expires_at`.
pub fn half_open(tx: &Tx, hash: &[u8; 32], account: AccountId, now: Time, expires_at: Time) -> Result<()> {
    tx.prepare_cached("DELETE FROM half_sign_ins WHERE expires_at < ?1")?.execute([now])?;
    tx.prepare_cached("INSERT INTO half_sign_ins (token_hash, account_id, expires_at) VALUES (?1, ?2, ?3)")?
        .execute(rusqlite::params![hash.as_slice(), account, expires_at])?;
    Ok(())
}

/// Who gave the right password and got the secret with this hash, if that is still good.
pub fn half_opened(db: &Connection, hash: &[u8; 32], now: Time) -> Result<Option<AccountId>> {
    let mut statement =
        db.prepare_cached("SELECT account_id FROM half_sign_ins WHERE token_hash = ?1 AND expires_at >= ?2")?;
    Ok(statement.query_row(rusqlite::params![hash.as_slice(), now], |row| row.get(0)).optional()?)
}

/// The sign-in is through, or given up.
pub fn half_close(tx: &Tx, hash: &[u8; 32]) -> Result<()> {
    tx.prepare_cached("DELETE FROM half_sign_ins WHERE token_hash = ?1")?.execute([hash.as_slice()])?;
    Ok(())
}
