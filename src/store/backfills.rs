//! What is read from other servers later, and where their posts list their answers.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::StatusId;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole conversation, known by the first post of it that we hold.
    Thread,
    /// The last posts of an account.
    Account,
}

impl Kind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Account => "account",
        }
    }

    /// Reads what [`Kind::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Thread, Self::Account].into_iter().find(|kind| kind.as_str() == text)
    }
}

super::sql::as_text!(Kind);

/// One row of `backfills`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Backfill {
    pub id: i64,
    pub kind: Kind,
    pub subject_id: i64,
    pub asked: bool,
    pub due_at: Option<Time>,
    pub done_at: Option<Time>,
    pub found: i64,
}

impl Backfill {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            kind: row.get("kind")?,
            subject_id: row.get("subject_id")?,
            asked: row.get("asked")?,
            due_at: row.get("due_at")?,
            done_at: row.get("done_at")?,
            found: row.get("found")?,
        })
    }
}

const COLUMNS: &str = "id, kind, subject_id, asked, due_at, done_at, found";

/// The one with this id.
pub fn by_id(db: &Connection, id: i64) -> Result<Option<Backfill>> {
    let sql = format!("SELECT {COLUMNS} FROM backfills WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Backfill::from_row).optional()?)
}

/// The one of this thread or account.
pub fn of(db: &Connection, kind: Kind, subject: i64) -> Result<Option<Backfill>> {
    let sql = format!("SELECT {COLUMNS} FROM backfills WHERE kind = ?1 AND subject_id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row(rusqlite::params![kind, subject], Backfill::from_row).optional()?)
}

/// Puts one into the queue; an older one of the same subject makes place.
pub fn put(tx: &Tx, new: &Backfill) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO backfills (id, kind, subject_id, asked, due_at, done_at, found)
         VALUES (:id, :kind, :subject, :asked, :due, :done, :found)
         ON CONFLICT (kind, subject_id) DO UPDATE SET id = :id, asked = :asked, due_at = :due, done_at = :done,
             found = :found",
    )?
    .execute(named_params! {
        ":id": new.id, ":kind": new.kind, ":subject": new.subject_id, ":asked": new.asked, ":due": new.due_at,
        ":done": new.done_at, ":found": new.found,
    })?;
    Ok(())
}

/// How many wait that nobody here asked for.
pub fn unasked(db: &Connection) -> Result<i64> {
    let sql = "SELECT count(*) FROM backfills WHERE due_at IS NOT NULL AND NOT asked";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// The next one that is due; those that somebody asked for go first.
pub fn next(db: &Connection, now: Time) -> Result<Option<Backfill>> {
    let sql = format!("SELECT {COLUMNS} FROM backfills WHERE due_at <= ?1 ORDER BY asked DESC, due_at LIMIT 1");
    Ok(db.prepare_cached(&sql)?.query_row([now], Backfill::from_row).optional()?)
}

/// When the next one is due.
pub fn next_due(db: &Connection) -> Result<Option<Time>> {
    Ok(db.prepare_cached("SELECT min(due_at) FROM backfills")?.query_row([], |row| row.get(0))?)
}

/// So many were found until now.
pub fn progress(tx: &Tx, id: i64, found: i64) -> Result<()> {
    tx.prepare_cached("UPDATE backfills SET found = ?2 WHERE id = ?1")?.execute([id, found])?;
    Ok(())
}

/// It is done.
pub fn finish(tx: &Tx, id: i64, found: i64, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE backfills SET found = ?2, due_at = NULL, done_at = ?3 WHERE id = ?1")?
        .execute(rusqlite::params![id, found, now])?;
    Ok(())
}

/// Forgets at most `limit` that were done before `before`.
pub fn forget(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    let count = tx
        .prepare_cached("DELETE FROM backfills WHERE id IN (SELECT id FROM backfills WHERE done_at < ?1 LIMIT ?2)")?
        .execute(rusqlite::params![before, limit as i64])?;
    Ok(count)
}

/// Remembers where the answers to a post are listed.
pub fn set_replies(tx: &Tx, status: StatusId, uri: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO reply_collections (status_id, uri) VALUES (?1, ?2)
         ON CONFLICT (status_id) DO UPDATE SET uri = ?2",
    )?
    .execute(rusqlite::params![status, uri])?;
    Ok(())
}

/// Where the answers to a post are listed.
pub fn replies(db: &Connection, status: StatusId) -> Result<Option<String>> {
    let sql = "SELECT uri FROM reply_collections WHERE status_id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([status], |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn what_people_ask_for_goes_first_and_there_is_one_of_each_subject() {
        let db = in_memory();
        let tx = Tx(&db);
        let new = |id, subject_id, asked, due| Backfill {
            id,
            kind: Kind::Thread,
            subject_id,
            asked,
            due_at: Some(Time(due)),
            done_at: None,
            found: 0,
        };
        for row in [new(1, 10, false, 5), new(2, 20, true, 7), new(3, 30, true, 90)] {
            put(&tx, &row).expect("puts");
        }
        let next_id = |now| next(&db, Time(now)).expect("reads").map(|row| row.id);
        assert_eq!((next_id(4), next_id(6), next_id(8)), (None, Some(1), Some(2)));
        assert_eq!(unasked(&db).expect("counts"), 1);
        put(&tx, &new(4, 10, true, 6)).expect("puts");
        assert_eq!((by_id(&db, 1).expect("reads"), unasked(&db).expect("counts")), (None, 0));
        finish(&tx, 4, 3, Time(50)).expect("writes");
        let done = of(&db, Kind::Thread, 10).expect("reads").expect("is there");
        assert_eq!((done.found, done.due_at, done.done_at), (3, None, Some(Time(50))));
        assert_eq!(next_due(&db).expect("reads"), Some(Time(7)));
        assert_eq!(forget(&tx, Time(51), 10).expect("deletes"), 1);
    }
}
