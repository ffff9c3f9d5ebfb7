//! What readers would rather not see: filters with their keywords and posts.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::sql::{as_text, json_list};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, FilterId, KeptId, KeywordId, StatusId};

/// What clients do with a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub enum Act {
    Warn,
    Hide,
    Blur,
}

impl Act {
    /// As in the Mastodon API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Hide => "hide",
            Self::Blur => "blur",
        }
    }

    /// Reads what [`Act::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Warn, Self::Hide, Self::Blur].into_iter().find(|act| act.as_str() == text)
    }
}

as_text!(Act);

/// One row of `filters`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Filter {
    pub id: FilterId,
    pub title: String,
    pub contexts: Vec<String>,
    pub action: Act,
    pub expires_at: Option<Time>,
}

/// One row of `filter_keywords`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Keyword {
    pub id: KeywordId,
    pub filter_id: FilterId,
    pub keyword: String,
    pub whole_word: bool,
}

/// One row of `filter_statuses`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Kept {
    pub id: KeptId,
    pub filter_id: FilterId,
    pub status_id: StatusId,
}

impl Filter {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let contexts: String = row.get("contexts")?;
        Ok(Self {
            id: row.get("id")?,
            title: row.get("title")?,
            contexts: serde_json::from_str(&contexts).unwrap_or_default(),
            action: row.get("action")?,
            expires_at: row.get("expires_at")?,
        })
    }
}

impl Keyword {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            filter_id: row.get("filter_id")?,
            keyword: row.get("keyword")?,
            whole_word: row.get("whole_word")?,
        })
    }
}

impl Kept {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get("id")?, filter_id: row.get("filter_id")?, status_id: row.get("status_id")? })
    }
}

const COLUMNS: &str = "f.id, f.title, f.contexts, f.action, f.expires_at";

/// The filters of `account`, oldest first, expired ones too.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<Filter>> {
    let sql = format!("SELECT {COLUMNS} FROM filters f WHERE f.account_id = ?1 ORDER BY f.id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([account], Filter::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// `account`'s filter with this id.
pub fn by_id(db: &Connection, account: AccountId, id: FilterId) -> Result<Option<Filter>> {
    let sql = format!("SELECT {COLUMNS} FROM filters f WHERE f.id = ?1 AND f.account_id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row(rusqlite::params![id, account], Filter::from_row).optional()?)
}

/// Inserts the filter, or replaces it when its id is known.
pub fn put(tx: &Tx, account: AccountId, filter: &Filter) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO filters (id, account_id, title, contexts, action, expires_at)
         VALUES (:id, :account, :title, :contexts, :action, :expires_at)
         ON CONFLICT (id) DO UPDATE SET title = :title, contexts = :contexts, action = :action,
             expires_at = :expires_at",
    )?
    .execute(named_params! {
        ":id": filter.id, ":account": account, ":title": filter.title, ":action": filter.action,
        ":contexts": serde_json::to_string(&filter.contexts).unwrap_or_default(), ":expires_at": filter.expires_at,
    })?;
    Ok(())
}

/// Deletes a filter with its keywords and posts.
pub fn delete(tx: &Tx, id: FilterId) -> Result<()> {
    tx.prepare_cached("DELETE FROM filters WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The keywords of all filters of `account`, by filter, oldest first.
pub fn keywords_of(db: &Connection, account: AccountId) -> Result<Vec<Keyword>> {
    let mut statement = db.prepare_cached(
        "SELECT k.id, k.filter_id, k.keyword, k.whole_word FROM filters f
         CROSS JOIN filter_keywords k ON k.filter_id = f.id WHERE f.account_id = ?1 ORDER BY f.id, k.id",
    )?;
    let rows = statement.query_map([account], Keyword::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// `account`'s keyword with this id.
pub fn keyword(db: &Connection, account: AccountId, id: KeywordId) -> Result<Option<Keyword>> {
    let mut statement = db.prepare_cached(
        "SELECT k.id, k.filter_id, k.keyword, k.whole_word FROM filter_keywords k
         CROSS JOIN filters f ON f.id = k.filter_id WHERE k.id = ?1 AND f.account_id = ?2",
    )?;
    Ok(statement.query_row(rusqlite::params![id, account], Keyword::from_row).optional()?)
}

/// Inserts the keyword, or replaces it when its id is known.
pub fn put_keyword(tx: &Tx, keyword: &Keyword) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO filter_keywords (id, filter_id, keyword, whole_word)
         VALUES (:id, :filter, :keyword, :whole_word)
         ON CONFLICT (id) DO UPDATE SET keyword = :keyword, whole_word = :whole_word",
    )?
    .execute(named_params! {
        ":id": keyword.id, ":filter": keyword.filter_id, ":keyword": keyword.keyword,
        ":whole_word": keyword.whole_word,
    })?;
    Ok(())
}

/// Deletes a keyword.
pub fn delete_keyword(tx: &Tx, id: KeywordId) -> Result<()> {
    tx.prepare_cached("DELETE FROM filter_keywords WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The posts in all filters of `account`, by filter, oldest first.
pub fn statuses_of(db: &Connection, account: AccountId) -> Result<Vec<Kept>> {
    let mut statement = db.prepare_cached(
        "SELECT k.id, k.filter_id, k.status_id FROM filters f
         CROSS JOIN filter_statuses k ON k.filter_id = f.id WHERE f.account_id = ?1 ORDER BY f.id, k.id",
    )?;
    let rows = statement.query_map([account], Kept::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Which of these posts stand in filters of `account`.
pub fn statuses_among(db: &Connection, account: AccountId, ids: &[StatusId]) -> Result<Vec<Kept>> {
    let mut statement = db.prepare_cached(
        "SELECT k.id, k.filter_id, k.status_id FROM json_each(:ids) j
         CROSS JOIN filter_statuses k ON k.status_id = j.value CROSS JOIN filters f ON f.id = k.filter_id
         WHERE f.account_id = :account",
    )?;
    let params = named_params! {":ids": json_list(ids), ":account": account};
    let rows = statement.query_map(params, Kept::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// `account`'s filtered post with this id (of the entry, not of the post).
pub fn status(db: &Connection, account: AccountId, id: KeptId) -> Result<Option<Kept>> {
    let mut statement = db.prepare_cached(
        "SELECT k.id, k.filter_id, k.status_id FROM filter_statuses k
         CROSS JOIN filters f ON f.id = k.filter_id WHERE k.id = ?1 AND f.account_id = ?2",
    )?;
    Ok(statement.query_row(rusqlite::params![id, account], Kept::from_row).optional()?)
}

/// Puts a post into a filter; `false`: it stands there already.
pub fn insert_status(tx: &Tx, kept: Kept) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO filter_statuses (id, filter_id, status_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    Ok(statement.execute(rusqlite::params![kept.id, kept.filter_id, kept.status_id])? > 0)
}

/// Takes a post out of a filter.
pub fn delete_status(tx: &Tx, id: KeptId) -> Result<()> {
    tx.prepare_cached("DELETE FROM filter_statuses WHERE id = ?1")?.execute([id])?;
    Ok(())
}
