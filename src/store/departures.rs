//! Local accounts that were deleted: what remains to be done, in steps small enough that nobody waits for them.
//!
//! The row in `accounts` stays without its contents: nobody else may ever have the name, and the last activity must be
//! signed. Everything that refers to it goes.

use rusqlite::{Connection, OptionalExtension, params};

use super::follows;
use super::statuses::{self, Status};
use super::{Tx, media};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, ActivityId, FollowId, StatusId};

/// Tables that keep what refers to a deleted account: it still has something to sign.
const KEPT: &[&str] = &["private_keys", "activities", "departures", "users", "statuses", "follows", "media"];

/// How far a departure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// Whose.
    pub account_id: AccountId,
    /// Whether other servers were told.
    pub told: bool,
    /// Whether all that was theirs is gone.
    pub emptied: bool,
}

/// Marks a local account as deleted and notes that there is work to do. `false` when that was done before.
pub fn begin(tx: &Tx, account: AccountId, now: Time) -> Result<bool> {
    let changed = tx
        .prepare_cached("UPDATE accounts SET deleted_at = ?2 WHERE id = ?1 AND domain IS NULL AND deleted_at IS NULL")?
        .execute(params![account, now])?;
    if changed > 0 {
        tx.prepare_cached("INSERT INTO departures (account_id, began_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![account, now])?;
    }
    Ok(changed > 0)
}

/// Departures under way, the eldest first.
pub fn under_way(db: &Connection, limit: usize) -> Result<Vec<Departure>> {
    let mut statement =
        db.prepare_cached("SELECT account_id, told, emptied FROM departures ORDER BY began_at LIMIT ?1")?;
    let rows = statement.query_map([limit as i64], |row| {
        Ok(Departure { account_id: row.get(0)?, told: row.get(1)?, emptied: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The departure of `account`, if one is under way.
pub fn of(db: &Connection, account: AccountId) -> Result<Option<Departure>> {
    let mut statement = db.prepare_cached("SELECT account_id, told, emptied FROM departures WHERE account_id = ?1")?;
    let found = statement
        .query_row([account], |row| Ok(Departure { account_id: row.get(0)?, told: row.get(1)?, emptied: row.get(2)? }));
    Ok(found.optional()?)
}

/// Notes that other servers were told.
pub fn set_told(tx: &Tx, account: AccountId) -> Result<()> {
    tx.prepare_cached("UPDATE departures SET told = 1 WHERE account_id = ?1")?.execute([account])?;
    Ok(())
}

/// Some of their posts and boosts.
pub fn some_posts(db: &Connection, account: AccountId, limit: usize) -> Result<Vec<Status>> {
    let mut statement = db.prepare_cached("SELECT id FROM statuses WHERE account_id = ?1 ORDER BY id DESC LIMIT ?2")?;
    let ids: Vec<StatusId> =
        statement.query_map(params![account, limit as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    statuses::by_ids(db, &ids)
}

/// Some of their media, with the files of each.
pub fn some_media(db: &Connection, account: AccountId, limit: usize) -> Result<Vec<media::Media>> {
    let mut statement = db.prepare_cached("SELECT id FROM media WHERE account_id = ?1 LIMIT ?2")?;
    let ids: Vec<crate::ids::MediaId> =
        statement.query_map(params![account, limit as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    media::by_ids(db, &ids)
}

/// Removes at most `limit` rows of what else is theirs, and keeps the counts of others in step; 0 when nothing is left.
pub fn remove_some(tx: &Tx, account: AccountId, limit: usize) -> Result<usize> {
    let followed = follows_of(tx, account, limit)?;
    for id in &followed {
        follows::delete_by_id(tx, *id)?;
    }
    if !followed.is_empty() {
        return Ok(followed.len());
    }
    tx.prepare_cached(
        "UPDATE statuses SET favourites_count = max(0, favourites_count - 1) WHERE id IN
             (SELECT status_id FROM favourites WHERE account_id = ?1 ORDER BY id LIMIT ?2)",
    )?
    .execute(params![account, limit as i64])?;
    let favourites = tx
        .prepare_cached(
            "DELETE FROM favourites WHERE id IN (SELECT id FROM favourites WHERE account_id = ?1 ORDER BY id LIMIT ?2)",
        )?
        .execute(params![account, limit as i64])?;
    if favourites > 0 {
        return Ok(favourites);
    }
    for (table, column, has_rowid) in referring(tx)? {
        let removed = if has_rowid {
            tx.prepare(&format!(
                "DELETE FROM \"{table}\" WHERE rowid IN (SELECT rowid FROM \"{table}\" WHERE \"{column}\" = ?1 LIMIT ?2)"
            ))?
            .execute(params![account, limit as i64])?
        } else {
            tx.prepare(&format!("DELETE FROM \"{table}\" WHERE \"{column}\" = ?1"))?.execute([account])?
        };
        if removed > 0 {
            return Ok(removed);
        }
    }
    Ok(0)
}

/// Empties the row itself; its pictures' files are the caller's care.
pub fn scrub(tx: &Tx, account: AccountId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE accounts SET display_name = '', note = '', note_source = '', fields = '[]', avatar_file = NULL,
             avatar_description = '', header_file = NULL, header_description = '', also_known_as = '[]',
             moved_to_uri = NULL, discoverable = 0, indexable = 0, followers_count = 0, following_count = 0,
             statuses_count = 0, last_status_at = NULL
         WHERE id = ?1",
    )?
    .execute([account])?;
    tx.prepare_cached("UPDATE departures SET emptied = 1 WHERE account_id = ?1")?.execute([account])?;
    Ok(())
}

/// Queues `activity` for every server that we ever heard of, once per shared inbox: any of them may hold something of
/// the account's. Servers whose people are all suspended or gone are left out.
pub fn enqueue_to_everybody(tx: &Tx, activity: ActivityId, now: Time) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "INSERT INTO deliveries (activity_id, inbox, origin, lane, state, not_before, priority, created_at)
             SELECT ?1, inbox, o, o, 'ready', ?2, 2, ?2 FROM (
                 SELECT inbox, origin_of(inbox) AS o FROM (
                     SELECT DISTINCT iif(a.shared_inbox IS NOT NULL
                             AND origin_of(coalesce(a.shared_inbox, '')) = origin_of(a.inbox),
                         a.shared_inbox, a.inbox) AS inbox
                     FROM accounts a
                     WHERE a.domain IS NOT NULL AND a.suspended_at IS NULL AND a.deleted_at IS NULL))
             WHERE o LIKE 'http%' ON CONFLICT (activity_id, inbox) DO NOTHING",
        )?
        .execute(params![activity, now])?)
}

/// Ends the departure with its key once nothing is left to be signed; `false` while there is.
pub fn finish(tx: &Tx, account: AccountId) -> Result<bool> {
    let waits = tx
        .prepare_cached(
            "SELECT 1 FROM activities x JOIN deliveries d ON d.activity_id = x.id
             WHERE x.account_id = ?1 AND d.state <> 'dropped'",
        )?
        .exists([account])?;
    if waits {
        return Ok(false);
    }
    for sql in ["DELETE FROM private_keys WHERE account_id = ?1", "DELETE FROM departures WHERE account_id = ?1"] {
        tx.prepare_cached(sql)?.execute([account])?;
    }
    Ok(true)
}

fn follows_of(db: &Connection, account: AccountId, limit: usize) -> Result<Vec<FollowId>> {
    let mut statement = db.prepare_cached(
        "SELECT id FROM follows WHERE account_id = ?1 UNION SELECT id FROM follows WHERE target_id = ?1 LIMIT ?2",
    )?;
    let rows = statement.query_map(params![account, limit as i64], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Every column that would go with the account's row, save those that are kept or dealt with by name: the schema itself
/// is asked, so that no table is forgotten. With whether the table has row ids.
fn referring(db: &Connection) -> Result<Vec<(String, String, bool)>> {
    let mut statement = db.prepare_cached(
        "SELECT t.name, f.\"from\", NOT t.wr FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) f
         WHERE t.schema = 'main' AND t.type = 'table' AND f.\"table\" = 'accounts' AND f.on_delete = 'CASCADE'
         ORDER BY t.name, f.\"from\"",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let all: Vec<(String, String, bool)> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(all.into_iter().filter(|(table, ..)| !KEPT.contains(&table.as_str())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn the_schema_names_every_table_that_refers_to_people() {
        let db = in_memory();
        let found = referring(&db).expect("reads");
        for expected in ["blocks", "mentions", "notifications", "bookmarks", "reactions", "poll_votes"] {
            assert!(found.iter().any(|(table, ..)| table == expected), "{expected} is missing in {found:?}");
        }
        assert!(!found.iter().any(|(table, ..)| KEPT.contains(&table.as_str())));
        assert!(found.contains(&("mentions".into(), "account_id".into(), false)), "it has no row ids");
    }
}
