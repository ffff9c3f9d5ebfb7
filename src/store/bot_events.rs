//! Mailboxes of bots: what happened, in order, until the bot dealt with it. What it could not deal with stays as a dead
//! letter, to be looked at and tried again.

use rusqlite::{Connection, Row, named_params};

use super::Tx;
use super::bots;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// How many events wait for one bot, at most.
pub const MAILBOX: i64 = 1_000;

/// Something that happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct New {
    pub kind: String,
    pub account_id: Option<AccountId>,
    pub status_id: Option<StatusId>,
    pub name: String,
    pub payload: Vec<u8>,
    pub depth: i64,
}

/// An event in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Event {
    pub id: i64,
    pub plugin_id: String,
    pub what: New,
    pub dead: bool,
    pub attempts: i64,
    pub not_before: Time,
    pub last_error: Option<String>,
    pub created_at: Time,
}

const COLUMNS: &str = "id, plugin_id, kind, account_id, status_id, name, payload, depth, state, attempts, not_before, \
    last_error, created_at";

impl Event {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let state: String = row.get("state")?;
        Ok(Self {
            id: row.get("id")?,
            plugin_id: row.get("plugin_id")?,
            what: New {
                kind: row.get("kind")?,
                account_id: row.get("account_id")?,
                status_id: row.get("status_id")?,
                name: row.get("name")?,
                payload: row.get("payload")?,
                depth: row.get("depth")?,
            },
            dead: state == "dead",
            attempts: row.get("attempts")?,
            not_before: row.get("not_before")?,
            last_error: row.get("last_error")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// Puts an event into the mailbox; `false`: it is full, which is counted.
pub fn put(tx: &Tx, plugin: &str, new: &New, now: Time) -> Result<bool> {
    if waiting(tx, plugin)? >= MAILBOX {
        bots::missed(tx, plugin)?;
        return Ok(false);
    }
    tx.prepare_cached(
        "INSERT INTO bot_events (plugin_id, kind, account_id, status_id, name, payload, depth, not_before, created_at)
         VALUES (:plugin, :kind, :account, :status, :name, :payload, :depth, :now, :now)",
    )?
    .execute(named_params! {
        ":plugin": plugin, ":kind": new.kind, ":account": new.account_id, ":status": new.status_id, ":name": new.name,
        ":payload": new.payload, ":depth": new.depth, ":now": now,
    })?;
    Ok(true)
}

/// Puts an alarm into the mailbox, however full it is.
pub fn put_alarm(tx: &Tx, plugin: &str, new: &New, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO bot_events (plugin_id, kind, name, payload, not_before, created_at)
         VALUES (:plugin, :kind, :name, :payload, :now, :now)",
    )?
    .execute(named_params! {
        ":plugin": plugin, ":kind": new.kind, ":name": new.name, ":payload": new.payload, ":now": now,
    })?;
    Ok(())
}

/// Whether an alarm of this name waits already.
pub fn alarm_waits(db: &Connection, plugin: &str, name: &str) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM bot_events WHERE plugin_id = ?1 AND state = 'waiting' AND kind = 'timer' AND name = ?2)",
    )?;
    Ok(statement.query_row((plugin, name), |row| row.get(0))?)
}

/// How many wait.
pub fn waiting(db: &Connection, plugin: &str) -> Result<i64> {
    let mut statement =
        db.prepare_cached("SELECT count(*) FROM bot_events WHERE plugin_id = ?1 AND state = 'waiting'")?;
    Ok(statement.query_row([plugin], |row| row.get(0))?)
}

/// What is due, oldest first, at most `limit`.
pub fn due(db: &Connection, plugin: &str, now: Time, limit: usize) -> Result<Vec<Event>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bot_events WHERE plugin_id = ?1 AND state = 'waiting' AND not_before <= ?2
         ORDER BY id LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((plugin, now, limit as i64), Event::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When the next event of this bot is due.
pub fn next_due(db: &Connection, plugin: &str) -> Result<Option<Time>> {
    let mut statement =
        db.prepare_cached("SELECT min(not_before) FROM bot_events WHERE plugin_id = ?1 AND state = 'waiting'")?;
    Ok(statement.query_row([plugin], |row| row.get(0))?)
}

/// Takes events out of the mailbox, because the bot dealt with them; answers how many were still there.
pub fn done(tx: &Tx, plugin: &str, ids: &[i64]) -> Result<usize> {
    let mut statement =
        tx.prepare_cached("DELETE FROM bot_events WHERE id = ?1 AND plugin_id = ?2 AND state = 'waiting'")?;
    let mut count = 0;
    for id in ids {
        count += statement.execute((id, plugin))?;
    }
    Ok(count)
}

/// Notes a failed attempt; with `again` it is tried then, without it becomes a dead letter.
pub fn failed(tx: &Tx, id: i64, why: &str, again: Option<Time>) -> Result<()> {
    tx.prepare_cached(
        "UPDATE bot_events SET attempts = attempts + 1, last_error = :why, not_before = coalesce(:again, not_before),
             state = iif(:again IS NULL, 'dead', state) WHERE id = :id",
    )?
    .execute(named_params! {":id": id, ":why": why, ":again": again})?;
    Ok(())
}

/// Dead letters, newest first, below this id.
pub fn dead(db: &Connection, plugin: &str, below: Option<i64>, limit: u32) -> Result<Vec<Event>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bot_events WHERE plugin_id = ?1 AND state = 'dead' AND id < ?2 ORDER BY id DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((plugin, below.unwrap_or(i64::MAX), limit), Event::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many dead letters there are.
pub fn dead_count(db: &Connection, plugin: &str) -> Result<i64> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM bot_events WHERE plugin_id = ?1 AND state = 'dead'")?;
    Ok(statement.query_row([plugin], |row| row.get(0))?)
}

/// Tries dead letters again (`None`: all); answers how many.
pub fn replay(tx: &Tx, plugin: &str, id: Option<i64>, now: Time) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "UPDATE bot_events SET state = 'waiting', attempts = 0, not_before = :now
             WHERE plugin_id = :plugin AND state = 'dead' AND (:id IS NULL OR id = :id)",
        )?
        .execute(named_params! {":plugin": plugin, ":id": id, ":now": now})?)
}

/// Throws a dead letter away. `false`: there is none with this id.
pub fn drop_dead(tx: &Tx, plugin: &str, id: i64) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("DELETE FROM bot_events WHERE plugin_id = ?1 AND id = ?2 AND state = 'dead'")?;
    Ok(statement.execute((plugin, id))? > 0)
}

/// Deletes dead letters from before then, at most `limit`.
pub fn drop_old(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM bot_events WHERE id IN
                 (SELECT id FROM bot_events WHERE state = 'dead' AND created_at < ?1 LIMIT ?2)",
        )?
        .execute((before, limit as i64))?)
}
