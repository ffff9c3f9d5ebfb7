//! Terms of service, each with the day from which it holds.

use rusqlite::{Connection, OptionalExtension, Row};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// One row of `terms_of_service`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Terms {
    pub effective_on: String,
    pub text: String,
    pub published_at: Time,
}

impl Terms {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            effective_on: row.get("effective_on")?,
            text: row.get("text")?,
            published_at: row.get("published_at")?,
        })
    }
}

/// Publishes terms, in the place of those of the same day.
pub fn put(tx: &Tx, terms: &Terms) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO terms_of_service (effective_on, text, published_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (effective_on) DO UPDATE SET text = ?2, published_at = ?3",
    )?
    .execute(rusqlite::params![terms.effective_on, terms.text, terms.published_at])?;
    Ok(())
}

/// Takes terms back; `false`: there were none of this day.
pub fn delete(tx: &Tx, effective_on: &str) -> Result<bool> {
    Ok(tx.prepare_cached("DELETE FROM terms_of_service WHERE effective_on = ?1")?.execute([effective_on])? > 0)
}

/// All of them, the latest first.
pub fn all(db: &Connection) -> Result<Vec<Terms>> {
    let mut statement =
        db.prepare_cached("SELECT effective_on, text, published_at FROM terms_of_service ORDER BY effective_on DESC")?;
    let rows = statement.query_map([], Terms::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those that hold on `today` (`2026-08-07`), or else the first that will.
pub fn current(db: &Connection, today: &str) -> Result<Option<Terms>> {
    let mut statement = db.prepare_cached(
        "SELECT effective_on, text, published_at FROM terms_of_service
         ORDER BY effective_on <= ?1 DESC, iif(effective_on <= ?1, effective_on, NULL) DESC, effective_on LIMIT 1",
    )?;
    Ok(statement.query_row([today], Terms::from_row).optional()?)
}

/// Those of this day.
pub fn of_day(db: &Connection, day: &str) -> Result<Option<Terms>> {
    let mut statement =
        db.prepare_cached("SELECT effective_on, text, published_at FROM terms_of_service WHERE effective_on = ?1")?;
    Ok(statement.query_row([day], Terms::from_row).optional()?)
}

/// The day of those that follow upon the ones of `day`.
pub fn next_day(db: &Connection, day: &str) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT min(effective_on) FROM terms_of_service WHERE effective_on > ?1")?;
    Ok(statement.query_row([day], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn the_latest_that_hold_are_current() {
        let db = in_memory();
        let tx = Tx(&db);
        assert_eq!(current(&db, "2026-08-07").expect("reads"), None);
        for day in ["2026-01-01", "2026-12-01", "2026-06-01"] {
            put(&tx, &Terms { effective_on: day.into(), text: day.into(), published_at: Time(1) }).expect("puts");
        }
        for (today, expected) in [
            ("2025-01-01", "2026-01-01"),
            ("2026-01-01", "2026-01-01"),
            ("2026-08-07", "2026-06-01"),
            ("2027-01-01", "2026-12-01"),
        ] {
            let found = current(&db, today).expect("reads").map(|terms| terms.effective_on);
            assert_eq!(found.as_deref(), Some(expected), "{today}");
        }
        assert_eq!(next_day(&db, "2026-06-01").expect("reads").as_deref(), Some("2026-12-01"));
        assert_eq!(next_day(&db, "2026-12-01").expect("reads"), None);
        assert_eq!(of_day(&db, "2026-06-01").expect("reads").map(|terms| terms.text).as_deref(), Some("2026-06-01"));
        assert!(delete(&tx, "2026-06-01").expect("deletes") && !delete(&tx, "2026-06-01").expect("deletes nothing"));
        assert_eq!(all(&db).expect("reads").len(), 2);
    }
}
