//! Putting an emoji under a post, from here or from elsewhere. Unicode emoji only.
//!
//! Sent as a Like with `content`, so that servers without reactions see a favourite. Spec: FEP-c0e0, rule R3.

use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::reactions::{self, Reaction};
use crate::store::statuses::Status;
use crate::store::{Tx, notifications};
use crate::streams::Announcements;
use crate::text::emoji;

use super::outbox::{self, Recipients};
use super::{notify, post};

/// The kind of its notification.
pub const KIND: &str = "pleroma:emoji_reaction";
/// How many emoji one account may put under one post.
const MOST: usize = 20;

/// Puts the emoji under the post; answers it. Doing it twice is fine.
pub async fn add(app: &App, me: &Account, id: StatusId, name: &str) -> Result<Status> {
    if !emoji::is_emoji(name) {
        return Err(Error::invalid("emoji", "is not one Unicode emoji"));
    }
    let (now, me, deed, name) = (app.clock.now(), me.clone(), app.clone(), name.to_owned());
    let (status, told) = app
        .store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me.id))?;
            if reactions::count(tx, me.id, status.id)? >= MOST {
                return Err(Error::invalid("emoji", format!("is one more than the {MOST} that one post may get")));
            }
            let id = deed.ids.next::<i64>(now);
            let reaction =
                Reaction { id, account_id: me.id, status_id: status.id, name, uri: ids::reaction(&me.uri, id) };
            let told = write(tx, &deed, &me, &status, &reaction, now)?;
            Ok((status, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
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
        let react = build::react(&reaction.uri, &who.uri, &status.uri, &reaction.name);
        told.deliveries |= outbox::send(tx, app, who, &react, &Recipients::one(status.account_id), now)?;
    }
    Ok(told)
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
    let Some(uri) = reactions::delete(tx, who.id, status.id, name)? else { return Ok(told) };
    if reactions::count(tx, who.id, status.id)? == 0 {
        notifications::remove(tx, status.account_id, KIND, who.id, Some(status.id))?;
    }
    if who.is_local() && !status.local {
        let undo = build::undo(&build::react(&uri, &who.uri, &status.uri, name));
        told.deliveries |= outbox::send(tx, app, who, &undo, &Recipients::one(status.account_id), now)?;
    }
    Ok(told)
}
