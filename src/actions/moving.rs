//! Moving house: other names of oneself, leaving for another account, and others who leave.
//!
//! A Move is believed when both sides say so: the old account by its signature (or its `movedTo`), the new one by
//! `alsoKnownAs`, read from its own server. Followers who live here then follow the new account instead; lists, notes,
//! blocks and mutes go with it. Only a Move of somebody who concerns us makes us fetch anything, and not often.
//! Spec: https://docs.joinmastodon.org/user/moving/, FEP-7628

use std::time::Duration;

use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FollowId};
use crate::store::accounts::{self, Account};
use crate::store::{Tx, blocks, follows, lists, moves, mutes, user_domain_blocks};
use crate::streams::Announcements;
use crate::text::mentions;

use super::fetch::{self, Budget};
use super::follow::{self, Asked, Options, Told};
use super::outbox::{self, Recipients};
use super::resolve::{self, Found};
use super::{block, profile};

/// Nobody moves away again before.
pub const COOLDOWN: Duration = Duration::from_secs(30 * 24 * 3600);
/// Others' Moves are followed once in this time.
const ONCE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How soon another target, or the same once more, is looked at for the same account.
const OTHER_TARGET: Duration = Duration::from_secs(600);
const SAME_TARGET: Duration = Duration::from_secs(20);
/// How many other names somebody may have.
const ALIASES: usize = 20;

/// What is wrong with the account that somebody names: nobody lives there.
pub const UNKNOWN: &str = "cannot be found";
/// It is who asks.
pub const ITSELF: &str = "is this very account";
/// It has not said yet that it is the same person.
pub const NO_ALIAS: &str = "does not name this account among its aliases; add it there first";
/// It leads elsewhere itself.
pub const MOVED: &str = "has itself moved elsewhere";
/// Whoever asks moved in the last thirty days.
pub const SOON: &str = "cannot be moved to yet: you moved less than 30 days ago";
/// There are as many aliases as there may be.
pub const FULL: &str = "is one too many; there may be 20 aliases";

/// Refuses (403) whoever moved away: their account can be read and nothing more.
pub fn settled(me: &Account) -> Result<()> {
    if me.moved_to_uri.is_some() {
        return Err(Error::Forbidden("You moved away from this account; cancel the redirect to use it again".into()));
    }
    Ok(())
}

/// Another name of somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// The actor.
    pub uri: String,
    /// Who that is, if we know.
    pub account: Option<Account>,
}

/// The other names of `me`.
pub async fn aliases(app: &App, me: AccountId) -> Result<Vec<Alias>> {
    let read = app.store.read(move |db| {
        let uris = accounts::by_id(db, me)?.ok_or(Error::NotFound("account"))?.also_known_as;
        let known = accounts::by_uris(db, &uris.iter().map(String::as_str).collect::<Vec<_>>())?;
        let alias = |uri: String| Alias { account: known.iter().find(|one| one.uri == uri).cloned(), uri };
        Ok(uris.into_iter().map(alias).collect())
    });
    read.await
}

/// Says that `acct` (a handle or an address, anywhere) is `me` as well, so that it can move here.
pub async fn add_alias(app: &App, me: &Account, acct: &str) -> Result<Account> {
    let other = find(app, me, acct).await?;
    let uri = other.uri.clone();
    change_aliases(app, me.id, move |aliases| {
        if !aliases.contains(&uri) {
            if aliases.len() >= ALIASES {
                return Err(Error::invalid("acct", FULL));
            }
            aliases.push(uri);
        }
        Ok(())
    })
    .await?;
    Ok(other)
}

/// Takes the alias `uri` back.
pub async fn remove_alias(app: &App, me: &Account, uri: &str) -> Result<()> {
    let uri = uri.to_owned();
    change_aliases(app, me.id, move |aliases| {
        let before = aliases.len();
        aliases.retain(|alias| *alias != uri);
        if aliases.len() < before { Ok(()) } else { Err(Error::NotFound("alias")) }
    })
    .await
}

async fn change_aliases(
    app: &App,
    me: AccountId,
    change: impl FnOnce(&mut Vec<String>) -> Result<()> + Send + 'static,
) -> Result<()> {
    let (now, deed) = (app.clock.now(), app.clone());
    let written = app.store.write(move |tx| {
        let mut account = accounts::by_id(tx, me)?.ok_or(Error::NotFound("account"))?;
        change(&mut account.also_known_as)?;
        moves::set_aliases(tx, me, &account.also_known_as)?;
        profile::write_told(tx, &deed, &account, now)
    });
    if written.await? {
        app.deliveries_waiting.notify_one();
    }
    Ok(())
}

/// When `me` moved away last, and until when it may not do so again.
pub async fn last(app: &App, me: AccountId) -> Result<Option<(Time, Option<Time>)>> {
    let now = app.clock.now();
    let last = app.store.read(move |db| moves::last(db, me)).await?.and_then(|last| last.moved_at);
    Ok(last.map(|at| (at, Some(at.plus(COOLDOWN)).filter(|end| *end > now))))
}

/// Moves `me` to `acct`, which must name `me` among its aliases: followers everywhere are asked to follow it instead.
pub async fn leave(app: &App, me: &Account, acct: &str) -> Result<Account> {
    if let Some((_, Some(_))) = last(app, me.id).await? {
        return Err(Error::invalid("acct", SOON));
    }
    let new = find(app, me, acct).await?;
    if new.moved_to_uri.is_some() {
        return Err(Error::invalid("acct", MOVED));
    }
    if !new.also_known_as.contains(&me.uri) {
        return Err(Error::invalid("acct", NO_ALIAS));
    }
    let (now, deed, id, target) = (app.clock.now(), app.clone(), me.id, new.clone());
    let written = app.store.write(move |tx| {
        let me = moved(tx, id, Some(&target.uri))?;
        moves::done(tx, id, &target.uri, now)?;
        let mut told = Announcements::default();
        told.deliveries |= profile::write_told(tx, &deed, &me, now)?;
        let activity = build::relocate(&ids::relocation(&me.uri, deed.ids.next::<i64>(now)), &me.uri, &target.uri);
        let to = Recipients::followers_and(moves::remote_blockers(tx, id)?);
        told.deliveries |= outbox::send(tx, &deed, &me, &activity, &to, now)?;
        told.extend(carry_over(tx, &deed, &me, &target, now)?);
        Ok(told)
    });
    written.await?.announce(app);
    Ok(new)
}

/// Says on the profile of `me` that it is `acct` now; nobody is moved.
pub async fn redirect(app: &App, me: &Account, acct: &str) -> Result<Account> {
    let new = find(app, me, acct).await?;
    point(app, me.id, Some(new.uri.clone())).await?;
    Ok(new)
}

/// Comes back: the profile leads nowhere else any more. Followers who left stay where they are.
pub async fn come_back(app: &App, me: &Account) -> Result<()> {
    point(app, me.id, None).await
}

async fn point(app: &App, me: AccountId, target: Option<String>) -> Result<()> {
    let (now, deed) = (app.clock.now(), app.clone());
    let written = app.store.write(move |tx| {
        let me = moved(tx, me, target.as_deref())?;
        profile::write_told(tx, &deed, &me, now)
    });
    if written.await? {
        app.deliveries_waiting.notify_one();
    }
    Ok(())
}

fn moved(tx: &Tx, id: AccountId, target: Option<&str>) -> Result<Account> {
    moves::set_target(tx, id, target)?;
    accounts::by_id(tx, id)?.ok_or(Error::NotFound("account"))
}

/// Whoever `acct` (handle or address) is, as their own server describes them now. Never `me`.
async fn find(app: &App, me: &Account, acct: &str) -> Result<Account> {
    let unknown = || Error::invalid("acct", UNKNOWN);
    let acct = acct.trim();
    let found = if acct.starts_with("https://") || acct.starts_with("http://") {
        match resolve::by_url(app, acct).await {
            Ok(Some(Found::Account(account))) => Some(*account),
            Ok(_) | Err(Error::Invalid { .. } | Error::Malformed(_)) => None,
            Err(error) => return Err(error.named_in("acct")),
        }
    } else {
        let (username, domain) = mentions::parse(acct).ok_or_else(unknown)?;
        resolve::by_handle(app, &username, domain.as_deref()).await.map_err(|error| error.named_in("acct"))?
    };
    let found = found.filter(there).ok_or_else(unknown)?;
    if found.id == me.id {
        return Err(Error::invalid("acct", ITSELF));
    }
    if found.is_local() {
        return Ok(found);
    }
    // What we knew of it may be from before it named its aliases.
    fetch::refreshed(app, &found.uri, &mut Budget::default()).await.map_err(|error| error.named_in("acct"))
}

fn there(account: &Account) -> bool {
    account.suspended_at.is_none() && account.deleted_at.is_none() && account.id != accounts::INSTANCE
}

/// `teller` (proven), who is one of both, says that `old` moved to `new`. The answer is for the trace.
pub async fn received(app: &App, teller: &Account, old: &str, new: &str, budget: &mut Budget) -> Result<String> {
    let now = app.clock.now();
    let (uri, target) = (old.to_owned(), new.to_owned());
    let known = app.store.read(move |db| {
        let Some(old) = accounts::by_uri(db, &uri)? else { return Ok(None) };
        let concerns_us = !old.is_local() && moves::concerns_us(db, old.id)?;
        Ok(Some((moves::last(db, old.id)?, old, concerns_us)))
    });
    let Some((last, mut old, true)) = known.await? else { return Ok("ignored: it concerns nobody here".into()) };
    if let Some(last) = last {
        if last.moved_at.is_some_and(|at| now.since(at) < ONCE) {
            return Ok("ignored: it moved less than a week ago".into());
        }
        let same = last.target_uri == target;
        let wait = if same { SAME_TARGET } else { OTHER_TARGET };
        if now.since(last.tried_at) < wait {
            let why = "an account moves again and again";
            return Err(Error::Busy { why, retry_after: wait });
        }
    }
    let (id, tried) = (old.id, target.clone());
    app.store.write(move |tx| moves::tried(tx, id, &tried, now)).await?;
    if teller.uri != old.uri {
        old = fetch::refreshed(app, &old.uri, budget).await?;
        if old.moved_to_uri.as_deref() != Some(target.as_str()) {
            return Ok("ignored: the old account says nothing of it".into());
        }
    }
    let new = if ids::parse(&app.config.url(""), &target).is_some() {
        let target = target.clone();
        app.store.read(move |db| accounts::by_uri(db, &target)).await?
    } else {
        Some(fetch::refreshed(app, &target, budget).await?)
    };
    let Some(new) = new.filter(there) else { return Ok("ignored: nobody lives there".into()) };
    if !new.also_known_as.contains(&old.uri) {
        return Ok("ignored: the new account says nothing of it".into());
    }
    if new.moved_to_uri.is_some() {
        return Ok("ignored: the new account moved itself".into());
    }
    let deed = app.clone();
    let written = app.store.write(move |tx| {
        let old = moved(tx, id, Some(&new.uri))?;
        moves::done(tx, id, &new.uri, now)?;
        carry_over(tx, &deed, &old, &new, now)
    });
    written.await?.announce(app);
    Ok("moved".into())
}

/// What people here have to do with `old` they have to do with `new` from now on. However many follow, their requests
/// leave one after the other, for each server is a lane of its own.
fn carry_over(tx: &Tx, app: &App, old: &Account, new: &Account, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    moves::copy_notes(tx, old.id, new.id)?;
    for id in moves::local_followers(tx, old.id)? {
        if let Some(follower) = accounts::by_id(tx, id)? {
            told.extend(refollow(tx, app, &follower, old, new, now)?);
        }
    }
    for id in moves::local_blockers(tx, old.id)? {
        let follows_them = follows::between(tx, id, new.id)?.is_some();
        if let Some(who) = accounts::by_id(tx, id)?.filter(|who| !follows_them && who.id != new.id) {
            told.extend(block::write(tx, app, &who, new, now)?);
        }
    }
    for id in moves::local_muters(tx, old.id)? {
        let has_one = mutes::between(tx, id, new.id, now)?.is_some();
        if let Some(mute) = mutes::between(tx, id, old.id, now)?.filter(|_| !has_one && id != new.id) {
            mutes::insert(tx, app.ids.next(now), id, new.id, mute, now)?;
        }
    }
    Ok(told)
}

/// `follower` follows `new` instead of `old`, as they followed that, unless either of them wants nothing of the other.
fn refollow(tx: &Tx, app: &App, follower: &Account, old: &Account, new: &Account, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let Some(follow) = follows::between(tx, follower.id, old.id)? else { return Ok(told) };
    let unwanted =
        blocks::exists_between(tx, follower.id, new.id)? || user_domain_blocks::covers(tx, follower.id, new.id)?;
    if unwanted || settled(follower).is_err() {
        return Ok(told);
    }
    let in_lists = moves::lists_with(tx, follower.id, old.id)?;
    if follower.id != new.id && follows::between(tx, follower.id, new.id)?.is_none() {
        let id: FollowId = app.ids.next(now);
        let uri = ids::follow(&follower.uri, id);
        let options = Options {
            reblogs: Some(follow.show_reblogs),
            notify: Some(follow.notify),
            languages: follow.languages.clone(),
        };
        told.extend(follow::write(tx, app, Asked { id, follower, target: new, uri, options }, now)?);
    }
    told.extend(follow::write_end(tx, app, &follow, Told::Target, now)?);
    if follower.id != new.id {
        for list in in_lists {
            lists::add_member(tx, list, new.id)?;
        }
    }
    Ok(told)
}
