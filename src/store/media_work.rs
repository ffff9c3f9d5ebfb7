//! Uploads that are still being made into something that everybody can play: a queue that survives a crash.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::sql::json_list;
use crate::error::Result;
use crate::ids::MediaId;

/// One row of `media_work`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Work {
    pub media_id: MediaId,
    pub source: String,
    pub attempts: i64,
    pub failed: Option<String>,
}

impl Work {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            media_id: row.get("media_id")?,
            source: row.get("source")?,
            attempts: row.get("attempts")?,
            failed: row.get("failed")?,
        })
    }
}

/// Notes that `source` is to be made into the attachment.
pub fn enqueue(tx: &Tx, media: MediaId, source: &str) -> Result<()> {
    tx.prepare_cached("INSERT INTO media_work (media_id, source) VALUES (?1, ?2)")?
        .execute(rusqlite::params![media, source])?;
    Ok(())
}

/// What is left to do for the attachment, or went wrong with it; `None` when it is finished.
pub fn of(db: &Connection, media: MediaId) -> Result<Option<Work>> {
    let sql = "SELECT media_id, source, attempts, failed FROM media_work WHERE media_id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([media], Work::from_row).optional()?)
}

/// The oldest attachment that is still to be made, save those `under_way`.
pub fn next(db: &Connection, under_way: &[MediaId]) -> Result<Option<MediaId>> {
    let sql = "SELECT media_id FROM media_work WHERE failed IS NULL
                   AND media_id NOT IN (SELECT value FROM json_each(?1)) ORDER BY media_id LIMIT 1";
    Ok(db.prepare_cached(sql)?.query_row([json_list(under_way)], |row| row.get(0)).optional()?)
}

/// The names of all waiting uploads.
pub fn sources(db: &Connection) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT source FROM media_work WHERE failed IS NULL")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that work begins; answers how often it began, this time included.
pub fn begin(tx: &Tx, media: MediaId) -> Result<i64> {
    let sql = "UPDATE media_work SET attempts = attempts + 1 WHERE media_id = ?1 RETURNING attempts";
    Ok(tx.prepare_cached(sql)?.query_row([media], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// Work began in vain, by no fault of the file.
pub fn excuse(tx: &Tx, media: MediaId) -> Result<()> {
    tx.prepare_cached("UPDATE media_work SET attempts = attempts - 1 WHERE media_id = ?1")?.execute([media])?;
    Ok(())
}

/// Nothing can be made of it, because `why`.
pub fn fail(tx: &Tx, media: MediaId, why: &str) -> Result<()> {
    tx.prepare_cached("UPDATE media_work SET failed = :why WHERE media_id = :media")?
        .execute(named_params! {":media": media, ":why": why})?;
    Ok(())
}

/// It is made.
pub fn finish(tx: &Tx, media: MediaId) -> Result<()> {
    tx.prepare_cached("DELETE FROM media_work WHERE media_id = ?1")?.execute([media])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn the_oldest_that_can_still_be_made_comes_first() {
        let world = World::new();
        let alice = world.local("alice");
        let (one, two) = (world.image(alice), world.image(alice));
        let tx = world.tx();
        for media in [one, two] {
            enqueue(&tx, media, &format!("source {media}")).expect("writes");
        }
        assert_eq!((next(&tx, &[]).expect("reads"), next(&tx, &[one]).expect("reads")), (Some(one), Some(two)));
        assert_eq!((begin(&tx, one).expect("writes"), begin(&tx, one).expect("writes")), (1, 2));
        fail(&tx, one, "it is broken").expect("writes");
        assert_eq!(next(&tx, &[]).expect("reads"), Some(two));
        assert_eq!(of(&tx, one).expect("reads").and_then(|work| work.failed).as_deref(), Some("it is broken"));
        assert_eq!(sources(&tx).expect("reads"), [format!("source {two}")]);
        finish(&tx, two).expect("writes");
        assert_eq!(of(&tx, two).expect("reads"), None);
    }
}
