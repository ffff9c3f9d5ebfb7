//! The moderation log: what was rejected, held or changed, by whom, and why.

use rusqlite::{Connection, Row, named_params};

use super::Tx;
use super::page::Page;
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
    /// `reject`, `hold`, `change`, `fail`; or what staff did.
    pub action: String,
    /// `inbound`, `outbound`, `fetched`.
    pub direction: String,
    pub actor_uri: String,
    pub object_uri: Option<String>,
    pub reason: String,
    /// The beginning of the text, cut to 200 characters when it is written.
    pub excerpt: String,
}

impl Entry {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get("at")?,
            source: row.get("source")?,
            action: row.get("action")?,
            direction: row.get("direction")?,
            actor_uri: row.get("actor_uri")?,
            object_uri: row.get("object_uri")?,
            reason: row.get("reason")?,
            excerpt: row.get("excerpt")?,
        })
    }
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

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// By this source alone: `account:<id>`, `plugin:<id>`, `command`.
    pub source: Option<String>,
    /// By sources that begin so: `account:`, `plugin:`.
    pub kind: Option<String>,
    /// Of this action alone.
    pub action: Option<String>,
    /// About this actor alone.
    pub actor_uri: Option<String>,
}

/// Entries with their ids, the newest first.
pub fn list(db: &Connection, filter: &Filter, page: &Page) -> Result<Vec<(i64, Entry)>> {
    let sql = format!(
        "SELECT id, at, source, action, direction, actor_uri, object_uri, reason, excerpt FROM moderation_log
         WHERE id < :below AND id > :above AND (:source IS NULL OR source = :source)
           AND (:kind IS NULL OR substr(source, 1, length(:kind)) = :kind)
           AND (:action IS NULL OR action = :action) AND (:actor IS NULL OR actor_uri = :actor)
         ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":below": page.below(), ":above": page.above(), ":limit": page.limit, ":source": filter.source,
        ":kind": filter.kind, ":action": filter.action, ":actor": filter.actor_uri,
    };
    let rows = statement.query_map(params, |row| Ok((row.get("id")?, Entry::from_row(row)?)))?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// The newest `limit` entries, newest first.
pub fn recent(db: &Connection, limit: u32) -> Result<Vec<Entry>> {
    let mut statement = db.prepare_cached(
        "SELECT at, source, action, direction, actor_uri, object_uri, reason, excerpt
         FROM moderation_log ORDER BY id DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], Entry::from_row)?;
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
        let listed = |filter: Filter| store.read(move |db| list(db, &filter, &Page::first(10)));
        let plugin = Filter { kind: Some("plugin:".into()), action: Some("reject".into()), ..Filter::default() };
        assert_eq!(listed(plugin).await.expect("reads").len(), 3);
        let staff = Filter { kind: Some("account:".into()), ..Filter::default() };
        assert_eq!(listed(staff).await.expect("reads").len(), 0);
    }
}
