//! What was changed of the settings, by whom, and what it was before.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// One row of `settings_history`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Change {
    pub id: i64,
    pub key: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub account_id: Option<AccountId>,
    pub undoes: Option<i64>,
    pub at: Time,
    /// Whether a later change took it back.
    pub undone: bool,
}

impl Change {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            key: row.get("key")?,
            before: row.get("before")?,
            after: row.get("after")?,
            account_id: row.get("account_id")?,
            undoes: row.get("undoes")?,
            at: row.get("at")?,
            undone: row.get("undone")?,
        })
    }
}

const COLUMNS: &str = "h.id, h.key, h.before, h.after, h.account_id, h.undoes, h.at, \
    EXISTS (SELECT 1 FROM settings_history u WHERE u.undoes = h.id) AS undone";

/// Notes a change; answers its id. What `change` says of `id` and `undone` is not read.
pub fn insert(tx: &Tx, change: &Change) -> Result<i64> {
    tx.prepare_cached(
        "INSERT INTO settings_history (key, before, after, account_id, undoes, at)
         VALUES (:key, :before, :after, :account, :undoes, :at)",
    )?
    .execute(named_params! {
        ":key": change.key, ":before": change.before, ":after": change.after, ":account": change.account_id,
        ":undoes": change.undoes, ":at": change.at,
    })?;
    Ok(tx.last_insert_rowid())
}

/// The change with this id.
pub fn by_id(db: &Connection, id: i64) -> Result<Option<Change>> {
    let sql = format!("SELECT {COLUMNS} FROM settings_history h WHERE h.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Change::from_row).optional()?)
}

/// All changes, the newest first.
pub fn all(db: &Connection, page: &Page) -> Result<Vec<Change>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM settings_history h WHERE h.id < :below AND h.id > :above ORDER BY h.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, Change::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// The changes of one setting, the newest first.
pub fn of_key(db: &Connection, key: &str, page: &Page) -> Result<Vec<Change>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM settings_history h
         WHERE h.key = :key AND h.id < :below AND h.id > :above ORDER BY h.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":key": key, ":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, Change::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// The newest change of a setting.
pub fn last(db: &Connection, key: &str) -> Result<Option<Change>> {
    Ok(of_key(db, key, &Page::first(1))?.pop())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn changes_are_kept_in_order_and_know_that_they_were_undone() {
        let db = in_memory();
        let tx = Tx(&db);
        let change = |key: &str, after: Option<&str>, undoes: Option<i64>| Change {
            id: 0,
            key: key.into(),
            before: None,
            after: after.map(str::to_owned),
            account_id: None,
            undoes,
            at: Time(1),
            undone: false,
        };
        let first = insert(&tx, &change("title", Some("a"), None)).expect("inserts");
        let second = insert(&tx, &change("rules", Some("[]"), None)).expect("inserts");
        let third = insert(&tx, &change("title", None, Some(first))).expect("inserts");
        let seen = all(&db, &Page::first(10)).expect("reads");
        let ids: Vec<_> = seen.iter().map(|row| (row.id, row.undone)).collect();
        assert_eq!(ids, [(third, false), (second, false), (first, true)]);
        assert_eq!(of_key(&db, "title", &Page::first(10)).expect("reads").len(), 2);
        assert_eq!(last(&db, "title").expect("reads").map(|row| row.id), Some(third));
        assert!(by_id(&db, first).expect("reads").is_some_and(|row| row.undone));
    }
}
