//! Quoting a post, who may, and taking leave to quote back.
//!
//! Here a policy answers at once: people of this server are never asked by hand. A quote of another server's post waits
//! until its author's server agrees; that traffic is in `quote/consent.rs`, quotes in received posts in
//! `quote/incoming.rs`. Spec: FEP-044f, https://w3id.org/fep/044f

pub mod consent;
pub(super) mod incoming;

use serde_json::Value;

use crate::activitypub::audience::Visibility;
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::{self, Account};
use crate::store::quote_policies::{self as policies, Choice, Leave};
use crate::store::quotes::{self, Quote, State};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, blocks, follows, quote_stamps, timelines};
use crate::streams::{Announcements, Change, Happening};

use super::outbox::{self, Recipients};
use super::{post, timeline, translate};

/// Whether `who` may quote the post; they must be able to read it.
pub fn leave(db: &Connection, status: &Status, who: &Account) -> Result<Leave> {
    if status.reblog_of_id.is_some() {
        return Ok(Leave::Denied);
    }
    if status.account_id == who.id {
        return Ok(Leave::Automatic);
    }
    let hidden = !statuses::may_see(db, status, Some(who.id))? || blocks::exists(db, who.id, status.account_id)?;
    if hidden || status.visibility == Visibility::Direct {
        return Ok(Leave::Denied);
    }
    let accepted = |follow: Option<follows::Follow>| follow.is_some_and(|follow| follow.accepted);
    let follows = accepted(follows::between(db, who.id, status.account_id)?);
    let followed = accepted(follows::between(db, status.account_id, who.id)?);
    Ok(policies::of(db, status.id)?.leave(follows, followed))
}

/// The post `id` (of a boost: what it boosts) if `me` may quote it, else `NotFound`.
pub(super) fn quotable(db: &Connection, id: StatusId, me: &Account) -> Result<Status> {
    let status = post::readable(db, id, Some(me.id))?;
    if leave(db, &status, me)? == Leave::Denied { Err(Error::NotFound("status")) } else { Ok(status) }
}

/// Who may quote a post of this visibility: of what is not open, only its author.
pub(super) fn allowed(visibility: Visibility, choice: Choice) -> Choice {
    if visibility.is_open() { choice } else { Choice::Nobody }
}

/// Writes that the new post `status` of `me` quotes `quoted`. Answers whether another server must be asked.
pub(super) fn write(
    tx: &Tx,
    app: &App,
    me: &Account,
    status: &Status,
    quoted: StatusId,
    now: Time,
    told: &mut Announcements,
) -> Result<bool> {
    // Looked at again: it may have been deleted, or its author have changed their mind.
    let quoted = quotable(tx, quoted, me)?;
    let own = quoted.account_id == me.id;
    let mut quote = Quote {
        status_id: status.id,
        quoted_id: Some(quoted.id),
        quoted_uri: quoted.uri.clone(),
        quoted_account_id: Some(quoted.account_id),
        state: if own || quoted.local { State::Accepted } else { State::Pending },
        found: true,
        legacy: false,
        stamp: None,
        request_uri: None,
    };
    // What stays here needs no proof elsewhere.
    if !own && quoted.local && !status.local_only {
        quote.stamp = Some(stamped(tx, app, &quoted, &status.uri, now)?);
    }
    let ask = quote.state == State::Pending && !status.local_only;
    if ask {
        quote.request_uri = Some(ids::quote_request(&me.uri, status.id));
    }
    quotes::put(tx, &quote)?;
    incoming::tell_quoted(tx, app, status, now, told)?;
    Ok(ask)
}

/// Asks the quoted author's server for consent.
pub(super) fn ask(tx: &Tx, app: &App, me: &Account, note: &build::Note, now: Time) -> Result<bool> {
    let Some(status) = statuses::by_uri(tx, &note.id)? else { return Ok(false) };
    let Some(quote) = quotes::of(tx, status.id)? else { return Ok(false) };
    let (Some(request), Some(author)) = (quote.request_uri, quote.quoted_account_id) else { return Ok(false) };
    let Some(author) = accounts::by_id(tx, author)? else { return Ok(false) };
    let request = build::quote_request(&request, &author.uri, &quote.quoted_uri, note);
    outbox::send(tx, app, me, &request, &Recipients::one(author.id), now)
}

/// The id of the stamp that a local author's policy gives to the quote in the post `quoting`.
fn stamped(tx: &Tx, app: &App, quoted: &Status, quoting: &str, now: Time) -> Result<String> {
    let stamp = quote_stamps::give(tx, app.ids.next(now), quoted.id, quoting, now)?;
    Ok(ids::quote_stamp(&post::author(tx, quoted)?.uri, stamp.id))
}

/// Takes leave back from the post `quoting`, which quotes `id` of `me`; answers the quoting post.
pub async fn revoke(app: &App, me: &Account, id: StatusId, quoting: StatusId) -> Result<Status> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (status, told) = app
        .store
        .write(move |tx| {
            let quoted = own(tx, id, &me)?;
            let quote = quotes::of(tx, quoting)?.filter(|quote| quote.quoted_id == Some(quoted.id));
            let quote = quote.ok_or(Error::NotFound("quote"))?;
            let status = post::known(tx, quote.status_id)?;
            let told = write_revocation(tx, &deed, &me, &quoted, &status, now)?;
            Ok((status, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

fn write_revocation(
    tx: &Tx,
    app: &App,
    me: &Account,
    quoted: &Status,
    quoting: &Status,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    if !quotes::set_state(tx, quoting.id, State::Revoked, None)? {
        return Ok(told);
    }
    if let Some(stamp) = quote_stamps::revoke(tx, app.ids.next(now), quoted.id, &quoting.uri, now)? {
        let id = ids::quote_stamp(&me.uri, stamp.id);
        let delete = build::delete_quote_authorization(&id, &me.uri, &quoting.uri, &quoted.uri);
        let mut to = Recipients::followers_and(vec![quoting.account_id]);
        to.accounts.extend(statuses::interested(tx, quoting.id)?);
        told.deliveries |= outbox::send(tx, app, me, &delete, &to, now)?;
    }
    told.extend(changed(tx, app, quoting, now)?);
    Ok(told)
}

/// Sets who may quote the post `id` of `me` from now on; quotes that were agreed to stay.
pub async fn set_policy(app: &App, me: &Account, id: StatusId, choice: Choice) -> Result<Status> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (status, told) = app
        .store
        .write(move |tx| {
            let status = own(tx, id, &me)?;
            let told = write_policy(tx, &deed, &status, choice, now)?;
            Ok((status, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

/// Writes the policy of a local post and tells of it, if it is a new one.
pub(super) fn write_policy(tx: &Tx, app: &App, status: &Status, choice: Choice, now: Time) -> Result<Announcements> {
    if policies::set(tx, status.id, allowed(status.visibility, choice).into())? {
        return changed(tx, app, status, now);
    }
    Ok(Announcements::default())
}

/// Tells streams, and for a local post all who hold a copy, that something about the quotes of a post changed: an Update
/// that is no edit.
pub(super) fn changed(tx: &Tx, app: &App, status: &Status, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    shown_anew(tx, status, &mut told)?;
    if status.local {
        let author = post::author(tx, status)?;
        let mut to = post::recipients(tx, status)?;
        to.accounts.extend(statuses::interested(tx, status.id)?);
        let update: Value = build::update_tallies(&translate::note(tx, app, status)?, now);
        told.deliveries |= outbox::send(tx, app, &author, &update, &to, now)?;
    }
    Ok(told)
}

/// Tells open streams that a post looks different now.
pub(super) fn shown_anew(tx: &Tx, status: &Status, told: &mut Announcements) -> Result<()> {
    let homes = timelines::home_homes_of(tx, status.id)?;
    timeline::tell_lists(status.id, timelines::lists_of(tx, status.id)?, Change::Edited, told);
    told.push(Happening::Edited { status: status.id, homes, listed: status.visibility == Visibility::Public });
    Ok(())
}

fn own(db: &Connection, id: StatusId, me: &Account) -> Result<Status> {
    let status = post::known(db, id)?;
    if !statuses::may_see(db, &status, Some(me.id))? || status.reblog_of_id.is_some() {
        return Err(Error::NotFound("status"));
    }
    if status.account_id == me.id { Ok(status) } else { Err(Error::Forbidden("This action is not allowed".into())) }
}
