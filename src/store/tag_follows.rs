//! Hashtags that people follow.

use rusqlite::{Connection, named_params};

use super::Tx;
use super::page::Page;
use super::sql::json_list;
use super::tags::Tag;
use crate::error::Result;
use crate::ids::{AccountId, TagId};

/// Follows the tag; `false`: it was followed already.
pub fn insert(tx: &Tx, id: i64, account: AccountId, tag: TagId) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO tag_follows (id, account_id, tag_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    Ok(statement.execute(rusqlite::params![id, account, tag])? > 0)
}

/// Unfollows the tag, and takes out of the home what only it brought there.
pub fn delete(tx: &Tx, account: AccountId, tag: TagId) -> Result<()> {
    tx.prepare_cached("DELETE FROM tag_follows WHERE account_id = ?1 AND tag_id = ?2")?
        .execute(rusqlite::params![account, tag])?;
    tx.prepare_cached(
        "DELETE FROM home_timeline WHERE account_id = :account AND author_id <> :account
           AND EXISTS (SELECT 1 FROM status_tags t WHERE t.tag_id = :tag AND t.status_id = home_timeline.status_id)
           AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :account
                           AND f.target_id = home_timeline.author_id AND f.accepted)
           AND NOT EXISTS (SELECT 1 FROM status_tags t CROSS JOIN tag_follows g ON g.tag_id = t.tag_id
                           WHERE t.status_id = home_timeline.status_id AND g.account_id = :account)",
    )?
    .execute(named_params! {":account": account, ":tag": tag})?;
    Ok(())
}

/// The tags that `account` follows, latest first, with the follow's id as cursor.
pub fn of(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, Tag)>> {
    let mut statement = db.prepare_cached(&of_sql(page))?;
    let rows = statement.query_map(
        named_params! {":account": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        |row| Ok((row.get("cursor")?, Tag::from_row(row)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn of_sql(page: &Page) -> String {
    format!(
        "SELECT f.id AS cursor, t.id, t.name, t.display_name FROM tag_follows f CROSS JOIN tags t ON t.id = f.tag_id
         WHERE f.account_id = :account AND f.id < :below AND f.id > :above ORDER BY f.id {} LIMIT :limit",
        page.order()
    )
}

/// Which of these tags `account` follows.
pub fn among(db: &Connection, account: AccountId, tags: &[TagId]) -> Result<Vec<TagId>> {
    let mut statement = db.prepare_cached(
        "SELECT f.tag_id FROM json_each(:tags) j CROSS JOIN tag_follows f ON f.tag_id = j.value
         WHERE f.account_id = :account",
    )?;
    let rows = statement.query_map(named_params! {":tags": json_list(tags), ":account": account}, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
