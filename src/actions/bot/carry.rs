//! Doing what a bot wants: all of it, its memory, its alarms and the end of the events, in one transaction.

use crate::actions::follow::{self, Told};
use crate::actions::moderation::report;
use crate::actions::plugin::late;
use crate::actions::{favourite, post, react, reblog};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::plugins::bot::{Done, Running};
use crate::store::accounts::Account;
use crate::store::bot_events::{self, Event};
use crate::store::bot_timers::{self, Timer};
use crate::store::bots::{self, Act, Post};
use crate::store::{Tx, accounts, custom_emojis, follows, held, plugin_kv, statuses};
use crate::streams::Announcements;

use super::prepare::{self, NewPost, Ready, Way};

/// Does it, or nothing.
pub(super) async fn out(app: &App, bot: &Running, me: Account, events: &[Event], done: Done) -> Result<()> {
    let now = app.clock.now();
    let Done { acts, kv, timers } = done;
    let ready = prepare::all(app, &me, acts, now).await?;
    let (plugin, quota, events, deed) = (bot.id().to_owned(), bot.quota(), events.to_vec(), app.clone());
    let (told, late) = app
        .store
        .write(move |tx| {
            if bots::running(tx, me.id)?.is_none() {
                return Err(Error::Conflict("the bot was switched off meanwhile".into()));
            }
            let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
            if bot_events::done(tx, &plugin, &ids)? != ids.len() {
                return Err(Error::Conflict("the events were dealt with already".into()));
            }
            let depth = events.iter().map(|event| event.what.depth).max().unwrap_or(0) + 1;
            let (mut told, mut late) = (Announcements::default(), Vec::new());
            for one in ready {
                if let Ready::Post(post) = &one
                    && let Way::Late(..) = post.way
                {
                    late.push(post.id);
                }
                told.extend(write(tx, &deed, &plugin, &me, one, depth, now)?);
            }
            // What goes makes room for what comes.
            for (key, _) in kv.iter().filter(|(_, kept)| kept.is_none()) {
                plugin_kv::delete(tx, &plugin, key)?;
            }
            for (key, kept) in &kv {
                let Some((value, until)) = kept else { continue };
                if !plugin_kv::set(tx, &plugin, key, value, *until, quota, now)? {
                    return Err(Error::Conflict("what the bot keeps does not fit into its quota".into()));
                }
            }
            for (name, alarm) in timers {
                match alarm {
                    Some((at, payload)) => bot_timers::set(
                        tx,
                        &Timer { plugin_id: plugin.clone(), name, cron: None, jitter: 0, at, payload },
                    )?,
                    None => bot_timers::cancel(tx, &plugin, &name)?,
                }
            }
            for event in &events {
                event.what.status_id.map_or(Ok(()), |status| bots::told(tx, &plugin, status))?;
            }
            bots::advance(tx, &plugin, ids.iter().copied().max().unwrap_or(0))?;
            Ok((told, late))
        })
        .await?;
    told.announce(app);
    for id in late {
        late::begin(app, id);
    }
    Ok(())
}

fn write(tx: &Tx, app: &App, plugin: &str, me: &Account, ready: Ready, depth: i64, now: Time) -> Result<Announcements> {
    match ready {
        Ready::Post(post) => {
            let told = write_post(tx, app, me, &post, now)?;
            bots::note(tx, plugin, Act::Post, now)?;
            let row = Post {
                status_id: post.id,
                plugin_id: plugin.to_owned(),
                uri: post.uri,
                depth,
                idem: post.idem,
                created_at: now,
            };
            bots::posted(tx, &row)?;
            Ok(told)
        }
        Ready::Edit { composed, edit } => post::write_edit(tx, app, me, &composed, &edit, now),
        Ready::Delete(id) => {
            let status = post::known(tx, id)?;
            if status.account_id != me.id {
                return Err(Error::NotFound("status"));
            }
            post::write_removal(tx, app, me, &status, now)
        }
        Ready::React { post, emoji } => {
            bots::note(tx, plugin, Act::React, now)?;
            match emoji {
                None => Ok(favourite::write_own(tx, app, me, post, now)?.1),
                Some(name) => Ok(react::write_own(tx, app, me, post, &name, now)?.1),
            }
        }
        Ready::Boost(post) => {
            bots::note(tx, plugin, Act::React, now)?;
            Ok(reblog::write_own(tx, app, me, post, None, now)?.1)
        }
        Ready::Follow { target, on: true, new } => {
            if new {
                bots::note(tx, plugin, Act::Follow, now)?;
            }
            follow::write_own(tx, app, me, target, follow::Options::default(), now)
        }
        Ready::Follow { target, on: false, .. } => match follows::between(tx, me.id, target)? {
            Some(follow) => follow::write_end(tx, app, &follow, Told::Target, now),
            None => Ok(Announcements::default()),
        },
        Ready::AnswerFollow { request, accept } => {
            let follow = follows::by_uri(tx, &request)?.filter(|follow| follow.target_id == me.id);
            let Some(follow) = follow else { return Ok(Announcements::default()) };
            match (accept, follow.accepted) {
                (true, true) => Ok(Announcements::default()),
                (true, false) => {
                    let asker = accounts::by_id(tx, follow.account_id)?.ok_or(Error::NotFound("account"))?;
                    follow::write_accept(tx, app, &follow, &asker, me, now)
                }
                (false, _) => follow::write_end(tx, app, &follow, Told::Follower, now),
            }
        }
        Ready::Emoji(emoji) => {
            // Somebody may have made one of this name meanwhile; then theirs stays.
            if custom_emojis::by_name(tx, &emoji.shortcode, None)?.is_none() {
                custom_emojis::upsert(tx, &emoji)?;
            }
            Ok(Announcements::default())
        }
        Ready::Report { sender, new } => Ok(report::write(tx, app, &sender, me, new, now)?.1),
    }
}

fn write_post(tx: &Tx, app: &App, me: &Account, post: &NewPost, now: Time) -> Result<Announcements> {
    if statuses::by_id(tx, post.id)?.is_some() {
        return Err(Error::Conflict("there is a post with this id".into()));
    }
    match &post.way {
        Way::Out(composed) => post::write(tx, app, me, composed, now),
        Way::Late(composed, early) => {
            post::write_hidden(tx, composed)?;
            late::write(tx, me, &composed.status, &post.draft, early, now)
        }
        Way::Held(row, media) => {
            held::insert(tx, row, media)?;
            Ok(Announcements::default())
        }
    }
}
