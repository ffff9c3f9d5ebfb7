//! What authors elsewhere allow, what people here asked them for, and what people here agreed to.
//!
//! Spec: https://docs.gotosocial.org/en/latest/federation/interaction_controls/

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::activitypub::policy::{Deed, Rules};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Remembers what the author of a received post allows; `None`: everything.
pub fn set_rules(tx: &Tx, status: StatusId, rules: Option<&Rules>) -> Result<()> {
    let Some(rules) = rules else {
        tx.prepare_cached("DELETE FROM interaction_policies WHERE status_id = ?1")?.execute([status])?;
        return Ok(());
    };
    let rules = serde_json::to_string(rules).map_err(|error| crate::error::Error::Bug(error.to_string()))?;
    tx.prepare_cached(
        "INSERT INTO interaction_policies (status_id, rules) VALUES (?1, ?2)
         ON CONFLICT (status_id) DO UPDATE SET rules = ?2",
    )?
    .execute(rusqlite::params![status, rules])?;
    Ok(())
}

/// What the author of the post allows; `None`: they do not say.
pub fn rules(db: &Connection, status: StatusId) -> Result<Option<Rules>> {
    let mut statement = db.prepare_cached("SELECT rules FROM interaction_policies WHERE status_id = ?1")?;
    let found: Option<String> = statement.query_row([status], |row| row.get(0)).optional()?;
    Ok(found.and_then(|rules| serde_json::from_str(&rules).ok()))
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No answer yet.
    Pending,
    /// The author agreed.
    Accepted,
    /// The author did not.
    Rejected,
}

impl State {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// Reads what [`State::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Rejected].into_iter().find(|state| state.as_str() == text)
    }
}

super::sql::as_text!(State);

/// One row of `interaction_requests`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Request {
    pub request_uri: String,
    pub deed: Deed,
    pub account_id: AccountId,
    pub target_id: StatusId,
    pub interaction_uri: String,
    pub state: State,
    pub stamp: Option<String>,
}

const REQUEST: &str = "request_uri, deed, account_id, target_id, interaction_uri, state, stamp";

/// Inserts the request; a repeat changes nothing.
pub fn ask(tx: &Tx, request: &Request, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO interaction_requests
             (request_uri, deed, account_id, target_id, interaction_uri, state, stamp, created_at)
         VALUES (:request, :deed, :account, :target, :interaction, :state, :stamp, :now) ON CONFLICT DO NOTHING",
    )?
    .execute(named_params! {
        ":request": request.request_uri, ":deed": request.deed.as_str(), ":account": request.account_id,
        ":target": request.target_id, ":interaction": request.interaction_uri, ":state": request.state,
        ":stamp": request.stamp, ":now": now,
    })?;
    Ok(())
}

/// The request with this id, or about the interaction with this id: some servers answer one, some the other.
pub fn request(db: &Connection, uri: &str) -> Result<Option<Request>> {
    let sql = format!(
        "SELECT {REQUEST} FROM interaction_requests WHERE request_uri = ?1
         UNION SELECT {REQUEST} FROM interaction_requests WHERE interaction_uri = ?1 LIMIT 1"
    );
    Ok(db.prepare_cached(&sql)?.query_row([uri], request_from).optional()?)
}

/// The request about this interaction.
pub fn about(db: &Connection, interaction: &str) -> Result<Option<Request>> {
    let sql = format!("SELECT {REQUEST} FROM interaction_requests WHERE interaction_uri = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([interaction], request_from).optional()?)
}

/// Writes the answer.
pub fn answer(tx: &Tx, request_uri: &str, state: State, stamp: Option<&str>) -> Result<()> {
    tx.prepare_cached("UPDATE interaction_requests SET state = ?2, stamp = ?3 WHERE request_uri = ?1")?
        .execute(rusqlite::params![request_uri, state, stamp])?;
    Ok(())
}

/// Forgets the request about an interaction that was taken back.
pub fn forget(tx: &Tx, interaction: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM interaction_requests WHERE interaction_uri = ?1")?.execute([interaction])?;
    Ok(())
}

/// An authorization that somebody here gave.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Stamp {
    pub id: i64,
    pub deed: Deed,
    pub status_id: StatusId,
    pub interaction_uri: String,
}

/// The stamp for this interaction, given now as `id` unless there is one already.
pub fn give(tx: &Tx, id: i64, deed: Deed, status: StatusId, interaction: &str, now: Time) -> Result<i64> {
    tx.prepare_cached(
        "INSERT INTO interaction_stamps (id, deed, status_id, interaction_uri, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (status_id, interaction_uri) DO NOTHING",
    )?
    .execute(rusqlite::params![id, deed.as_str(), status, interaction, now])?;
    let mut statement =
        tx.prepare_cached("SELECT id FROM interaction_stamps WHERE status_id = ?1 AND interaction_uri = ?2")?;
    Ok(statement.query_row(rusqlite::params![status, interaction], |row| row.get(0))?)
}

/// The stamp with this id.
pub fn stamp(db: &Connection, id: i64) -> Result<Option<Stamp>> {
    let mut statement =
        db.prepare_cached("SELECT id, deed, status_id, interaction_uri FROM interaction_stamps WHERE id = ?1")?;
    let found = statement.query_row([id], |row| {
        Ok(Stamp {
            id: row.get("id")?,
            deed: deed(row)?,
            status_id: row.get("status_id")?,
            interaction_uri: row.get("interaction_uri")?,
        })
    });
    Ok(found.optional()?)
}

fn request_from(row: &rusqlite::Row<'_>) -> rusqlite::Result<Request> {
    Ok(Request {
        request_uri: row.get("request_uri")?,
        deed: deed(row)?,
        account_id: row.get("account_id")?,
        target_id: row.get("target_id")?,
        interaction_uri: row.get("interaction_uri")?,
        state: row.get("state")?,
        stamp: row.get("stamp")?,
    })
}

/// The table checks that it is one of them.
fn deed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Deed> {
    let word: String = row.get("deed")?;
    Ok(Deed::parse(&word).unwrap_or(Deed::Like))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn a_request_is_found_by_either_id_and_a_stamp_is_given_once() {
        let world = World::new();
        let alice = world.local("alice");
        let post = world.post(world.remote("bob"), "ask me first");
        let tx = world.tx();
        let request = Request {
            request_uri: "https://a.example/r/1".into(),
            deed: Deed::Like,
            account_id: alice,
            target_id: post,
            interaction_uri: "https://a.example/l/1".into(),
            state: State::Pending,
            stamp: None,
        };
        ask(&tx, &request, Time(1)).expect("asks");
        ask(&tx, &request, Time(2)).expect("asks again");
        for uri in ["https://a.example/r/1", "https://a.example/l/1"] {
            assert_eq!(super::request(&tx, uri).expect("reads").as_ref(), Some(&request), "{uri}");
        }
        answer(&tx, "https://a.example/r/1", State::Accepted, Some("https://b.example/s")).expect("answers");
        let after = about(&tx, "https://a.example/l/1").expect("reads").expect("is there");
        assert_eq!((after.state, after.stamp.as_deref()), (State::Accepted, Some("https://b.example/s")));
        forget(&tx, "https://a.example/l/1").expect("forgets");
        assert_eq!(about(&tx, "https://a.example/l/1").expect("reads"), None);
        let first = give(&tx, 7, Deed::Announce, post, "https://b.example/x", Time(1)).expect("gives");
        assert_eq!(give(&tx, 8, Deed::Announce, post, "https://b.example/x", Time(1)).expect("gives"), first);
        assert_eq!(stamp(&tx, 7).expect("reads").map(|stamp| stamp.deed), Some(Deed::Announce));
    }

    #[test]
    fn rules_are_kept_as_they_were_read() {
        let world = World::new();
        let post = world.post(world.remote("bob"), "hello");
        let tx = world.tx();
        assert_eq!(rules(&tx, post).expect("reads"), None);
        let kept = Rules {
            like: Some(crate::activitypub::policy::Group { polite: true, ..Default::default() }),
            ..Rules::default()
        };
        set_rules(&tx, post, Some(&kept)).expect("writes");
        assert_eq!(rules(&tx, post).expect("reads"), Some(kept));
        set_rules(&tx, post, None).expect("writes");
        assert_eq!(rules(&tx, post).expect("reads"), None);
    }
}
