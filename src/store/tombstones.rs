//! Markers for what was deleted or undone, so that what comes too late does not bring it back.
//!
//! Whoever writes a tombstone for an object he does not know checks that actor and object share their origin.
//! `purge.rs` says how long markers stay. Spec: rule P3.

use rusqlite::{Connection, params};

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

/// Remembers that `actor` undid the activity `uri` before it arrived.
pub fn insert_undone(tx: &Tx, uri: &str, actor: &str, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO undone (activity_uri, actor_uri, undone_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?
    .execute(params![uri, actor, now])?;
    Ok(())
}

/// Whether `actor` undid the activity `uri` before it arrived; the marker has then done its duty and goes.
pub fn take_undone(tx: &Tx, uri: &str, actor: &str) -> Result<bool> {
    let taken =
        tx.prepare_cached("DELETE FROM undone WHERE activity_uri = ?1 AND actor_uri = ?2")?.execute([uri, actor])?;
    Ok(taken > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn an_undo_counts_for_the_actor_who_did_it_and_once() {
        let db = in_memory();
        let tx = Tx(&db);
        insert(&tx, "https://a.example/1", "https://a.example/u", Time(1)).expect("inserts");
        insert_undone(&tx, "https://a.example/like/1", "https://a.example/u", Time(1)).expect("inserts");
        assert!(exists(&db, "https://a.example/1").expect("reads"));
        assert!(!exists(&db, "https://a.example/2").expect("reads"));
        assert!(!take_undone(&tx, "https://a.example/like/1", "https://b.example/u").expect("takes"));
        assert!(take_undone(&tx, "https://a.example/like/1", "https://a.example/u").expect("takes"));
        assert!(!take_undone(&tx, "https://a.example/like/1", "https://a.example/u").expect("takes"), "once");
    }
}
