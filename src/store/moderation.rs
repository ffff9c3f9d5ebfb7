//! The moderation log: what was rejected, held or changed, by whom, and why.

use rusqlite::{Connection, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// Characters of a post that an entry keeps.
const EXCERPT: usize = 200;

/// One row of `moderation_log`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Entry {
    pub at: Time,
    /// `plugin:<id>` or `account:<id>`.
    pub source: String,
    /// `reject`, `hold`, `change`, `fail`.
    pub action: String,
    /// `inbound`, `outbound`, `fetched`.
    pub direction: String,
    pub actor_uri: String,
    pub object_uri: Option<String>,
    pub reason: String,
    /// The beginning of the text, cut to 200 characters when it is written.
    pub excerpt: String,
}

/// Adds an entry.
pub fn insert(tx: &Tx, entry: &Entry) -> Result<()> {
    let excerpt: String = entry.excerpt.chars().take(EXCERPT).collect();
    tx.prepare_cached(
        "INSERT INTO moderation_log (at, source, action, direction, actor_uri, object_uri, reason, excerpt)
         VALUES (:at, :source, :action, :direction, :actor_uri, :object_uri, :reason, :excerpt)",
    )?
    .execute(named_params! {
        ":at": entry.at, ":source": entry.source, ":action": entry.action, ":direction": entry.direction,
        ":actor_uri": entry.actor_uri, ":object_uri": entry.object_uri, ":reason": entry.reason, ":excerpt": excerpt,
    })?;
    Ok(())
}

/// The newest `limit` entries, newest first.
pub fn recent(db: &Connection, limit: u32) -> Result<Vec<Entry>> {
    let mut statement = db.prepare_cached(
        "SELECT at, source, action, direction, actor_uri, object_uri, reason, excerpt
         FROM moderation_log ORDER BY id DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], |row| {
        Ok(Entry {
            at: row.get("at")?,
            source: row.get("source")?,
            action: row.get("action")?,
            direction: row.get("direction")?,
            actor_uri: row.get("actor_uri")?,
            object_uri: row.get("object_uri")?,
            reason: row.get("reason")?,
            excerpt: row.get("excerpt")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn the_newest_entries_come_first_and_keep_only_the_beginning() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::open(folder.path()).expect("opens");
        let entry = |at: i64| Entry {
            at: Time(at),
            source: "plugin:org.example.a".into(),
            action: "reject".into(),
            direction: "inbound".into(),
            actor_uri: "https://peer.example/users/carol".into(),
            object_uri: None,
            reason: "言葉".into(),
            excerpt: "あ".repeat(300),
        };
        let entries = [entry(1), entry(2), entry(3)];
        store.write(move |tx| entries.iter().try_for_each(|entry| insert(tx, entry))).await.expect("writes");
        let found = store.read(|db| recent(db, 2)).await.expect("reads");
        assert_eq!(found.iter().map(|entry| entry.at.0).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(found[0].excerpt.chars().count(), 200);
    }
}
