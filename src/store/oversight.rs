//! What operators look at: peers with all that is known of them, and what waits for whom.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::peers::{Remembered, scheme_from};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// Another server: who lives there, and how deliveries to it go.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Peer {
    pub host: String,
    /// People of it that we know.
    pub accounts: i64,
    /// People of ours who are followed from there.
    pub followers: i64,
    /// People of it whom ours follow.
    pub following: i64,
    pub fails: i64,
    pub failing_since: Option<Time>,
    pub retry_at: Option<Time>,
    pub last_ok_at: Option<Time>,
    pub last_error: Option<String>,
    pub latency_ms: Option<i64>,
    pub signature: Option<Remembered>,
    pub queue: Queue,
}

/// How many deliveries wait, and since when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queue {
    /// They go when their time comes.
    pub ready: i64,
    /// A plugin must still plan them.
    pub unplanned: i64,
    /// They were given up.
    pub dropped: i64,
    /// When the oldest that is not given up was made.
    pub oldest_at: Option<Time>,
    /// When the next one goes.
    pub next_at: Option<Time>,
}

/// One delivery that waits or was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Waiting {
    pub id: i64,
    pub kind: String,
    pub uri: String,
    pub account_id: AccountId,
    pub inbox: String,
    pub state: String,
    pub attempts: i64,
    pub not_before: Time,
    pub last_error: Option<String>,
    pub drop_reason: Option<String>,
    pub created_at: Time,
}

/// Which peers are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only those that begin so.
    pub begins: Option<String>,
    /// Only those that fail.
    pub failing: bool,
}

/// The hosts that we know, by name: those of accounts, and those that something was delivered to.
pub fn hosts(db: &Connection, wanted: &Wanted, offset: i64, limit: i64) -> Result<Vec<String>> {
    let all = if wanted.failing {
        "SELECT DISTINCT substr(origin, instr(origin, '://') + 3) AS host FROM peers WHERE fails > 0"
    } else {
        "SELECT domain AS host FROM accounts WHERE domain IS NOT NULL
         UNION SELECT substr(origin, instr(origin, '://') + 3) FROM peers"
    };
    let sql = format!(
        "SELECT host FROM ({all}) WHERE host <> '' AND (:begins IS NULL OR substr(host, 1, length(:begins)) = :begins)
         ORDER BY host LIMIT :limit OFFSET :offset"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":begins": wanted.begins, ":limit": limit, ":offset": offset};
    let rows = statement.query_map(params, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All that is known of a host; `None`: nothing.
pub fn peer(db: &Connection, host: &str) -> Result<Option<Peer>> {
    let mut statement = db.prepare_cached(
        "SELECT (SELECT count(*) FROM accounts WHERE domain = :host) AS accounts,
                (SELECT count(*) FROM accounts a JOIN follows f ON f.account_id = a.id AND f.accepted
                 WHERE a.domain = :host) AS followers,
                (SELECT count(*) FROM accounts a JOIN follows f ON f.target_id = a.id AND f.accepted
                 WHERE a.domain = :host) AS following",
    )?;
    let mut peer = statement.query_row(named_params! {":host": host}, |row| {
        Ok(Peer {
            host: host.to_owned(),
            accounts: row.get("accounts")?,
            followers: row.get("followers")?,
            following: row.get("following")?,
            fails: 0,
            failing_since: None,
            retry_at: None,
            last_ok_at: None,
            last_error: None,
            latency_ms: None,
            signature: None,
            queue: Queue::default(),
        })
    })?;
    let mut known = peer.accounts > 0;
    // Of both origins, the one in trouble is told.
    let [secure, plain] = origins(host);
    let mut statement = db.prepare_cached(
        "SELECT fails, failing_since, retry_at, last_ok_at, last_error, latency_ms, scheme, scheme_at
         FROM peers WHERE origin IN (?1, ?2) ORDER BY fails DESC LIMIT 1",
    )?;
    let health = statement.query_row([secure, plain], |row| {
        let scheme: Option<String> = row.get("scheme")?;
        let at: Option<Time> = row.get("scheme_at")?;
        peer.fails = row.get("fails")?;
        peer.failing_since = row.get("failing_since")?;
        peer.retry_at = row.get("retry_at")?;
        peer.last_ok_at = row.get("last_ok_at")?;
        peer.last_error = row.get("last_error")?;
        peer.latency_ms = row.get("latency_ms")?;
        peer.signature =
            scheme.and_then(|name| scheme_from(&name)).zip(at).map(|(scheme, at)| Remembered { scheme, at });
        Ok(())
    });
    known |= health.optional()?.is_some();
    peer.queue = queue_of(db, host)?;
    Ok((known || peer.queue != Queue::default()).then_some(peer))
}

const SUMS: &str = "count(*) FILTER (WHERE state = 'ready') AS ready, \
    count(*) FILTER (WHERE state = 'unplanned') AS unplanned, count(*) FILTER (WHERE state = 'dropped') AS dropped, \
    min(created_at) FILTER (WHERE state <> 'dropped') AS oldest_at, \
    min(not_before) FILTER (WHERE state = 'ready') AS next_at";

fn sums(row: &Row<'_>) -> rusqlite::Result<Queue> {
    Ok(Queue {
        ready: row.get("ready")?,
        unplanned: row.get("unplanned")?,
        dropped: row.get("dropped")?,
        oldest_at: row.get("oldest_at")?,
        next_at: row.get("next_at")?,
    })
}

/// The origins of a host. In development they carry ports.
fn origins(host: &str) -> [String; 2] {
    [format!("https://{host}"), format!("http://{host}")]
}

/// What waits for a host.
pub fn queue_of(db: &Connection, host: &str) -> Result<Queue> {
    let [secure, plain] = origins(host);
    let sql = format!("SELECT {SUMS} FROM deliveries WHERE origin IN (?1, ?2)");
    Ok(db.prepare_cached(&sql)?.query_row([secure, plain], sums)?)
}

/// What waits for everybody.
pub fn queue(db: &Connection) -> Result<Queue> {
    Ok(db.prepare_cached(&format!("SELECT {SUMS} FROM deliveries"))?.query_row([], sums)?)
}

/// The hosts that something waits for, those with the most first.
pub fn queues(db: &Connection, limit: i64) -> Result<Vec<(String, Queue)>> {
    let sql = format!("SELECT origin, {SUMS} FROM deliveries GROUP BY origin ORDER BY count(*) DESC, origin LIMIT ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([limit], |row| Ok((row.get::<_, String>("origin")?, sums(row)?)))?;
    let named = rows.map(|row| row.map(|(origin, queue)| (host_of(&origin).to_owned(), queue)));
    Ok(named.collect::<rusqlite::Result<_>>()?)
}

/// `https://a.example:8443` → `a.example:8443`.
fn host_of(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// What waits for a host, one by one, the oldest first.
pub fn waiting(db: &Connection, host: &str, limit: i64) -> Result<Vec<Waiting>> {
    let [secure, plain] = origins(host);
    let mut statement = db.prepare_cached(
        "SELECT d.id, a.kind, a.uri, a.account_id, d.inbox, d.state, d.attempts, d.not_before, d.last_error,
                d.drop_reason, d.created_at
         FROM deliveries d JOIN activities a ON a.id = d.activity_id
         WHERE d.origin IN (:secure, :plain) ORDER BY d.id LIMIT :limit",
    )?;
    let params = named_params! {":secure": secure, ":plain": plain, ":limit": limit};
    let rows = statement.query_map(params, |row| {
        Ok(Waiting {
            id: row.get("id")?,
            kind: row.get("kind")?,
            uri: row.get("uri")?,
            account_id: row.get("account_id")?,
            inbox: row.get("inbox")?,
            state: row.get("state")?,
            attempts: row.get("attempts")?,
            not_before: row.get("not_before")?,
            last_error: row.get("last_error")?,
            drop_reason: row.get("drop_reason")?,
            created_at: row.get("created_at")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets that deliveries to the host failed, so that what waits goes now; ring `deliveries_waiting` after the commit.
/// Answers whether anything was known of it.
pub fn forgive(tx: &Tx, host: &str, now: Time) -> Result<bool> {
    let [secure, plain] = origins(host);
    let changed = tx
        .prepare_cached(
            "UPDATE peers SET fails = 0, failing_since = NULL, failed_days = 0, retry_at = NULL, revived_at = :now
             WHERE origin IN (:secure, :plain)",
        )?
        .execute(named_params! {":secure": secure, ":plain": plain, ":now": now})?;
    Ok(changed > 0)
}

/// Makes what was given up for the host wait again, and lets all of it go now; answers how many.
pub fn retry(tx: &Tx, host: &str, now: Time) -> Result<usize> {
    let [secure, plain] = origins(host);
    let hurried = tx
        .prepare_cached(
            "UPDATE deliveries SET not_before = :now
             WHERE origin IN (:secure, :plain) AND state = 'ready' AND not_before > :now",
        )?
        .execute(named_params! {":secure": secure, ":plain": plain, ":now": now})?;
    // Under new ids, because the dispatcher finds new rows by them.
    let again = tx
        .prepare_cached(
            "INSERT OR REPLACE INTO deliveries
                 (activity_id, inbox, origin, lane, state, not_before, priority, variant, attempts, last_error, created_at)
             SELECT activity_id, inbox, origin, lane, 'ready', :now, priority, variant, 0, last_error, created_at
             FROM deliveries WHERE origin IN (:secure, :plain) AND state = 'dropped' ORDER BY id",
        )?
        .execute(named_params! {":secure": secure, ":plain": plain, ":now": now})?;
    Ok(hurried + again)
}

/// Gives up what waits for the host; answers how many.
pub fn give_up(tx: &Tx, host: &str, why: &str, now: Time) -> Result<usize> {
    let [secure, plain] = origins(host);
    let changed = tx
        .prepare_cached(
            "UPDATE deliveries SET state = 'dropped', not_before = :now, drop_reason = :why
             WHERE origin IN (:secure, :plain) AND state <> 'dropped'",
        )?
        .execute(named_params! {":secure": secure, ":plain": plain, ":why": why, ":now": now})?;
    Ok(changed)
}

/// Plain numbers of the house.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Numbers {
    pub open_reports: i64,
    pub open_appeals: i64,
    pub waiting_people: i64,
    pub accounts: i64,
    pub hosts: i64,
    pub failing_hosts: i64,
    pub inbox_unverified: i64,
    pub inbox_ready: i64,
    pub inbox_parked: i64,
    pub mails_waiting: i64,
}

/// Counts them.
pub fn numbers(db: &Connection) -> Result<Numbers> {
    let mut statement = db.prepare_cached(
        "SELECT (SELECT count(*) FROM reports WHERE action_taken_at IS NULL) AS open_reports,
                (SELECT count(*) FROM appeals WHERE approved IS NULL) AS open_appeals,
                (SELECT count(*) FROM users WHERE approved_at IS NULL AND confirmed_at IS NOT NULL) AS waiting_people,
                (SELECT count(*) FROM accounts) AS accounts,
                (SELECT count(DISTINCT domain) FROM accounts WHERE domain IS NOT NULL) AS hosts,
                (SELECT count(DISTINCT host) FROM peers WHERE fails > 0) AS failing_hosts,
                (SELECT count(*) FROM inbox WHERE state = 'unverified') AS inbox_unverified,
                (SELECT count(*) FROM inbox WHERE state = 'ready') AS inbox_ready,
                (SELECT count(*) FROM inbox WHERE state = 'parked') AS inbox_parked,
                (SELECT count(*) FROM mails WHERE state = 'ready') AS mails_waiting",
    )?;
    Ok(statement.query_row([], |row| {
        Ok(Numbers {
            open_reports: row.get("open_reports")?,
            open_appeals: row.get("open_appeals")?,
            waiting_people: row.get("waiting_people")?,
            accounts: row.get("accounts")?,
            hosts: row.get("hosts")?,
            failing_hosts: row.get("failing_hosts")?,
            inbox_unverified: row.get("inbox_unverified")?,
            inbox_ready: row.get("inbox_ready")?,
            inbox_parked: row.get("inbox_parked")?,
            mails_waiting: row.get("mails_waiting")?,
        })
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    fn fill(db: &Connection) {
        db.execute_batch(
            "INSERT INTO accounts (id, username, uri, url, inbox, created_at, first_seen_at)
                 VALUES (1, 'alice', 'https://us.example/alice', '', '', 0, 0);
             INSERT INTO activities (id, uri, account_id, kind, payload, created_at)
                 SELECT 1, 'https://us.example/1', min(id), 'Create', '{}', 5 FROM accounts;
             INSERT INTO activities (id, uri, account_id, kind, payload, created_at)
                 SELECT 2, 'https://us.example/2', min(id), 'Like', '{}', 6 FROM accounts;
             INSERT INTO deliveries (activity_id, inbox, origin, lane, state, not_before, priority, created_at) VALUES
                 (1, 'https://a.example/in', 'https://a.example', 'https://a.example', 'ready', 900, 1, 5),
                 (2, 'https://a.example/in', 'https://a.example', 'https://a.example', 'dropped', 6, 1, 6),
                 (1, 'https://b.example/in', 'https://b.example', 'https://b.example', 'ready', 5, 1, 5);
             INSERT INTO peers (origin, host, fails, failing_since, retry_at, last_error)
                 VALUES ('https://a.example', 'a.example', 3, 1, 900, 'timed out');",
        )
        .expect("writes");
    }

    #[test]
    fn what_waits_is_told_hurried_and_given_up_by_host() {
        let db = in_memory();
        let tx = Tx(&db);
        fill(&db);
        let a = peer(&db, "a.example").expect("reads").expect("known");
        assert_eq!((a.fails, a.queue.ready, a.queue.dropped, a.queue.next_at), (3, 1, 1, Some(Time(900))));
        assert_eq!(a.last_error.as_deref(), Some("timed out"));
        assert_eq!(peer(&db, "c.example").expect("reads"), None);
        let all: Vec<_> = queues(&db, 10).expect("reads").into_iter().map(|(host, _)| host).collect();
        assert_eq!(all, ["a.example", "b.example"]);
        let failing = Wanted { failing: true, ..Wanted::default() };
        assert_eq!(hosts(&db, &failing, 0, 10).expect("reads"), ["a.example"]);
        let begins = Wanted { begins: Some("b.".into()), ..Wanted::default() };
        assert_eq!(hosts(&db, &begins, 0, 10).expect("reads"), Vec::<String>::new(), "nothing is known of it yet");

        let last: i64 = db.query_row("SELECT max(id) FROM deliveries", [], |row| row.get(0)).expect("reads");
        assert!(forgive(&tx, "a.example", Time(100)).expect("writes"));
        assert_eq!(retry(&tx, "a.example", Time(100)).expect("writes"), 2);
        let rows = waiting(&db, "a.example", 10).expect("reads");
        let told: Vec<_> = rows.iter().map(|row| (row.state.as_str(), row.kind.as_str(), row.not_before.0)).collect();
        assert_eq!(told, [("ready", "Create", 100), ("ready", "Like", 100)]);
        assert!(rows[1].id > last, "the dispatcher sees it as new");
        assert_eq!(give_up(&tx, "a.example", "by the operator", Time(101)).expect("writes"), 2);
        assert_eq!(queue(&db).expect("reads").dropped, 2);
        assert_eq!(queue_of(&db, "b.example").expect("reads").ready, 1);
        assert_eq!(numbers(&db).expect("reads").failing_hosts, 0);
    }
}
