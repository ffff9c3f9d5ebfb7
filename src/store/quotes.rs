//! Which post a post quotes, and whether its author agreed. Stamps that we gave live in `quote_stamps.rs`.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use super::seen::{READABLE, welcome};
use super::sql::json_list;
use super::statuses::{COLUMNS as STATUS, Status};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// What became of a quote, as far as its author and the quoted author go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The quoted author has not answered, or nothing proves that they did.
    Pending,
    /// They agreed.
    Accepted,
    /// They did not.
    Rejected,
    /// They did, and took it back.
    Revoked,
}

impl State {
    /// As the Mastodon API and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
        }
    }

    /// Reads what [`State::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Rejected, Self::Revoked].into_iter().find(|state| state.as_str() == text)
    }
}

super::sql::as_text!(State);

/// One row of `quotes`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Quote {
    pub status_id: StatusId,
    pub quoted_id: Option<StatusId>,
    pub quoted_uri: String,
    pub quoted_account_id: Option<AccountId>,
    pub state: State,
    pub found: bool,
    pub legacy: bool,
    pub stamp: Option<String>,
    pub request_uri: Option<String>,
}

impl Quote {
    /// Whether we held the quoted post, and do no more.
    pub fn is_deleted(&self) -> bool {
        self.found && self.quoted_id.is_none()
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            status_id: row.get("status_id")?,
            quoted_id: row.get("quoted_id")?,
            quoted_uri: row.get("quoted_uri")?,
            quoted_account_id: row.get("quoted_account_id")?,
            state: row.get("state")?,
            found: row.get("found")?,
            legacy: row.get("legacy")?,
            stamp: row.get("stamp")?,
            request_uri: row.get("request_uri")?,
        })
    }
}

const COLUMNS: &str = "q.status_id, q.quoted_id, q.quoted_uri, q.quoted_account_id, q.state, q.found, q.legacy, \
    q.stamp, q.request_uri";

/// Writes that a post quotes another; in place of what was there.
pub fn put(tx: &Tx, quote: &Quote) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO quotes (status_id, quoted_id, quoted_uri, quoted_account_id, state, found, legacy, stamp, request_uri)
         VALUES (:status_id, :quoted_id, :quoted_uri, :quoted_account_id, :state, :found, :legacy, :stamp, :request_uri)
         ON CONFLICT (status_id) DO UPDATE SET quoted_id = excluded.quoted_id, quoted_uri = excluded.quoted_uri,
             quoted_account_id = excluded.quoted_account_id, state = excluded.state, found = excluded.found,
             legacy = excluded.legacy, stamp = excluded.stamp, request_uri = excluded.request_uri",
    )?
    .execute(named_params! {
        ":status_id": quote.status_id, ":quoted_id": quote.quoted_id, ":quoted_uri": quote.quoted_uri,
        ":quoted_account_id": quote.quoted_account_id, ":state": quote.state, ":found": quote.found,
        ":legacy": quote.legacy, ":stamp": quote.stamp, ":request_uri": quote.request_uri,
    })?;
    Ok(())
}

/// What became of the quote in `status`, and what proves it. `false`: nothing new.
pub fn set_state(tx: &Tx, status: StatusId, state: State, stamp: Option<&str>) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE quotes SET state = ?2, stamp = ?3 WHERE status_id = ?1 AND (state <> ?2 OR stamp IS NOT ?3)",
        )?
        .execute(rusqlite::params![status, state, stamp])?;
    Ok(changed > 0)
}

/// The post quotes nothing any more.
pub fn delete(tx: &Tx, status: StatusId) -> Result<bool> {
    Ok(tx.prepare_cached("DELETE FROM quotes WHERE status_id = ?1")?.execute([status])? > 0)
}

/// What `status` quotes.
pub fn of(db: &Connection, status: StatusId) -> Result<Option<Quote>> {
    one(db, "q.status_id = ?1", [status])
}

/// The quote that this stamp allows.
pub fn by_stamp(db: &Connection, stamp: &str) -> Result<Option<Quote>> {
    one(db, "q.stamp = ?1", [stamp])
}

/// The quote that was asked for with this QuoteRequest.
pub fn by_request(db: &Connection, request: &str) -> Result<Option<Quote>> {
    one(db, "q.request_uri = ?1", [request])
}

/// The posts that quote `quoted`, whatever became of it.
pub fn quoting(db: &Connection, quoted: StatusId) -> Result<Vec<StatusId>> {
    let mut statement = db.prepare_cached("SELECT status_id FROM quotes WHERE quoted_id = ?1 ORDER BY status_id")?;
    let rows = statement.query_map([quoted], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Posts by people here that quote `quoted` with consent, and their authors.
pub fn local_quoting(db: &Connection, quoted: StatusId) -> Result<Vec<(StatusId, AccountId)>> {
    let mut statement = db.prepare_cached(
        "SELECT s.id, s.account_id FROM quotes q JOIN statuses s ON s.id = q.status_id
         WHERE q.quoted_id = ?1 AND q.state = 'accepted' AND s.local ORDER BY s.id",
    )?;
    let rows = statement.query_map([quoted], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How often each of these posts is quoted, with consent and openly.
pub fn counts(db: &Connection, ids: &[StatusId]) -> Result<Vec<(StatusId, i64)>> {
    let mut statement = db.prepare_cached(
        "SELECT q.quoted_id, count(*) FROM quotes q CROSS JOIN statuses s ON s.id = q.status_id
         WHERE q.quoted_id IN (SELECT value FROM json_each(?1)) AND q.state = 'accepted'
           AND s.visibility IN ('public', 'unlisted') GROUP BY q.quoted_id",
    )?;
    let rows = statement.query_map([json_list(ids)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The posts that quote `quoted` with consent and that `viewer` may and wants to see, newest first.
pub fn list(db: &Connection, quoted: StatusId, viewer: AccountId, page: &Page, now: Time) -> Result<Vec<Status>> {
    let sql = format!(
        "SELECT {STATUS} FROM quotes q CROSS JOIN statuses s ON s.id = q.status_id
         WHERE q.quoted_id = :quoted AND q.status_id < :below AND q.status_id > :above AND q.state = 'accepted'
           AND {READABLE} AND {} ORDER BY q.status_id {} LIMIT :limit",
        welcome!("s.account_id"),
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":quoted": quoted, ":viewer": viewer, ":now": now, ":below": page.below(), ":above": page.above(),
            ":limit": page.limit,
        },
        Status::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// A quote as one viewer meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The quoting post.
    pub status_id: StatusId,
    /// The quoted post, if we hold it.
    pub quoted_id: Option<StatusId>,
    /// As the Mastodon entity Quote names it.
    pub state: &'static str,
}

impl Met {
    /// Whether the viewer is shown the quoted post, be it behind a notice.
    pub fn shows(&self) -> bool {
        matches!(self.state, "accepted" | "blocked_account" | "blocked_domain" | "muted_account")
    }
}

/// The quotes in these posts as `viewer` (`None`: a stranger) meets them. Quotes of the old spelling that nobody agreed
/// to are left out.
pub fn met(db: &Connection, viewer: Option<AccountId>, ids: &[StatusId], now: Time) -> Result<Vec<Met>> {
    let sql = format!(
        "SELECT {COLUMNS}, s.id AS seen, s.reblog_of_id IS NULL AND s.account_id IS NOT NULL AND {READABLE}
             AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = s.account_id AND b.target_id = :viewer)
             AND (SELECT suspended_at IS NULL FROM accounts WHERE id = s.account_id) AS readable,
             EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = :viewer AND b.target_id = s.account_id) AS blocked,
             EXISTS (SELECT 1 FROM accounts e CROSS JOIN user_domain_blocks d
                     ON d.account_id = :viewer AND d.domain = e.domain WHERE e.id = s.account_id) AS walled,
             EXISTS (SELECT 1 FROM mutes u WHERE u.account_id = :viewer AND u.target_id = s.account_id
                     AND (u.expires_at IS NULL OR u.expires_at > :now)) AS muted
         FROM quotes q LEFT JOIN statuses s ON s.id = q.quoted_id
         WHERE q.status_id IN (SELECT value FROM json_each(:ids)) AND (q.state = 'accepted' OR NOT q.legacy)"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! {":viewer": viewer, ":ids": json_list(ids), ":now": now}, |row| {
        let quote = Quote::from_row(row)?;
        let flag = |name: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<bool>>(name)?.unwrap_or(false));
        let state = match quote.state {
            State::Pending | State::Accepted if quote.is_deleted() => "deleted",
            State::Accepted if quote.quoted_id.is_none() => "pending",
            State::Accepted if !flag("readable")? => "unauthorized",
            State::Accepted if flag("blocked")? => "blocked_account",
            State::Accepted if flag("walled")? => "blocked_domain",
            State::Accepted if flag("muted")? => "muted_account",
            state => state.as_str(),
        };
        Ok(Met { status_id: quote.status_id, quoted_id: quote.quoted_id, state })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn one(db: &Connection, condition: &str, params: impl rusqlite::Params) -> Result<Option<Quote>> {
    let sql = format!("SELECT {COLUMNS} FROM quotes q WHERE {condition}");
    Ok(db.prepare_cached(&sql)?.query_row(params, Quote::from_row).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activitypub::audience::Visibility;
    use crate::store::testing::World;
    use crate::store::{blocks, statuses};

    fn quote(world: &World, status: StatusId, quoted: StatusId, state: State, legacy: bool) {
        let target = statuses::by_id(&world.tx(), quoted).expect("reads").expect("exists");
        let row = Quote {
            status_id: status,
            quoted_id: Some(quoted),
            quoted_uri: target.uri,
            quoted_account_id: Some(target.account_id),
            state,
            found: true,
            legacy,
            stamp: None,
            request_uri: None,
        };
        put(&world.tx(), &row).expect("writes");
    }

    #[test]
    fn a_viewer_meets_what_was_agreed_to_and_may_be_seen() {
        let world = World::new();
        let (alice, bob, carol) = (world.local("alice"), world.remote("bob"), world.local("carol"));
        let open = world.post(bob, "open");
        let secret = world.post_with(bob, "secret", |row| row.visibility = Visibility::Private);
        let mut expected = Vec::new();
        for (quoted, state, legacy, seen) in [
            (open, State::Accepted, true, Some("accepted")),
            (open, State::Pending, false, Some("pending")),
            (open, State::Pending, true, None),
            (open, State::Revoked, false, Some("revoked")),
            (secret, State::Accepted, false, Some("unauthorized")),
        ] {
            let status = world.post(alice, "look");
            quote(&world, status, quoted, state, legacy);
            expected.push((status, seen));
        }
        let ids: Vec<StatusId> = expected.iter().map(|(id, _)| *id).collect();
        let seen = |viewer| -> Vec<(StatusId, &'static str)> {
            met(&world.tx(), viewer, &ids, Time(0)).expect("reads").iter().map(|m| (m.status_id, m.state)).collect()
        };
        let wanted: Vec<_> = expected.iter().filter_map(|(id, seen)| Some((*id, (*seen)?))).collect();
        assert_eq!(seen(None), wanted);
        assert_eq!(seen(Some(carol)), wanted);
        assert_eq!(counts(&world.tx(), &[open, secret]).expect("counts"), [(open, 1), (secret, 1)]);
        let page = Page::first(10);
        assert_eq!(list(&world.tx(), open, carol, &page, Time(0)).expect("lists").len(), 1);
        blocks::insert(&world.tx(), 1, carol, bob, "https://a.example/b", Time(0)).expect("blocks");
        assert_eq!(seen(Some(carol))[0].1, "blocked_account");
        let row = statuses::by_id(&world.tx(), open).expect("reads").expect("exists");
        statuses::delete(&world.tx(), &row).expect("deletes");
        assert_eq!(seen(None)[..2].iter().map(|(_, state)| *state).collect::<Vec<_>>(), ["deleted", "deleted"]);
    }
}
