//! Markers for what was deleted or undone, so that what comes too late does not bring it back.
//!
//! Whoever writes a tombstone for an object he does not know checks that actor and object share their origin.
//! `purge.rs` says how long markers stay. Spec: rule P3.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// Remembers that `actor` deleted the object `uri`, known to us or not.
pub fn insert(tx: &Tx, uri: &str, actor: &str, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO tombstones (uri, actor_uri, deleted_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (uri) DO UPDATE SET actor_uri = ?2, deleted_at = ?3",
    )?
    .execute(params![uri, actor, now])?;
    Ok(())
}

/// Whether the object `uri` was deleted, by its owner elsewhere or here: then its page answers 410.
pub fn exists(db: &Connection, uri: &str) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM tombstones WHERE uri = ?1")?.exists([uri])?)
}

/// Whether `actor` deleted the object `uri`: what somebody else says about it does not count.
pub fn exists_by(db: &Connection, uri: &str, actor: &str) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM tombstones WHERE uri = ?1 AND actor_uri = ?2")?.exists([uri, actor])?)
}

/// How long a repeat of what was undone is held back. Afterwards it counts as done anew: Misskey, PeerTube and others make
/// the ids of follows and likes from who and whom, so the next one has the id of the last.
pub const REPEAT: Duration = Duration::from_mins(10);

/// Remembers that `actor` undid the activity `uri`, which arrived at `met`; `None`: it did not yet.
pub fn insert_undone(tx: &Tx, uri: &str, actor: &str, met: Option<Time>, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO undone (activity_uri, actor_uri, undone_at, met_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET undone_at = ?3, met_at = coalesce(?4, met_at)",
    )?
    .execute(params![uri, actor, now, met])?;
    Ok(())
}

/// Whether the activity `uri` that arrives `now` was undone by its `actor` already: it comes for the first time, or
/// repeats what came a moment ago.
pub fn is_undone(tx: &Tx, uri: &str, actor: &str, now: Time) -> Result<bool> {
    let found: Option<Option<Time>> = tx
        .prepare_cached("SELECT met_at FROM undone WHERE activity_uri = ?1 AND actor_uri = ?2")?
        .query_row([uri, actor], |row| row.get(0))
        .optional()?;
    match found {
        None => Ok(false),
        Some(Some(met)) => Ok(now < met.plus(REPEAT)),
        Some(None) => {
            tx.prepare_cached("UPDATE undone SET met_at = ?3 WHERE activity_uri = ?1 AND actor_uri = ?2")?
                .execute(params![uri, actor, now])?;
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn p3_an_undo_counts_for_the_actor_who_did_it_and_for_repeats() {
        let db = in_memory();
        let tx = Tx(&db);
        insert(&tx, "https://a.example/1", "https://a.example/u", Time(1)).expect("inserts");
        assert!(exists(&db, "https://a.example/1").expect("reads"));
        assert!(!exists(&db, "https://a.example/2").expect("reads"));
        let (like, who) = ("https://a.example/like/1", "https://a.example/u");
        insert_undone(&tx, like, who, None, Time(1)).expect("inserts");
        let undone = |who: &str, now: i64| is_undone(&tx, like, who, Time(now)).expect("reads");
        let minute = 60_000;
        assert!(!undone("https://b.example/u", minute));
        assert!(undone(who, 5 * minute), "it comes late");
        assert!(undone(who, 6 * minute), "and again");
        assert!(!undone(who, 15 * minute), "this is a new one under the same id");
        insert_undone(&tx, like, who, Some(Time(15 * minute)), Time(16 * minute)).expect("inserts");
        assert!(undone(who, 24 * minute));
        insert_undone(&tx, like, who, None, Time(25 * minute)).expect("a repeated Undo");
        assert!(!undone(who, 26 * minute));
    }
}
