//! The outgoing queue: each activity's body once, one row per inbox, written in the transaction of the deed.
//!
//! A row leaves when it was delivered; one that will never be delivered stays as `dropped`, with the reason, for a week.
//! The activity goes with its last row. Spec: delivery rules D1 to D5.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::accounts::Account;
use super::peers::Speaks;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, ActivityId};

/// How long a delivery is tried …
pub const PATIENCE: Duration = Duration::from_secs(7 * 86_400);
/// … and one of a stubborn kind.
pub const LONG_PATIENCE: Duration = Duration::from_secs(30 * 86_400);

/// An activity to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct NewActivity {
    pub id: ActivityId,
    pub uri: String,
    /// Who signs it.
    pub account_id: AccountId,
    /// Create, Follow, …: decides how long we try.
    pub kind: String,
    pub payload: String,
    pub created_at: Time,
}

/// Who is served first when there is more to deliver than may be under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// People who are named, and answers to one person.
    Mentioned = 0,
    /// Followers.
    #[default]
    Followers = 100,
    /// Update and Delete of an actor: many inboxes, no hurry.
    Actor = 200,
}

/// Whether a delivery may go at once, or waits until a fan-out policy has planned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// At once, in the order of the lane: the built-in plan.
    Ready,
    /// See `store/plans.rs`.
    Unplanned,
}

impl Timing {
    fn state(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Unplanned => "unplanned",
        }
    }
}

/// From this rank on a lane is of a server that fails, or takes more than five seconds: it goes after all healthy ones.
pub const SICK: i64 = 1000;

/// A lane that has rows, and what is known of its oldest one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct LaneHead {
    pub lane: String,
    pub id: i64,
    pub priority: i64,
    /// When it may go: its own time or its peer's, whichever is later.
    pub not_before: Time,
}

/// One row with all that an attempt needs but the body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Delivery {
    pub head: LaneHead,
    pub activity_id: ActivityId,
    pub account_id: AccountId,
    pub kind: String,
    pub inbox: String,
    pub origin: String,
    pub created_at: Time,
    /// Which signatures the peer understands.
    pub speaks: Speaks,
    /// Which variant of the body it gets; `None`: the activity as it is.
    pub variant: Option<u8>,
}

/// Stores the body; follow it with the `enqueue` functions in the same transaction, the most urgent first.
pub fn insert_activity(tx: &Tx, activity: &NewActivity) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO activities (id, uri, account_id, kind, payload, created_at)
         VALUES (:id, :uri, :account, :kind, :payload, :now)",
    )?
    .execute(named_params! {
        ":id": activity.id, ":uri": activity.uri, ":account": activity.account_id, ":kind": activity.kind,
        ":payload": activity.payload, ":now": activity.created_at,
    })?;
    Ok(())
}

/// Queues the activity for these inboxes; answers how many were new. Addresses that are no http(s) URLs are left out.
pub fn enqueue_to(
    tx: &Tx,
    activity: ActivityId,
    inboxes: &[(String, Priority)],
    timing: Timing,
    now: Time,
) -> Result<usize> {
    let mut count = 0;
    for (inbox, priority) in inboxes {
        count += tx
            .prepare_cached(
                "INSERT INTO deliveries (activity_id, inbox, origin, lane, state, not_before, priority, created_at)
                 SELECT :activity, :inbox, o, o, :state, :now, :priority, :now FROM (SELECT origin_of(:inbox) AS o)
                 WHERE o LIKE 'http%' ON CONFLICT (activity_id, inbox) DO NOTHING",
            )?
            .execute(named_params! {
                ":activity": activity, ":inbox": inbox, ":state": timing.state(), ":priority": *priority as i64, ":now": now,
            })?;
    }
    Ok(count)
}

/// Queues the activity for all remote followers of `account`, once per shared inbox, by one statement; answers how
/// many inboxes were new. Suspended and deleted followers are left out.
pub fn enqueue_to_followers(
    tx: &Tx,
    activity: ActivityId,
    account: AccountId,
    priority: Priority,
    timing: Timing,
    now: Time,
) -> Result<usize> {
    let count = tx
        .prepare_cached(
            "INSERT INTO deliveries (activity_id, inbox, origin, lane, state, not_before, priority, created_at)
             SELECT :activity, inbox, o, o, :state, :now, :priority, :now FROM (
                 SELECT inbox, origin_of(inbox) AS o FROM (
                     SELECT DISTINCT iif(a.shared_inbox IS NOT NULL
                             AND origin_of(coalesce(a.shared_inbox, '')) = origin_of(a.inbox),
                         a.shared_inbox, a.inbox) AS inbox
                     FROM follows f JOIN accounts a ON a.id = f.account_id
                     WHERE f.target_id = :account AND f.accepted = 1 AND a.domain IS NOT NULL
                       AND a.suspended_at IS NULL AND a.deleted_at IS NULL))
             WHERE o LIKE 'http%' ON CONFLICT (activity_id, inbox) DO NOTHING",
        )?
        .execute(named_params! {
            ":activity": activity, ":account": account, ":state": timing.state(), ":priority": priority as i64,
            ":now": now,
        })?;
    Ok(count)
}

/// A delivery that waits or was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Waiting {
    pub inbox: String,
    pub dropped: bool,
    pub attempts: i64,
    /// Why it was given up, or why the last attempt failed.
    pub last_error: Option<String>,
    pub created_at: Time,
}

/// What is still to be delivered, or was given up, of the activity `id` and of those whose ids go on from it as ours do
/// from a post's (`/activity`, `#…`); at most `limit`.
pub fn of_activity(db: &Connection, id: &str, limit: i64) -> Result<Vec<Waiting>> {
    let mut statement = db.prepare_cached(
        "SELECT d.inbox, d.state = 'dropped', d.attempts, coalesce(d.drop_reason, d.last_error), d.created_at
         FROM activities a JOIN deliveries d ON d.activity_id = a.id
         WHERE a.uri = :id OR (a.uri >= :id || '/' AND a.uri < :id || '0') OR (a.uri >= :id || '#' AND a.uri < :id || '$')
         ORDER BY d.id LIMIT :limit",
    )?;
    let rows = statement.query_map(named_params! {":id": id, ":limit": limit}, |row| {
        Ok(Waiting {
            inbox: row.get(0)?,
            dropped: row.get(1)?,
            attempts: row.get(2)?,
            last_error: row.get(3)?,
            created_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The id on the wire of a stored activity.
pub fn uri_of(db: &Connection, activity: ActivityId) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT uri FROM activities WHERE id = ?1")?;
    Ok(statement.query_row([activity], |row| row.get(0)).optional()?)
}

/// Takes the activity back from what is to go to `origin`; answers how many rows that were.
pub fn withdraw(tx: &Tx, activity: ActivityId, origin: &str) -> Result<usize> {
    let mut statement = tx.prepare_cached("DELETE FROM deliveries WHERE activity_id = ?1 AND origin = ?2")?;
    Ok(statement.execute(rusqlite::params![activity, origin])?)
}

/// Removes an activity that no delivery row needs (any more); call it when the `enqueue` functions found nobody.
pub fn forget_activity(tx: &Tx, activity: ActivityId) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM activities WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE activity_id = ?1)",
    )?
    .execute([activity])?;
    Ok(())
}

/// Where an activity that its followers may see reaches this account: its shared inbox if that lives where its own
/// inbox lives. `None` for local accounts. Rule D2.
pub fn shared_inbox(account: &Account) -> Option<&str> {
    let origin = |address: &str| url::Url::parse(address).ok().map(|url| url.origin());
    let shared = account.shared_inbox.as_deref().filter(|shared| origin(shared) == origin(&account.inbox));
    personal_inbox(account).map(|own| shared.unwrap_or(own))
}

/// Where an activity for this account alone reaches it. `None` for local accounts.
pub fn personal_inbox(account: &Account) -> Option<&str> {
    (!account.is_local() && !account.inbox.is_empty()).then_some(account.inbox.as_str())
}

/// The highest id that a row ever had, as far as rows are left; new rows are above it.
pub fn last_id(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("SELECT coalesce(max(id), 0) FROM deliveries")?.query_row([], |row| row.get(0))?)
}

/// Every lane that has rows to deliver.
pub fn lanes(db: &Connection) -> Result<Vec<LaneHead>> {
    // The lanes come from the index alone; only their heads are looked up.
    let mut statement = db.prepare_cached(
        "SELECT d.lane, d.id, d.priority + 1000 * (coalesce(p.fails, 0) > 0 OR coalesce(p.latency_ms, 0) > 5000) AS priority,
             max(d.not_before, coalesce(p.retry_at, 0)) AS not_before
         FROM (SELECT min(id) AS id FROM deliveries WHERE state = 'ready' GROUP BY lane) h
         JOIN deliveries d ON d.id = h.id LEFT JOIN peers p ON p.origin = d.origin",
    )?;
    let rows = statement.query_map([], LaneHead::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The lanes that rows above the id `above` belong to, each with the oldest of those rows.
pub fn lanes_above(db: &Connection, above: i64) -> Result<Vec<LaneHead>> {
    // By row id: the few new rows are at the end of the table. (With min(), the other columns come from that row.)
    let mut statement = db.prepare_cached(
        "SELECT d.lane, min(d.id) AS id,
             d.priority + 1000 * (coalesce(p.fails, 0) > 0 OR coalesce(p.latency_ms, 0) > 5000) AS priority,
             max(d.not_before, coalesce(p.retry_at, 0)) AS not_before
         FROM deliveries d NOT INDEXED LEFT JOIN peers p ON p.origin = d.origin
         WHERE d.id > ?1 AND d.state = 'ready' GROUP BY d.lane",
    )?;
    let rows = statement.query_map([above], LaneHead::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The oldest row of each of these lanes. Lanes without rows are missing from the answer.
pub fn heads(db: &Connection, lanes: &[impl AsRef<str>]) -> Result<Vec<Delivery>> {
    let mut statement = db.prepare_cached(
        "SELECT d.lane, d.id, d.priority + 1000 * (coalesce(p.fails, 0) > 0 OR coalesce(p.latency_ms, 0) > 5000) AS priority,
                max(d.not_before, coalesce(p.retry_at, 0)) AS not_before, d.activity_id,
                a.account_id, a.kind, d.inbox, d.origin, d.created_at, d.variant, p.scheme, p.scheme_at, c.rfc9421,
                c.get_scheme, c.get_scheme_at
         FROM deliveries d JOIN activities a ON a.id = d.activity_id LEFT JOIN peers p ON p.origin = d.origin
             LEFT JOIN peer_capabilities c ON c.origin = d.origin
         WHERE d.id = (SELECT min(id) FROM deliveries WHERE lane = ?1 AND state = 'ready')",
    )?;
    let mut heads = Vec::with_capacity(lanes.len());
    for lane in lanes {
        heads.extend(statement.query_row([lane.as_ref()], Delivery::from_row).optional()?);
    }
    Ok(heads)
}

/// The body of an activity.
pub fn payload(db: &Connection, activity: ActivityId) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT payload FROM activities WHERE id = ?1")?;
    Ok(statement.query_row([activity], |row| row.get(0)).optional()?)
}

/// Removes a delivered row (and the activity, if it was the last one) and answers the next head of its lane.
pub fn complete(tx: &Tx, delivery: &Delivery) -> Result<Option<LaneHead>> {
    tx.prepare_cached("DELETE FROM deliveries WHERE id = ?1")?.execute([delivery.head.id])?;
    forget_activity(tx, delivery.activity_id)?;
    next_of(tx, &delivery.head.lane)
}

/// Gives a row up for `reason` and answers the next head of its lane.
pub fn drop_one(tx: &Tx, delivery: &Delivery, reason: &str, now: Time) -> Result<Option<LaneHead>> {
    tx.prepare_cached(
        "UPDATE deliveries SET state = 'dropped', drop_reason = :reason, not_before = :now WHERE id = :id",
    )?
    .execute(named_params! {":reason": reason, ":now": now, ":id": delivery.head.id})?;
    next_of(tx, &delivery.head.lane)
}

/// Sends a row on to the inbox that took the place of its own, and answers the next head of its old lane.
pub fn redirect(tx: &Tx, delivery: &Delivery, inbox: &str, now: Time) -> Result<Option<LaneHead>> {
    tx.prepare_cached(
        "INSERT INTO deliveries (activity_id, inbox, origin, lane, state, not_before, priority, created_at)
         SELECT d.activity_id, :inbox, o, o, 'ready', :now, d.priority, d.created_at
         FROM deliveries d JOIN (SELECT origin_of(:inbox) AS o) WHERE d.id = :id AND o LIKE 'http%'
         ON CONFLICT (activity_id, inbox) DO NOTHING",
    )?
    .execute(named_params! {":inbox": inbox, ":now": now, ":id": delivery.head.id})?;
    complete(tx, delivery)
}

/// Notes a failed attempt and answers the head of the lane, with the time its peer may be tried again.
pub fn postpone(tx: &Tx, delivery: &Delivery, error: &str) -> Result<Option<LaneHead>> {
    tx.prepare_cached("UPDATE deliveries SET attempts = attempts + 1, last_error = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![delivery.head.id, error])?;
    next_of(tx, &delivery.head.lane)
}

/// Gives up at most `limit` rows that are out of patience; answers how many. Rule D5.
pub fn drop_old(tx: &Tx, now: Time, limit: usize) -> Result<usize> {
    let (before, stubborn) = (now.minus(PATIENCE), now.minus(LONG_PATIENCE));
    let kinds = STUBBORN.map(|kind| format!("'{kind}'")).join(", ");
    let sql = format!(
        "UPDATE deliveries SET state = 'dropped', drop_reason = 'too old', not_before = :now WHERE id IN (
             SELECT d.id FROM deliveries d JOIN activities a ON a.id = d.activity_id
             WHERE d.created_at < :before AND d.state <> 'dropped'
               AND (a.kind NOT IN ({kinds}) OR d.created_at < :stubborn) LIMIT :limit)"
    );
    let count = tx
        .prepare_cached(&sql)?
        .execute(named_params! {":before": before, ":stubborn": stubborn, ":now": now, ":limit": limit as i64})?;
    Ok(count)
}

/// Whether an activity of this kind is tried longer: without it the other side keeps something wrong for good.
pub fn is_stubborn(kind: &str) -> bool {
    STUBBORN.contains(&kind)
}

const STUBBORN: [&str; 4] = ["Follow", "Undo", "Delete", "Move"];

fn next_of(db: &Connection, lane: &str) -> Result<Option<LaneHead>> {
    let mut statement = db.prepare_cached(
        "SELECT d.lane, d.id, d.priority + 1000 * (coalesce(p.fails, 0) > 0 OR coalesce(p.latency_ms, 0) > 5000) AS priority,
             max(d.not_before, coalesce(p.retry_at, 0)) AS not_before
         FROM deliveries d LEFT JOIN peers p ON p.origin = d.origin
         WHERE d.id = (SELECT min(id) FROM deliveries WHERE lane = ?1 AND state = 'ready')",
    )?;
    Ok(statement.query_row([lane], LaneHead::from_row).optional()?)
}

impl LaneHead {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            lane: row.get("lane")?,
            id: row.get("id")?,
            priority: row.get("priority")?,
            not_before: row.get("not_before")?,
        })
    }
}

impl Delivery {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            head: LaneHead::from_row(row)?,
            activity_id: row.get("activity_id")?,
            account_id: row.get("account_id")?,
            kind: row.get("kind")?,
            inbox: row.get("inbox")?,
            origin: row.get("origin")?,
            created_at: row.get("created_at")?,
            speaks: Speaks::from_row(row)?,
            variant: row.get("variant")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    const NOW: Time = Time(1_000);

    fn account(db: &Connection, id: i64, domain: Option<&str>, inbox: &str, shared: Option<&str>) {
        db.execute(
            "INSERT INTO accounts (id, username, domain, uri, url, inbox, shared_inbox, created_at, first_seen_at)
             VALUES (?1, 'u' || ?1, ?2, 'https://x.example/' || ?1, '', ?3, ?4, 0, 0)",
            rusqlite::params![id, domain, inbox, shared],
        )
        .expect("inserts");
    }

    fn follow(db: &Connection, from: i64, to: i64, accepted: bool) {
        db.execute(
            "INSERT INTO follows (id, account_id, target_id, uri, accepted, created_at)
             VALUES (?1, ?1, ?2, 'f' || ?1, ?3, 0)",
            rusqlite::params![from, to, accepted],
        )
        .expect("inserts");
    }

    fn activity(tx: &Tx, id: i64) -> ActivityId {
        let id = ActivityId(id);
        let new = NewActivity {
            id,
            uri: format!("https://here.example/{}", id.0),
            account_id: AccountId(1),
            kind: "Create".into(),
            payload: "{}".into(),
            created_at: NOW,
        };
        insert_activity(tx, &new).expect("inserts");
        id
    }

    fn inboxes(db: &Connection) -> Vec<(String, String, i64)> {
        let mut statement =
            db.prepare("SELECT inbox, lane, priority FROM deliveries ORDER BY inbox").expect("prepares");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("runs");
        rows.collect::<rusqlite::Result<_>>().expect("reads")
    }

    #[test]
    fn d2_followers_are_reached_once_per_inbox_and_never_at_home() {
        let db = in_memory();
        account(&db, 1, None, "https://here.example/users/u1/inbox", None);
        for (id, domain, inbox, shared, accepted) in [
            (2, Some("a.example"), "https://a.example/2/inbox", Some("https://a.example/inbox"), true),
            (3, Some("a.example"), "https://a.example/3/inbox", Some("https://a.example/inbox"), true),
            (4, Some("b.example"), "https://b.example:8443/4/inbox", None, true),
            // A shared inbox elsewhere is not believed.
            (5, Some("c.example"), "https://c.example/5/inbox", Some("https://victim.example/inbox"), true),
            (6, Some("d.example"), "https://d.example/6/inbox", None, false),
            (7, None, "https://here.example/users/u7/inbox", None, true),
            (8, Some("e.example"), "no address", None, true),
            (9, Some("f.example"), "https://f.example/9/inbox", None, true),
        ] {
            account(&db, id, domain, inbox, shared);
            follow(&db, id, 1, accepted);
        }
        db.execute("UPDATE accounts SET suspended_at = 1 WHERE id = 9", []).expect("updates");
        let tx = Tx(&db);
        let id = activity(&tx, 10);
        let mentioned =
            [("https://a.example/inbox".to_owned(), Priority::Mentioned), ("ftp:x".into(), Priority::Mentioned)];
        assert_eq!(enqueue_to(&tx, id, &mentioned, Timing::Ready, NOW).expect("queues"), 1);
        assert_eq!(
            enqueue_to_followers(&tx, id, AccountId(1), Priority::Followers, Timing::Ready, NOW).expect("queues"),
            2
        );
        assert_eq!(
            enqueue_to_followers(&tx, id, AccountId(1), Priority::Followers, Timing::Ready, NOW).expect("queues"),
            0
        );
        let expected = [
            ("https://a.example/inbox", "https://a.example", 0),
            ("https://b.example:8443/4/inbox", "https://b.example:8443", 100),
            ("https://c.example/5/inbox", "https://c.example", 100),
        ];
        assert_eq!(inboxes(&db), expected.map(|(inbox, lane, priority)| (inbox.to_owned(), lane.to_owned(), priority)));
    }

    #[test]
    fn a_lane_goes_on_with_its_next_row_and_the_body_goes_with_its_last() {
        let db = in_memory();
        account(&db, 1, None, "", None);
        let tx = Tx(&db);
        let to = |host: &str| vec![(format!("https://{host}/inbox"), Priority::Followers)];
        let (first, second) = (activity(&tx, 10), activity(&tx, 11));
        enqueue_to(&tx, first, &to("a.example"), Timing::Ready, NOW).expect("queues");
        let seen = last_id(&db).expect("reads");
        enqueue_to(&tx, second, &to("a.example"), Timing::Ready, NOW).expect("queues");
        enqueue_to(&tx, second, &to("b.example"), Timing::Ready, NOW).expect("queues");

        assert_eq!(lanes(&db).expect("reads").len(), 2);
        assert_eq!(lanes_above(&db, seen).expect("reads").len(), 2);
        let found = heads(&db, &["https://a.example", "https://nobody.example"]).expect("reads");
        assert_eq!(found.iter().map(|found| found.activity_id).collect::<Vec<_>>(), [first]);
        let next = complete(&tx, &found[0]).expect("completes").expect("one more");
        assert_eq!((next.lane.as_str(), payload(&db, first).expect("reads")), ("https://a.example", None));

        let found = heads(&db, &["https://a.example", "https://b.example"]).expect("reads");
        assert_eq!(postpone(&tx, &found[0], "timed out").expect("postpones").map(|head| head.id), Some(next.id));
        assert_eq!(drop_one(&tx, &found[0], "404", NOW).expect("drops"), None);
        assert_eq!(complete(&tx, &found[1]).expect("completes"), None);
        assert!(payload(&db, second).expect("reads").is_some(), "kept with the dropped row, for the trace");
        assert!(lanes(&db).expect("reads").is_empty());
    }

    #[test]
    fn ids_of_finished_rows_are_not_used_again() {
        let db = in_memory();
        account(&db, 1, None, "", None);
        let tx = Tx(&db);
        for id in 10..13 {
            let id = activity(&tx, id);
            let above = last_id(&db).expect("reads");
            enqueue_to(&tx, id, &[("https://a.example/inbox".into(), Priority::Followers)], Timing::Ready, NOW)
                .expect("queues");
            let found = heads(&db, &["https://a.example"]).expect("reads");
            assert!(found[0].head.id > above && found[0].head.id > id.0 - 10);
            complete(&tx, &found[0]).expect("completes");
        }
    }

    #[test]
    fn old_rows_are_given_up_the_stubborn_ones_later() {
        let db = in_memory();
        account(&db, 1, None, "", None);
        let tx = Tx(&db);
        let day = 86_400_000;
        for (id, kind, age) in [(1, "Create", 8), (2, "Undo", 8), (3, "Undo", 31), (4, "Create", 6)] {
            let id = activity(&tx, id);
            db.execute("UPDATE activities SET kind = ?1 WHERE id = ?2", rusqlite::params![kind, id]).expect("updates");
            let inbox = [(format!("https://{id}.example/inbox"), Priority::Followers)];
            enqueue_to(&tx, id, &inbox, Timing::Ready, Time(100 * day - age * day)).expect("queues");
        }
        let dropped = drop_old(&tx, Time(100 * day), 100).expect("drops");
        assert_eq!((dropped, lanes(&db).expect("reads").len()), (2, 2));
        assert!(is_stubborn("Move") && is_stubborn("Follow") && !is_stubborn("Create") && !is_stubborn(""));
    }
}
