//! Followed people whom somebody shows on their profile.

use rusqlite::{Connection, named_params};

use super::Tx;
use super::accounts::{self, Account};
use super::page::Page;
use crate::error::Result;
use crate::ids::AccountId;

/// Endorses `target`; nothing happens if that is so already.
pub fn insert(tx: &Tx, id: i64, account: AccountId, target: AccountId) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO endorsements (id, account_id, target_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?
    .execute(rusqlite::params![id, account, target])?;
    Ok(())
}

/// Endorses `target` no more.
pub fn delete(tx: &Tx, account: AccountId, target: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM endorsements WHERE account_id = ?1 AND target_id = ?2")?
        .execute([account, target])?;
    Ok(())
}

/// Whom `account` endorses, latest first, with the endorsement's id as cursor; suspended accounts are left out.
pub fn of(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, Account)>> {
    let mut statement = db.prepare_cached(&of_sql(page))?;
    let rows = statement.query_map(
        named_params! {":account": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        |row| Ok((row.get("cursor")?, Account::from_row(row)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn of_sql(page: &Page) -> String {
    format!(
        "SELECT e.id AS cursor, {} FROM endorsements e CROSS JOIN accounts a ON a.id = e.target_id
         WHERE e.account_id = :account AND e.id < :below AND e.id > :above AND a.suspended_at IS NULL
           AND a.deleted_at IS NULL ORDER BY e.id {} LIMIT :limit",
        accounts::COLUMNS,
        page.order()
    )
}
