//! Access tokens and the one-use codes they are bought with. Only hashes of secrets are here.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, AppId, TokenId};

/// One row of `tokens`, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Token {
    pub id: TokenId,
    pub app_id: AppId,
    /// `None`: the token of an app that acts for nobody.
    pub account_id: Option<AccountId>,
    /// Separated by spaces.
    pub scopes: String,
    pub created_at: Time,
    pub last_used_at: Option<Time>,
}

/// One row of `grants`, without its hash: somebody allowed an app to fetch a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Grant {
    pub app_id: AppId,
    pub account_id: AccountId,
    pub redirect_uri: String,
    pub scopes: String,
    pub challenge: Option<String>,
    pub expires_at: Time,
}

/// Inserts a token.
pub fn insert(tx: &Tx, token: &Token, hash: &[u8; 32]) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO tokens (id, token_hash, app_id, account_id, scopes, created_at, last_used_at)
         VALUES (:id, :hash, :app, :account, :scopes, :created_at, :last_used_at)",
    )?
    .execute(named_params! {
        ":id": token.id, ":hash": hash.as_slice(), ":app": token.app_id, ":account": token.account_id,
        ":scopes": token.scopes, ":created_at": token.created_at, ":last_used_at": token.last_used_at,
    })?;
    Ok(())
}

/// The token whose secret has this hash.
pub fn by_hash(db: &Connection, hash: &[u8; 32]) -> Result<Option<Token>> {
    let mut statement = db.prepare_cached(
        "SELECT id, app_id, account_id, scopes, created_at, last_used_at FROM tokens WHERE token_hash = ?1",
    )?;
    let found = statement.query_row([hash.as_slice()], |row| {
        Ok(Token {
            id: row.get(0)?,
            app_id: row.get(1)?,
            account_id: row.get(2)?,
            scopes: row.get(3)?,
            created_at: row.get(4)?,
            last_used_at: row.get(5)?,
        })
    });
    Ok(found.optional()?)
}

/// Notes that the token was used.
pub fn touch(tx: &Tx, id: TokenId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE tokens SET last_used_at = ?2 WHERE id = ?1")?.execute(rusqlite::params![id, now])?;
    Ok(())
}

/// Deletes the token; `false` when there was none.
pub fn delete(tx: &Tx, id: TokenId) -> Result<bool> {
    Ok(tx.prepare_cached("DELETE FROM tokens WHERE id = ?1")?.execute([id])? > 0)
}

/// The tokens of `account`, latest first, each with its app.
pub fn of_account(db: &Connection, account: AccountId) -> Result<Vec<(Token, String, Option<String>)>> {
    let mut statement = db.prepare_cached(
        "SELECT t.id, t.app_id, t.account_id, t.scopes, t.created_at, t.last_used_at, a.name, a.website
         FROM tokens t JOIN apps a ON a.id = t.app_id WHERE t.account_id = ?1 ORDER BY t.id DESC",
    )?;
    let rows = statement.query_map([account], |row| {
        let token = Token {
            id: row.get(0)?,
            app_id: row.get(1)?,
            account_id: row.get(2)?,
            scopes: row.get(3)?,
            created_at: row.get(4)?,
            last_used_at: row.get(5)?,
        };
        Ok((token, row.get(6)?, row.get(7)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets codes that `account` gave to `app` and that were not exchanged yet.
pub fn delete_grants(tx: &Tx, account: AccountId, app: AppId) -> Result<()> {
    tx.prepare_cached("DELETE FROM grants WHERE account_id = ?1 AND app_id = ?2")?
        .execute(rusqlite::params![account, app])?;
    Ok(())
}

/// Deletes every token and unused code of `account`; answers which tokens there were.
pub fn delete_of(tx: &Tx, account: AccountId) -> Result<Vec<TokenId>> {
    tx.prepare_cached("DELETE FROM grants WHERE account_id = ?1")?.execute([account])?;
    let mut statement = tx.prepare_cached("DELETE FROM tokens WHERE account_id = ?1 RETURNING id")?;
    let ids = statement.query_map([account], |row| row.get(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Stores a grant under the hash of its code, and forgets those that expired before `now`.
pub fn insert_grant(tx: &Tx, grant: &Grant, hash: &[u8; 32], now: Time) -> Result<()> {
    tx.prepare_cached("DELETE FROM grants WHERE expires_at < ?1")?.execute([now])?;
    tx.prepare_cached(
        "INSERT INTO grants (code_hash, app_id, account_id, redirect_uri, scopes, challenge, expires_at)
         VALUES (:hash, :app, :account, :redirect_uri, :scopes, :challenge, :expires_at)",
    )?
    .execute(named_params! {
        ":hash": hash.as_slice(), ":app": grant.app_id, ":account": grant.account_id,
        ":redirect_uri": grant.redirect_uri, ":scopes": grant.scopes, ":challenge": grant.challenge,
        ":expires_at": grant.expires_at,
    })?;
    Ok(())
}

/// The unused grant behind the code with this hash; expiry is the caller's to judge.
pub fn grant_by_hash(db: &Connection, hash: &[u8; 32]) -> Result<Option<Grant>> {
    let mut statement = db.prepare_cached(
        "SELECT app_id, account_id, redirect_uri, scopes, challenge, expires_at FROM grants
         WHERE code_hash = ?1 AND NOT used",
    )?;
    let found = statement.query_row([hash.as_slice()], |row| {
        Ok(Grant {
            app_id: row.get(0)?,
            account_id: row.get(1)?,
            redirect_uri: row.get(2)?,
            scopes: row.get(3)?,
            challenge: row.get(4)?,
            expires_at: row.get(5)?,
        })
    });
    Ok(found.optional()?)
}

/// Marks the code as used; `false` when it was before, or never existed.
pub fn use_grant(tx: &Tx, hash: &[u8; 32]) -> Result<bool> {
    let mut statement = tx.prepare_cached("UPDATE grants SET used = 1 WHERE code_hash = ?1 AND NOT used")?;
    Ok(statement.execute([hash.as_slice()])? > 0)
}
