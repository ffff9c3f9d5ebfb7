//! Servers that single people want to hear nothing of.

use rusqlite::{Connection, named_params};

use super::Tx;
use super::page::Page;
use crate::error::Result;
use crate::ids::AccountId;

/// Blocks `domain` for `account`; `false`: it was already.
pub fn insert(tx: &Tx, id: i64, account: AccountId, domain: &str) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO user_domain_blocks (id, account_id, domain) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    Ok(statement.execute(rusqlite::params![id, account, domain])? > 0)
}

/// Unblocks `domain` for `account`.
pub fn delete(tx: &Tx, account: AccountId, domain: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM user_domain_blocks WHERE account_id = ?1 AND domain = ?2")?
        .execute(rusqlite::params![account, domain])?;
    Ok(())
}

/// The domains that `account` blocks, latest first, with the block's id as cursor.
pub fn of(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, String)>> {
    let mut statement = db.prepare_cached(&of_sql(page))?;
    let rows = statement.query_map(
        named_params! {":account": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn of_sql(page: &Page) -> String {
    format!(
        "SELECT id, domain FROM user_domain_blocks
         WHERE account_id = :account AND id < :below AND id > :above ORDER BY id {} LIMIT :limit",
        page.order()
    )
}

/// Whether `account` blocks the server on which `other` lives.
pub fn covers(db: &Connection, account: AccountId, other: AccountId) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM accounts a CROSS JOIN user_domain_blocks d ON d.account_id = ?1 AND d.domain = a.domain
         WHERE a.id = ?2",
    )?;
    Ok(statement.exists([account, other])?)
}

/// Takes back everything that `account` was told of people on `domain`.
pub fn remove_notifications(tx: &Tx, account: AccountId, domain: &str) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM notifications WHERE account_id = ?1
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = notifications.from_account_id AND a.domain = ?2)",
    )?
    .execute(rusqlite::params![account, domain])?;
    Ok(())
}
