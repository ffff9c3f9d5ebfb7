//! Favouriting a post, from here or from elsewhere.

use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::statuses::Status;
use crate::store::{Tx, accounts, favourites, notifications};
use crate::streams::Announcements;

use super::outbox::{self, Recipients};
use super::{notify, post};

/// Favourites the post; answers it. Doing it twice is fine.
pub async fn add(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (status, told) = app
        .store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me.id))?;
            let favourite = deed.ids.next::<i64>(now);
            let told = write(tx, &deed, &me, &status, favourite, &ids::like(&me.uri, favourite), now)?;
            Ok((post::known(tx, status.id)?, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
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
        told.deliveries |= outbox::send(tx, app, who, &like, &Recipients::one(status.account_id), now)?;
    }
    Ok(told)
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
    let author = accounts::by_id(tx, status.account_id)?.ok_or(Error::NotFound("account"))?;
    if who.is_local() && !author.is_local() {
        let undo = build::undo(&build::like(&uri, &who.uri, &status.uri));
        told.deliveries |= outbox::send(tx, app, who, &undo, &Recipients::one(author.id), now)?;
    }
    Ok(told)
}
