//! Senders whose mentions were put aside and who wait to be accepted or dismissed.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// No count goes beyond it.
const MOST: i64 = 100;

/// One row of `notification_requests`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Request {
    pub id: i64,
    pub from_account_id: AccountId,
    pub last_status_id: Option<StatusId>,
    pub created_at: Time,
    pub updated_at: Time,
    /// How many mentions wait, at most 100.
    pub count: i64,
}

impl Request {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            from_account_id: row.get("from_account_id")?,
            last_status_id: row.get("last_status_id")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            count: row.get("waiting")?,
        })
    }
}

const COLUMNS: &str = "r.id, r.from_account_id, r.last_status_id, r.created_at, r.updated_at,
    (SELECT count(*) FROM (SELECT 1 FROM notifications n
         WHERE n.account_id = r.account_id AND n.from_account_id = r.from_account_id AND n.filtered
           AND n.kind IN ('mention', 'quote') LIMIT 100)) AS waiting";

/// Notes that `from` waits since `status`, with `id` unless there is a request already.
pub fn note(tx: &Tx, id: i64, account: AccountId, from: AccountId, status: Option<StatusId>, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO notification_requests (id, account_id, from_account_id, last_status_id, created_at, updated_at)
         VALUES (:id, :me, :from, :status, :now, :now)
         ON CONFLICT (account_id, from_account_id) DO UPDATE SET last_status_id = :status, updated_at = :now",
    )?
    .execute(named_params! {":id": id, ":me": account, ":from": from, ":status": status, ":now": now})?;
    Ok(())
}

/// Who waits, latest first; requests with nothing left, and those of suspended senders, are left out.
pub fn list(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<Request>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM notification_requests r CROSS JOIN accounts a ON a.id = r.from_account_id
         WHERE r.account_id = :me AND r.id < :below AND r.id > :above AND a.suspended_at IS NULL AND waiting > 0
         ORDER BY r.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":me": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, Request::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// The request with this id.
pub fn by_id(db: &Connection, account: AccountId, id: i64) -> Result<Option<Request>> {
    let sql = format!("SELECT {COLUMNS} FROM notification_requests r WHERE r.id = :id AND r.account_id = :me");
    let params = named_params! {":id": id, ":me": account};
    Ok(db.prepare_cached(&sql)?.query_row(params, Request::from_row).optional()?)
}

/// How many senders wait, and how many notifications of theirs; each at most 100.
pub fn summary(db: &Connection, account: AccountId) -> Result<(i64, i64)> {
    let waiting = list(db, account, &Page::first(MOST))?;
    let notifications: i64 = waiting.iter().map(|request| request.count).sum();
    Ok((i64::try_from(waiting.len()).unwrap_or(MOST), notifications.min(MOST)))
}

/// Removes the requests with these ids and answers whose they were.
pub fn take(tx: &Tx, account: AccountId, ids: &[i64]) -> Result<Vec<AccountId>> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM notification_requests
         WHERE account_id = :me AND id IN (SELECT value FROM json_each(:ids)) RETURNING from_account_id",
    )?;
    let rows = statement.query_map(named_params! {":me": account, ":ids": json_list(ids)}, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Shows what of `from` was put aside.
pub fn unfilter(tx: &Tx, account: AccountId, from: AccountId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE notifications SET filtered = 0 WHERE account_id = ?1 AND from_account_id = ?2 AND filtered",
    )?
    .execute([account, from])?;
    Ok(())
}

/// Forgets what of `from` was put aside.
pub fn forget(tx: &Tx, account: AccountId, from: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM notifications WHERE account_id = ?1 AND from_account_id = ?2 AND filtered")?
        .execute([account, from])?;
    Ok(())
}
