//! Other servers, by origin: whether deliveries reach them, when to try again, which signature they understand.
//!
//! The rules that turn a failure into the next time to try live in `delivery/schedule.rs`; here they are kept.
//! Spec: delivery rules D4 to D6, S8.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::activitypub::signature::Scheme;
use crate::clock::Time;
use crate::error::Result;

/// How deliveries to one origin go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Failures in a row; 0: healthy.
    pub fails: i64,
    /// Since the first of them.
    pub failing_since: Option<Time>,
    /// Distinct days (UTC) among them.
    pub failed_days: i64,
    /// The last of them.
    pub last_failed_at: Option<Time>,
    /// Nothing is sent before.
    pub retry_at: Option<Time>,
}

/// A signature scheme that a peer understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Remembered {
    pub scheme: Scheme,
    pub at: Time,
}

/// How deliveries to `origin` go; healthy if nothing is known.
pub fn health(db: &Connection, origin: &str) -> Result<Health> {
    let mut statement = db.prepare_cached(
        "SELECT fails, failing_since, failed_days, last_failed_at, retry_at FROM peers WHERE origin = ?1",
    )?;
    let found = statement.query_row([origin], |row| {
        Ok(Health {
            fails: row.get("fails")?,
            failing_since: row.get("failing_since")?,
            failed_days: row.get("failed_days")?,
            last_failed_at: row.get("last_failed_at")?,
            retry_at: row.get("retry_at")?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Notes that `origin` took a delivery signed with `scheme`, `latency` milliseconds after we began.
///
/// A healthy peer's row is written at most once a minute.
pub fn success(tx: &Tx, origin: &str, scheme: Scheme, latency: i64, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO peers (origin, host, last_ok_at, latency_ms, scheme, scheme_at)
         VALUES (:origin, :host, :now, :latency, :scheme, :now)
         ON CONFLICT (origin) DO UPDATE SET fails = 0, failing_since = NULL, failed_days = 0, retry_at = NULL,
             revived_at = NULL, refused = 0, last_ok_at = :now, latency_ms = :latency, scheme = :scheme,
             scheme_at = :now
         WHERE fails > 0 OR refused > 0 OR retry_at IS NOT NULL OR scheme IS NOT :scheme
             OR last_ok_at IS NULL OR last_ok_at < :now - 60000",
    )?
    .execute(named_params! {
        ":origin": origin, ":host": host_of(origin), ":now": now, ":latency": latency, ":scheme": name_of(scheme),
    })?;
    Ok(())
}

/// Notes an answer that was final for one item: the peer lives, but did not want it.
pub fn refused(tx: &Tx, origin: &str, error: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO peers (origin, host, refused, last_error) VALUES (:origin, :host, 1, :error)
         ON CONFLICT (origin) DO UPDATE SET fails = 0, failing_since = NULL, failed_days = 0, retry_at = NULL,
             revived_at = NULL, refused = refused + 1, last_error = :error",
    )?
    .execute(named_params! {":origin": origin, ":host": host_of(origin), ":error": error})?;
    Ok(())
}

/// Keeps what was decided after a failure.
pub fn failure(tx: &Tx, origin: &str, health: &Health, error: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO peers (origin, host, fails, failing_since, failed_days, last_failed_at, retry_at, last_error)
         VALUES (:origin, :host, :fails, :since, :days, :last, :retry_at, :error)
         ON CONFLICT (origin) DO UPDATE SET fails = :fails, failing_since = :since, failed_days = :days,
             last_failed_at = :last, retry_at = :retry_at, last_error = :error, revived_at = NULL",
    )?
    .execute(named_params! {
        ":origin": origin, ":host": host_of(origin), ":fails": health.fails, ":since": health.failing_since,
        ":days": health.failed_days, ":last": health.last_failed_at, ":retry_at": health.retry_at, ":error": error,
    })?;
    Ok(())
}

/// Notes a sign of life (a verified request from it, a successful GET): what waits for it may go at once.
///
/// Answers whether it was failing; then ring `deliveries_waiting` after the commit. A peer that failed less than a
/// minute ago is left alone: it may be able to send and yet not to receive.
pub fn revive(tx: &Tx, origin: &str, now: Time) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE peers SET fails = 0, failing_since = NULL, failed_days = 0, retry_at = NULL, revived_at = :now
             WHERE origin = :origin AND fails > 0 AND last_failed_at <= :now - 60000",
        )?
        .execute(named_params! {":origin": origin, ":now": now})?;
    Ok(changed > 0)
}

/// The origins that showed a sign of life at `since` or later and were not tried again yet.
pub fn revived(db: &Connection, since: Time) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT origin FROM peers WHERE revived_at >= ?1")?;
    let rows = statement.query_map([since], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Reads what [`name_of`] writes.
pub(super) fn scheme_from(name: &str) -> Option<Scheme> {
    [Scheme::Cavage, Scheme::Rfc9421].into_iter().find(|scheme| name_of(*scheme) == name)
}

fn name_of(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Cavage => "cavage",
        Scheme::Rfc9421 => "rfc9421",
    }
}

fn host_of(origin: &str) -> String {
    url::Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    const ORIGIN: &str = "https://a.example";

    #[test]
    fn a_failing_peer_is_healed_by_success_and_by_a_sign_of_life() {
        let db = in_memory();
        let tx = Tx(&db);
        assert_eq!(health(&db, ORIGIN).expect("reads"), Health::default());
        let failing = Health {
            fails: 3,
            failing_since: Some(Time(1)),
            failed_days: 1,
            last_failed_at: Some(Time(100_000)),
            retry_at: Some(Time(900_000)),
        };
        failure(&tx, ORIGIN, &failing, "timed out").expect("writes");
        assert_eq!(health(&db, ORIGIN).expect("reads"), failing);
        assert!(!revive(&tx, ORIGIN, Time(110_000)).expect("writes"), "it failed just now");
        assert!(revive(&tx, ORIGIN, Time(160_000)).expect("writes"));
        assert_eq!(revived(&db, Time(160_000)).expect("reads"), [ORIGIN]);
        assert_eq!(health(&db, ORIGIN).expect("reads").retry_at, None);
        assert!(!revive(&tx, ORIGIN, Time(170_000)).expect("writes"), "it is healthy");
        assert!(!revive(&tx, "https://stranger.example", Time(1)).expect("writes"), "strangers leave no row");

        failure(&tx, ORIGIN, &failing, "timed out").expect("writes");
        success(&tx, ORIGIN, Scheme::Rfc9421, 20, Time(170_000)).expect("writes");
        assert_eq!(health(&db, ORIGIN).expect("reads").fails, 0);
        assert!(revived(&db, Time(0)).expect("reads").is_empty());
        let scheme: String = db.query_row("SELECT scheme FROM peers", [], |row| row.get(0)).expect("reads");
        assert_eq!(scheme_from(&scheme), Some(Scheme::Rfc9421));
    }
}
