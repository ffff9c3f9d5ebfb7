//! Relays: whose posts we take though nobody here follows them, and to whom ours go.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::RelayId;

/// How a relay is spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Its inbox is sent a Follow of the public collection.
    Mastodon,
    /// Its actor is followed, and follows back.
    LitePub,
}

/// How far a subscription has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Switched off.
    Idle,
    /// We asked.
    Pending,
    /// It said yes.
    Accepted,
    /// It said no.
    Rejected,
}

impl Style {
    /// As it is stored and told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mastodon => "mastodon",
            Self::LitePub => "litepub",
        }
    }

    /// Reads what [`Style::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Mastodon, Self::LitePub].into_iter().find(|one| one.as_str() == text)
    }
}

impl State {
    /// As it is stored and told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// Reads what [`State::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Idle, Self::Pending, Self::Accepted, Self::Rejected].into_iter().find(|one| one.as_str() == text)
    }
}

super::sql::as_text!(Style);
super::sql::as_text!(State);

/// One row of `relays`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Relay {
    pub id: RelayId,
    pub inbox: String,
    pub actor: Option<String>,
    pub style: Style,
    pub state: State,
    pub follow_uri: Option<String>,
    /// Normalised hashtags; empty: everything is taken.
    pub tags: Vec<String>,
    pub per_second: i64,
    pub per_day: i64,
    pub day: Time,
    pub day_count: i64,
    pub paused_until: Option<Time>,
    pub paused_why: Option<String>,
    pub created_at: Time,
}

impl Relay {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let tags: String = row.get("tags")?;
        Ok(Self {
            id: row.get("id")?,
            inbox: row.get("inbox")?,
            actor: row.get("actor")?,
            style: row.get("style")?,
            state: row.get("state")?,
            follow_uri: row.get("follow_uri")?,
            tags: serde_json::from_str(&tags).unwrap_or_default(),
            per_second: row.get("per_second")?,
            per_day: row.get("per_day")?,
            day: row.get("day")?,
            day_count: row.get("day_count")?,
            paused_until: row.get("paused_until")?,
            paused_why: row.get("paused_why")?,
            created_at: row.get("created_at")?,
        })
    }

    /// Whether it is paused at `now`.
    pub fn is_paused(&self, now: Time) -> bool {
        self.paused_until.is_some_and(|until| until > now)
    }
}

const COLUMNS: &str = "id, inbox, actor, style, state, follow_uri, tags, per_second, per_day, day, day_count, \
    paused_until, paused_why, created_at";

/// Inserts the relay, or changes the one with its id. What it counts stays.
pub fn put(tx: &Tx, relay: &Relay) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO relays (id, inbox, actor, style, state, follow_uri, tags, per_second, per_day, created_at)
         VALUES (:id, :inbox, :actor, :style, :state, :follow, :tags, :second, :day, :created)
         ON CONFLICT (id) DO UPDATE SET inbox = :inbox, actor = :actor, style = :style, state = :state,
             follow_uri = :follow, tags = :tags, per_second = :second, per_day = :day",
    )?
    .execute(named_params! {
        ":id": relay.id, ":inbox": relay.inbox, ":actor": relay.actor, ":style": relay.style, ":state": relay.state,
        ":follow": relay.follow_uri, ":tags": serde_json::to_string(&relay.tags).unwrap_or_default(),
        ":second": relay.per_second, ":day": relay.per_day, ":created": relay.created_at,
    })?;
    Ok(())
}

/// Forgets the relay.
pub fn delete(tx: &Tx, id: RelayId) -> Result<()> {
    tx.prepare_cached("DELETE FROM relays WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// All of them, oldest first.
pub fn all(db: &Connection) -> Result<Vec<Relay>> {
    let sql = format!("SELECT {COLUMNS} FROM relays ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], Relay::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The relay with this id.
pub fn by_id(db: &Connection, id: RelayId) -> Result<Option<Relay>> {
    let sql = format!("SELECT {COLUMNS} FROM relays WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Relay::from_row).optional()?)
}

/// The relay whose inbox this is.
pub fn by_inbox(db: &Connection, inbox: &str) -> Result<Option<Relay>> {
    let sql = format!("SELECT {COLUMNS} FROM relays WHERE inbox = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([inbox], Relay::from_row).optional()?)
}

/// The relay whose actor this is.
pub fn by_actor(db: &Connection, actor: &str) -> Result<Option<Relay>> {
    let sql = format!("SELECT {COLUMNS} FROM relays WHERE actor = ?1 LIMIT 1");
    Ok(db.prepare_cached(&sql)?.query_row([actor], Relay::from_row).optional()?)
}

/// The relay that we sent this Follow.
pub fn by_follow(db: &Connection, uri: &str) -> Result<Option<Relay>> {
    let sql = format!("SELECT {COLUMNS} FROM relays WHERE follow_uri = ?1 LIMIT 1");
    Ok(db.prepare_cached(&sql)?.query_row([uri], Relay::from_row).optional()?)
}

/// Takes one post out of the relay's allowance of this second; `false`: it is used up, or that of the day is.
pub fn take(tx: &Tx, id: RelayId, now: Time) -> Result<bool> {
    let (second, day) = (now.0.div_euclid(1_000), now.midnight());
    let changed = tx
        .prepare_cached(
            "UPDATE relays SET second_count = CASE WHEN second = :second THEN second_count + 1 ELSE 1 END,
                 second = :second
             WHERE id = :id AND (second <> :second OR second_count < per_second)
               AND (day <> :day OR day_count < per_day)",
        )?
        .execute(named_params! {":id": id, ":second": second, ":day": day})?;
    Ok(changed > 0)
}

/// Counts one post that was kept.
pub fn kept(tx: &Tx, id: RelayId, now: Time) -> Result<()> {
    tx.prepare_cached(
        "UPDATE relays SET day_count = CASE WHEN day = :day THEN day_count + 1 ELSE 1 END, day = :day WHERE id = :id",
    )?
    .execute(named_params! {":id": id, ":day": now.midnight()})?;
    Ok(())
}

/// Pauses every accepted relay until `until`; answers how many were not paused before.
pub fn pause(tx: &Tx, until: Time, why: &str, now: Time) -> Result<usize> {
    let fresh = tx
        .prepare_cached("SELECT count(*) FROM relays WHERE state = 'accepted' AND coalesce(paused_until, 0) <= ?1")?
        .query_row([now], |row| row.get::<_, i64>(0))?;
    tx.prepare_cached("UPDATE relays SET paused_until = ?1, paused_why = ?2 WHERE state = 'accepted'")?
        .execute(rusqlite::params![until, why])?;
    Ok(usize::try_from(fresh).unwrap_or(0))
}

/// How old the oldest activity is that waits in the inbox and is due, in milliseconds.
pub fn queue_age(db: &Connection, now: Time) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(:now - min(received_at), 0) FROM inbox WHERE state = 'ready' AND attempts = 0",
    )?;
    Ok(statement.query_row(named_params! {":now": now}, |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn an_allowance_counts_by_second_and_by_day() {
        let db = in_memory();
        let tx = Tx(&db);
        let id = RelayId(1);
        let relay = Relay {
            id,
            inbox: "https://relay.example/inbox".into(),
            actor: Some("https://relay.example/actor".into()),
            style: Style::Mastodon,
            state: State::Accepted,
            follow_uri: Some("https://here.example/actor#follows/1".into()),
            tags: vec!["cats".into()],
            per_second: 2,
            per_day: 3,
            day: Time(0),
            day_count: 0,
            paused_until: None,
            paused_why: None,
            created_at: Time(0),
        };
        put(&tx, &relay).expect("puts");
        assert_eq!(by_id(&db, id).expect("reads").as_ref(), Some(&relay));
        let at = |ms: i64| take(&tx, id, Time(86_400_000 + ms)).expect("writes");
        assert_eq!([at(0), at(1), at(2), at(1_000)], [true, true, false, true]);
        for _ in 0..3 {
            kept(&tx, id, Time(86_400_000)).expect("writes");
        }
        assert!(!at(5_000), "the day is used up");
        assert!(take(&tx, id, Time(2 * 86_400_000)).expect("writes"), "a new day");
        assert_eq!(pause(&tx, Time(500), "queue", Time(400)).expect("writes"), 1);
        assert_eq!(pause(&tx, Time(600), "queue", Time(450)).expect("writes"), 0);
        let paused = by_actor(&db, "https://relay.example/actor").expect("reads").expect("is there");
        assert!(paused.is_paused(Time(599)) && !paused.is_paused(Time(600)));
    }
}
