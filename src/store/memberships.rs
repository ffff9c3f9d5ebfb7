//! How members came in, and who still waits at the door.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, AppId, InviteId};

/// One row of `memberships`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Membership {
    pub account_id: AccountId,
    pub invite_id: Option<InviteId>,
    pub app_id: Option<AppId>,
    pub reason: String,
    pub ip: String,
    pub admitted_at: Option<Time>,
}

impl Membership {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            account_id: row.get("account_id")?,
            invite_id: row.get("invite_id")?,
            app_id: row.get("app_id")?,
            reason: row.get("reason")?,
            ip: row.get("ip")?,
            admitted_at: row.get("admitted_at")?,
        })
    }
}

/// Inserts a membership; its user must exist.
pub fn insert(tx: &Tx, membership: &Membership) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO memberships (account_id, invite_id, app_id, reason, ip, admitted_at)
         VALUES (:account, :invite, :app, :reason, :ip, :admitted_at)",
    )?
    .execute(named_params! {
        ":account": membership.account_id, ":invite": membership.invite_id, ":app": membership.app_id,
        ":reason": membership.reason, ":ip": membership.ip, ":admitted_at": membership.admitted_at,
    })?;
    Ok(())
}

/// How `account` came in; `None` for those whom the operator made by hand.
pub fn by_account(db: &Connection, account: AccountId) -> Result<Option<Membership>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, invite_id, app_id, reason, ip, admitted_at FROM memberships WHERE account_id = ?1",
    )?;
    Ok(statement.query_row([account], Membership::from_row).optional()?)
}

/// Who invited `account`, if anybody did.
pub fn invited_by(db: &Connection, account: AccountId) -> Result<Option<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT i.account_id FROM memberships m JOIN invites i ON i.id = m.invite_id WHERE m.account_id = ?1",
    )?;
    Ok(statement.query_row([account], |row| row.get(0)).optional()?.flatten())
}

/// How these people came to us, each with who invited them.
pub fn among(db: &Connection, accounts: &[AccountId]) -> Result<Vec<(Membership, Option<AccountId>)>> {
    let mut statement = db.prepare_cached(
        "SELECT m.account_id, m.invite_id, m.app_id, m.reason, m.ip, m.admitted_at, i.account_id AS inviter
         FROM memberships m LEFT JOIN invites i ON i.id = m.invite_id
         WHERE m.account_id IN (SELECT value FROM json_each(?1))",
    )?;
    let rows =
        statement.query_map([json_list(accounts)], |row| Ok((Membership::from_row(row)?, row.get("inviter")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that `account` is in; `false` when that was noted before, or nothing is known of how they came.
pub fn admit(tx: &Tx, account: AccountId, now: Time) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("UPDATE memberships SET admitted_at = ?2 WHERE account_id = ?1 AND admitted_at IS NULL")?;
    Ok(statement.execute(params![account, now])? > 0)
}

/// Confirmed people who wait for a moderator, the eldest first: name, address, reason, since when.
pub fn waiting(db: &Connection, limit: i64) -> Result<Vec<(String, String, String, Time)>> {
    let mut statement = db.prepare_cached(
        "SELECT a.username, u.email, coalesce(m.reason, ''), u.created_at
         FROM users u JOIN accounts a ON a.id = u.account_id LEFT JOIN memberships m ON m.account_id = u.account_id
         WHERE u.approved_at IS NULL AND u.confirmed_at IS NOT NULL ORDER BY u.created_at LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// People who signed up before `before` and never confirmed their address.
pub fn never_confirmed(db: &Connection, before: Time, limit: usize) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT u.account_id FROM users u JOIN memberships m ON m.account_id = u.account_id
         WHERE u.confirmed_at IS NULL AND m.admitted_at IS NULL AND u.created_at < ?1 LIMIT ?2",
    )?;
    let rows = statement.query_map(params![before, limit as i64], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether a local account is not in yet: unconfirmed or unapproved. Nobody else sees those.
pub fn is_waiting(db: &Connection, account: AccountId) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM users WHERE account_id = ?1 AND (confirmed_at IS NULL OR approved_at IS NULL)",
    )?;
    Ok(statement.exists([account])?)
}

/// Forgets somebody who never came in, with the name: it is free again.
pub fn forget(tx: &Tx, account: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM accounts WHERE id = ?1 AND domain IS NULL")?.execute([account])?;
    Ok(())
}
