//! What plugins keep: keys and values of each, within its quota. Sizes are counted as they change, never summed up.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// How much one plugin may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Keys and values together.
    pub bytes: i64,
    /// How many keys.
    pub keys: i64,
}

/// What a plugin uses of its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Use {
    /// Keys and values together.
    pub bytes: i64,
    /// How many keys.
    pub keys: i64,
}

/// The value, unless its time is over.
pub fn get(db: &Connection, plugin: &str, key: &str, now: Time) -> Result<Option<Vec<u8>>> {
    let mut statement = db.prepare_cached(
        "SELECT value FROM plugin_kv WHERE plugin_id = ?1 AND key = ?2 AND (expires_at IS NULL OR expires_at > ?3)",
    )?;
    Ok(statement.query_row((plugin, key, now), |row| row.get(0)).optional()?)
}

/// When the value ends, if it does and is there.
pub fn expiry(db: &Connection, plugin: &str, key: &str, now: Time) -> Result<Option<Time>> {
    let mut statement = db.prepare_cached(
        "SELECT expires_at FROM plugin_kv WHERE plugin_id = ?1 AND key = ?2 AND (expires_at IS NULL OR expires_at > ?3)",
    )?;
    Ok(statement.query_row((plugin, key, now), |row| row.get::<_, Option<Time>>(0)).optional()?.flatten())
}

/// Writes the value. `false`: it does not fit into the quota, and nothing changed.
pub fn set(
    tx: &Tx,
    plugin: &str,
    key: &str,
    value: &[u8],
    expires_at: Option<Time>,
    quota: Quota,
    now: Time,
) -> Result<bool> {
    if !fits(tx, plugin, key, value, quota)? {
        // What is over by the clock makes room before anything is refused.
        sweep(tx, plugin, now)?;
        if !fits(tx, plugin, key, value, quota)? {
            return Ok(false);
        }
    }
    delete(tx, plugin, key)?;
    tx.prepare_cached("INSERT INTO plugin_kv (plugin_id, key, value, expires_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute((plugin, key, value, expires_at))?;
    change(tx, plugin, (key.len() + value.len()) as i64, 1)?;
    Ok(true)
}

fn fits(db: &Connection, plugin: &str, key: &str, value: &[u8], quota: Quota) -> Result<bool> {
    let used = used(db, plugin)?;
    let mut statement =
        db.prepare_cached("SELECT octet_length(value) FROM plugin_kv WHERE plugin_id = ?1 AND key = ?2")?;
    let before: Option<i64> = statement.query_row((plugin, key), |row| row.get(0)).optional()?;
    let keys = used.keys + i64::from(before.is_none());
    let bytes = used.bytes - before.map_or(0, |value| value + key.len() as i64) + (key.len() + value.len()) as i64;
    Ok(keys <= quota.keys && bytes <= quota.bytes)
}

/// Deletes the key, if it is there.
pub fn delete(tx: &Tx, plugin: &str, key: &str) -> Result<()> {
    let mut statement =
        tx.prepare_cached("DELETE FROM plugin_kv WHERE plugin_id = ?1 AND key = ?2 RETURNING octet_length(value)")?;
    let gone: Option<i64> = statement.query_row((plugin, key), |row| row.get(0)).optional()?;
    gone.map_or(Ok(()), |value| change(tx, plugin, -(value + key.len() as i64), -1))
}

/// Up to `limit` keys that begin with `prefix` and come after `after`, in order, with their values.
pub fn scan(
    db: &Connection,
    plugin: &str,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
    now: Time,
) -> Result<Vec<(String, Vec<u8>)>> {
    let mut statement = db.prepare_cached(
        "SELECT key, value FROM plugin_kv
         WHERE plugin_id = :plugin AND key >= :from AND key > :after AND substr(key, 1, :length) = :prefix
             AND (expires_at IS NULL OR expires_at > :now)
         ORDER BY key LIMIT :limit",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":plugin": plugin, ":from": prefix, ":after": after.unwrap_or_default(), ":prefix": prefix,
            ":length": prefix.chars().count() as i64, ":now": now, ":limit": limit,
        },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the plugin uses.
pub fn used(db: &Connection, plugin: &str) -> Result<Use> {
    let mut statement = db.prepare_cached("SELECT bytes, keys FROM plugin_kv_use WHERE plugin_id = ?1")?;
    let found = statement.query_row([plugin], |row| Ok(Use { bytes: row.get(0)?, keys: row.get(1)? })).optional()?;
    Ok(found.unwrap_or_default())
}

/// What the plugin uses, without what is over by the clock.
pub fn used_now(db: &Connection, plugin: &str, now: Time) -> Result<Use> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(sum(octet_length(key) + octet_length(value)), 0), count(*) FROM plugin_kv
         WHERE plugin_id = ?1 AND expires_at <= ?2",
    )?;
    let over = statement.query_row((plugin, now), |row| Ok(Use { bytes: row.get(0)?, keys: row.get(1)? }))?;
    let all = used(db, plugin)?;
    Ok(Use { bytes: all.bytes - over.bytes, keys: all.keys - over.keys })
}

/// Deletes what is over by the clock, of one plugin.
pub fn sweep(tx: &Tx, plugin: &str, now: Time) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_kv WHERE plugin_id = ?1 AND expires_at <= ?2")?.execute((plugin, now))?;
    recount(tx, plugin)
}

/// Deletes everything the plugin keeps.
pub fn clear(tx: &Tx, plugin: &str) -> Result<()> {
    for sql in [
        "DELETE FROM plugin_kv WHERE plugin_id = ?1",
        "DELETE FROM plugin_kv_before WHERE plugin_id = ?1",
        "DELETE FROM plugin_kv_use WHERE plugin_id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([plugin])?;
    }
    Ok(())
}

/// Where the publisher of what an uninstalled plugin left behind is noted. Plugins cannot use keys that begin so.
const PUBLISHER: &str = "_publisher";

/// Notes whose plugin it was that left this behind.
pub fn entrust(tx: &Tx, plugin: &str, publisher_key: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO plugin_kv (plugin_id, key, value, expires_at) VALUES (?1, ?2, ?3, NULL)",
    )?
    .execute((plugin, PUBLISHER, publisher_key.as_bytes()))?;
    Ok(())
}

/// Gives what was left behind to a plugin of the same publisher, and deletes it for any other.
pub fn inherit(tx: &Tx, plugin: &str, publisher_key: &str) -> Result<()> {
    let mut statement = tx.prepare_cached("SELECT value FROM plugin_kv WHERE plugin_id = ?1 AND key = ?2")?;
    let left: Option<Vec<u8>> = statement.query_row((plugin, PUBLISHER), |row| row.get(0)).optional()?;
    if left.as_deref() == Some(publisher_key.as_bytes()) {
        tx.prepare_cached("DELETE FROM plugin_kv WHERE plugin_id = ?1 AND key = ?2")?.execute((plugin, PUBLISHER))?;
        return recount(tx, plugin);
    }
    clear(tx, plugin)
}

/// Deletes what the plugin keeps, but not what [`remember`] remembers.
pub fn empty(tx: &Tx, plugin: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_kv WHERE plugin_id = ?1")?.execute([plugin])?;
    recount(tx, plugin)
}

/// Remembers what the plugin keeps now, for [`restore`].
pub fn remember(tx: &Tx, plugin: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_kv_before WHERE plugin_id = ?1")?.execute([plugin])?;
    tx.prepare_cached(
        "INSERT INTO plugin_kv_before SELECT plugin_id, key, value, expires_at FROM plugin_kv WHERE plugin_id = ?1",
    )?
    .execute([plugin])?;
    Ok(())
}

/// Makes what the plugin keeps what it was at [`remember`].
pub fn restore(tx: &Tx, plugin: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_kv WHERE plugin_id = ?1")?.execute([plugin])?;
    tx.prepare_cached(
        "INSERT INTO plugin_kv SELECT plugin_id, key, value, expires_at FROM plugin_kv_before WHERE plugin_id = ?1",
    )?
    .execute([plugin])?;
    recount(tx, plugin)
}

fn recount(tx: &Tx, plugin: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO plugin_kv_use (plugin_id, bytes, keys)
         SELECT ?1, coalesce(sum(octet_length(key) + octet_length(value)), 0), count(*)
         FROM plugin_kv WHERE plugin_id = ?1
         ON CONFLICT (plugin_id) DO UPDATE SET bytes = excluded.bytes, keys = excluded.keys",
    )?
    .execute([plugin])?;
    Ok(())
}

fn change(tx: &Tx, plugin: &str, bytes: i64, keys: i64) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO plugin_kv_use (plugin_id, bytes, keys) VALUES (?1, ?2, ?3)
         ON CONFLICT (plugin_id) DO UPDATE SET bytes = bytes + ?2, keys = keys + ?3",
    )?
    .execute((plugin, bytes, keys))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const QUOTA: Quota = Quota { bytes: 20, keys: 3 };

    #[tokio::test]
    async fn a_quota_is_filled_to_its_last_byte_and_key_and_no_further() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::open(folder.path()).expect("opens");
        let done = store.write(|tx| {
            let put = |key: &str, size: usize| set(tx, "a", key, &vec![7; size], None, QUOTA, Time(0));
            assert!(!put("k", 20)?, "21 bytes");
            assert!(put("k", 19)?, "20 bytes");
            assert!(!put("l", 0)?, "no byte is left");
            assert!(put("k", 1)? && put("l", 1)? && put("m", 1)?, "replaced values give room");
            assert!(!put("n", 0)?, "three keys");
            assert_eq!(used(tx, "a")?, Use { bytes: 6, keys: 3 });
            assert!(set(tx, "b", "k", &[1], None, QUOTA, Time(0))?, "another plugin has its own");
            delete(tx, "a", "l")?;
            delete(tx, "a", "l")?;
            assert_eq!(used(tx, "a")?, Use { bytes: 4, keys: 2 });
            Ok(())
        });
        done.await.expect("writes");
    }

    #[tokio::test]
    async fn what_is_over_is_gone_and_makes_room() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::open(folder.path()).expect("opens");
        let done = store.write(|tx| {
            assert!(set(tx, "a", "old", &[1; 17], Some(Time(10)), QUOTA, Time(0))?);
            assert_eq!(get(tx, "a", "old", Time(9))?, Some(vec![1; 17]));
            assert_eq!(get(tx, "a", "old", Time(10))?, None);
            assert!(!set(tx, "a", "new", &[2; 17], None, QUOTA, Time(9))?);
            assert!(set(tx, "a", "new", &[2; 17], None, QUOTA, Time(10))?);
            assert_eq!(used(tx, "a")?, Use { bytes: 20, keys: 1 });
            remember(tx, "a")?;
            delete(tx, "a", "new")?;
            assert!(
                set(tx, "a", "x%", b"1", None, QUOTA, Time(10))? && set(tx, "a", "x_", b"2", None, QUOTA, Time(10))?
            );
            let found = |prefix: &str, after: Option<&str>| scan(tx, "a", prefix, after, 10, Time(10));
            assert_eq!(found("x", None)?, [("x%".into(), b"1".to_vec()), ("x_".into(), b"2".to_vec())]);
            assert_eq!(found("x_", None)?.len() + found("x", Some("x%"))?.len() + found("y", None)?.len(), 2);
            restore(tx, "a")?;
            assert_eq!((used(tx, "a")?, found("", None)?.len()), (Use { bytes: 20, keys: 1 }, 1));
            clear(tx, "a")?;
            assert_eq!(used(tx, "a")?, Use::default());
            Ok(())
        });
        done.await.expect("writes");
    }
}
