//! Why did this not arrive? Everything that is known of one activity, post, person or server, in words.
//!
//! What happened is in the table `events`, which the inbox, its worker, the filters and the deliveries write; what waits is in
//! their queues; how we stand to a server is decided at the border. Here it is put together, oldest first.

use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::store::accounts::{self, Account};
use crate::store::events::{self, Event, Outcome, Step};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, deliveries, follows, inbox, peers, tombstones};
use crate::text::locale::Lang;
use crate::text::mentions;

use super::border;

/// The most events that are told.
const EVENTS: i64 = 200;
/// The most waiting deliveries that are told.
const WAITING: i64 = 50;

/// What is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was asked.
    pub query: String,
    /// `post`, `activity`, `account`, `server` or `unknown`.
    pub kind: &'static str,
    /// What is so now, in sentences.
    pub summary: Vec<String>,
    /// What happened, oldest first.
    pub steps: Vec<Told>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The row.
    pub event: Event,
    /// In words.
    pub text: String,
}

/// Notes what happened to an activity; called in the transaction that it happened in.
pub fn note(tx: &crate::store::Tx, event: &Event) -> Result<()> {
    events::note(tx, event)
}

/// Host and port of an address.
pub fn host_of(address: &str) -> String {
    let url = url::Url::parse(address).ok();
    let authority = url.as_ref().and_then(|url| crate::activitypub::signature::authority(url).ok());
    authority.unwrap_or_default()
}

/// Everything about `query`: the id or page of a post, the id of an activity, a handle, the id of an actor, or a domain.
pub async fn report(app: &App, query: &str, lang: Lang) -> Result<Report> {
    let (query, deed, now) = (query.trim().to_owned(), app.clone(), app.clock.now());
    app.store.read(move |db| Teller { db, app: &deed, lang, now, summary: Vec::new() }.report(query)).await
}

struct Teller<'a> {
    db: &'a Connection,
    app: &'a App,
    lang: Lang,
    now: Time,
    summary: Vec<String>,
}

impl Teller<'_> {
    fn report(mut self, query: String) -> Result<Report> {
        let (kind, events) = self.gather(&query)?;
        if self.summary.is_empty() && events.is_empty() {
            self.say("trace.nothing", &[("query", &query)]);
        }
        let steps = events.into_iter().map(|event| Told { text: self.words(&event), event }).collect();
        Ok(Report { query, kind, summary: self.summary, steps })
    }

    fn gather(&mut self, query: &str) -> Result<(&'static str, Vec<Event>)> {
        if !query.contains("://") {
            if let Ok(id) = query.parse::<crate::ids::StatusId>()
                && let Some(status) = statuses::by_id(self.db, id)?
            {
                return Ok(("post", self.post(&status)?));
            }
            return self.name(query);
        }
        if let Some(status) = statuses::by_uri_or_url(self.db, query)? {
            return Ok(("post", self.post(&status)?));
        }
        if let Some(account) = accounts::by_uri_or_url(self.db, query)? {
            return Ok(("account", self.account(&account)?));
        }
        if tombstones::exists(self.db, query)? {
            self.say("trace.deleted", &[]);
        }
        self.server(&host_of(query))?;
        self.waiting(query)?;
        Ok(("activity", events::about(self.db, query, EVENTS)?))
    }

    fn name(&mut self, query: &str) -> Result<(&'static str, Vec<Event>)> {
        if let Some((user, domain)) = mentions::parse(query).filter(|_| query.contains('@')) {
            let own = [&self.app.config.handle_domain, &self.app.config.domain];
            let domain = domain.filter(|domain| !own.contains(&domain));
            if let Some(account) = accounts::by_handle(self.db, &user, domain.as_deref())? {
                return Ok(("account", self.account(&account)?));
            }
            let Some(domain) = domain else { return Ok(("unknown", Vec::new())) };
            self.say("trace.account.unknown", &[("handle", query)]);
            self.server(&domain)?;
            return Ok(("account", events::with_peer(self.db, &domain, EVENTS)?));
        }
        let Some(domain) = mentions::domain(query) else { return Ok(("unknown", Vec::new())) };
        self.server(&domain)?;
        Ok(("server", events::with_peer(self.db, &domain, EVENTS)?))
    }

    fn post(&mut self, status: &Status) -> Result<Vec<Event>> {
        let author = accounts::by_id(self.db, status.account_id)?;
        let name = author.as_ref().map(Account::acct).unwrap_or_default();
        let (at, name) = (status.created_at.rfc3339(), format!("@{name}"));
        if status.local {
            self.say("trace.post.local", &[("name", &name), ("time", &at)]);
        } else {
            self.say("trace.post.remote", &[("name", &name), ("time", &at)]);
        }
        if status.local_only {
            self.say("trace.post.stays", &[]);
        } else if status.local && status.visibility == Visibility::Direct {
            self.say("trace.post.direct", &[]);
        } else if status.local && status.visibility == Visibility::Private {
            self.say("trace.post.private", &[]);
        }
        if let Some(author) = author.filter(|author| !author.is_local()) {
            self.server(&host_of(&author.uri))?;
        }
        self.waiting(&status.uri)?;
        events::about(self.db, &status.uri, EVENTS)
    }

    fn account(&mut self, account: &Account) -> Result<Vec<Event>> {
        let name = format!("@{}", account.acct());
        if account.suspended_at.is_some() {
            self.say("trace.account.suspended", &[("name", &name)]);
        }
        if account.is_local() {
            self.say("trace.account.local", &[("name", &name), ("count", &account.followers_count.to_string())]);
            return events::by_actor(self.db, &account.uri, EVENTS);
        }
        let followers = follows::local_followers(self.db, account.id)?.len();
        let key = if followers == 0 { "trace.account.unfollowed" } else { "trace.account.followed" };
        self.say(key, &[("name", &name), ("count", &followers.to_string())]);
        let host = host_of(&account.uri);
        self.server(&host)?;
        // What came from its server unproven, or went there, is told by the server.
        let mut found = events::by_actor(self.db, &account.uri, EVENTS)?;
        let more = events::with_peer(self.db, &host, EVENTS)?;
        found.extend(more.into_iter().filter(|event| event.actor.is_none()));
        found.sort_by_key(|event| event.at);
        Ok(found)
    }

    /// How we stand to a server and it to us.
    fn server(&mut self, host: &str) -> Result<()> {
        let own = [self.app.config.domain.as_str(), self.app.config.handle_domain.as_str()];
        if host.is_empty() || own.contains(&host) {
            return Ok(());
        }
        let standing = border::standing(self.db, host)?;
        if standing.barred {
            self.say("trace.server.barred", &[("host", host)]);
        } else if standing.silenced {
            self.say("trace.server.silenced", &[("host", host)]);
        }
        for (origin, health) in peers::of_host(self.db, host)? {
            if health.fails > 0 {
                let since = health.failing_since.unwrap_or(self.now).rfc3339();
                let next = health.retry_at.unwrap_or(self.now).rfc3339();
                let error = peers::last_error(self.db, &origin)?.unwrap_or_default();
                let (fails, days) = (health.fails.to_string(), health.failed_days.to_string());
                let gaps = [
                    ("host", host),
                    ("since", &since),
                    ("fails", &fails),
                    ("days", &days),
                    ("next", &next),
                    ("error", &error),
                ];
                self.say("trace.server.failing", &gaps);
            } else {
                self.say("trace.server.healthy", &[("host", host)]);
            }
        }
        Ok(())
    }

    /// What of the activity `id`, or of the activities of the post `id`, still waits.
    fn waiting(&mut self, id: &str) -> Result<()> {
        for row in deliveries::of_activity(self.db, id, WAITING)? {
            let (since, tries) = (row.created_at.rfc3339(), row.attempts.to_string());
            let error = row.last_error.unwrap_or_default();
            let gaps = [("inbox", row.inbox.as_str()), ("since", &since), ("tries", &tries), ("error", &error)];
            self.say(if row.dropped { "trace.waiting.dropped" } else { "trace.waiting.delivery" }, &gaps);
        }
        if let Some((state, received, outcome)) = inbox::of_activity(self.db, id)? {
            let at = received.rfc3339();
            let key = match state.as_str() {
                "unverified" => "trace.waiting.unverified",
                "ready" => "trace.waiting.inbox",
                "parked" => "trace.waiting.parked",
                _ => "trace.waiting.done",
            };
            self.say(key, &[("time", &at), ("outcome", outcome.as_deref().unwrap_or_default())]);
        }
        Ok(())
    }

    fn say(&mut self, key: &'static str, gaps: &[(&str, &str)]) {
        self.summary.push(self.lang.fill(key, gaps));
    }

    fn words(&self, event: &Event) -> String {
        let key = match (event.step, event.outcome) {
            (Step::Signature, _) => "trace.signature",
            (Step::Filter, Outcome::Refused) => "trace.filter.refused",
            (Step::Filter, _) => "trace.filter.changed",
            (Step::Verb, Outcome::Done) => "trace.verb.done",
            (Step::Verb, Outcome::Refused) => "trace.verb.refused",
            (Step::Verb, Outcome::Later) => "trace.verb.later",
            (Step::Verb, Outcome::Dropped) => "trace.verb.dropped",
            (Step::Delivery, Outcome::Done) => "trace.delivery.done",
            (Step::Delivery, Outcome::Later) => "trace.delivery.later",
            (Step::Delivery, Outcome::Refused | Outcome::Dropped) => "trace.delivery.dropped",
        };
        let what = event.activity.as_ref().or(event.object.as_ref()).map_or("", String::as_str);
        let who = event.actor.as_deref().unwrap_or_default();
        self.lang.fill(key, &[("peer", &event.peer), ("what", what), ("who", who), ("detail", &event.detail)])
    }
}
