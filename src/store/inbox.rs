//! The inbox queue: received activities, committed before the 202, worked off by `federation/worker.rs`.
//!
//! A row is `unverified` while its signer's key is missing, `ready` once the signer is proven, then `done` (without its
//! body, to recognise repeats) or, after too many failures, `parked`. Spec: rules P1, P8, V13.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, InboxId};

/// An activity that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceived {
    /// What a repeat has in common with it.
    pub dedupe: String,
    /// Who acts, as the body claims.
    pub actor_uri: String,
    /// Who signed, or what is needed to find out.
    pub proof: Proof,
    /// Whose personal inbox; `None`: the shared one.
    pub recipient_id: Option<AccountId>,
    /// The bytes as they came; JSON.
    pub body: String,
    /// Who connected.
    pub source_ip: String,
    /// When.
    pub received_at: Time,
    /// A repeat of what was done before this is done anew: for verbs whose ids some programs use again. `None`: never.
    pub anew_after: Option<Time>,
}

/// What we know about the signer of a received activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The signature was checked; the actor that owns the key.
    Signer(String),
    /// It could not be checked yet; what checking needs (JSON).
    Pending(String),
}

/// A row whose turn has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in NewReceived")]
pub struct Received {
    pub id: InboxId,
    pub actor_uri: String,
    pub proof: Proof,
    pub recipient_id: Option<AccountId>,
    pub body: String,
    pub source_ip: String,
    pub not_before: Time,
    /// How often it failed.
    pub attempts: i64,
    pub received_at: Time,
}

/// The two queues of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Signer proven; one lane per actor.
    Ready,
    /// Signer not proven; one lane per source address, so that nobody can stand in the way of the actor he claims to be.
    Unverified,
}

/// A lane of one queue, and its oldest row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct LaneHead {
    pub lane: String,
    pub id: i64,
    pub not_before: Time,
}

/// Inserts the row; `false` when the same activity came before.
///
/// One that came to the shared inbox first and to a personal one now is one row, and remembers the person.
pub fn insert(tx: &Tx, new: &NewReceived) -> Result<bool> {
    let (signer, request, state) = match &new.proof {
        Proof::Signer(signer) => (Some(signer), None, "ready"),
        Proof::Pending(request) => (None, Some(request), "unverified"),
    };
    if let Some(before) = new.anew_after {
        // A new row, not the old one: the worker finds rows by ids above those that it knows.
        tx.prepare_cached("DELETE FROM inbox WHERE dedupe = ?1 AND state = 'done' AND received_at < ?2")?
            .execute(rusqlite::params![new.dedupe, before])?;
    }
    let inserted = tx
        .prepare_cached(
            "INSERT INTO inbox (dedupe, actor_uri, signer_uri, recipient_id, body, request, source_ip, state,
                 not_before, received_at)
             VALUES (:dedupe, :actor, :signer, :recipient, :body, :request, :ip, :state, :now, :now)
             ON CONFLICT (dedupe) DO NOTHING",
        )?
        .execute(named_params! {
            ":dedupe": new.dedupe, ":actor": new.actor_uri, ":signer": signer, ":recipient": new.recipient_id,
            ":body": new.body, ":request": request, ":ip": new.source_ip, ":state": state, ":now": new.received_at,
        })?;
    if inserted == 0 && new.recipient_id.is_some() {
        tx.prepare_cached(
            "UPDATE inbox SET recipient_id = ?2 WHERE dedupe = ?1 AND recipient_id IS NULL AND state <> 'done'",
        )?
        .execute(rusqlite::params![new.dedupe, new.recipient_id])?;
    }
    Ok(inserted > 0)
}

/// How many unverified rows there are from this address, and in all.
pub fn unverified(db: &Connection, source_ip: &str) -> Result<(i64, i64)> {
    let mut statement = db.prepare_cached(
        "SELECT (SELECT count(*) FROM inbox WHERE state = 'unverified' AND source_ip = ?1),
                (SELECT count(*) FROM inbox WHERE state = 'unverified')",
    )?;
    Ok(statement.query_row([source_ip], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The highest id of a row; new rows are above it.
pub fn last_id(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("SELECT coalesce(max(id), 0) FROM inbox")?.query_row([], |row| row.get(0))?)
}

/// Every lane of `queue`.
pub fn lanes(db: &Connection, queue: Queue) -> Result<Vec<LaneHead>> {
    let (lane, state) = queue.sql();
    let sql = format!(
        "SELECT {lane} AS lane, id, not_before FROM inbox
         WHERE id IN (SELECT min(id) FROM inbox WHERE state = '{state}' GROUP BY {lane})"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], LaneHead::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The lanes of `queue` that rows above the id `above` belong to, each with the oldest of those rows.
pub fn lanes_above(db: &Connection, queue: Queue, above: i64) -> Result<Vec<LaneHead>> {
    let (lane, state) = queue.sql();
    let sql = format!(
        "SELECT {lane} AS lane, min(id) AS id, not_before FROM inbox NOT INDEXED
         WHERE id > ?1 AND state = '{state}' GROUP BY lane"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([above], LaneHead::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The oldest row of a lane.
pub fn head(db: &Connection, queue: Queue, lane: &str) -> Result<Option<Received>> {
    let (column, state) = queue.sql();
    let sql = format!(
        "SELECT id, actor_uri, signer_uri, recipient_id, body, request, source_ip, not_before, attempts, received_at
         FROM inbox WHERE id = (SELECT min(id) FROM inbox WHERE state = '{state}' AND {column} = ?1)"
    );
    Ok(db.prepare_cached(&sql)?.query_row([lane], Received::from_row).optional()?)
}

/// The oldest row of a lane, as far as the lanes need it.
pub fn next(db: &Connection, queue: Queue, lane: &str) -> Result<Option<LaneHead>> {
    let (column, state) = queue.sql();
    let sql = format!(
        "SELECT {column} AS lane, id, not_before FROM inbox
         WHERE id = (SELECT min(id) FROM inbox WHERE state = '{state}' AND {column} = ?1)"
    );
    Ok(db.prepare_cached(&sql)?.query_row([lane], LaneHead::from_row).optional()?)
}

/// Makes an unverified row ready: `signer` is proven, `dedupe` is what repeats have in common. `false` when the same
/// activity came by another way meanwhile; then the row is gone.
pub fn verified(tx: &Tx, id: InboxId, signer: &str, dedupe: &str) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE OR IGNORE inbox SET state = 'ready', signer_uri = :signer, dedupe = :dedupe, request = NULL,
                 attempts = 0 WHERE id = :id AND state = 'unverified'",
        )?
        .execute(named_params! {":id": id, ":signer": signer, ":dedupe": dedupe})?;
    if changed == 0 {
        discard(tx, id)?;
    }
    Ok(changed > 0)
}

/// Removes a row whose signature is wrong: nothing of it may count, not even as a repeat.
pub fn discard(tx: &Tx, id: InboxId) -> Result<()> {
    tx.prepare_cached("DELETE FROM inbox WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The row with this id.
pub fn by_id(db: &Connection, id: InboxId) -> Result<Option<Received>> {
    let mut statement = db.prepare_cached(
        "SELECT id, actor_uri, signer_uri, recipient_id, body, request, source_ip, not_before, attempts, received_at
         FROM inbox WHERE id = ?1",
    )?;
    Ok(statement.query_row([id], Received::from_row).optional()?)
}

/// State, time and outcome of the received activity with this id.
pub fn of_activity(db: &Connection, id: &str) -> Result<Option<(String, Time, Option<String>)>> {
    let mut statement = db.prepare_cached("SELECT state, received_at, outcome FROM inbox WHERE dedupe = ?1")?;
    Ok(statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?)
}

/// Marks a row as done; its body goes.
pub fn finish(tx: &Tx, id: InboxId, outcome: &str) -> Result<()> {
    tx.prepare_cached("UPDATE inbox SET state = 'done', body = NULL, request = NULL, outcome = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![id, outcome])?;
    Ok(())
}

/// Notes a failure; the row is tried again at `not_before`.
pub fn retry(tx: &Tx, id: InboxId, not_before: Time, outcome: &str) -> Result<()> {
    tx.prepare_cached("UPDATE inbox SET attempts = attempts + 1, not_before = ?2, outcome = ?3 WHERE id = ?1")?
        .execute(rusqlite::params![id, not_before, outcome])?;
    Ok(())
}

/// Gives a row up and keeps it for the admin.
pub fn park(tx: &Tx, id: InboxId, outcome: &str) -> Result<()> {
    tx.prepare_cached("UPDATE inbox SET state = 'parked', attempts = attempts + 1, outcome = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![id, outcome])?;
    Ok(())
}

impl Queue {
    fn sql(self) -> (&'static str, &'static str) {
        match self {
            // Who signed, not whom the body claims: nobody can stand in the way of somebody else.
            Self::Ready => ("signer_uri", "ready"),
            Self::Unverified => ("source_ip", "unverified"),
        }
    }
}

impl LaneHead {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { lane: row.get("lane")?, id: row.get("id")?, not_before: row.get("not_before")? })
    }
}

impl Received {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let signer: Option<String> = row.get("signer_uri")?;
        let request: Option<String> = row.get("request")?;
        Ok(Self {
            id: row.get("id")?,
            actor_uri: row.get("actor_uri")?,
            proof: signer.map_or_else(|| Proof::Pending(request.unwrap_or_default()), Proof::Signer),
            recipient_id: row.get("recipient_id")?,
            body: row.get::<_, Option<String>>("body")?.unwrap_or_default(),
            source_ip: row.get("source_ip")?,
            not_before: row.get("not_before")?,
            attempts: row.get("attempts")?,
            received_at: row.get("received_at")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    fn new(dedupe: &str, actor: &str, verified: bool) -> NewReceived {
        NewReceived {
            dedupe: dedupe.into(),
            actor_uri: actor.into(),
            proof: if verified { Proof::Signer(actor.into()) } else { Proof::Pending("{}".into()) },
            recipient_id: None,
            body: "{}".into(),
            source_ip: "192.0.2.1".into(),
            received_at: Time(1_000),
            anew_after: None,
        }
    }

    #[test]
    fn p2_what_was_done_long_ago_may_be_done_anew_under_the_same_id() {
        let db = in_memory();
        let tx = Tx(&db);
        let again = |at: i64, after: i64| NewReceived {
            received_at: Time(at),
            anew_after: Some(Time(after)),
            ..new("1", "a", true)
        };
        assert!(insert(&tx, &again(1_000, 500)).expect("inserts"));
        assert!(!insert(&tx, &again(3_000, 2_000)).expect("inserts"), "not while the first waits");
        let first = head(&db, Queue::Ready, "a").expect("reads").expect("is there");
        finish(&tx, first.id, "accepted").expect("writes");
        assert!(!insert(&tx, &again(3_000, 900)).expect("inserts"), "a repeat");
        assert!(insert(&tx, &again(3_000, 2_000)).expect("inserts"), "a new one");
        let second = head(&db, Queue::Ready, "a").expect("reads").expect("is there");
        assert!(second.id > first.id, "the worker looks above what it knows");
    }

    #[test]
    fn p1_a_repeat_is_one_row_that_remembers_the_person() {
        let db = in_memory();
        let tx = Tx(&db);
        assert!(insert(&tx, &new("1", "a", true)).expect("inserts"));
        let personal = NewReceived { recipient_id: Some(AccountId(7)), ..new("1", "a", true) };
        assert!(!insert(&tx, &personal).expect("inserts"));
        let head = head(&db, Queue::Ready, "a").expect("reads").expect("is there");
        assert_eq!(head.recipient_id, Some(AccountId(7)));
        finish(&tx, head.id, "ignored").expect("writes");
        assert!(!insert(&tx, &new("1", "a", true)).expect("inserts"), "a done row still recognises repeats");
        assert_eq!(next(&db, Queue::Ready, "a").expect("reads"), None);
    }

    #[test]
    fn unverified_rows_wait_apart_and_cannot_shadow_real_ones() {
        let db = in_memory();
        let tx = Tx(&db);
        insert(&tx, &new("hash 1", "a", false)).expect("inserts");
        insert(&tx, &new("hash 2", "a", false)).expect("inserts");
        insert(&tx, &new("1", "a", true)).expect("inserts");
        assert_eq!(unverified(&db, "192.0.2.1").expect("reads"), (2, 2));
        assert_eq!(unverified(&db, "192.0.2.2").expect("reads"), (0, 2));
        let lanes_of = |queue| lanes(&db, queue).expect("reads").into_iter().map(|lane| lane.lane).collect::<Vec<_>>();
        assert_eq!((lanes_of(Queue::Ready), lanes_of(Queue::Unverified)), (vec!["a".into()], vec!["192.0.2.1".into()]));

        let first = head(&db, Queue::Unverified, "192.0.2.1").expect("reads").expect("is there");
        assert!(!verified(&tx, first.id, "a", "1").expect("writes"), "the same came verified meanwhile");
        let second = head(&db, Queue::Unverified, "192.0.2.1").expect("reads").expect("is there");
        assert!(verified(&tx, second.id, "a", "2").expect("writes"));
        assert_eq!(unverified(&db, "192.0.2.1").expect("reads"), (0, 0));
        let head = head(&db, Queue::Ready, "a").expect("reads").expect("is there");
        assert_eq!((head.id, head.proof), (second.id, Proof::Signer("a".into())));
        assert_eq!(lanes_above(&db, Queue::Ready, second.id.0).expect("reads").len(), 1);
    }

    #[test]
    fn p8_a_failing_row_waits_and_a_parked_one_lets_the_next_pass() {
        let db = in_memory();
        let tx = Tx(&db);
        insert(&tx, &new("1", "a", true)).expect("inserts");
        insert(&tx, &new("2", "a", true)).expect("inserts");
        let first = head(&db, Queue::Ready, "a").expect("reads").expect("is there");
        retry(&tx, first.id, Time(9_000), "timed out").expect("writes");
        let again = next(&db, Queue::Ready, "a").expect("reads").expect("is there");
        assert_eq!((again.id, again.not_before), (first.id.0, Time(9_000)), "order is kept");
        park(&tx, first.id, "panicked").expect("writes");
        assert_eq!(next(&db, Queue::Ready, "a").expect("reads").map(|head| head.not_before), Some(Time(1_000)));
    }
}
