//! Hashtags that people show on their profiles.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::sql::json_list;
use super::tags::Tag;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, FeaturedTagId, TagId};

/// A tag on a profile, with how often its owner used it openly.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the Mastodon entity FeaturedTag")]
pub struct Featured {
    pub id: FeaturedTagId,
    pub tag: Tag,
    pub statuses_count: i64,
    pub last_status_at: Option<Time>,
}

/// Features the tag; `false`: it was already.
pub fn insert(tx: &Tx, id: FeaturedTagId, account: AccountId, tag: TagId) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO featured_tags (id, account_id, tag_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    Ok(statement.execute(rusqlite::params![id, account, tag])? > 0)
}

/// Features the tag no more.
pub fn delete(tx: &Tx, account: AccountId, tag: TagId) -> Result<()> {
    tx.prepare_cached("DELETE FROM featured_tags WHERE account_id = ?1 AND tag_id = ?2")?
        .execute(rusqlite::params![account, tag])?;
    Ok(())
}

/// Which tag `account`'s entry `id` features.
pub fn tag_of(db: &Connection, account: AccountId, id: FeaturedTagId) -> Result<Option<TagId>> {
    let mut statement = db.prepare_cached("SELECT tag_id FROM featured_tags WHERE id = ?1 AND account_id = ?2")?;
    Ok(statement.query_row(rusqlite::params![id, account], |row| row.get(0)).optional()?)
}

/// The tags that `account` features, the most used first.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<Featured>> {
    let mut statement = db.prepare_cached(
        "SELECT f.id AS entry, t.id, t.name, t.display_name, count(s.id) AS uses, max(s.created_at) AS latest
         FROM featured_tags f CROSS JOIN tags t ON t.id = f.tag_id
         LEFT JOIN status_tags st ON st.tag_id = f.tag_id
         LEFT JOIN statuses s ON s.id = st.status_id AND s.account_id = f.account_id
             AND s.visibility IN ('public', 'unlisted')
         WHERE f.account_id = ?1 GROUP BY f.id ORDER BY uses DESC, f.id",
    )?;
    let rows = statement.query_map([account], |row| {
        Ok(Featured {
            id: row.get("entry")?,
            tag: Tag::from_row(row)?,
            statuses_count: row.get("uses")?,
            last_status_at: row.get("latest")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Tags that `account` used most among its newest `recent` posts and does not feature yet.
pub fn suggestions(db: &Connection, account: AccountId, recent: i64, limit: i64) -> Result<Vec<Tag>> {
    let mut statement = db.prepare_cached(
        "SELECT t.id, t.name, t.display_name
         FROM (SELECT id FROM statuses WHERE account_id = :account ORDER BY id DESC LIMIT :recent) s
         CROSS JOIN status_tags st ON st.status_id = s.id CROSS JOIN tags t ON t.id = st.tag_id
         WHERE NOT EXISTS (SELECT 1 FROM featured_tags f WHERE f.account_id = :account AND f.tag_id = t.id)
         GROUP BY t.id ORDER BY count(*) DESC, max(s.id) DESC LIMIT :limit",
    )?;
    let params = named_params! {":account": account, ":recent": recent, ":limit": limit};
    let rows = statement.query_map(params, Tag::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Which of these tags `account` features.
pub fn among(db: &Connection, account: AccountId, tags: &[TagId]) -> Result<Vec<TagId>> {
    let mut statement = db.prepare_cached(
        "SELECT tag_id FROM featured_tags WHERE account_id = :account
           AND tag_id IN (SELECT value FROM json_each(:tags))",
    )?;
    let rows = statement.query_map(named_params! {":tags": json_list(tags), ":account": account}, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
