//! Putting an emoji under a post, from here or from elsewhere: Unicode, or a custom one.
//!
//! Sent as a Like with `content`, so that servers without reactions see a favourite. Spec: FEP-c0e0, rule R3.

use serde_json::Value;

use crate::activitypub::policy::Deed;
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::reactions::{self, Reaction};
use crate::store::statuses::Status;
use crate::store::{Tx, custom_emojis, interactions, notifications};
use crate::streams::Announcements;

use super::outbox::{self, Recipients};
use super::{emoji, favourite, interact, moving, notify, plugin, post};

/// The kind of its notification.
pub const KIND: &str = "pleroma:emoji_reaction";
/// How many emoji one account may put under one post.
const MOST: usize = 20;

/// Puts the emoji under the post; answers it. Doing it twice is fine.
pub async fn add(app: &App, me: &Account, id: StatusId, name: &str) -> Result<Status> {
    moving::settled(me)?;
    Box::pin(plugin::judge_deed(app, me, plugin::Own::React(id, name))).await?;
    let (now, me, deed, name) = (app.clock.now(), me.clone(), app.clone(), name.to_owned());
    let (status, told) = app.store.write(move |tx| write_own(tx, &deed, &me, id, &name, now)).await?;
    told.announce(app);
    Ok(status)
}

/// The same inside of another deed.
pub(super) fn write_own(
    tx: &Tx,
    app: &App,
    me: &Account,
    id: StatusId,
    name: &str,
    now: Time,
) -> Result<(Status, Announcements)> {
    let status = post::readable(tx, id, Some(me.id))?;
    interact::check(tx, &status, me, Deed::Like)?;
    if reactions::count(tx, me.id, status.id)? >= MOST {
        return Err(Error::invalid("emoji", format!("is one more than the {MOST} that one post may get")));
    }
    let (name, emoji_id) = emoji::chosen(tx, &app.config, name, Some(status.id))?;
    let id = app.ids.next::<i64>(now);
    let uri = ids::reaction(&me.uri, id);
    let reaction = Reaction { id, account_id: me.id, status_id: status.id, name, uri, emoji_id };
    let told = write(tx, app, me, &status, &reaction, now)?;
    Ok((status, told))
}

/// Writes the reaction; a remote author is sent it, a local one is notified. A repeat, or one too many, changes nothing.
pub fn write(
    tx: &Tx,
    app: &App,
    who: &Account,
    status: &Status,
    reaction: &Reaction,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    if reactions::count(tx, who.id, status.id)? >= MOST || !reactions::insert(tx, reaction, now)? {
        return Ok(told);
    }
    if status.local {
        notify::tell(tx, app, KIND, status.account_id, who.id, Some(status.id), now, &mut told)?;
    } else if who.is_local() {
        let react = activity(tx, app, who, status, reaction)?;
        told.deliveries |= favourite::send(tx, app, who, status, &react, now)?;
    }
    post::tell_changed(tx, status, &mut told)?;
    Ok(told)
}

/// The reaction as other servers are told of it.
fn activity(tx: &Tx, app: &App, who: &Account, status: &Status, reaction: &Reaction) -> Result<Value> {
    let custom = reaction.emoji_id.map_or(Ok(None), |id| custom_emojis::by_id(tx, id))?;
    let custom = custom.map(|custom| emoji::on_the_wire(&app.config, &custom));
    let content = custom.as_ref().map_or_else(|| reaction.name.clone(), |custom| format!(":{}:", custom.name));
    Ok(build::react(&reaction.uri, &who.uri, &status.uri, &content, custom.as_ref()))
}

/// Takes the emoji back.
pub async fn remove(app: &App, me: &Account, id: StatusId, name: &str) -> Result<Status> {
    let (now, me, deed, name) = (app.clock.now(), me.clone(), app.clone(), name.to_owned());
    let (status, told) = app
        .store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me.id))?;
            let told = write_removal(tx, &deed, &me, &status, &name, now)?;
            Ok((status, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

/// Deletes the reaction, and its notification when it was the last; a remote author is sent an Undo.
pub fn write_removal(
    tx: &Tx,
    app: &App,
    who: &Account,
    status: &Status,
    name: &str,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    // Some clients ask with the colons, or name our own server.
    let name = name.trim_matches(':');
    let name = name.strip_suffix(&format!("@{}", app.config.handle_domain)).unwrap_or(name);
    let Some(reaction) = reactions::delete(tx, who.id, status.id, name)? else { return Ok(told) };
    interactions::forget(tx, &reaction.uri)?;
    if reactions::count(tx, who.id, status.id)? == 0 {
        notifications::remove(tx, status.account_id, KIND, who.id, Some(status.id))?;
    }
    if who.is_local() && !status.local {
        let undo = build::undo(&activity(tx, app, who, status, &reaction)?);
        told.deliveries |= outbox::send(tx, app, who, &undo, &Recipients::one(status.account_id), now)?;
    }
    post::tell_changed(tx, status, &mut told)?;
    Ok(told)
}
