//! What moderators said about hashtags, posts, pages and sites: whether they may trend, and how hashtags may be used.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use url::Url;

use super::Tx;
use super::cards::Card;
use super::page::Page;
use super::sql::json_list;
use super::tags::Tag;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{StatusId, TagId};

/// What was said about a hashtag; the default: nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagReview {
    /// Whether it may trend; `None`: nobody said.
    pub trendable: Option<bool>,
    /// Whether posts may carry it.
    pub usable: bool,
    /// Whether it is found by its beginning.
    pub listable: bool,
    /// When somebody said so.
    pub reviewed_at: Option<Time>,
}

impl Default for TagReview {
    fn default() -> Self {
        Self { trendable: None, usable: true, listable: true, reviewed_at: None }
    }
}

/// What was said about these hashtags; of others nothing was.
pub fn of_tags(db: &Connection, tags: &[TagId]) -> Result<HashMap<TagId, TagReview>> {
    let mut statement = db.prepare_cached(
        "SELECT tag_id, trendable, usable, listable, reviewed_at FROM tag_reviews
         WHERE tag_id IN (SELECT value FROM json_each(?1))",
    )?;
    let rows = statement.query_map([json_list(tags)], |row| {
        let review =
            TagReview { trendable: row.get(1)?, usable: row.get(2)?, listable: row.get(3)?, reviewed_at: row.get(4)? };
        Ok((row.get(0)?, review))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Somebody looked at a hashtag now.
pub fn set_tag(tx: &Tx, tag: TagId, review: TagReview, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO tag_reviews (tag_id, trendable, usable, listable, reviewed_at)
         VALUES (:tag, :trendable, :usable, :listable, :now)
         ON CONFLICT (tag_id) DO UPDATE SET trendable = :trendable, usable = :usable, listable = :listable,
             reviewed_at = :now",
    )?
    .execute(named_params! {
        ":tag": tag, ":trendable": review.trendable, ":usable": review.usable, ":listable": review.listable,
        ":now": now,
    })?;
    Ok(())
}

/// All hashtags, the newest first.
pub fn tags(db: &Connection, page: &Page) -> Result<Vec<Tag>> {
    let sql = format!(
        "SELECT id, name, display_name FROM tags WHERE id < ?1 AND id > ?2 ORDER BY id {} LIMIT ?3",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([page.below(), page.above(), page.limit], Tag::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// The hashtag with this id.
pub fn tag(db: &Connection, id: TagId) -> Result<Option<Tag>> {
    let mut statement = db.prepare_cached("SELECT id, name, display_name FROM tags WHERE id = ?1")?;
    Ok(statement.query_row([id], Tag::from_row).optional()?)
}

/// How a hashtag is written.
pub fn rename_tag(tx: &Tx, id: TagId, display_name: &str) -> Result<()> {
    tx.prepare_cached("UPDATE tags SET display_name = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![id, display_name])?;
    Ok(())
}

/// Which of these posts somebody judged.
pub fn judged_statuses(db: &Connection, statuses: &[StatusId]) -> Result<Vec<StatusId>> {
    let mut statement =
        db.prepare_cached("SELECT status_id FROM status_reviews WHERE status_id IN (SELECT value FROM json_each(?1))")?;
    let rows = statement.query_map([json_list(statuses)], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Somebody said whether the post may trend.
pub fn set_status(tx: &Tx, status: StatusId, trendable: bool, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO status_reviews (status_id, trendable, reviewed_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (status_id) DO UPDATE SET trendable = excluded.trendable, reviewed_at = excluded.reviewed_at",
    )?
    .execute(rusqlite::params![status, trendable, now])?;
    Ok(())
}

/// Somebody said whether the page may trend.
pub fn set_card(tx: &Tx, id: i64, trendable: bool, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE cards SET trendable = ?2, reviewed_at = ?3 WHERE id = ?1")?
        .execute(rusqlite::params![id, trendable, now])?;
    Ok(())
}

/// A site that links lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Publisher {
    pub id: i64,
    pub domain: String,
    pub trendable: Option<bool>,
    pub reviewed_at: Option<Time>,
}

impl Publisher {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, domain: row.get(1)?, trendable: row.get(2)?, reviewed_at: row.get(3)? })
    }
}

/// The site that a page belongs to.
pub fn publisher_of(card: &Card) -> Option<String> {
    Url::parse(card.page.as_deref().unwrap_or(&card.url)).ok()?.host_str().map(str::to_owned)
}

/// Notes that there is this site.
pub fn meet_publisher(tx: &Tx, domain: &str) -> Result<()> {
    tx.prepare_cached("INSERT INTO publishers (domain) VALUES (?1) ON CONFLICT DO NOTHING")?.execute([domain])?;
    Ok(())
}

/// All sites, the newest first.
pub fn publishers(db: &Connection, page: &Page) -> Result<Vec<Publisher>> {
    let sql = format!(
        "SELECT id, domain, trendable, reviewed_at FROM publishers WHERE id < ?1 AND id > ?2 ORDER BY id {} LIMIT ?3",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([page.below(), page.above(), page.limit], Publisher::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// The site with this id.
pub fn publisher(db: &Connection, id: i64) -> Result<Option<Publisher>> {
    let mut statement = db.prepare_cached("SELECT id, domain, trendable, reviewed_at FROM publishers WHERE id = ?1")?;
    Ok(statement.query_row([id], Publisher::from_row).optional()?)
}

/// The sites that somebody judged, and how.
pub fn judged_publishers(db: &Connection) -> Result<Vec<(String, bool)>> {
    let mut statement = db.prepare_cached("SELECT domain, trendable FROM publishers WHERE trendable IS NOT NULL")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Somebody said whether pages of the site may trend.
pub fn set_publisher(tx: &Tx, id: i64, trendable: bool, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE publishers SET trendable = ?2, reviewed_at = ?3 WHERE id = ?1")?
        .execute(rusqlite::params![id, trendable, now])?;
    Ok(())
}
