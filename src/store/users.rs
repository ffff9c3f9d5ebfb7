//! Who may sign in: local people's user rows.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::sql::json_list;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// One row of `users`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct User {
    pub account_id: AccountId,
    pub email: String,
    pub password_hash: String,
    pub role: String,
    pub locale: String,
    pub default_visibility: Visibility,
    pub default_sensitive: bool,
    pub default_language: Option<String>,
    pub created_at: Time,
    pub confirmed_at: Option<Time>,
    pub approved_at: Option<Time>,
    pub disabled_at: Option<Time>,
    pub last_active_at: Option<Time>,
}

impl User {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            account_id: row.get("account_id")?,
            email: row.get("email")?,
            password_hash: row.get("password_hash")?,
            role: row.get("role")?,
            locale: row.get("locale")?,
            default_visibility: row.get("default_visibility")?,
            default_sensitive: row.get("default_sensitive")?,
            default_language: row.get("default_language")?,
            created_at: row.get("created_at")?,
            confirmed_at: row.get("confirmed_at")?,
            approved_at: row.get("approved_at")?,
            disabled_at: row.get("disabled_at")?,
            last_active_at: row.get("last_active_at")?,
        })
    }
}

const COLUMNS: &str = "account_id, email, password_hash, role, locale, default_visibility, default_sensitive, \
    default_language, created_at, confirmed_at, approved_at, disabled_at, last_active_at";

/// Inserts a user row; its account must exist.
pub fn insert(tx: &Tx, user: &User) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO users (account_id, email, password_hash, role, locale, default_visibility, default_sensitive,
             default_language, created_at, confirmed_at, approved_at, disabled_at, last_active_at)
         VALUES (:account_id, :email, :password_hash, :role, :locale, :default_visibility, :default_sensitive,
             :default_language, :created_at, :confirmed_at, :approved_at, :disabled_at, :last_active_at)",
    )?
    .execute(named_params! {
        ":account_id": user.account_id, ":email": user.email, ":password_hash": user.password_hash,
        ":role": user.role, ":locale": user.locale, ":default_visibility": user.default_visibility,
        ":default_sensitive": user.default_sensitive, ":default_language": user.default_language,
        ":created_at": user.created_at, ":confirmed_at": user.confirmed_at, ":approved_at": user.approved_at,
        ":disabled_at": user.disabled_at, ":last_active_at": user.last_active_at,
    })?;
    Ok(())
}

/// Notes that the user was here.
pub fn touch(tx: &Tx, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE users SET last_active_at = ?2 WHERE account_id = ?1")?
        .execute(rusqlite::params![account, now])?;
    Ok(())
}

/// Stores how the user likes to post: visibility, sensitivity, language.
pub fn set_preferences(tx: &Tx, user: &User) -> Result<()> {
    tx.prepare_cached(
        "UPDATE users SET default_visibility = :visibility, default_sensitive = :sensitive, default_language = :language
         WHERE account_id = :account",
    )?
    .execute(named_params! {
        ":account": user.account_id, ":visibility": user.default_visibility, ":sensitive": user.default_sensitive,
        ":language": user.default_language,
    })?;
    Ok(())
}

/// Closes the door for the user.
pub fn disable(tx: &Tx, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE users SET disabled_at = ?2 WHERE account_id = ?1")?
        .execute(rusqlite::params![account, now])?;
    Ok(())
}

/// Opens the door for the user again.
pub fn enable(tx: &Tx, account: AccountId) -> Result<()> {
    tx.prepare_cached("UPDATE users SET disabled_at = NULL WHERE account_id = ?1")?.execute([account])?;
    Ok(())
}

/// Gives the user another role; `false`: there is no such user.
pub fn set_role(tx: &Tx, account: AccountId, role: &str) -> Result<bool> {
    let mut statement = tx.prepare_cached("UPDATE users SET role = ?2 WHERE account_id = ?1")?;
    Ok(statement.execute(rusqlite::params![account, role])? > 0)
}

/// The owners who can sign in.
pub fn usable_owners(db: &Connection) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT u.account_id FROM users u JOIN accounts a ON a.id = u.account_id
         WHERE u.role = 'owner' AND u.disabled_at IS NULL AND a.suspended_at IS NULL AND a.deleted_at IS NULL",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The people among `ids` who have more than everybody's role, and which.
pub fn staff_among(db: &Connection, ids: &[AccountId]) -> Result<Vec<(AccountId, String)>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, role FROM users
         WHERE account_id IN (SELECT value FROM json_each(?1)) AND role <> 'member'",
    )?;
    let rows = statement.query_map([json_list(ids)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Everybody with one of these roles who can sign in.
pub fn with_roles(db: &Connection, roles: &[&str]) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT u.account_id FROM users u JOIN accounts a ON a.id = u.account_id
         WHERE u.role IN (SELECT value FROM json_each(?1)) AND u.disabled_at IS NULL AND a.suspended_at IS NULL
           AND a.deleted_at IS NULL ORDER BY u.account_id",
    )?;
    let rows = statement.query_map([serde_json::to_string(roles).unwrap_or_default()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The users behind these accounts, in no order.
pub fn by_accounts(db: &Connection, ids: &[AccountId]) -> Result<Vec<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE account_id IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(ids)], User::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many people were here since `since`.
pub fn active_since(db: &Connection, since: Time) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM users WHERE last_active_at >= ?1")?;
    Ok(statement.query_row([since], |row| row.get(0))?)
}

/// How many people live here; those who wait at the door do not yet, and bots are none.
pub fn count(db: &Connection) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT count(*) FROM users WHERE confirmed_at IS NOT NULL AND approved_at IS NOT NULL
             AND account_id NOT IN (SELECT account_id FROM bots)",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// How many posts the people who live here wrote.
pub fn statuses_count(db: &Connection) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(sum(a.statuses_count), 0) FROM users u JOIN accounts a ON a.id = u.account_id",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Whom to turn to: the eldest owner, or else the eldest admin.
pub fn contact(db: &Connection) -> Result<Option<User>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE role IN ('owner', 'admin') ORDER BY role = 'owner' DESC, account_id LIMIT 1"
    );
    Ok(db.prepare_cached(&sql)?.query_row([], User::from_row).optional()?)
}

/// The user behind a local account.
pub fn by_account(db: &Connection, account: AccountId) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE account_id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([account], User::from_row).optional()?)
}

/// The user with this e-mail address; case does not matter.
pub fn by_email(db: &Connection, email: &str) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE email = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([email], User::from_row).optional()?)
}

/// Notes that the user's address is `email` and theirs.
pub fn confirm(tx: &Tx, account: AccountId, email: &str, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE users SET email = ?2, confirmed_at = coalesce(confirmed_at, ?3) WHERE account_id = ?1")?
        .execute(rusqlite::params![account, email, now])?;
    Ok(())
}

/// Changes the address of somebody who has not confirmed one yet.
pub fn set_email(tx: &Tx, account: AccountId, email: &str) -> Result<()> {
    tx.prepare_cached("UPDATE users SET email = ?2 WHERE account_id = ?1")?
        .execute(rusqlite::params![account, email])?;
    Ok(())
}

/// Notes that a moderator lets the user in.
pub fn approve(tx: &Tx, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE users SET approved_at = coalesce(approved_at, ?2) WHERE account_id = ?1")?
        .execute(rusqlite::params![account, now])?;
    Ok(())
}

/// Replaces the password.
pub fn set_password(tx: &Tx, account: AccountId, hash: &str) -> Result<()> {
    tx.prepare_cached("UPDATE users SET password_hash = ?2 WHERE account_id = ?1")?
        .execute(rusqlite::params![account, hash])?;
    Ok(())
}

/// Removes the user with all that only a user has: tokens, sessions, homes, lists, filters and so on.
pub fn delete(tx: &Tx, account: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM users WHERE account_id = ?1")?.execute([account])?;
    Ok(())
}
