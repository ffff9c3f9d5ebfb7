//! Stamps that people here gave to quotes of their posts.

use rusqlite::{Connection, OptionalExtension};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::StatusId;

/// One row of `quote_stamps`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Stamp {
    pub id: i64,
    pub quoted_id: StatusId,
    pub quoting_uri: String,
    pub revoked_at: Option<Time>,
}

/// The stamp for this quote, given now as `id` unless there is one already.
pub fn give(tx: &Tx, id: i64, quoted: StatusId, quoting: &str, now: Time) -> Result<Stamp> {
    tx.prepare_cached(
        "INSERT INTO quote_stamps (id, quoted_id, quoting_uri, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (quoted_id, quoting_uri) DO NOTHING",
    )?
    .execute(rusqlite::params![id, quoted, quoting, now])?;
    of(tx, quoted, quoting)?.ok_or_else(|| crate::error::Error::Bug("a stamp vanished".into()))
}

/// Takes the stamp for this quote back, for good; none may be given later either. Answers the stamp that was in force.
pub fn revoke(tx: &Tx, id: i64, quoted: StatusId, quoting: &str, now: Time) -> Result<Option<Stamp>> {
    let before = of(tx, quoted, quoting)?.filter(|stamp| stamp.revoked_at.is_none());
    tx.prepare_cached(
        "INSERT INTO quote_stamps (id, quoted_id, quoting_uri, created_at, revoked_at) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT (quoted_id, quoting_uri) DO UPDATE SET revoked_at = coalesce(revoked_at, excluded.revoked_at)",
    )?
    .execute(rusqlite::params![id, quoted, quoting, now])?;
    Ok(before)
}

/// The stamp for the quote of `quoted` in the post `quoting`.
pub fn of(db: &Connection, quoted: StatusId, quoting: &str) -> Result<Option<Stamp>> {
    let mut statement = db.prepare_cached(
        "SELECT id, quoted_id, quoting_uri, revoked_at FROM quote_stamps WHERE quoted_id = ?1 AND quoting_uri = ?2",
    )?;
    Ok(statement.query_row(rusqlite::params![quoted, quoting], from_row).optional()?)
}

/// The stamp with this id.
pub fn by_id(db: &Connection, id: i64) -> Result<Option<Stamp>> {
    let mut statement =
        db.prepare_cached("SELECT id, quoted_id, quoting_uri, revoked_at FROM quote_stamps WHERE id = ?1")?;
    Ok(statement.query_row([id], from_row).optional()?)
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stamp> {
    Ok(Stamp {
        id: row.get("id")?,
        quoted_id: row.get("quoted_id")?,
        quoting_uri: row.get("quoting_uri")?,
        revoked_at: row.get("revoked_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn a_stamp_is_given_once_and_taken_back_for_good() {
        let world = World::new();
        let post = world.post(world.local("alice"), "hello");
        let tx = world.tx();
        let quoting = "https://b.example/1";
        let first = give(&tx, 7, post, quoting, Time(1)).expect("gives");
        assert_eq!(give(&tx, 8, post, quoting, Time(2)).expect("knows it"), first);
        assert_eq!(revoke(&tx, 9, post, quoting, Time(3)).expect("revokes"), Some(first));
        assert_eq!(give(&tx, 10, post, quoting, Time(4)).expect("knows it").revoked_at, Some(Time(3)));
        assert_eq!(revoke(&tx, 11, post, "https://b.example/2", Time(5)).expect("forbids"), None);
        assert!(give(&tx, 12, post, "https://b.example/2", Time(6)).expect("knows it").revoked_at.is_some());
    }
}
