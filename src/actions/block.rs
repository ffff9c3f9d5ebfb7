//! Blocking an account: follows end in both directions, and neither sees the other.

use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::{self, Account};
use crate::store::{Tx, blocks, conversations, follows, notifications, timelines};
use crate::streams::Announcements;

use super::follow::{self, Told};
use super::outbox::{self, Recipients};
use super::{bot, translate};

/// Blocks, and ends follows in both directions.
pub async fn add(app: &App, me: &Account, target: AccountId) -> Result<()> {
    if me.id == target {
        return Err(Error::Forbidden("This action is not allowed".into()));
    }
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let told = app
        .store
        .write(move |tx| {
            let target = accounts::by_id(tx, target)?.ok_or(Error::NotFound("account"))?;
            write(tx, &deed, &me, &target, now)
        })
        .await?;
    told.announce(app);
    Ok(())
}

/// Writes the block, and tells whoever lives elsewhere.
pub(super) fn write(tx: &Tx, app: &App, me: &Account, target: &Account, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let id = app.ids.next::<i64>(now);
    let uri = ids::block(&me.uri, id);
    if !blocks::insert(tx, id, me.id, target.id, &uri, now)? {
        return Ok(told);
    }
    bot::event::blocked(tx, &translate::ground(app), me, target, true, now, &mut told)?;
    if let Some(mine) = follows::between(tx, me.id, target.id)? {
        told.extend(follow::write_end(tx, app, &mine, Told::Target, now)?);
    }
    if let Some(theirs) = follows::between(tx, target.id, me.id)? {
        told.extend(follow::write_end(tx, app, &theirs, Told::Follower, now)?);
    }
    timelines::home_remove_author(tx, me.id, target.id)?;
    notifications::remove_from(tx, me.id, target.id)?;
    conversations::delete_with(tx, me.id, target.id)?;
    if !target.is_local() {
        let block = build::block(&uri, &me.uri, &target.uri);
        told.deliveries |= outbox::send(tx, app, me, &block, &Recipients::one(target.id), now)?;
    }
    Ok(told)
}

/// Somebody elsewhere blocks `target`: follows end both ways, and what is theirs leaves the home of `target`. A repeat
/// changes nothing.
pub fn write_received(
    tx: &Tx,
    app: &App,
    who: &Account,
    target: &Account,
    uri: &str,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    if !blocks::insert(tx, app.ids.next::<i64>(now), who.id, target.id, uri, now)? {
        return Ok(told);
    }
    bot::event::blocked(tx, &translate::ground(app), who, target, true, now, &mut told)?;
    for (follower, followed) in [(who.id, target.id), (target.id, who.id)] {
        if let Some(follow) = follows::between(tx, follower, followed)? {
            told.extend(follow::write_end(tx, app, &follow, Told::Nobody, now)?);
        }
    }
    timelines::home_remove_author(tx, target.id, who.id)?;
    notifications::remove_from(tx, target.id, who.id)?;
    Ok(told)
}

/// Unblocks.
pub async fn remove(app: &App, me: &Account, target: AccountId) -> Result<()> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let told = app
        .store
        .write(move |tx| {
            let mut told = Announcements::default();
            let target = accounts::by_id(tx, target)?.ok_or(Error::NotFound("account"))?;
            let Some(uri) = blocks::delete(tx, me.id, target.id)? else { return Ok(told) };
            bot::event::blocked(tx, &translate::ground(&deed), &me, &target, false, now, &mut told)?;
            if !target.is_local() {
                let undo = build::undo(&build::block(&uri, &me.uri, &target.uri));
                told.deliveries |= outbox::send(tx, &deed, &me, &undo, &Recipients::one(target.id), now)?;
            }
            Ok(told)
        })
        .await?;
    told.announce(app);
    Ok(())
}
