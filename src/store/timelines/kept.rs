//! Posts that somebody favourited or bookmarked, and who boosted a post. Cursors are ids of those rows.

use rusqlite::{Connection, named_params};

use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::store::accounts::{self, Account};
use crate::store::page::Page;
use crate::store::seen::{READABLE, unblocked};
use crate::store::statuses::{COLUMNS, Status};

/// What `account` favourited, latest favourite first, with the favourite's id as cursor.
pub fn favourited(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, Status)>> {
    kept(db, &kept_sql("favourites", page), account, page)
}

/// What `account` bookmarked, latest bookmark first, with the bookmark's id as cursor.
pub fn bookmarked(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, Status)>> {
    kept(db, &kept_sql("bookmarks", page), account, page)
}

/// Who boosted `original` openly (or is the viewer), latest first, with the boost's id as cursor.
pub fn reblogged_by(
    db: &Connection,
    original: StatusId,
    viewer: Option<AccountId>,
    page: &Page,
) -> Result<Vec<(i64, Account)>> {
    let sql = format!(
        "SELECT s.id AS cursor, {} FROM statuses s CROSS JOIN accounts a ON a.id = s.account_id
         WHERE s.reblog_of_id = :original AND s.id < :below AND s.id > :above
           AND (s.visibility IN ('public', 'unlisted') OR s.account_id = :viewer) AND a.suspended_at IS NULL AND {}
         ORDER BY s.id {} LIMIT :limit",
        accounts::COLUMNS,
        unblocked!("s.account_id"),
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":original": original, ":viewer": viewer, ":below": page.below(), ":above": page.above(),
            ":limit": page.limit,
        },
        |row| Ok((row.get("cursor")?, Account::from_row(row)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

fn kept(db: &Connection, sql: &str, account: AccountId, page: &Page) -> Result<Vec<(i64, Status)>> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(
        named_params! {":viewer": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        |row| Ok((row.get("cursor")?, Status::from_row(row)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

pub(super) fn kept_sql(table: &str, page: &Page) -> String {
    format!(
        "SELECT k.id AS cursor, {COLUMNS} FROM {table} k CROSS JOIN statuses s ON s.id = k.status_id
         CROSS JOIN accounts a ON a.id = s.account_id
         WHERE k.account_id = :viewer AND k.id < :below AND k.id > :above AND a.suspended_at IS NULL
           AND {READABLE} AND {} ORDER BY k.id {} LIMIT :limit",
        unblocked!("s.account_id"),
        page.order()
    )
}
