//! Favouriting a post, from here or from elsewhere.

use serde_json::Value;

use crate::activitypub::policy::Deed;
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::statuses::Status;
use crate::store::{Tx, accounts, favourites, interactions, notifications};
use crate::streams::Announcements;

use super::interact::{self, Leave};
use super::outbox::{self, Recipients};
use super::{moving, notify, plugin, post};

/// Favourites the post; answers it. Doing it twice is fine.
pub async fn add(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    moving::settled(me)?;
    Box::pin(plugin::judge_deed(app, me, plugin::Own::Like(id))).await?;
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (status, told) = app.store.write(move |tx| write_own(tx, &deed, &me, id, now)).await?;
    told.announce(app);
    Ok(status)
}

/// The same inside of another deed.
pub(super) fn write_own(tx: &Tx, app: &App, me: &Account, id: StatusId, now: Time) -> Result<(Status, Announcements)> {
    let status = post::readable(tx, id, Some(me.id))?;
    interact::check(tx, &status, me, Deed::Like)?;
    let favourite = app.ids.next::<i64>(now);
    let told = write(tx, app, me, &status, favourite, &ids::like(&me.uri, favourite), now)?;
    Ok((post::known(tx, status.id)?, told))
}

/// Writes the favourite; a remote author is sent a Like, a local one is notified. A repeat changes nothing.
pub fn write(
    tx: &Tx,
    app: &App,
    who: &Account,
    status: &Status,
    id: i64,
    uri: &str,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    if !favourites::insert(tx, id, who.id, status.id, uri, now)? {
        return Ok(told);
    }
    if status.local {
        notify::tell(tx, app, "favourite", status.account_id, who.id, Some(status.id), now, &mut told)?;
    } else if who.is_local() {
        let like = build::like(uri, &who.uri, &status.uri);
        told.deliveries |= send(tx, app, who, status, &like, now)?;
    }
    Ok(told)
}

/// Sends a Like of ours to the author of the post, or asks them first.
pub(super) fn send(tx: &Tx, app: &App, who: &Account, status: &Status, like: &Value, now: Time) -> Result<bool> {
    match interact::leave(tx, status, who, Deed::Like)? {
        Leave::Free => outbox::send(tx, app, who, like, &Recipients::one(status.account_id), now),
        Leave::Ask { polite } => interact::ask(tx, app, who, status, (Deed::Like, polite), like, now),
        Leave::Denied => Ok(false),
    }
}

/// Takes the favourite back.
pub async fn remove(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (status, told) = app
        .store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me.id))?;
            let told = write_removal(tx, &deed, &me, &status, now)?;
            Ok((post::known(tx, status.id)?, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

/// Deletes the favourite and its notification; a remote author is sent an Undo.
pub fn write_removal(tx: &Tx, app: &App, who: &Account, status: &Status, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let Some(uri) = favourites::delete(tx, who.id, status.id)? else { return Ok(told) };
    notifications::remove(tx, status.account_id, "favourite", who.id, Some(status.id))?;
    interactions::forget(tx, &uri)?;
    let author = accounts::by_id(tx, status.account_id)?.ok_or(Error::NotFound("account"))?;
    if who.is_local() && !author.is_local() {
        let undo = build::undo(&build::like(&uri, &who.uri, &status.uri));
        told.deliveries |= outbox::send(tx, app, who, &undo, &Recipients::one(author.id), now)?;
    }
    Ok(told)
}
