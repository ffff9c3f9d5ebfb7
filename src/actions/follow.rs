//! Following, being followed, and the end of both.

use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FollowId};
use crate::store::accounts::Account;
use crate::store::follows::Follow;
use crate::store::{Tx, accounts, blocks, endorsements, follows, lists, notifications, timelines};
use crate::streams::Announcements;

use super::outbox::{self, Recipients};
use super::{backfill, bot, moving, notify, plugin};

/// How many of a newly followed account's posts enter the home at once.
const MERGED: i64 = 20;

/// How to follow; `None` leaves an existing follow's option as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Options {
    pub reblogs: Option<bool>,
    pub notify: Option<bool>,
    pub languages: Option<Vec<String>>,
}

/// Asks to follow, or changes the options of an existing follow.
pub async fn add(app: &App, me: &Account, target: AccountId, options: Options) -> Result<()> {
    moving::settled(me)?;
    if me.id == target {
        return Err(Error::Forbidden("This action is not allowed".into()));
    }
    let mine = me.id;
    // Changing the options of a follow is no new one.
    if app.store.read(move |db| follows::between(db, mine, target)).await?.is_none() {
        Box::pin(plugin::judge_deed(app, me, plugin::Own::Follow(target))).await?;
    }
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let told = app.store.write(move |tx| write_own(tx, &deed, &me, target, options, now)).await?;
    told.announce(app);
    Ok(())
}

/// The same inside of another deed.
pub(super) fn write_own(
    tx: &Tx,
    app: &App,
    me: &Account,
    target: AccountId,
    options: Options,
    now: Time,
) -> Result<Announcements> {
    let target = accounts::by_id(tx, target)?.filter(is_there).ok_or(Error::NotFound("account"))?;
    if blocks::exists(tx, target.id, me.id)? || target.moved_to_uri.is_some() {
        return Err(Error::Forbidden("This action is not allowed".into()));
    }
    let id: FollowId = app.ids.next(now);
    let uri = ids::follow(&me.uri, id);
    write(tx, app, Asked { id, follower: me, target: &target, uri, options }, now)
}

/// A wish to follow, from here or from elsewhere.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Asked<'a> {
    pub id: FollowId,
    pub follower: &'a Account,
    pub target: &'a Account,
    /// Id of the Follow activity.
    pub uri: String,
    pub options: Options,
}

/// Writes the follow (or the changed options of one that exists); whoever lives elsewhere is told.
pub fn write(tx: &Tx, app: &App, asked: Asked<'_>, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let Asked { id, follower, target, uri, options } = asked;
    if let Some(mut known) = follows::between(tx, follower.id, target.id)? {
        known.show_reblogs = options.reblogs.unwrap_or(known.show_reblogs);
        known.notify = options.notify.unwrap_or(known.notify);
        known.languages = options.languages.or(known.languages);
        if !follower.is_local() {
            // A repeated Follow: its new id replaces the old one, and it is answered again (rule P2).
            known.uri = uri;
        }
        follows::update_options(tx, &known)?;
        if known.accepted && !follower.is_local() {
            told.deliveries |= answer(tx, app, target, follower, &known, true, now)?;
        }
        return Ok(told);
    }
    // Whoever is hidden from strangers must ask.
    let accepted = target.is_local() && !target.locked && follower.silenced_at.is_none();
    let follow = Follow {
        id,
        account_id: follower.id,
        target_id: target.id,
        uri,
        accepted,
        show_reblogs: options.reblogs.unwrap_or(true),
        notify: options.notify.unwrap_or(false),
        languages: options.languages,
        created_at: now,
    };
    if !follows::insert(tx, &follow)? {
        // Its id is that of somebody else's follow: nothing that we could answer.
        return Ok(told);
    }
    if target.is_local() {
        let kind = if accepted { "follow" } else { "follow_request" };
        notify::tell(tx, app, kind, target.id, follower.id, None, now, &mut told)?;
        if accepted && !follower.is_local() {
            told.deliveries |= answer(tx, app, target, follower, &follow, true, now)?;
        }
        if accepted && follower.is_local() {
            timelines::home_fill_from(tx, follower.id, target.id, MERGED)?;
        }
    } else {
        let activity = build::follow(&on_the_wire(&follow, follower, target));
        told.deliveries |= outbox::send(tx, app, follower, &activity, &Recipients::one(target.id), now)?;
    }
    Ok(told)
}

/// Unfollows, or withdraws the request.
pub async fn remove(app: &App, me: &Account, target: AccountId) -> Result<()> {
    let me = me.id;
    end(app, move |tx| follows::between(tx, me, target), Told::Target).await
}

/// Removes a follower.
pub async fn remove_follower(app: &App, me: &Account, follower: AccountId) -> Result<()> {
    let me = me.id;
    end(app, move |tx| follows::between(tx, follower, me), Told::Follower).await
}

/// Accepts the follow request of `follower`.
pub async fn authorize(app: &App, me: &Account, follower: AccountId) -> Result<()> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let told = app
        .store
        .write(move |tx| {
            let follow = follows::between(tx, follower, me.id)?.ok_or(Error::NotFound("follow request"))?;
            let follower = accounts::by_id(tx, follower)?.ok_or(Error::NotFound("account"))?;
            write_accept(tx, &deed, &follow, &follower, &me, now)
        })
        .await?;
    told.announce(app);
    Ok(())
}

/// Rejects the follow request of `follower`.
pub async fn reject(app: &App, me: &Account, follower: AccountId) -> Result<()> {
    let me = me.id;
    let request = move |tx: &Tx| {
        let follow = follows::between(tx, follower, me)?.filter(|follow| !follow.accepted);
        follow.map(Some).ok_or(Error::NotFound("follow request"))
    };
    end(app, request, Told::Follower).await
}

/// Marks `follow` as accepted, tells the follower, and merges the newest known posts into a local follower's home.
pub fn write_accept(
    tx: &Tx,
    app: &App,
    follow: &Follow,
    follower: &Account,
    target: &Account,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    if !follow.accepted {
        follows::accept(tx, follow.id)?;
        notifications::remove(tx, target.id, "follow_request", follower.id, None)?;
        if target.is_local() {
            notify::tell(tx, app, "follow", target.id, follower.id, None, now, &mut told)?;
        }
    }
    if follower.is_local() {
        if !follow.accepted {
            timelines::home_fill_from(tx, follower.id, target.id, MERGED)?;
            backfill::followed(tx, app, target, now, &mut told)?;
        }
    } else {
        told.deliveries |= answer(tx, app, target, follower, follow, true, now)?;
    }
    Ok(told)
}

/// Who must be told that a follow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The follower left: Undo to the target.
    Target,
    /// The target ended it: Reject to the follower.
    Follower,
    /// Whoever ended it lives elsewhere and knows.
    Nobody,
}

/// Deletes `follow`, clears the follower's home, lists and endorsements of the target, and tells whoever must know.
pub fn write_end(tx: &Tx, app: &App, follow: &Follow, who: Told, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let pair = (accounts::by_id(tx, follow.account_id)?, accounts::by_id(tx, follow.target_id)?);
    let (Some(follower), Some(target)) = pair else { return Ok(told) };
    follows::delete(tx, follow)?;
    if who != Told::Follower {
        bot::event::unfollowed(tx, &follower, &target, now, &mut told)?;
    }
    timelines::home_remove_author(tx, follower.id, target.id)?;
    lists::remove_everywhere(tx, follower.id, target.id)?;
    endorsements::delete(tx, follower.id, target.id)?;
    for kind in ["follow_request", "follow"] {
        notifications::remove(tx, target.id, kind, follower.id, None)?;
    }
    match who {
        Told::Target if !target.is_local() => {
            let undo = build::undo(&build::follow(&on_the_wire(follow, &follower, &target)));
            told.deliveries |= outbox::send(tx, app, &follower, &undo, &Recipients::one(target.id), now)?;
        }
        Told::Follower if !follower.is_local() => {
            told.deliveries |= answer(tx, app, &target, &follower, follow, false, now)?;
        }
        _ => {}
    }
    Ok(told)
}

/// Sends Accept or Reject with the whole Follow inside (rules R16, R17).
fn answer(
    tx: &Tx,
    app: &App,
    target: &Account,
    follower: &Account,
    follow: &Follow,
    yes: bool,
    now: Time,
) -> Result<bool> {
    let asked = on_the_wire(follow, follower, target);
    let activity = if yes {
        // An id of its own each time: a repeated answer must not look like the first one to whoever drops repeats.
        build::accept(&ids::accept(&target.uri, app.ids.next::<i64>(now)), &asked)
    } else {
        build::reject(&ids::reject(&target.uri, follow.id), &asked)
    };
    outbox::send(tx, app, target, &activity, &Recipients::one(follower.id), now)
}

/// The Follow as it was first sent.
fn on_the_wire(follow: &Follow, follower: &Account, target: &Account) -> build::Follow {
    build::Follow { id: follow.uri.clone(), actor: follower.uri.clone(), object: target.uri.clone() }
}

async fn end(app: &App, find: impl FnOnce(&Tx) -> Result<Option<Follow>> + Send + 'static, who: Told) -> Result<()> {
    let (now, deed) = (app.clock.now(), app.clone());
    let told = app
        .store
        .write(move |tx| match find(tx)? {
            Some(follow) => write_end(tx, &deed, &follow, who, now),
            None => Ok(Announcements::default()),
        })
        .await?;
    told.announce(app);
    Ok(())
}

fn is_there(account: &Account) -> bool {
    account.suspended_at.is_none() && account.deleted_at.is_none() && account.id != accounts::INSTANCE
}
