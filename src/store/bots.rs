//! Bots: the account that a plugin acts through, whom it may write to, and what it did lately.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// A plugin and its account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Bot {
    pub plugin_id: String,
    pub account_id: AccountId,
    /// Kinds of events that it wants; all when empty.
    pub events: Vec<String>,
    pub cursor: i64,
    pub missed: i64,
}

impl Bot {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let events: String = row.get("events")?;
        Ok(Self {
            plugin_id: row.get("plugin_id")?,
            account_id: row.get("account_id")?,
            events: serde_json::from_str(&events).unwrap_or_default(),
            cursor: row.get("cursor")?,
            missed: row.get("missed")?,
        })
    }

    /// Whether it wants to hear of this.
    pub fn wants(&self, kind: &str) -> bool {
        self.events.is_empty() || self.events.iter().any(|wanted| wanted == kind)
    }
}

/// The bot of this plugin, whether or not it runs.
pub fn of_plugin(db: &Connection, plugin: &str) -> Result<Option<Bot>> {
    let mut statement =
        db.prepare_cached("SELECT plugin_id, account_id, events, cursor, missed FROM bots WHERE plugin_id = ?1")?;
    Ok(statement.query_row([plugin], Bot::from_row).optional()?)
}

/// The bot that acts through this account and runs.
pub fn running(db: &Connection, account: AccountId) -> Result<Option<Bot>> {
    let mut statement = db.prepare_cached(
        "SELECT b.plugin_id, b.account_id, b.events, b.cursor, b.missed
         FROM bots b JOIN plugins p ON p.id = b.plugin_id AND p.enabled AND NOT p.shadow WHERE b.account_id = ?1",
    )?;
    Ok(statement.query_row([account], Bot::from_row).optional()?)
}

/// All bots that run.
pub fn all_running(db: &Connection) -> Result<Vec<Bot>> {
    let mut statement = db.prepare_cached(
        "SELECT b.plugin_id, b.account_id, b.events, b.cursor, b.missed
         FROM bots b JOIN plugins p ON p.id = b.plugin_id AND p.enabled AND NOT p.shadow ORDER BY b.plugin_id",
    )?;
    let rows = statement.query_map([], Bot::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether this account is a bot's, running or not.
pub fn is_bot(db: &Connection, account: AccountId) -> Result<bool> {
    let mut statement = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM bots WHERE account_id = ?1)")?;
    Ok(statement.query_row([account], |row| row.get(0))?)
}

/// Notes the account of a plugin.
pub fn insert(tx: &Tx, plugin: &str, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("INSERT INTO bots (plugin_id, account_id, events, created_at) VALUES (?1, ?2, '[]', ?3)")?
        .execute((plugin, account, now))?;
    Ok(())
}

/// Which events it wants from now on.
pub fn set_events(tx: &Tx, plugin: &str, events: &[String]) -> Result<()> {
    let events = serde_json::to_string(events).unwrap_or_else(|_| "[]".into());
    tx.prepare_cached("UPDATE bots SET events = ?2 WHERE plugin_id = ?1")?.execute((plugin, events))?;
    Ok(())
}

/// Notes how far it came.
pub fn advance(tx: &Tx, plugin: &str, cursor: i64) -> Result<()> {
    tx.prepare_cached("UPDATE bots SET cursor = max(cursor, ?2) WHERE plugin_id = ?1")?.execute((plugin, cursor))?;
    Ok(())
}

/// Notes that its mailbox was full.
pub fn missed(tx: &Tx, plugin: &str) -> Result<()> {
    tx.prepare_cached("UPDATE bots SET missed = missed + 1 WHERE plugin_id = ?1")?.execute([plugin])?;
    Ok(())
}

/// Forgets all that a bot was to be told and did; its account and posts stay.
pub fn clear(tx: &Tx, plugin: &str) -> Result<()> {
    for sql in [
        "DELETE FROM bot_events WHERE plugin_id = ?1",
        "DELETE FROM bot_timers WHERE plugin_id = ?1",
        "DELETE FROM bot_told WHERE plugin_id = ?1",
        "DELETE FROM bot_writers WHERE plugin_id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([plugin])?;
    }
    Ok(())
}

/// Notes that somebody wrote to it.
pub fn wrote(tx: &Tx, plugin: &str, account: AccountId) -> Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO bot_writers (plugin_id, account_id) VALUES (?1, ?2)")?
        .execute((plugin, account))?;
    Ok(())
}

/// Whether somebody ever wrote to it.
pub fn has_written(db: &Connection, plugin: &str, account: AccountId) -> Result<bool> {
    let mut statement =
        db.prepare_cached("SELECT EXISTS (SELECT 1 FROM bot_writers WHERE plugin_id = ?1 AND account_id = ?2)")?;
    Ok(statement.query_row((plugin, account), |row| row.get(0))?)
}

/// Notes that it was told of a post.
pub fn told(tx: &Tx, plugin: &str, status: StatusId) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO bot_told (status_id, plugin_id) SELECT id, ?2 FROM statuses WHERE id = ?1",
    )?
    .execute((status, plugin))?;
    Ok(())
}

/// The running bots that were told of a post.
pub fn told_of(db: &Connection, status: StatusId) -> Result<Vec<Bot>> {
    let mut statement = db.prepare_cached(
        "SELECT b.plugin_id, b.account_id, b.events, b.cursor, b.missed
         FROM bot_told t JOIN bots b ON b.plugin_id = t.plugin_id
             JOIN plugins p ON p.id = b.plugin_id AND p.enabled AND NOT p.shadow WHERE t.status_id = ?1",
    )?;
    let rows = statement.query_map([status], Bot::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What a bot did that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A post.
    Post,
    /// A favourite, a reaction or a boost.
    React,
    /// Following somebody new.
    Follow,
}

impl Act {
    fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::React => "react",
            Self::Follow => "follow",
        }
    }
}

/// How often it did so since then.
pub fn count(db: &Connection, plugin: &str, act: Act, since: Time) -> Result<u32> {
    let mut statement =
        db.prepare_cached("SELECT count(*) FROM bot_acts WHERE plugin_id = ?1 AND kind = ?2 AND at > ?3")?;
    Ok(statement.query_row((plugin, act.as_str(), since), |row| row.get(0))?)
}

/// Notes that it does so now, and forgets what is a day old.
pub fn note(tx: &Tx, plugin: &str, act: Act, now: Time) -> Result<()> {
    tx.prepare_cached("INSERT INTO bot_acts (plugin_id, kind, at) VALUES (?1, ?2, ?3)")?.execute((
        plugin,
        act.as_str(),
        now,
    ))?;
    let before = now.minus(std::time::Duration::from_secs(86_400));
    tx.prepare_cached("DELETE FROM bot_acts WHERE plugin_id = ?1 AND at <= ?2")?.execute((plugin, before))?;
    Ok(())
}

/// A post that a bot made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Post {
    pub status_id: StatusId,
    pub plugin_id: String,
    pub uri: String,
    pub depth: i64,
    pub idem: Option<String>,
    pub created_at: Time,
}

/// For how long the word of a post is remembered.
pub const REMEMBERED: std::time::Duration = std::time::Duration::from_secs(30 * 86_400);

/// Notes a post, and forgets what is a month old. A word that is taken is an error: the same twice.
pub fn posted(tx: &Tx, post: &Post) -> Result<()> {
    let old = post.created_at.minus(REMEMBERED);
    tx.prepare_cached("DELETE FROM bot_posts WHERE created_at <= ?1")?.execute([old])?;
    tx.prepare_cached(
        "INSERT INTO bot_posts (status_id, plugin_id, uri, depth, idem, created_at)
         VALUES (:status, :plugin, :uri, :depth, :idem, :now)",
    )?
    .execute(named_params! {
        ":status": post.status_id, ":plugin": post.plugin_id, ":uri": post.uri, ":depth": post.depth,
        ":idem": post.idem, ":now": post.created_at,
    })?;
    Ok(())
}

/// The id of the post that a bot made with this word.
pub fn by_idem(db: &Connection, plugin: &str, idem: &str, now: Time) -> Result<Option<String>> {
    let mut statement =
        db.prepare_cached("SELECT uri FROM bot_posts WHERE plugin_id = ?1 AND idem = ?2 AND created_at > ?3")?;
    Ok(statement.query_row((plugin, idem, now.minus(REMEMBERED)), |row| row.get(0)).optional()?)
}

/// How many bots answered each other up to this post of a bot of ours; 0: it is none.
pub fn depth(db: &Connection, status: StatusId) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT depth FROM bot_posts WHERE status_id = ?1")?;
    Ok(statement.query_row([status], |row| row.get(0)).optional()?.unwrap_or(0))
}
