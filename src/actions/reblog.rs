//! Boosting a post, from here or from elsewhere. A boost is a status of its own that wraps the original.

use crate::activitypub::audience::Visibility;
use crate::activitypub::policy::Deed;
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::{self, Account};
use crate::store::statuses::{self, Status};
use crate::store::{Tx, interactions, notifications, timelines};
use crate::streams::{Announcements, Change, Happening};

use super::interact::{self, Leave};
use super::outbox::{self, Recipients};
use super::{backfill, bot, moving, notify, plugin, post, timeline};

/// Boosts the post; answers the boost (the wrapping status).
pub async fn add(app: &App, me: &Account, id: StatusId, visibility: Option<Visibility>) -> Result<Status> {
    moving::settled(me)?;
    let wanted = visibility.unwrap_or(Visibility::Public);
    Box::pin(plugin::judge_deed(app, me, plugin::Own::Announce(id, wanted))).await?;
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (boost, told) = app.store.write(move |tx| write_own(tx, &deed, &me, id, visibility, now)).await?;
    told.announce(app);
    Ok(boost)
}

/// The same inside of another deed.
pub(super) fn write_own(
    tx: &Tx,
    app: &App,
    me: &Account,
    id: StatusId,
    visibility: Option<Visibility>,
    now: Time,
) -> Result<(Status, Announcements)> {
    let status = post::readable(tx, id, Some(me.id))?;
    let own = status.account_id == me.id;
    let boostable = status.visibility.is_open() || (own && status.visibility == Visibility::Private);
    interact::check(tx, &status, me, Deed::Announce)?;
    if !boostable {
        return Err(Error::invalid("status", "only public and unlisted posts can be boosted"));
    }
    let id: StatusId = app.ids.next(now);
    let boost = Status {
        uri: ids::boost(&me.uri, id),
        visibility: narrower(visibility.unwrap_or(Visibility::Public), status.visibility),
        ..wrap(id, me, &status, now)
    };
    let told = write(tx, app, me, &boost, &status, now)?;
    let boost = statuses::reblog_by(tx, me.id, status.id)?.ok_or(Error::NotFound("boost"))?;
    Ok((boost, told))
}

/// The row of a boost; the caller fills `uri` and `visibility`.
pub fn wrap(id: StatusId, who: &Account, original: &Status, now: Time) -> Status {
    Status {
        id,
        uri: String::new(),
        url: None,
        account_id: who.id,
        local: who.is_local(),
        content: String::new(),
        text: String::new(),
        spoiler_text: String::new(),
        sensitive: original.sensitive,
        language: original.language.clone(),
        visibility: original.visibility,
        in_reply_to_id: None,
        in_reply_to_uri: None,
        in_reply_to_account_id: None,
        reblog_of_id: Some(original.id),
        conversation: None,
        application_id: None,
        local_only: original.local_only,
        replies_count: 0,
        reblogs_count: 0,
        favourites_count: 0,
        created_at: now,
        edited_at: None,
    }
}

/// Writes the boost: homes, the author's notification, and the Announce of a local booster. A repeat changes nothing.
pub fn write(tx: &Tx, app: &App, who: &Account, boost: &Status, original: &Status, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    if !statuses::insert(tx, boost)? {
        return Ok(told);
    }
    let homes = timeline::distribute(tx, boost, &mut told)?;
    bot::event::arrived(tx, boost, &homes, now, &mut told)?;
    told.push(Happening::Posted { status: boost.id, homes, listed: false });
    notify::tell(tx, app, "reblog", original.account_id, who.id, Some(original.id), now, &mut told)?;
    backfill::boosted(tx, app, original, now, &mut told)?;
    // What stays here is boosted here only.
    if who.is_local() && !original.local_only {
        let author = accounts::by_id(tx, original.account_id)?.ok_or(Error::NotFound("account"))?;
        let announce = announce_of(boost, who, original, &author);
        let to = Recipients::followers_and(vec![original.account_id]);
        told.deliveries |= match interact::leave(tx, original, who, Deed::Announce)? {
            Leave::Free => outbox::send(tx, app, who, &announce, &to, now)?,
            Leave::Ask { polite } => interact::ask(tx, app, who, original, (Deed::Announce, polite), &announce, now)?,
            Leave::Denied => false,
        };
    }
    Ok(told)
}

/// Takes the boost back; answers the original, also when it was not boosted.
pub async fn remove(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (status, told) = app
        .store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me.id))?;
            let told = match statuses::reblog_by(tx, me.id, status.id)? {
                Some(boost) => write_removal(tx, &deed, &me, &boost, &status, now)?,
                None => Announcements::default(),
            };
            Ok((post::known(tx, status.id)?, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

/// Deletes the boost with its notification; a local booster's followers are sent an Undo.
pub fn write_removal(
    tx: &Tx,
    app: &App,
    who: &Account,
    boost: &Status,
    original: &Status,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    let (homes, lists) = (timelines::home_homes_of(tx, boost.id)?, timelines::lists_of(tx, boost.id)?);
    notifications::remove(tx, original.account_id, "reblog", who.id, Some(original.id))?;
    if who.is_local() && !original.local_only {
        let author = accounts::by_id(tx, original.account_id)?.ok_or(Error::NotFound("account"))?;
        let undo = build::undo(&announce_of(boost, who, original, &author));
        told.deliveries |=
            outbox::send(tx, app, who, &undo, &Recipients::followers_and(vec![original.account_id]), now)?;
    }
    statuses::delete(tx, boost)?;
    interactions::forget(tx, &boost.uri)?;
    timeline::tell_lists(boost.id, lists, Change::Deleted, &mut told);
    told.push(Happening::Deleted { status: boost.id, homes, listed: false });
    Ok(told)
}

/// The Announce that a local boost is on the wire.
pub fn announce_of(boost: &Status, who: &Account, original: &Status, author: &Account) -> serde_json::Value {
    let followers = who.followers_uri.clone().unwrap_or_default();
    let (to, cc) = boost.visibility.address(&followers, std::slice::from_ref(&author.uri));
    build::announce(&boost.uri, &who.uri, &original.uri, boost.created_at, &to, &cc)
}

/// The visibility of a boost: as asked, but never wider than the original allows.
pub fn narrower(asked: Visibility, allowed: Visibility) -> Visibility {
    let width = |visibility| match visibility {
        Visibility::Public => 3,
        Visibility::Unlisted => 2,
        Visibility::Private => 1,
        Visibility::Direct => 0,
    };
    // A boost of an unlisted post may be public: only the original's own readers ever see the content.
    let allowed = if allowed.is_open() { Visibility::Public } else { allowed };
    if width(asked) <= width(allowed) && asked != Visibility::Direct { asked } else { allowed }
}
