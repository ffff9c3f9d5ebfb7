//! Relays: servers that hand on public posts of many others. We are a client of theirs, of two kinds.
//!
//! Of Mastodon's kind: its inbox is sent a Follow of the public collection. Of LitePub's: its actor is followed, and follows
//! back. What a relay names is read at its origin (rule A8), within an allowance by second and by day, only if it carries
//! one of the chosen hashtags when there are any, and not at all while our own queue is late or the disk is full.
//! Spec: FEP-ae0c, rule R10.

use std::time::Duration;

use serde_json::Value;

use crate::activitypub::audience::{PUBLIC, Visibility};
use crate::activitypub::envelope::Activity;
use crate::activitypub::{build, ids, note, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{RelayId, StatusId};
use crate::store::accounts::{self, Account, INSTANCE};
use crate::store::deliveries::Priority;
use crate::store::relays::{self, Relay, State, Style};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx};
use crate::text::hashtags;

use super::fetch::{self, Budget};
use super::{outbox, receive};

/// How much a relay may bring unless somebody says otherwise: by second, by day.
const ALLOWANCE: (i64, i64) = (1, 1_000);
/// Relays rest when something waits in our inbox for longer than this, …
const LATE: Duration = Duration::from_secs(300);
/// … or when less than this is free on the disk, in bytes; …
const FREE: u64 = 1 << 30;
/// … and for this long at least.
const REST: Duration = Duration::from_secs(900);

/// What an operator says about a relay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Only posts with one of these hashtags; empty: all.
    pub tags: Option<Vec<String>>,
    /// Posts by second.
    pub per_second: Option<i64>,
    /// Posts by day.
    pub per_day: Option<i64>,
}

/// Subscribes to the relay at `address`: an inbox of Mastodon's kind (it ends with `/inbox`), or the id of an actor.
pub async fn add(app: &App, address: &str, options: Options) -> Result<Relay> {
    let url = ids::valid_remote_id(address.trim(), app.config.development)
        .map_err(|_| Error::invalid("inbox_url", "is not the address of a relay"))?;
    let (style, inbox, actor) = if url.path().trim_end_matches('/').ends_with("/inbox") {
        (Style::Mastodon, url.to_string(), None)
    } else {
        let actor = fetch::actor(app, address.trim(), &mut Budget::default()).await;
        let actor = actor.map_err(|error| error.named_in("inbox_url"))?;
        (Style::LitePub, actor.inbox.clone(), Some(actor.uri))
    };
    let now = app.clock.now();
    let relay = Relay {
        id: app.ids.next(now),
        inbox,
        actor,
        style,
        state: State::Idle,
        follow_uri: None,
        tags: options
            .tags
            .iter()
            .flatten()
            .filter_map(|tag| hashtags::normalise(tag.trim_start_matches('#')))
            .collect(),
        per_second: options.per_second.unwrap_or(ALLOWANCE.0).clamp(1, 100),
        per_day: options.per_day.unwrap_or(ALLOWANCE.1).clamp(1, 1_000_000),
        day: Time(0),
        day_count: 0,
        paused_until: None,
        paused_why: None,
        created_at: now,
    };
    let id = relay.id;
    let write = move |tx: &Tx| match relays::by_inbox(tx, &relay.inbox)? {
        Some(_) => Err(Error::invalid("inbox_url", "is a relay that you have already")),
        None => relays::put(tx, &relay),
    };
    app.store.write(write).await?;
    enable(app, id).await
}

/// Asks the relay to send us what it has.
pub async fn enable(app: &App, id: RelayId) -> Result<Relay> {
    let (deed, now) = (app.clone(), app.clock.now());
    let relay = app
        .store
        .write(move |tx| {
            let mut relay = relays::by_id(tx, id)?.ok_or(Error::NotFound("relay"))?;
            if relay.state == State::Accepted {
                return Ok(relay);
            }
            let us = instance(tx)?;
            let uri = ids::follow(&us.uri, deed.ids.next::<i64>(now));
            outbox::post(
                tx,
                &deed,
                &us,
                &follow(&relay, &us, &uri),
                &[(relay.inbox.clone(), Priority::Mentioned)],
                now,
            )?;
            relay.state = State::Pending;
            relay.follow_uri = Some(uri);
            relays::put(tx, &relay)?;
            Ok(relay)
        })
        .await?;
    app.deliveries_waiting.notify_one();
    Ok(relay)
}

/// Ends the subscription; the relay stays in the list.
pub async fn disable(app: &App, id: RelayId) -> Result<Relay> {
    let (deed, now) = (app.clone(), app.clock.now());
    let relay = app.store.write(move |tx| leave(tx, &deed, id, now)).await?;
    app.deliveries_waiting.notify_one();
    Ok(relay)
}

/// Ends the subscription and forgets the relay.
pub async fn remove(app: &App, id: RelayId) -> Result<()> {
    let (deed, now) = (app.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            leave(tx, &deed, id, now)?;
            relays::delete(tx, id)
        })
        .await?;
    app.deliveries_waiting.notify_one();
    Ok(())
}

fn leave(tx: &Tx, app: &App, id: RelayId, now: Time) -> Result<Relay> {
    let mut relay = relays::by_id(tx, id)?.ok_or(Error::NotFound("relay"))?;
    if let Some(uri) = relay.follow_uri.take().filter(|_| relay.state != State::Idle) {
        let us = instance(tx)?;
        let undo = build::undo(&follow(&relay, &us, &uri));
        outbox::post(tx, app, &us, &undo, &[(relay.inbox.clone(), Priority::Mentioned)], now)?;
    }
    relay.state = State::Idle;
    relays::put(tx, &relay)?;
    Ok(relay)
}

/// An Accept or Reject of a Follow that we sent to a relay; `None`: it is of something else.
pub async fn answered(app: &App, activity: &Activity, actor: &Account, yes: bool) -> Result<Option<String>> {
    let named = activity.object_id().map(str::to_owned);
    let us = app.config.url("/actor");
    let ours = activity.embedded().and_then(|follow| read::id(follow, "actor")) == Some(&us);
    let actor = actor.uri.clone();
    let write = move |tx: &Tx| {
        let by_follow = named.map_or(Ok(None), |uri| relays::by_follow(tx, &uri))?;
        // Some answer with an id of their own making.
        let asked = |relay: &Relay| ours && relay.state == State::Pending && ids::same_origin(&relay.inbox, &actor);
        let found = match by_follow {
            Some(relay) => Some(relay),
            None => relays::all(tx)?.into_iter().find(asked),
        };
        let Some(mut relay) = found else { return Ok(None) };
        if !ids::same_origin(&relay.inbox, &actor) || relay.state == State::Idle {
            return Ok(Some("ignored: not the relay that was asked".to_owned()));
        }
        relay.state = if yes { State::Accepted } else { State::Rejected };
        relay.actor = Some(actor);
        relays::put(tx, &relay)?;
        Ok(Some(if yes { "the relay accepts" } else { "the relay declines" }.to_owned()))
    };
    app.store.write(write).await
}

/// Whether this actor is a relay that we asked, so that it may follow us.
pub fn may_follow(db: &Connection, actor: &Account) -> Result<bool> {
    let relay = relays::by_actor(db, &actor.uri)?;
    Ok(relay.is_some_and(|relay| matches!(relay.state, State::Pending | State::Accepted)))
}

/// The relay that this actor is.
pub async fn of(app: &App, actor: &str) -> Result<Option<Relay>> {
    let actor = actor.to_owned();
    app.store.read(move |db| relays::by_actor(db, &actor)).await
}

/// A relay named a post. Answers what became of it, for the trace.
pub async fn received(app: &App, relay: Relay, object: &str, budget: &mut Budget) -> Result<String> {
    let now = app.clock.now();
    if relay.state != State::Accepted {
        return Ok("ignored: this relay is switched off".into());
    }
    if relay.is_paused(now) {
        return Ok(format!("ignored: relays rest ({})", relay.paused_why.unwrap_or_default()));
    }
    let wanted = object.to_owned();
    let known = app.store.read(move |db| statuses::by_uri(db, &wanted)).await?.is_some();
    if known || ids::parse(&app.config.url(""), object).is_some() {
        return Ok("known already".into());
    }
    let id = relay.id;
    if !app.store.write(move |tx| relays::take(tx, id, now)).await? {
        return Ok("ignored: the relay's allowance is used up".into());
    }
    // Whom it answers is not asked for: a relay brings what people say, not what they talk about.
    budget.depth = 0;
    let document = fetch::gated(app, object, "post", budget).await?;
    if !note::is_post(&document) {
        return Ok("ignored: not a post".into());
    }
    let note = note::read(&document, app.config.development)?;
    if !note.to.iter().any(|recipient| recipient == PUBLIC) {
        return Ok("ignored: not a public post".into());
    }
    let names: Vec<String> = note.hashtags.iter().filter_map(|tag| hashtags::normalise(tag)).collect();
    if !relay.tags.is_empty() && !relay.tags.iter().any(|tag| names.contains(tag)) {
        return Ok("ignored: without any of the relay's hashtags".into());
    }
    let author = fetch::actor(app, &note.attributed_to, budget).await?;
    if author.suspended_at.is_some() {
        return Ok("ignored: the author is suspended".into());
    }
    match receive::relayed(app, &document, author, budget).await? {
        Some(status) => {
            app.store.write(move |tx| relays::kept(tx, id, now)).await?;
            Ok(format!("stored as {}, from a relay", status.id))
        }
        None => Ok("rejected by a filter".into()),
    }
}

/// Sends a public post of ours, its edit or its end to the relays. Answers whether there are deliveries.
pub fn publish(tx: &Tx, app: &App, me: &Account, status: &Status, activity: &Value, now: Time) -> Result<bool> {
    if status.visibility != Visibility::Public || status.local_only || me.silenced_at.is_some() {
        return Ok(false);
    }
    let accepted: Vec<Relay> = relays::all(tx)?.into_iter().filter(|relay| relay.state == State::Accepted).collect();
    let inboxes = |style: Style| -> Vec<(String, Priority)> {
        let those = accepted.iter().filter(|relay| relay.style == style);
        those.map(|relay| (relay.inbox.clone(), Priority::Actor)).collect()
    };
    let mut any = false;
    let direct = inboxes(Style::Mastodon);
    if !direct.is_empty() {
        any |= outbox::post(tx, app, me, activity, &direct, now)?;
    }
    let followed = inboxes(Style::LitePub);
    if !followed.is_empty() && activity.get("type").and_then(Value::as_str) == Some("Create") {
        let us = instance(tx)?;
        let id = ids::boost(&us.uri, app.ids.next::<StatusId>(now));
        let announce =
            build::announce(&id, &us.uri, &status.uri, now, &[ids::followers(&us.uri)], &[PUBLIC.to_owned()]);
        any |= outbox::post(tx, app, &us, &announce, &followed, now)?;
    }
    Ok(any)
}

/// Lets relays rest while our own queue is late or the disk is nearly full; answers how many that are anew.
pub async fn watch(app: &App) -> Result<usize> {
    let (now, free) = (app.clock.now(), free_bytes(&app.config.data));
    app.store
        .write(move |tx| {
            let late = u128::try_from(relays::queue_age(tx, now)?).unwrap_or(0) > LATE.as_millis();
            let why = match free {
                _ if late => "the inbox is late",
                Some(free) if free < FREE => "the disk is nearly full",
                _ => return Ok(0),
            };
            relays::pause(tx, now.plus(REST), why, now)
        })
        .await
}

/// What is free on the disk that `folder` lies on.
#[cfg(unix)]
fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &std::path::Path) -> Option<u64> {
    None
}

fn follow(relay: &Relay, us: &Account, uri: &str) -> Value {
    let object = match (relay.style, &relay.actor) {
        (Style::LitePub, Some(actor)) => actor.clone(),
        _ => PUBLIC.to_owned(),
    };
    build::follow(&build::Follow { id: uri.to_owned(), actor: us.uri.clone(), object })
}

fn instance(db: &Connection) -> Result<Account> {
    accounts::by_id(db, INSTANCE)?.ok_or(Error::NotFound("instance actor"))
}
