//! What time throws away: one function per kind of row. Each removes at most `limit` rows, so that a purge never holds
//! up the writer, and answers how many it removed; `jobs` decides what is old.

use rusqlite::{Connection, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::MediaId;

/// Processed and parked activities received before `before`.
pub fn inbox(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    remove(
        tx,
        "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox
             WHERE state IN ('done', 'parked') AND received_at < :before LIMIT :limit)",
        before,
        limit,
    )
}

/// Deliveries that were given up before `before`.
pub fn dropped_deliveries(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    remove(
        tx,
        "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries
             WHERE state = 'dropped' AND not_before < :before LIMIT :limit)",
        before,
        limit,
    )
}

/// Activities made before `before` that no delivery needs.
pub fn activities(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    remove(
        tx,
        "DELETE FROM activities WHERE id IN (SELECT a.id FROM activities a WHERE a.created_at < :before
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = a.id) LIMIT :limit)",
        before,
        limit,
    )
}

/// Apps registered before `before` that hold no token and stand under no post; ours stay.
pub fn unused_apps(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    remove(
        tx,
        "DELETE FROM apps WHERE id IN (SELECT a.id FROM apps a WHERE a.created_at < :before AND NOT a.own
             AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.app_id = a.id)
             AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.app_id = a.id)
             AND NOT EXISTS (SELECT 1 FROM statuses s WHERE s.application_id = a.id) LIMIT :limit)",
        before,
        limit,
    )
}

/// Peers that neither took nor refused anything since `before`.
pub fn peers(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    remove(
        tx,
        "DELETE FROM peers WHERE origin IN (SELECT origin FROM peers
             WHERE max(coalesce(last_ok_at, 0), coalesce(last_failed_at, 0)) < :before LIMIT :limit)",
        before,
        limit,
    )
}

/// Tombstones set before `before`, and those set before `strangers` by somebody whom nobody here follows.
pub fn tombstones(tx: &Tx, before: Time, strangers: Time, limit: usize) -> Result<usize> {
    let count = tx
        .prepare_cached(
            "DELETE FROM tombstones WHERE uri IN (SELECT t.uri FROM tombstones t
                 WHERE t.deleted_at < :before OR (t.deleted_at < :strangers AND NOT EXISTS (
                     SELECT 1 FROM accounts a WHERE a.uri = t.actor_uri AND (a.domain IS NULL
                         OR EXISTS (SELECT 1 FROM follows f WHERE f.target_id = a.id AND f.accepted = 1))))
                 LIMIT :limit)",
        )?
        .execute(named_params! {":before": before, ":strangers": strangers, ":limit": limit as i64})?;
    Ok(count)
}

/// All tombstones but the newest `keep`.
pub fn surplus_tombstones(tx: &Tx, keep: usize, limit: usize) -> Result<usize> {
    let count = tx
        .prepare_cached(
            "DELETE FROM tombstones WHERE uri IN (
                 SELECT uri FROM tombstones ORDER BY deleted_at DESC LIMIT :limit OFFSET :keep)",
        )?
        .execute(named_params! {":keep": keep as i64, ":limit": limit as i64})?;
    Ok(count)
}

/// Markers of undone activities set before `before`.
pub fn undone(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    remove(
        tx,
        "DELETE FROM undone WHERE (activity_uri, actor_uri) IN (SELECT activity_uri, actor_uri FROM undone
             WHERE undone_at < :before LIMIT :limit)",
        before,
        limit,
    )
}

/// All markers of undone activities but the newest `keep`.
pub fn surplus_undone(tx: &Tx, keep: usize, limit: usize) -> Result<usize> {
    let count = tx
        .prepare_cached(
            "DELETE FROM undone WHERE (activity_uri, actor_uri) IN (SELECT activity_uri, actor_uri FROM undone
                 ORDER BY undone_at DESC LIMIT :limit OFFSET :keep)",
        )?
        .execute(named_params! {":keep": keep as i64, ":limit": limit as i64})?;
    Ok(count)
}

/// Authorization codes that expired before `before`.
pub fn grants(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    remove(
        tx,
        "DELETE FROM grants WHERE code_hash IN (SELECT code_hash FROM grants
             WHERE expires_at < :before LIMIT :limit)",
        before,
        limit,
    )
}

/// Idempotency keys made before `before`.
pub fn idempotency_keys(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    remove(
        tx,
        "DELETE FROM idempotency_keys WHERE (account_id, key) IN (SELECT account_id, key FROM idempotency_keys
             WHERE created_at < :before LIMIT :limit)",
        before,
        limit,
    )
}

/// Media uploaded before `before` that no post uses; answers the names of their files.
pub fn unattached_media(tx: &Tx, before: Time, limit: usize) -> Result<Vec<(MediaId, Vec<String>)>> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM media WHERE id IN (SELECT id FROM media WHERE status_id IS NULL AND created_at < :before
             AND NOT EXISTS (SELECT 1 FROM scheduled_media w WHERE w.media_id = media.id)
             AND NOT EXISTS (SELECT 1 FROM held_media h WHERE h.media_id = media.id) LIMIT :limit) RETURNING id, file, thumbnail",
    )?;
    let rows = statement.query_map(named_params! {":before": before, ":limit": limit as i64}, |row| {
        let files: [Option<String>; 2] = [row.get(1)?, row.get(2)?];
        Ok((row.get(0)?, files.into_iter().flatten().collect()))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many pages of the file are empty.
pub fn free_pages(db: &Connection) -> Result<usize> {
    let count: i64 = db.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Hands up to `pages` empty pages of the file back to the disk.
pub fn vacuum(tx: &Tx, pages: usize) -> Result<()> {
    // Each step of this pragma frees one page.
    let mut statement = tx.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn remove(tx: &Tx, sql: &str, before: Time, limit: usize) -> Result<usize> {
    Ok(tx.prepare_cached(sql)?.execute(named_params! {":before": before, ":limit": limit as i64})?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{in_memory, tombstones as markers};

    #[test]
    fn p3_tombstones_of_followed_actors_outlive_those_of_strangers() {
        let db = in_memory();
        let tx = Tx(&db);
        db.execute_batch(
            "INSERT INTO accounts (id, username, domain, uri, url, created_at, first_seen_at) VALUES
                 (1, 'me', NULL, 'me', '', 0, 0), (2, 'friend', 'a.example', 'friend', '', 0, 0);
             INSERT INTO follows (id, account_id, target_id, uri, accepted, created_at) VALUES (1, 1, 2, 'f', 1, 0);",
        )
        .expect("inserts");
        for (uri, actor, at) in [("1", "friend", 50), ("2", "stranger", 50), ("3", "stranger", 90), ("4", "me", 10)] {
            markers::insert(&tx, uri, actor, Time(at)).expect("inserts");
        }
        assert_eq!(tombstones(&tx, Time(20), Time(80), 10).expect("removes"), 2);
        let left = |uri| markers::exists(&db, uri).expect("reads");
        assert_eq!([left("1"), left("2"), left("3"), left("4")], [true, false, true, false]);
        assert_eq!(surplus_tombstones(&tx, 1, 10).expect("removes"), 1);
        assert!(left("3"), "the newest stays");
    }

    #[test]
    fn every_purge_runs_and_respects_its_limit() {
        let db = in_memory();
        let tx = Tx(&db);
        db.execute_batch(
            "INSERT INTO inbox (dedupe, actor_uri, source_ip, state, not_before, received_at) VALUES
                 ('1', 'a', '', 'done', 0, 1), ('2', 'a', '', 'parked', 0, 2), ('3', 'a', '', 'ready', 0, 1);
             INSERT INTO peers (origin, host, last_ok_at) VALUES ('x', 'x', 1), ('y', 'y', 9);
             INSERT INTO accounts (id, username, uri, url, created_at, first_seen_at) VALUES (1, 'me', 'me', '', 0, 0);
             INSERT INTO media (id, account_id, kind, mime, file, created_at) VALUES (1, 1, 'image', '', 'a.png', 1);
             INSERT INTO activities (id, uri, account_id, kind, payload, created_at) VALUES (1, '', 1, '', '', 1);
             INSERT INTO deliveries (activity_id, inbox, origin, lane, state, not_before, priority, created_at) VALUES
                 (1, 'a', '', '', 'dropped', 1, 0, 1), (1, 'b', '', '', 'ready', 1, 0, 1);",
        )
        .expect("inserts");
        assert_eq!(inbox(&tx, Time(5), 1).expect("removes"), 1);
        assert_eq!(inbox(&tx, Time(5), 9).expect("removes"), 1);
        assert_eq!(peers(&tx, Time(5), 9).expect("removes"), 1);
        assert_eq!(dropped_deliveries(&tx, Time(5), 9).expect("removes"), 1);
        assert_eq!(activities(&tx, Time(5), 9).expect("removes"), 0, "one row still needs it");
        let removed = unattached_media(&tx, Time(5), 9).expect("removes");
        assert_eq!(removed, [(MediaId(1), vec!["a.png".to_owned()])]);
        for purge in [undone, grants, idempotency_keys] {
            assert_eq!(purge(&tx, Time(5), 9).expect("removes"), 0);
        }
        assert_eq!(surplus_undone(&tx, 1, 9).expect("removes"), 0);
        vacuum(&tx, 1_000).expect("runs");
        assert_eq!(free_pages(&db).expect("reads"), 0);
    }
}
