//! Deliveries that wait for a plan: an enabled fan-out policy says when and in which order their activity goes out.
//!
//! Rows are `unplanned` until the plan's commit, which writes them anew as `ready` or `dropped`: their new ids tell the
//! dispatcher of them. A crash before that commit plans again.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, ActivityId};

/// The activity that is planned next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Waiting {
    pub activity_id: ActivityId,
    pub account_id: AccountId,
    pub kind: String,
    pub payload: String,
    pub rows: Vec<Inbox>,
}

/// One delivery without a plan, and what is known of its server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Inbox {
    pub inbox: String,
    pub origin: String,
    pub priority: i64,
    pub created_at: Time,
    pub fails: u16,
    pub last_ok_at: Option<Time>,
    pub latency_ms: u32,
    /// What it runs, in lower case.
    pub software: Option<String>,
    /// Rows that are ready for it already.
    pub queued: u32,
}

/// One delivery with its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Planned {
    pub inbox: String,
    pub origin: String,
    pub lane: String,
    pub not_before: Time,
    pub priority: i64,
    pub created_at: Time,
    /// Set: not delivered at all.
    pub drop_reason: Option<String>,
    /// Which of the variants it gets.
    pub variant: Option<u8>,
}

/// The oldest activity with deliveries that wait for a plan.
pub fn next(db: &Connection) -> Result<Option<Waiting>> {
    let mut statement = db.prepare_cached(
        "SELECT id, account_id, kind, payload FROM activities
         WHERE id = (SELECT min(activity_id) FROM deliveries WHERE state = 'unplanned')",
    )?;
    let found = statement.query_row([], |row| {
        Ok(Waiting {
            activity_id: row.get("id")?,
            account_id: row.get("account_id")?,
            kind: row.get("kind")?,
            payload: row.get("payload")?,
            rows: Vec::new(),
        })
    });
    let Some(mut waiting) = found.optional()? else { return Ok(None) };
    waiting.rows = inboxes(db, waiting.activity_id)?;
    Ok(Some(waiting))
}

/// The unplanned deliveries of an activity, in the order of their origins.
fn inboxes(db: &Connection, activity: ActivityId) -> Result<Vec<Inbox>> {
    let mut statement = db.prepare_cached(
        "SELECT d.inbox, d.origin, d.priority, d.created_at, coalesce(p.fails, 0) AS fails, p.last_ok_at,
                coalesce(p.latency_ms, 0) AS latency_ms, lower(s.name) AS software,
                (SELECT count(*) FROM deliveries q WHERE q.lane = d.origin AND q.state = 'ready') AS queued
         FROM deliveries d LEFT JOIN peers p ON p.origin = d.origin
             LEFT JOIN peer_software s ON s.host = substr(d.origin, instr(d.origin, '://') + 3)
         WHERE d.activity_id = ?1 AND d.state = 'unplanned' ORDER BY d.origin, d.inbox",
    )?;
    let rows = statement.query_map([activity], Inbox::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Inbox {
    fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            inbox: row.get("inbox")?,
            origin: row.get("origin")?,
            priority: row.get("priority")?,
            created_at: row.get("created_at")?,
            fails: row.get::<_, i64>("fails")?.try_into().unwrap_or(u16::MAX),
            last_ok_at: row.get("last_ok_at")?,
            latency_ms: row.get::<_, i64>("latency_ms")?.try_into().unwrap_or(u32::MAX),
            software: row.get("software")?,
            queued: row.get::<_, i64>("queued")?.try_into().unwrap_or(u32::MAX),
        })
    }
}

/// The readers of somebody on one server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readers {
    /// Followers.
    pub people: u32,
    /// Those of them who are followed back.
    pub mutuals: u32,
}

/// The followers that `account` has on each server.
pub fn readers(db: &Connection, account: AccountId) -> Result<Vec<(String, Readers)>> {
    let mut statement = db.prepare_cached(
        "SELECT origin_of(a.inbox) AS origin, count(*) AS people, count(b.id) AS mutuals
         FROM follows f JOIN accounts a ON a.id = f.account_id
             LEFT JOIN follows b ON b.account_id = f.target_id AND b.target_id = a.id AND b.accepted = 1
         WHERE f.target_id = ?1 AND f.accepted = 1 AND a.domain IS NOT NULL GROUP BY 1",
    )?;
    let rows = statement.query_map([account], |row| {
        let count = |name: &str| row.get::<_, i64>(name).map(|count| count.try_into().unwrap_or(u32::MAX));
        Ok((row.get("origin")?, Readers { people: count("people")?, mutuals: count("mutuals")? }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The inboxes that a public post of `account` would go to, in the order of their origins.
pub fn would_go_to(db: &Connection, account: AccountId) -> Result<Vec<Inbox>> {
    let mut statement = db.prepare_cached(
        "SELECT d.inbox, d.origin, 100 AS priority, 0 AS created_at, coalesce(p.fails, 0) AS fails, p.last_ok_at,
                coalesce(p.latency_ms, 0) AS latency_ms, lower(s.name) AS software,
                (SELECT count(*) FROM deliveries q WHERE q.lane = d.origin AND q.state = 'ready') AS queued
         FROM (SELECT inbox, origin_of(inbox) AS origin FROM (
                   SELECT DISTINCT iif(a.shared_inbox IS NOT NULL
                           AND origin_of(coalesce(a.shared_inbox, '')) = origin_of(a.inbox),
                       a.shared_inbox, a.inbox) AS inbox
                   FROM follows f JOIN accounts a ON a.id = f.account_id
                   WHERE f.target_id = ?1 AND f.accepted = 1 AND a.domain IS NOT NULL
                     AND a.suspended_at IS NULL AND a.deleted_at IS NULL)) d
             LEFT JOIN peers p ON p.origin = d.origin
             LEFT JOIN peer_software s ON s.host = substr(d.origin, instr(d.origin, '://') + 3)
         WHERE d.origin LIKE 'http%' ORDER BY d.origin, d.inbox",
    )?;
    let rows = statement.query_map([account], Inbox::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts the plan of an activity in force, in the order given; `variants` are whole bodies. Everything of it or nothing.
pub fn commit(tx: &Tx, activity: ActivityId, planned: &[Planned], variants: &[String], now: Time) -> Result<()> {
    tx.prepare_cached("DELETE FROM deliveries WHERE activity_id = ?1 AND state = 'unplanned'")?.execute([activity])?;
    for (number, payload) in (1_i64..).zip(variants) {
        tx.prepare_cached("INSERT INTO activity_variants (activity_id, number, payload) VALUES (?1, ?2, ?3)")?
            .execute(rusqlite::params![activity, number, payload])?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO deliveries
             (activity_id, inbox, origin, lane, state, not_before, priority, variant, drop_reason, created_at)
         VALUES (:activity, :inbox, :origin, :lane, :state, :not_before, :priority, :variant, :reason, :created_at)
         ON CONFLICT (activity_id, inbox) DO NOTHING",
    )?;
    for row in planned {
        let dropped = row.drop_reason.is_some();
        insert.execute(named_params! {
            ":activity": activity, ":inbox": row.inbox, ":origin": row.origin, ":lane": row.lane,
            ":state": if dropped { "dropped" } else { "ready" },
            ":not_before": if dropped { now } else { row.not_before },
            ":priority": row.priority, ":variant": row.variant, ":reason": row.drop_reason,
            ":created_at": row.created_at,
        })?;
    }
    Ok(())
}

/// Lets whatever of `account` is still delayed for these origins go now, in the order in which it was made, for what
/// comes next changes it. Answers how many rows.
pub fn release(tx: &Tx, account: AccountId, origins: &[String], now: Time) -> Result<usize> {
    let mut count = 0;
    let mut statement = tx.prepare_cached(
        "UPDATE deliveries SET lane = origin, not_before = min(not_before, :now)
         WHERE lane >= :origin || '#' AND lane < :origin || '$' AND state = 'ready'
           AND (SELECT account_id FROM activities a WHERE a.id = activity_id) = :account",
    )?;
    for origin in origins {
        count += statement.execute(named_params! {":origin": origin, ":account": account, ":now": now})?;
    }
    Ok(count)
}

/// Whether any delivery waits for a plan.
pub fn any(db: &Connection) -> Result<bool> {
    let mut statement = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM deliveries WHERE state = 'unplanned')")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Lets everything go now that a plan holds back, in the order in which it was made: the policy is no longer there.
/// Its rows get new ids, which tell the dispatcher of them. Answers how many rows.
pub fn release_all(tx: &Tx, now: Time) -> Result<usize> {
    let last: i64 =
        tx.prepare_cached("SELECT coalesce(max(id), 0) FROM deliveries")?.query_row([], |row| row.get(0))?;
    // What is on its way already (its time has come) is left alone: its attempt knows it by its id.
    let count = tx
        .prepare_cached(
            "UPDATE deliveries SET id = :last + r.number, lane = origin, not_before = :now
             FROM (SELECT id AS old, row_number() OVER (ORDER BY id) AS number FROM deliveries
                   WHERE state = 'ready' AND not_before > :now AND instr(lane, '#') > 0) r
             WHERE deliveries.id = r.old",
        )?
        .execute(named_params! {":now": now, ":last": last})?;
    // No id may ever come again; SQLite minds only those that it gave itself.
    tx.execute("UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'deliveries'", [last + count as i64])?;
    Ok(count)
}

/// The body of a variant of an activity.
pub fn variant(db: &Connection, activity: ActivityId, number: u8) -> Result<Option<String>> {
    let mut statement =
        db.prepare_cached("SELECT payload FROM activity_variants WHERE activity_id = ?1 AND number = ?2")?;
    Ok(statement.query_row(rusqlite::params![activity, number], |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::deliveries::{self, NewActivity, Priority, Timing};
    use crate::store::in_memory;

    const NOW: Time = Time(1_000);

    fn queued(db: &Connection, id: i64, kind: &str, hosts: &[&str], timing: Timing) -> ActivityId {
        let tx = Tx(db);
        let new = NewActivity {
            id: ActivityId(id),
            uri: format!("https://here.example/{id}"),
            account_id: AccountId(1),
            kind: kind.into(),
            payload: "{}".into(),
            created_at: NOW,
        };
        deliveries::insert_activity(&tx, &new).expect("inserts");
        let inboxes: Vec<_> = hosts.iter().map(|host| (format!("https://{host}/inbox"), Priority::Followers)).collect();
        deliveries::enqueue_to(&tx, new.id, &inboxes, timing, NOW).expect("queues");
        new.id
    }

    fn world() -> Connection {
        let db = in_memory();
        db.execute(
            "INSERT INTO accounts (id, username, uri, url, inbox, created_at, first_seen_at)
             VALUES (1, 'alice', 'https://here.example/users/alice', '', '', 0, 0)",
            [],
        )
        .expect("inserts");
        db
    }

    fn planned(row: &Inbox, lane: &str, wait: i64) -> Planned {
        Planned {
            inbox: row.inbox.clone(),
            origin: row.origin.clone(),
            lane: lane.into(),
            not_before: Time(NOW.0 + wait),
            priority: row.priority,
            created_at: row.created_at,
            drop_reason: None,
            variant: None,
        }
    }

    #[test]
    fn rows_wait_for_their_plan_and_then_are_news_to_the_dispatcher() {
        let db = world();
        let first = queued(&db, 10, "Create", &["a.example", "b.example"], Timing::Unplanned);
        queued(&db, 11, "Create", &["a.example"], Timing::Unplanned);
        assert!(deliveries::lanes(&db).expect("reads").is_empty());
        let waiting = next(&db).expect("reads").expect("waits");
        assert_eq!((waiting.activity_id, waiting.rows.len()), (first, 2));
        let seen = deliveries::last_id(&db).expect("reads");
        let mut rows: Vec<_> = waiting.rows.iter().map(|row| planned(row, &row.origin, 0)).collect();
        rows[1].drop_reason = Some("quiet".into());
        commit(&Tx(&db), first, &rows, &["{\"v\":1}".into()], NOW).expect("commits");
        let news = deliveries::lanes_above(&db, seen).expect("reads");
        assert_eq!(news.iter().map(|head| head.lane.as_str()).collect::<Vec<_>>(), ["https://a.example"]);
        assert_eq!(variant(&db, first, 1).expect("reads").as_deref(), Some("{\"v\":1}"));
        assert_eq!(next(&db).expect("reads").map(|waiting| waiting.activity_id), Some(ActivityId(11)));
    }

    #[test]
    fn everything_goes_in_order_once_there_is_no_policy() {
        let db = world();
        for id in [10, 11] {
            let activity = queued(&db, id, "Create", &["a.example"], Timing::Unplanned);
            let waiting = next(&db).expect("reads").expect("waits");
            let lane = format!("https://a.example#later-{id}");
            // The first is under way: its time has come.
            let rows: Vec<_> = waiting.rows.iter().map(|row| planned(row, &lane, (id - 10) * 3_600_000)).collect();
            commit(&Tx(&db), activity, &rows, &[], NOW).expect("commits");
        }
        queued(&db, 12, "Create", &["a.example"], Timing::Ready);
        let seen = deliveries::last_id(&db).expect("reads");
        assert_eq!(release_all(&Tx(&db), NOW).expect("updates"), 1);
        let news = deliveries::lanes_above(&db, seen).expect("reads");
        assert_eq!((news[0].lane.as_str(), news[0].not_before), ("https://a.example", NOW));
        let under_way = deliveries::heads(&db, &["https://a.example#later-10"]).expect("reads").remove(0);
        assert_eq!(under_way.activity_id, ActivityId(10));
        // Ids are never used again, not even these.
        db.execute("DELETE FROM deliveries", []).expect("deletes");
        queued(&db, 13, "Create", &["a.example"], Timing::Ready);
        assert!(deliveries::last_id(&db).expect("reads") > seen + 1);
    }

    #[test]
    fn a_change_releases_what_it_changes_in_order() {
        let db = world();
        let create = queued(&db, 10, "Create", &["a.example", "b.example"], Timing::Unplanned);
        let waiting = next(&db).expect("reads").expect("waits");
        let rows: Vec<_> =
            waiting.rows.iter().map(|row| planned(row, &format!("{}#later-10", row.origin), 3_600_000)).collect();
        commit(&Tx(&db), create, &rows, &[], NOW).expect("commits");
        let origin = "https://a.example".to_owned();
        assert_eq!(release(&Tx(&db), AccountId(2), std::slice::from_ref(&origin), NOW).expect("updates"), 0);
        assert_eq!(release(&Tx(&db), AccountId(1), std::slice::from_ref(&origin), NOW).expect("updates"), 1);
        queued(&db, 11, "Delete", &["a.example"], Timing::Ready);
        let head = deliveries::heads(&db, &[&origin]).expect("reads").remove(0);
        assert_eq!((head.activity_id, head.head.not_before), (create, NOW));
        let other = deliveries::heads(&db, &["https://b.example#later-10"]).expect("reads").remove(0);
        assert_eq!(other.head.not_before, Time(NOW.0 + 3_600_000));
    }
}
