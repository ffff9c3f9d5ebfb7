//! Other servers, by origin: whether deliveries reach them, when to try again, which signature they understand.
//!
//! The rules that turn a failure into the next time to try live in `delivery/schedule.rs`; here they are kept.
//! Spec: delivery rules D4 to D6, S8.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

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

/// For how long we trust that a peer understands what it understood. Rule S8.
pub const SCHEME_MEMORY: Duration = Duration::from_secs(30 * 86_400);

/// Which signatures a peer understands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Speaks {
    /// How the last delivery that it took was signed.
    pub remembered: Option<Remembered>,
    /// With what a GET worked after another scheme did not. Says little about deliveries.
    pub for_gets: Option<Remembered>,
    /// Whether its actors say that it reads RFC 9421 (FEP-844e).
    pub rfc9421: bool,
}

impl Speaks {
    /// The scheme that it is known to understand in deliveries.
    pub fn confirmed(&self, now: Time) -> Option<Scheme> {
        recent(self.remembered, now)
    }

    /// The scheme to begin with: the confirmed one, else the one that it says it reads, else the old one.
    pub fn first(&self, now: Time) -> Scheme {
        self.confirmed(now).unwrap_or(if self.rfc9421 { Scheme::Rfc9421 } else { Scheme::Cavage })
    }

    /// The same for a GET.
    pub fn first_get(&self, now: Time) -> Scheme {
        recent(self.for_gets, now).unwrap_or_else(|| self.first(now))
    }
}

fn recent(remembered: Option<Remembered>, now: Time) -> Option<Scheme> {
    remembered.filter(|known| now.since(known.at) < SCHEME_MEMORY).map(|known| known.scheme)
}

/// Which signatures `origin` understands.
pub fn speaks(db: &Connection, origin: &str) -> Result<Speaks> {
    let mut statement = db.prepare_cached(
        "SELECT p.scheme, p.scheme_at, c.rfc9421, c.get_scheme, c.get_scheme_at
         FROM (SELECT ?1 AS origin) o LEFT JOIN peers p ON p.origin = o.origin
             LEFT JOIN peer_capabilities c ON c.origin = o.origin",
    )?;
    Ok(statement.query_row([origin], Speaks::from_row)?)
}

impl Speaks {
    /// Reads the columns `scheme`, `scheme_at`, `rfc9421`, `get_scheme` and `get_scheme_at`.
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let remembered = |name: &str, at: &str| -> rusqlite::Result<Option<Remembered>> {
            let scheme: Option<String> = row.get(name)?;
            let at: Option<Time> = row.get(at)?;
            let scheme = scheme.as_deref().and_then(scheme_from);
            Ok(scheme.zip(at).map(|(scheme, at)| Remembered { scheme, at }))
        };
        Ok(Self {
            remembered: remembered("scheme", "scheme_at")?,
            for_gets: remembered("get_scheme", "get_scheme_at")?,
            rfc9421: row.get::<_, Option<bool>>("rfc9421")?.unwrap_or(false),
        })
    }
}

/// Notes that `origin` answered a GET signed with `scheme` after it had refused another way of signing.
pub fn understands(tx: &Tx, origin: &str, scheme: Scheme, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO peer_capabilities (origin, get_scheme, get_scheme_at) VALUES (:origin, :scheme, :now)
         ON CONFLICT (origin) DO UPDATE SET get_scheme = :scheme, get_scheme_at = :now",
    )?
    .execute(named_params! {":origin": origin, ":scheme": name_of(scheme), ":now": now})?;
    Ok(())
}

/// Notes whether the actors of `origin` say that it reads RFC 9421.
pub fn says(tx: &Tx, origin: &str, rfc9421: bool, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO peer_capabilities (origin, rfc9421, told_at) SELECT :origin, :rfc9421, :now
         WHERE :rfc9421 OR EXISTS (SELECT 1 FROM peer_capabilities WHERE origin = :origin)
         ON CONFLICT (origin) DO UPDATE SET rfc9421 = :rfc9421, told_at = :now WHERE rfc9421 <> :rfc9421",
    )?
    .execute(named_params! {":origin": origin, ":rfc9421": rfc9421, ":now": now})?;
    Ok(())
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

/// How deliveries to the origins of a host (with its port, if it names one) go.
pub fn of_host(db: &Connection, host: &str) -> Result<Vec<(String, Health)>> {
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    let mut statement = db.prepare_cached("SELECT origin FROM peers WHERE host = ?1 ORDER BY origin")?;
    let origins: Vec<String> = statement.query_map([bare], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let of_port = |origin: &String| origin.rsplit_once("://").is_some_and(|(_, authority)| authority == host);
    origins.into_iter().filter(of_port).map(|origin| Ok((origin.clone(), health(db, &origin)?))).collect()
}

/// What went wrong last with `origin`.
pub fn last_error(db: &Connection, origin: &str) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT last_error FROM peers WHERE origin = ?1")?;
    Ok(statement.query_row([origin], |row| row.get(0)).optional()?.flatten())
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

/// The host of an origin, without a port.
pub fn host_of(origin: &str) -> String {
    url::Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    const ORIGIN: &str = "https://a.example";

    #[test]
    fn s8_what_a_peer_understood_is_remembered_for_thirty_days() {
        let db = in_memory();
        let tx = Tx(&db);
        let day = 86_400_000;
        assert_eq!(speaks(&db, ORIGIN).expect("reads").first(Time(0)), Scheme::Cavage);
        success(&tx, ORIGIN, Scheme::Rfc9421, 5, Time(0)).expect("writes");
        for (now, confirmed, first) in
            [(29 * day, Some(Scheme::Rfc9421), Scheme::Rfc9421), (30 * day, None, Scheme::Cavage)]
        {
            let speaks = speaks(&db, ORIGIN).expect("reads");
            assert_eq!((speaks.confirmed(Time(now)), speaks.first(Time(now))), (confirmed, first), "{now}");
        }
        // What a GET showed counts for the next GET, and confirms nothing about deliveries.
        let other = "https://b.example";
        understands(&tx, other, Scheme::Rfc9421, Time(0)).expect("writes");
        for (now, first) in [(29 * day, Scheme::Rfc9421), (30 * day, Scheme::Cavage)] {
            let speaks = speaks(&db, other).expect("reads");
            assert_eq!((speaks.first_get(Time(now)), speaks.confirmed(Time(now))), (first, None), "{now}");
        }
    }

    #[test]
    fn fep_844e_what_a_peer_says_that_it_reads_is_tried_first_but_proves_nothing() {
        let db = in_memory();
        let tx = Tx(&db);
        says(&tx, ORIGIN, false, Time(0)).expect("writes");
        let rows: i64 = db.query_row("SELECT count(*) FROM peer_capabilities", [], |row| row.get(0)).expect("reads");
        assert_eq!(rows, 0, "most say nothing and leave no row");
        for (says_so, first) in [(true, Scheme::Rfc9421), (false, Scheme::Cavage)] {
            says(&tx, ORIGIN, says_so, Time(0)).expect("writes");
            let speaks = speaks(&db, ORIGIN).expect("reads");
            assert_eq!((speaks.first(Time(0)), speaks.confirmed(Time(0))), (first, None));
        }
    }

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
