//! Lists of followed people. What stands in a list's timeline is `timelines/list.rs`.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::accounts::{self, Account};
use super::page::Page;
use super::sql::as_text;
use crate::error::Result;
use crate::ids::{AccountId, ListId};

/// Which answers of members a list shows, beside those to themselves and to the list's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replies {
    /// Those to people whom the owner follows.
    Followed,
    /// Those to other members.
    List,
    /// No others.
    None,
}

impl Replies {
    /// As in the Mastodon API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::List => "list",
            Self::None => "none",
        }
    }

    /// Reads what [`Replies::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Followed, Self::List, Self::None].into_iter().find(|policy| policy.as_str() == text)
    }
}

as_text!(Replies);

/// One row of `lists`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct List {
    pub id: ListId,
    pub title: String,
    pub replies_policy: Replies,
    pub exclusive: bool,
}

impl List {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            title: row.get("title")?,
            replies_policy: row.get("replies_policy")?,
            exclusive: row.get("exclusive")?,
        })
    }
}

/// The lists of `account`, oldest first.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<List>> {
    let mut statement =
        db.prepare_cached("SELECT id, title, replies_policy, exclusive FROM lists WHERE account_id = ?1 ORDER BY id")?;
    let rows = statement.query_map([account], List::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// `account`'s list with this id.
pub fn by_id(db: &Connection, account: AccountId, id: ListId) -> Result<Option<List>> {
    let mut statement =
        db.prepare_cached("SELECT id, title, replies_policy, exclusive FROM lists WHERE id = ?1 AND account_id = ?2")?;
    Ok(statement.query_row(rusqlite::params![id, account], List::from_row).optional()?)
}

/// Those lists of `account` in which `member` is.
pub fn containing(db: &Connection, account: AccountId, member: AccountId) -> Result<Vec<List>> {
    let mut statement = db.prepare_cached(
        "SELECT l.id, l.title, l.replies_policy, l.exclusive FROM list_members m
         CROSS JOIN lists l ON l.id = m.list_id WHERE m.account_id = ?2 AND l.account_id = ?1 ORDER BY l.id",
    )?;
    let rows = statement.query_map([account, member], List::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Inserts the list, or replaces it when its id is known.
pub fn put(tx: &Tx, account: AccountId, list: &List) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lists (id, account_id, title, replies_policy, exclusive)
         VALUES (:id, :account, :title, :replies_policy, :exclusive)
         ON CONFLICT (id) DO UPDATE SET title = :title, replies_policy = :replies_policy, exclusive = :exclusive",
    )?
    .execute(named_params! {
        ":id": list.id, ":account": account, ":title": list.title, ":replies_policy": list.replies_policy,
        ":exclusive": list.exclusive,
    })?;
    Ok(())
}

/// Deletes a list with its members and its timeline.
pub fn delete(tx: &Tx, id: ListId) -> Result<()> {
    tx.prepare_cached("DELETE FROM lists WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The members, latest account first, with the account's id as cursor; suspended accounts are left out.
pub fn members(db: &Connection, list: ListId, page: &Page) -> Result<Vec<(i64, Account)>> {
    let mut statement = db.prepare_cached(&members_sql(page))?;
    let rows = statement.query_map(
        named_params! {":list": list, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        |row| Ok((row.get("cursor")?, Account::from_row(row)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn members_sql(page: &Page) -> String {
    format!(
        "SELECT m.account_id AS cursor, {} FROM list_members m CROSS JOIN accounts a ON a.id = m.account_id
         WHERE m.list_id = :list AND m.account_id < :below AND m.account_id > :above AND a.suspended_at IS NULL
         ORDER BY m.account_id {} LIMIT :limit",
        accounts::COLUMNS,
        page.order()
    )
}

/// The ids of all members.
pub fn member_ids(db: &Connection, list: ListId) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached("SELECT account_id FROM list_members WHERE list_id = ?1")?;
    let rows = statement.query_map([list], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Adds a member; `false`: it is one already.
pub fn add_member(tx: &Tx, list: ListId, member: AccountId) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("INSERT INTO list_members (list_id, account_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    Ok(statement.execute(rusqlite::params![list, member])? > 0)
}

/// Removes a member and what they wrote from the list; `false`: it was none.
pub fn remove_member(tx: &Tx, list: ListId, member: AccountId) -> Result<bool> {
    tx.prepare_cached("DELETE FROM list_timeline WHERE list_id = ?1 AND author_id = ?2")?
        .execute(rusqlite::params![list, member])?;
    let mut statement = tx.prepare_cached("DELETE FROM list_members WHERE list_id = ?1 AND account_id = ?2")?;
    Ok(statement.execute(rusqlite::params![list, member])? > 0)
}

/// Removes `member` from all lists of `account`, which follows it no more.
pub fn remove_everywhere(tx: &Tx, account: AccountId, member: AccountId) -> Result<()> {
    for list in containing(tx, account, member)? {
        remove_member(tx, list.id, member)?;
    }
    Ok(())
}
