//! Who favourited what. The post's count stays in step.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::accounts::{self, Account};
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// One row of `favourites`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Favourite {
    pub id: i64,
    pub account_id: AccountId,
    pub status_id: StatusId,
    pub uri: String,
}

/// Inserts the favourite, whose Like has the id `uri`; `false`: it was there already.
pub fn insert(tx: &Tx, id: i64, account: AccountId, status: StatusId, uri: &str, now: Time) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO favourites (id, account_id, status_id, uri, created_at)
             VALUES (:id, :account, :status, :uri, :now) ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {":id": id, ":account": account, ":status": status, ":uri": uri, ":now": now})?;
    if inserted > 0 {
        tx.prepare_cached("UPDATE statuses SET favourites_count = favourites_count + 1 WHERE id = ?1")?
            .execute([status])?;
    }
    Ok(inserted > 0)
}

/// Removes the favourite and answers the id of its Like; `None`: there was none.
pub fn delete(tx: &Tx, account: AccountId, status: StatusId) -> Result<Option<String>> {
    let uri = tx
        .prepare_cached("DELETE FROM favourites WHERE account_id = ?1 AND status_id = ?2 RETURNING uri")?
        .query_row(rusqlite::params![account, status], |row| row.get(0))
        .optional()?;
    if uri.is_some() {
        tx.prepare_cached("UPDATE statuses SET favourites_count = max(0, favourites_count - 1) WHERE id = ?1")?
            .execute([status])?;
    }
    Ok(uri)
}

/// The favourite whose Like has this id.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<Favourite>> {
    let mut statement = db.prepare_cached("SELECT id, account_id, status_id, uri FROM favourites WHERE uri = ?1")?;
    let found = statement.query_row([uri], |row| {
        Ok(Favourite { id: row.get(0)?, account_id: row.get(1)?, status_id: row.get(2)?, uri: row.get(3)? })
    });
    Ok(found.optional()?)
}

/// Who favourited the post, latest first, with the favourite's id as cursor.
pub fn accounts_of(db: &Connection, status: StatusId, page: &Page) -> Result<Vec<(i64, Account)>> {
    let sql = format!(
        "SELECT f.id AS cursor, {} FROM favourites f CROSS JOIN accounts a ON a.id = f.account_id
         WHERE f.status_id = :status AND f.id < :below AND f.id > :above
           AND a.suspended_at IS NULL AND a.deleted_at IS NULL
         ORDER BY f.id {} LIMIT :limit",
        accounts::COLUMNS,
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {":status": status, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        |row| Ok((row.get("cursor")?, Account::from_row(row)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::statuses;
    use crate::store::testing::World;

    #[test]
    fn a_favourite_counts_once_and_answers_its_like() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let status = world.post(alice, "hello");
        let tx = world.tx();
        let count = || statuses::by_id(&tx, status).expect("reads").expect("exists").favourites_count;
        assert!(insert(&tx, 1, bob, status, "https://b.example/like", Time(5)).expect("inserts"));
        assert!(!insert(&tx, 2, bob, status, "https://b.example/again", Time(5)).expect("knows it"));
        assert_eq!(count(), 1);
        assert_eq!(by_uri(&tx, "https://b.example/like").expect("reads").map(|row| row.account_id), Some(bob));
        assert_eq!(accounts_of(&tx, status, &Page::first(5)).expect("lists").len(), 1);
        assert_eq!(delete(&tx, bob, status).expect("deletes").as_deref(), Some("https://b.example/like"));
        assert_eq!(delete(&tx, bob, status).expect("deletes nothing"), None);
        assert_eq!(count(), 0);
    }
}
