//! What happened to activities on their way in and out, for the trace. Bounded: old rows go, and so do too many.

use rusqlite::{Connection, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;

/// The most rows that are kept.
pub const MOST: i64 = 50_000;

/// Where on its way an activity was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Step {
    Signature,
    Filter,
    Verb,
    Delivery,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It went well.
    Done,
    /// Somebody said no.
    Refused,
    /// It failed and will be tried again.
    Later,
    /// It failed for good.
    Dropped,
}

macro_rules! named {
    ($kind:ident { $($name:ident = $text:literal),+ }) => {
        impl $kind {
            /// As it is stored and told.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Reads what is stored.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)+ _ => None }
            }
        }
        super::sql::as_text!($kind);
    };
}

named!(Step { Signature = "signature", Filter = "filter", Verb = "verb", Delivery = "delivery" });
named!(Outcome { Done = "done", Refused = "refused", Later = "later", Dropped = "dropped" });

/// One row of `events`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Event {
    pub at: Time,
    pub step: Step,
    pub outcome: Outcome,
    pub activity: Option<String>,
    pub object: Option<String>,
    pub actor: Option<String>,
    pub peer: String,
    pub detail: String,
}

impl Event {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            at: row.get("at")?,
            step: row.get("step")?,
            outcome: row.get("outcome")?,
            activity: row.get("activity")?,
            object: row.get("object")?,
            actor: row.get("actor")?,
            peer: row.get("peer")?,
            detail: row.get("detail")?,
        })
    }
}

const COLUMNS: &str = "at, step, outcome, activity, object, actor, peer, detail";

/// Notes what happened.
pub fn note(tx: &Tx, event: &Event) -> Result<()> {
    let detail: String = event.detail.chars().take(500).collect();
    tx.prepare_cached(
        "INSERT INTO events (at, step, outcome, activity, object, actor, peer, detail)
         VALUES (:at, :step, :outcome, :activity, :object, :actor, :peer, :detail)",
    )?
    .execute(named_params! {
        ":at": event.at, ":step": event.step, ":outcome": event.outcome, ":activity": event.activity,
        ":object": event.object, ":actor": event.actor, ":peer": event.peer, ":detail": detail,
    })?;
    Ok(())
}

/// What happened to the activity `id`, to all activities whose ids begin with it and go on as ours do (`/activity`,
/// `#…`), and to what is about the object `id`; oldest first, the newest `limit`.
pub fn about(db: &Connection, id: &str, limit: i64) -> Result<Vec<Event>> {
    let sql = format!(
        "SELECT * FROM (SELECT id, {COLUMNS} FROM events WHERE id IN (
             SELECT id FROM events WHERE activity = :id
             UNION SELECT id FROM events WHERE object = :id
             UNION SELECT id FROM events WHERE activity >= :id || '/' AND activity < :id || '0'
             UNION SELECT id FROM events WHERE activity >= :id || '#' AND activity < :id || '$')
         ORDER BY id DESC LIMIT :limit) ORDER BY id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! {":id": id, ":limit": limit}, Event::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the actor did, oldest first, the newest `limit`.
pub fn by_actor(db: &Connection, actor: &str, limit: i64) -> Result<Vec<Event>> {
    newest(db, "actor = ?1", actor, limit)
}

/// What came from and went to a server, oldest first, the newest `limit`.
pub fn with_peer(db: &Connection, peer: &str, limit: i64) -> Result<Vec<Event>> {
    newest(db, "peer = ?1", peer, limit)
}

fn newest(db: &Connection, which: &str, value: &str, limit: i64) -> Result<Vec<Event>> {
    let sql =
        format!("SELECT * FROM (SELECT id, {COLUMNS} FROM events WHERE {which} ORDER BY id DESC LIMIT ?2) ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(rusqlite::params![value, limit], Event::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many refused requests of this server were noted since `since`; beyond some nobody needs more of them.
pub fn refused_since(db: &Connection, peer: &str, since: Time) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT count(*) FROM (SELECT at, step FROM events WHERE peer = ?1 ORDER BY id DESC LIMIT 100)
         WHERE at >= ?2 AND step = 'signature'",
    )?;
    Ok(statement.query_row(rusqlite::params![peer, since], |row| row.get(0))?)
}

/// Forgets at most `limit` rows that are older than `before` or beyond [`MOST`].
pub fn forget(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    let count = tx
        .prepare_cached(
            "DELETE FROM events WHERE id IN (SELECT id FROM events
                 WHERE id <= (SELECT max(id) FROM events) - :most OR at < :before ORDER BY id LIMIT :limit)",
        )?
        .execute(named_params! {":most": MOST, ":before": before, ":limit": limit as i64})?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn a_post_is_found_by_its_activities_and_by_what_is_about_it() {
        let db = in_memory();
        let tx = Tx(&db);
        let post = "https://a.example/1";
        for (at, activity, object) in [
            (1, Some("https://a.example/1/activity"), None),
            (2, Some("https://a.example/1#updates/7"), None),
            (3, Some("https://a.example/12/activity"), None),
            (4, Some("https://b.example/like"), Some(post)),
            (5, None, Some(post)),
        ] {
            let event = Event {
                at: Time(at),
                step: Step::Delivery,
                outcome: Outcome::Done,
                activity: activity.map(str::to_owned),
                object: object.map(str::to_owned),
                actor: Some("https://b.example/u".into()),
                peer: "b.example".into(),
                detail: "x".repeat(600),
            };
            note(&tx, &event).expect("writes");
        }
        let times = |rows: Vec<Event>| rows.iter().map(|row| row.at.0).collect::<Vec<_>>();
        assert_eq!(times(about(&db, post, 10).expect("reads")), [1, 2, 4, 5]);
        assert_eq!(times(about(&db, post, 2).expect("reads")), [4, 5]);
        assert_eq!(times(with_peer(&db, "b.example", 2).expect("reads")), [4, 5]);
        assert_eq!(by_actor(&db, "https://b.example/u", 9).expect("reads")[0].detail.len(), 500);
        assert_eq!(forget(&tx, Time(3), 10).expect("deletes"), 2);
    }
}
