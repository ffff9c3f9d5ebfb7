//! Who may sign in: local people's user rows.

use rusqlite::{Connection, OptionalExtension, Row};

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
