//! Stored posts for plugins to look at again.

use rusqlite::{Connection, named_params};

use super::page::Page;
use super::statuses::{COLUMNS, Status};
use crate::error::Result;
use crate::ids::AccountId;

/// The newest posts that this server holds, boosts left out.
pub fn newest(db: &Connection, limit: i64) -> Result<Vec<Status>> {
    let sql = format!("SELECT {COLUMNS} FROM statuses s WHERE s.reblog_of_id IS NULL ORDER BY s.id DESC LIMIT ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([limit], Status::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Posts of one person, whoever may see them, boosts left out, newest first.
pub fn by_account(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<Status>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM statuses s WHERE s.account_id = :account AND s.id < :below AND s.reblog_of_id IS NULL
         ORDER BY s.id DESC LIMIT :limit"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {":account": account, ":below": page.below(), ":limit": page.limit},
        Status::from_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
