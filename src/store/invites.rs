//! Invitations to join: links that members or the operator hand out.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::Tx;
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, InviteId};

/// One row of `invites`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Invite {
    pub id: InviteId,
    pub account_id: Option<AccountId>,
    pub code: String,
    pub comment: String,
    pub max_uses: Option<i64>,
    pub uses: i64,
    pub autofollow: bool,
    pub expires_at: Option<Time>,
    pub created_at: Time,
}

impl Invite {
    /// Whether somebody can still come in by it.
    pub fn is_open(&self, now: Time) -> bool {
        self.max_uses.is_none_or(|most| self.uses < most) && self.expires_at.is_none_or(|end| now < end)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            code: row.get("code")?,
            comment: row.get("comment")?,
            max_uses: row.get("max_uses")?,
            uses: row.get("uses")?,
            autofollow: row.get("autofollow")?,
            expires_at: row.get("expires_at")?,
            created_at: row.get("created_at")?,
        })
    }
}

const COLUMNS: &str = "id, account_id, code, comment, max_uses, uses, autofollow, expires_at, created_at";

/// Inserts an invite.
pub fn insert(tx: &Tx, invite: &Invite) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO invites (id, account_id, code, comment, max_uses, uses, autofollow, expires_at, created_at)
         VALUES (:id, :account, :code, :comment, :max_uses, :uses, :autofollow, :expires_at, :created_at)",
    )?
    .execute(named_params! {
        ":id": invite.id, ":account": invite.account_id, ":code": invite.code, ":comment": invite.comment,
        ":max_uses": invite.max_uses, ":uses": invite.uses, ":autofollow": invite.autofollow,
        ":expires_at": invite.expires_at, ":created_at": invite.created_at,
    })?;
    Ok(())
}

/// The invite with this code, used up or not.
pub fn by_code(db: &Connection, code: &str) -> Result<Option<Invite>> {
    let sql = format!("SELECT {COLUMNS} FROM invites WHERE code = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([code], Invite::from_row).optional()?)
}

/// The invite with this id.
pub fn by_id(db: &Connection, id: InviteId) -> Result<Option<Invite>> {
    let sql = format!("SELECT {COLUMNS} FROM invites WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Invite::from_row).optional()?)
}

/// The invites of `account`, newest first.
pub fn of_account(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<Invite>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invites WHERE account_id = :account AND id < :below AND id > :above
         ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":account": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit,
        },
        Invite::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// Everybody's invites, newest first.
pub fn all(db: &Connection, page: &Page) -> Result<Vec<Invite>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invites WHERE id < :below AND id > :above ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, Invite::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// Everybody's invites that can still be used, newest first, with who made them.
pub fn open(db: &Connection, now: Time, limit: i64) -> Result<Vec<(Invite, Option<String>)>> {
    let mut statement = db.prepare_cached(
        "SELECT i.id, i.account_id, i.code, i.comment, i.max_uses, i.uses, i.autofollow, i.expires_at, i.created_at,
             a.username
         FROM invites i LEFT JOIN accounts a ON a.id = i.account_id
         WHERE (i.expires_at IS NULL OR i.expires_at > :now) AND (i.max_uses IS NULL OR i.uses < i.max_uses)
         ORDER BY i.id DESC LIMIT :limit",
    )?;
    let rows = statement.query_map(named_params! {":now": now, ":limit": limit}, |row| {
        Ok((Invite::from_row(row)?, row.get("username")?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many invites `account` made since `since`.
pub fn made_since(db: &Connection, account: AccountId, since: Time) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM invites WHERE account_id = ?1 AND created_at >= ?2")?;
    Ok(statement.query_row(params![account, since], |row| row.get(0))?)
}

/// Takes one use of the invite; `None` when it is unknown, used up or over. Nobody can take the last one twice.
pub fn take(tx: &Tx, code: &str, now: Time) -> Result<Option<Invite>> {
    let sql = format!(
        "UPDATE invites SET uses = uses + 1
         WHERE code = ?1 AND (max_uses IS NULL OR uses < max_uses) AND (expires_at IS NULL OR expires_at > ?2)
         RETURNING {COLUMNS}"
    );
    Ok(tx.prepare_cached(&sql)?.query_row(params![code, now], Invite::from_row).optional()?)
}

/// Gives one use back: whoever took it never came in.
pub fn give_back(tx: &Tx, id: InviteId) -> Result<()> {
    tx.prepare_cached("UPDATE invites SET uses = max(0, uses - 1) WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Ends the invite now. The row stays, for it says who let whom in.
pub fn revoke(tx: &Tx, id: InviteId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE invites SET expires_at = ?2 WHERE id = ?1 AND (expires_at IS NULL OR expires_at > ?2)")?
        .execute(params![id, now])?;
    Ok(())
}

/// Ends all invites of `account`.
pub fn revoke_all(tx: &Tx, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached(
        "UPDATE invites SET expires_at = ?2 WHERE account_id = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
    )?
    .execute(params![account, now])?;
    Ok(())
}
