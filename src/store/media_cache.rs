//! Which files of other servers we keep for a while, and which to let go first.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// One row of `media_cache`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Cached {
    /// The address, with the purpose before it when it is not the file as such (`small:https://…`).
    pub url: String,
    pub file: String,
    pub mime: String,
    /// In bytes.
    pub size: i64,
    pub fetched_at: Time,
    pub used_at: Time,
}

impl Cached {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            url: row.get("url")?,
            file: row.get("file")?,
            mime: row.get("mime")?,
            size: row.get("size")?,
            fetched_at: row.get("fetched_at")?,
            used_at: row.get("used_at")?,
        })
    }
}

/// What we keep for `url`.
pub fn by_url(db: &Connection, url: &str) -> Result<Option<Cached>> {
    Ok(db
        .prepare_cached("SELECT url, file, mime, size, fetched_at, used_at FROM media_cache WHERE url = ?1")?
        .query_row([url], Cached::from_row)
        .optional()?)
}

/// Inserts or replaces what we keep for its `url`; answers the name of the file that it replaced.
pub fn put(tx: &Tx, cached: &Cached) -> Result<Option<String>> {
    let before = by_url(tx, &cached.url)?.map(|before| before.file);
    tx.prepare_cached(
        "INSERT INTO media_cache (url, file, mime, size, fetched_at, used_at)
         VALUES (:url, :file, :mime, :size, :fetched_at, :used_at)
         ON CONFLICT (url) DO UPDATE SET file = :file, mime = :mime, size = :size, fetched_at = :fetched_at,
             used_at = :used_at",
    )?
    .execute(named_params! {
        ":url": cached.url, ":file": cached.file, ":mime": cached.mime, ":size": cached.size,
        ":fetched_at": cached.fetched_at, ":used_at": cached.used_at,
    })?;
    Ok(before)
}

/// Notes that somebody looked at `url` now.
pub fn touch(tx: &Tx, url: &str, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE media_cache SET used_at = ?2 WHERE url = ?1")?.execute((url, now))?;
    Ok(())
}

/// Forgets `url`.
pub fn delete(tx: &Tx, url: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM media_cache WHERE url = ?1")?.execute([url])?;
    Ok(())
}

/// All that we keep, in bytes.
pub fn total(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("SELECT coalesce(sum(size), 0) FROM media_cache")?.query_row([], |row| row.get(0))?)
}

/// Forgets what was not looked at for longest, until at least `bytes` are free; answers the files to remove, once the
/// transaction is committed.
pub fn evict(tx: &Tx, bytes: i64) -> Result<Vec<String>> {
    // Gathered first: rows must not vanish under a running query.
    let oldest = tx
        .prepare_cached(
            "SELECT url, file, mime, size, fetched_at, used_at FROM media_cache ORDER BY used_at LIMIT 500",
        )?
        .query_map([], Cached::from_row)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let (mut freed, mut files) = (0, Vec::new());
    for cached in oldest {
        if freed >= bytes {
            break;
        }
        freed += cached.size;
        delete(tx, &cached.url)?;
        files.push(cached.file);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn what_was_not_looked_at_for_longest_goes_first() {
        let row = |name: &str, used: i64| Cached {
            url: format!("https://a.example/{name}"),
            file: name.to_owned(),
            mime: "image/png".to_owned(),
            size: 100,
            fetched_at: Time(1),
            used_at: Time(used),
        };
        let world = World::new();
        let tx = world.tx();
        for (name, used) in [("old", 1), ("loved", 2), ("new", 3)] {
            assert_eq!(put(&tx, &row(name, used)).expect("writes"), None);
        }
        touch(&tx, "https://a.example/loved", Time(9)).expect("writes");
        assert_eq!(put(&tx, &row("new", 3)).expect("writes"), Some("new".to_owned()));
        assert_eq!(evict(&tx, 101).expect("writes"), ["old", "new"]);
        assert_eq!(total(&tx).expect("reads"), 100);
    }
}
