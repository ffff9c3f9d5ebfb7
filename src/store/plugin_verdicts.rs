//! What filters said and changed, and in shadow would have: the audit of each plugin. Plain acceptance leaves no row.

use rusqlite::{Connection, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// Rows of one plugin that are kept.
const KEPT: i64 = 5_000;

/// One row of `plugin_verdicts`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in the migration")]
pub struct Verdict {
    /// 0 before it is written.
    pub id: i64,
    pub at: Time,
    pub plugin_id: String,
    pub shadow: bool,
    /// `accept`, `hold`, `reject`, `change`, `fail`.
    pub action: String,
    pub direction: String,
    pub actor_uri: String,
    pub object_uri: Option<String>,
    pub reason: String,
    pub score: i32,
    /// JSON list of `{field, before, after}`.
    pub changes: String,
    pub excerpt: String,
}

/// Adds a row; the oldest ones of the plugin go.
pub fn insert(tx: &Tx, verdict: &Verdict) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO plugin_verdicts (at, plugin_id, shadow, action, direction, actor_uri, object_uri, reason, score, changes, excerpt)
         VALUES (:at, :plugin, :shadow, :action, :direction, :actor, :object, :reason, :score, :changes, :excerpt)",
    )?
    .execute(named_params! {
        ":at": verdict.at, ":plugin": verdict.plugin_id, ":shadow": verdict.shadow, ":action": verdict.action,
        ":direction": verdict.direction, ":actor": verdict.actor_uri, ":object": verdict.object_uri,
        ":reason": verdict.reason, ":score": verdict.score, ":changes": verdict.changes, ":excerpt": verdict.excerpt,
    })?;
    tx.prepare_cached(
        "DELETE FROM plugin_verdicts WHERE plugin_id = ?1 AND id <= (SELECT id FROM plugin_verdicts
             WHERE plugin_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute((&verdict.plugin_id, KEPT))?;
    Ok(())
}

/// What a plugin said, newest first; only what is older than `before` when that is given.
pub fn of(db: &Connection, plugin: &str, before: Option<i64>, limit: u32) -> Result<Vec<Verdict>> {
    let mut statement = db.prepare_cached(
        "SELECT id, at, plugin_id, shadow, action, direction, actor_uri, object_uri, reason, score, changes, excerpt
         FROM plugin_verdicts WHERE plugin_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let rows = statement.query_map((plugin, before.unwrap_or(i64::MAX), limit), |row| {
        Ok(Verdict {
            id: row.get("id")?,
            at: row.get("at")?,
            plugin_id: row.get("plugin_id")?,
            shadow: row.get("shadow")?,
            action: row.get("action")?,
            direction: row.get("direction")?,
            actor_uri: row.get("actor_uri")?,
            object_uri: row.get("object_uri")?,
            reason: row.get("reason")?,
            score: row.get("score")?,
            changes: row.get("changes")?,
            excerpt: row.get("excerpt")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets what the plugin said.
pub fn clear(tx: &Tx, plugin: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM plugin_verdicts WHERE plugin_id = ?1")?.execute([plugin])?;
    Ok(())
}
