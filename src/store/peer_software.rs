//! What other servers run, as their NodeInfo says. Spec: rule W4

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// What a server says that it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Software {
    pub name: String,
    pub version: String,
}

/// Hosts (with their port) that we delivered to since `since` and did not ask since `asked_before`, at most `limit`.
pub fn unasked(db: &Connection, since: Time, asked_before: Time, limit: usize) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT substr(p.origin, instr(p.origin, '://') + 3) AS h
         FROM peers p LEFT JOIN peer_software s ON s.host = substr(p.origin, instr(p.origin, '://') + 3)
         WHERE p.last_ok_at >= :since AND p.fails = 0 AND coalesce(s.asked_at, -1) < :asked LIMIT :limit",
    )?;
    let rows = statement
        .query_map(named_params! {":since": since, ":asked": asked_before, ":limit": limit as i64}, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Keeps the answer of `host`; `None`: it gave none.
pub fn answered(tx: &Tx, host: &str, software: Option<&Software>, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO peer_software (host, name, version, asked_at) VALUES (:host, :name, :version, :now)
         ON CONFLICT (host) DO UPDATE SET name = coalesce(:name, name), version = coalesce(:version, version),
             asked_at = :now",
    )?
    .execute(named_params! {
        ":host": host, ":name": software.map(|known| &known.name), ":version": software.map(|known| &known.version),
        ":now": now,
    })?;
    Ok(())
}

/// What `host` runs, as far as it said so.
pub fn of(db: &Connection, host: &str) -> Result<Option<Software>> {
    let mut statement =
        db.prepare_cached("SELECT name, version FROM peer_software WHERE host = ?1 AND name IS NOT NULL")?;
    let found = statement.query_row([host], |row| {
        Ok(Software { name: row.get(0)?, version: row.get::<_, Option<String>>(1)?.unwrap_or_default() })
    });
    Ok(found.optional()?)
}
