//! Who blocks whom.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::accounts::{self, Account};
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// Inserts the block, whose activity has the id `uri`; `false`: it was there already.
pub fn insert(tx: &Tx, id: i64, account: AccountId, target: AccountId, uri: &str, now: Time) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO blocks (id, account_id, target_id, uri, created_at)
             VALUES (:id, :account, :target, :uri, :now) ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {":id": id, ":account": account, ":target": target, ":uri": uri, ":now": now})?;
    Ok(inserted > 0)
}

/// Removes the block and answers the id of its activity; `None`: there was none.
pub fn delete(tx: &Tx, account: AccountId, target: AccountId) -> Result<Option<String>> {
    let mut statement =
        tx.prepare_cached("DELETE FROM blocks WHERE account_id = ?1 AND target_id = ?2 RETURNING uri")?;
    Ok(statement.query_row([account, target], |row| row.get(0)).optional()?)
}

/// Whether `account` blocks `target`.
pub fn exists(db: &Connection, account: AccountId, target: AccountId) -> Result<bool> {
    let mut statement = db.prepare_cached("SELECT 1 FROM blocks WHERE account_id = ?1 AND target_id = ?2")?;
    Ok(statement.exists([account, target])?)
}

/// Whom of these `account` blocks.
pub fn among(db: &Connection, account: AccountId, targets: &[AccountId]) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT target_id FROM blocks WHERE account_id = ?1 AND target_id IN (SELECT value FROM json_each(?2))",
    )?;
    let rows = statement.query_map(rusqlite::params![account, super::sql::json_list(targets)], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether either of the two blocks the other.
pub fn exists_between(db: &Connection, one: AccountId, other: AccountId) -> Result<bool> {
    Ok(exists(db, one, other)? || exists(db, other, one)?)
}

/// Who blocks whom by the block activity `uri`: the blocking and the blocked account.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<(AccountId, AccountId)>> {
    let mut statement = db.prepare_cached("SELECT account_id, target_id FROM blocks WHERE uri = ?1")?;
    Ok(statement.query_row([uri], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Whom `account` blocks, latest first, with the block's id as cursor.
pub fn of(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, Account)>> {
    let sql = format!(
        "SELECT b.id AS cursor, {} FROM blocks b CROSS JOIN accounts a ON a.id = b.target_id
         WHERE b.account_id = :account AND b.id < :below AND b.id > :above ORDER BY b.id {} LIMIT :limit",
        accounts::COLUMNS,
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {":account": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        |row| Ok((row.get("cursor")?, Account::from_row(row)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn a_block_is_one_way_but_stands_between_both() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let tx = world.tx();
        assert!(insert(&tx, 1, alice, bob, "https://a.example/block", Time(1)).expect("inserts"));
        assert!(!insert(&tx, 2, alice, bob, "https://a.example/block2", Time(1)).expect("knows it"));
        assert!(exists(&tx, alice, bob).expect("reads") && !exists(&tx, bob, alice).expect("reads"));
        assert!(exists_between(&tx, bob, alice).expect("reads"));
        assert_eq!(by_uri(&tx, "https://a.example/block").expect("reads"), Some((alice, bob)));
        assert_eq!(of(&tx, alice, &Page::first(5)).expect("lists").len(), 1);
        assert_eq!(delete(&tx, alice, bob).expect("deletes").as_deref(), Some("https://a.example/block"));
        assert_eq!(delete(&tx, alice, bob).expect("deletes nothing"), None);
    }
}
