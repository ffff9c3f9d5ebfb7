//! Secrets in links that work once: they confirm an address or set a new password. Only hashes are here.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::{Tx, sql::as_text};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It proves that an address is theirs.
    Confirm,
    /// It sets a new password.
    Reset,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reset => "reset",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Confirm, Self::Reset].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

as_text!(Purpose);

/// One row of `links`, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Link {
    pub account_id: AccountId,
    pub purpose: Purpose,
    pub email: String,
    pub created_at: Time,
    pub expires_at: Time,
}

/// Stores a link under the hash of its secret.
pub fn insert(tx: &Tx, link: &Link, hash: &[u8; 32]) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO links (secret_hash, account_id, purpose, email, created_at, expires_at)
         VALUES (:hash, :account, :purpose, :email, :created_at, :expires_at)",
    )?
    .execute(named_params! {
        ":hash": hash.as_slice(), ":account": link.account_id, ":purpose": link.purpose, ":email": link.email,
        ":created_at": link.created_at, ":expires_at": link.expires_at,
    })?;
    Ok(())
}

/// The link with this hash, unless it was used or ran out before `now`.
pub fn by_hash(db: &Connection, purpose: Purpose, hash: &[u8; 32], now: Time) -> Result<Option<Link>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, purpose, email, created_at, expires_at FROM links
         WHERE secret_hash = ?1 AND purpose = ?2 AND expires_at > ?3",
    )?;
    let found = statement.query_row(params![hash.as_slice(), purpose, now], |row| {
        Ok(Link {
            account_id: row.get(0)?,
            purpose: row.get(1)?,
            email: row.get(2)?,
            created_at: row.get(3)?,
            expires_at: row.get(4)?,
        })
    });
    Ok(found.optional()?)
}

/// The newest address that waits to be confirmed for `account`.
pub fn unconfirmed(db: &Connection, account: AccountId, now: Time) -> Result<Option<String>> {
    let mut statement = db.prepare_cached(
        "SELECT email FROM links WHERE account_id = ?1 AND purpose = 'confirm' AND expires_at > ?2
         ORDER BY created_at DESC LIMIT 1",
    )?;
    Ok(statement.query_row(params![account, now], |row| row.get(0)).optional()?)
}

/// Forgets all links of this kind of `account`: one of them was used, or none shall be.
pub fn forget(tx: &Tx, account: AccountId, purpose: Purpose) -> Result<()> {
    tx.prepare_cached("DELETE FROM links WHERE account_id = ?1 AND purpose = ?2")?
        .execute(params![account, purpose])?;
    Ok(())
}

/// Removes links that ran out before `before`.
pub fn purge(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM links WHERE secret_hash IN (SELECT secret_hash FROM links WHERE expires_at < ?1 LIMIT ?2)",
        )?
        .execute(params![before, limit as i64])?)
}
