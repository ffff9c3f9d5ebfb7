//! Alarm clocks of bots: their own, and the entries of their calendars.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// One alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Timer {
    pub plugin_id: String,
    pub name: String,
    /// The calendar's five fields; `None`: the bot set it itself.
    pub cron: Option<String>,
    pub jitter: u32,
    pub at: Time,
    pub payload: Vec<u8>,
}

impl Timer {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            plugin_id: row.get("plugin_id")?,
            name: row.get("name")?,
            cron: row.get("cron")?,
            jitter: row.get("jitter")?,
            at: row.get("at")?,
            payload: row.get("payload")?,
        })
    }
}

/// Sets an alarm; one of the same name is replaced.
pub fn set(tx: &Tx, timer: &Timer) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO bot_timers (plugin_id, name, cron, jitter, at, payload)
         VALUES (:plugin, :name, :cron, :jitter, :at, :payload)",
    )?
    .execute(named_params! {
        ":plugin": timer.plugin_id, ":name": timer.name, ":cron": timer.cron, ":jitter": timer.jitter,
        ":at": timer.at, ":payload": timer.payload,
    })?;
    Ok(())
}

/// Takes an alarm away; what is not there is fine.
pub fn cancel(tx: &Tx, plugin: &str, name: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM bot_timers WHERE plugin_id = ?1 AND name = ?2")?.execute((plugin, name))?;
    Ok(())
}

/// The alarms of a bot.
pub fn of(db: &Connection, plugin: &str) -> Result<Vec<Timer>> {
    let mut statement = db.prepare_cached(
        "SELECT plugin_id, name, cron, jitter, at, payload FROM bot_timers WHERE plugin_id = ?1 ORDER BY name",
    )?;
    let rows = statement.query_map([plugin], Timer::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those whose time has come, of bots that run.
pub fn due(db: &Connection, now: Time, limit: usize) -> Result<Vec<Timer>> {
    let mut statement = db.prepare_cached(
        "SELECT t.plugin_id, t.name, t.cron, t.jitter, t.at, t.payload
         FROM bot_timers t JOIN plugins p ON p.id = t.plugin_id AND p.enabled AND NOT p.shadow
         WHERE t.at <= ?1 ORDER BY t.at LIMIT ?2",
    )?;
    let rows = statement.query_map((now, limit as i64), Timer::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When the next alarm of a bot that runs goes off.
pub fn next(db: &Connection) -> Result<Option<Time>> {
    let mut statement = db.prepare_cached(
        "SELECT t.at FROM bot_timers t JOIN plugins p ON p.id = t.plugin_id AND p.enabled AND NOT p.shadow
         ORDER BY t.at LIMIT 1",
    )?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}
