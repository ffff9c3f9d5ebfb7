//! What a bot is told next: the events that are due, as the contract has them, and who acts.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::plugins::bot::{self as told, BATCH, Body, Caller, NextId, Occasion, Running, Used};
use crate::plugins::facts::{self, Ground};
use crate::store::accounts::{self, Account};
use crate::store::bot_events::{self, Event};
use crate::store::bots::{self, Act, Bot};
use crate::store::{Connection, bot_timers, statuses};

use super::super::translate;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// One call of a bot.
pub(super) struct Told {
    pub account: Account,
    pub row: Bot,
    /// What it is called for; all of it, also what it does not get to see.
    pub events: Vec<Event>,
    pub caller: Caller,
    /// `None`: it gets to see nothing of it.
    pub occasion: Option<Occasion>,
}

/// Gathers the next call; `None`: nothing is due, or the bot is not there.
pub(super) async fn gather(app: &App, bot: &Running) -> Result<Option<Told>> {
    let (now, ground, deed) = (app.clock.now(), translate::ground(app), app.clone());
    let bot = bot.clone();
    app.store
        .read(move |db| {
            let plugin = bot.id();
            let Some((row, account)) = actor(db, plugin)? else { return Ok(None) };
            let events = batch(bot_events::due(db, plugin, now, BATCH)?);
            let Some(first) = events.first() else { return Ok(None) };
            let occasion = if first.what.kind == "timer" {
                Some(Occasion::Timer { name: first.what.name.clone(), payload: first.what.payload.clone() })
            } else {
                let mut bodies = Vec::new();
                for event in &events {
                    if let Some(body) = body(db, &ground, &bot, event, now)? {
                        bodies.push(told::Event { seq: u64::try_from(event.id).unwrap_or(0), body });
                    }
                }
                (!bodies.is_empty()).then_some(Occasion::Events(bodies))
            };
            let count = |act: Act, within: Duration| bots::count(db, plugin, act, now.minus(within));
            let used = Used {
                posts_hour: count(Act::Post, HOUR)?,
                posts_day: count(Act::Post, DAY)?,
                reacts_hour: count(Act::React, HOUR)?,
                follows_day: count(Act::Follow, DAY)?,
            };
            let timers = bot_timers::of(db, plugin)?;
            let caller = Caller {
                account: account.id,
                uri: account.uri.clone(),
                next_id: NextId(Arc::new(move || deed.ids.next::<i64>(now))),
                used,
                timers: timers.into_iter().filter(|timer| timer.cron.is_none()).map(|timer| timer.name).collect(),
            };
            Ok(Some(Told { account, row, events, caller, occasion }))
        })
        .await
}

/// The bot of this plugin and its account, unless that may not act.
pub(super) fn actor(db: &Connection, plugin: &str) -> Result<Option<(Bot, Account)>> {
    let Some(row) = bots::of_plugin(db, plugin)? else { return Ok(None) };
    let account = accounts::by_id(db, row.account_id)?;
    let acts = |account: &Account| account.suspended_at.is_none() && account.deleted_at.is_none();
    Ok(account.filter(acts).map(|account| (row, account)))
}

/// An alarm comes alone, and so does what failed before; the others come together.
fn batch(due: Vec<Event>) -> Vec<Event> {
    let plain = |event: &Event| event.what.kind != "timer" && event.attempts == 0;
    match due.first() {
        Some(first) if plain(first) => due.into_iter().take_while(plain).collect(),
        _ => due.into_iter().take(1).collect(),
    }
}

/// The event as the bot gets to see it; `None`: it is not for it, or what it is about is gone.
fn body(db: &Connection, ground: &Ground, bot: &Running, event: &Event, now: Time) -> Result<Option<Body>> {
    let what = &event.what;
    let post = || {
        let Some(status) = what.status_id.map_or(Ok(None), |id| statuses::by_id(db, id))? else { return Ok(None) };
        if !bot.grants().see(Some(status.visibility)) {
            return Ok(None);
        }
        let envelope = facts::stored(db, ground, &status, now)?;
        Ok::<_, crate::error::Error>(envelope.map(|envelope| Box::new(bot.shown(envelope))))
    };
    let actor = || {
        let Some(account) = what.account_id.map_or(Ok(None), |id| accounts::by_id(db, id))? else { return Ok(None) };
        Ok::<_, crate::error::Error>(Some(Box::new(facts::actor(db, ground, &account, bot.counts())?)))
    };
    let name = what.name.clone();
    Ok(match what.kind.as_str() {
        "mention" => post()?.map(Body::Mention),
        "reply" => post()?.map(Body::Reply),
        "quote" => post()?.map(Body::Quote),
        "direct" => post()?.map(Body::Direct),
        "timeline" => post()?.map(Body::Timeline),
        "followed" => actor()?.map(|actor| Body::Followed(actor, name)),
        "unfollowed" => actor()?.map(Body::Unfollowed),
        "reacted" => actor()?.map(|actor| Body::Reacted(actor, name)),
        "boosted" => actor()?.map(|actor| Body::Boosted(actor, name)),
        "voted" => actor()?.map(|actor| Body::Voted(actor, name)),
        "deleted" => Some(Body::Deleted(name)),
        "extra" if matches!(name.as_str(), "blocked" | "unblocked") && !bot.grants().has("control") => None,
        "extra" => Some(Body::Extra(name, String::from_utf8_lossy(&what.payload).into_owned())),
        _ => None,
    })
}
