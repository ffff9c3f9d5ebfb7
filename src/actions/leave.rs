//! Leaving: a local account is deleted, here and wherever it was heard of.
//!
//! At once, in one write: nobody can sign in any more, tokens and streams end, the account is gone for everybody. The rest
//! (posts, pictures, follows; telling other servers) is done in small steps that a crash may interrupt at any point; a
//! chore goes on with them. The name stays taken for good: it would otherwise be another person's to speak by.

use super::join::Flaw;
use super::mail::{self, Message};
use super::{credentials, role, timeline};
use crate::activitypub::audience::Visibility;
use crate::activitypub::build;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::deliveries::{self, NewActivity};
use crate::store::departures::{self, Departure};
use crate::store::{Tx, accounts, invites, keys, media, statuses, timelines, tombstones, users};
use crate::streams::{Announcements, Change, Happening};

/// Posts or pictures in one write.
const FEW: usize = 25;
/// Rows of a smaller kind in one write.
const MANY: usize = 500;

/// Somebody who knows the password deletes the account; the rest goes on by itself. The inner error says why not: it was
/// another password, or the server would lose its last owner.
pub async fn delete(app: &App, account: AccountId, password: &str) -> Result<Result<(), Flaw>> {
    let no = |field, code| Ok(Err(Flaw { field, code, why: String::new() }));
    if !credentials::knows_password(app, account, password).await? {
        return no("current_password", "ERR_INVALID");
    }
    let (now, deed) = (app.clock.now(), app.clone());
    let written = app.store.write(move |tx| {
        role::keep_an_owner(tx, account)?;
        write(tx, &deed, account, now)
    });
    match written.await {
        Ok(told) => told.announce(app),
        Err(Error::Forbidden(_)) => return no("account", "ERR_LAST_OWNER"),
        Err(error) => return Err(error),
    }
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = carry_on(&app, account).await {
            tracing::warn!(%error, "an account could not be emptied; the chore tries again");
        }
    });
    Ok(Ok(()))
}

/// Shuts the account for good. What remains to be done is noted for [`carry_on`], in the same write.
pub fn write(tx: &Tx, app: &App, account: AccountId, now: Time) -> Result<Announcements> {
    let row = accounts::by_id(tx, account)?.filter(|row| row.is_local() && row.id != accounts::INSTANCE);
    let row = row.ok_or(Error::NotFound("account"))?;
    let mut told = credentials::shut_out(tx, account)?;
    if !departures::begin(tx, account, now)? {
        return Ok(told);
    }
    if let Some(user) = users::by_account(tx, account)? {
        told.mails |= mail::queue(tx, app, &user, Message::Deleted)?;
    }
    invites::revoke_all(tx, account, now)?;
    users::delete(tx, account)?;
    tombstones::insert(tx, &row.uri, &row.uri, now)?;
    Ok(told)
}

/// Goes on with every departure; answers how many came to an end.
pub async fn carry_on_all(app: &App) -> Result<usize> {
    let mut ended = 0;
    for departure in app.store.read(|db| departures::under_way(db, 20)).await? {
        ended += usize::from(carry_on(app, departure.account_id).await?);
    }
    Ok(ended)
}

/// Does what is left of one departure; `false` while something must wait, such as deliveries. May be broken off and
/// repeated at any point.
pub async fn carry_on(app: &App, account: AccountId) -> Result<bool> {
    let Some(Departure { told, emptied, .. }) = app.store.read(move |db| departures::of(db, account)).await? else {
        return Ok(true);
    };
    if !told {
        let (deed, now) = (app.clone(), app.clock.now());
        app.store.write(move |tx| tell(tx, &deed, account, now)).await?.announce(app);
    }
    if !emptied {
        empty(app, account).await?;
    }
    app.store.write(move |tx| departures::finish(tx, account)).await
}

/// Tells every server that we ever heard of. The first words of a departure, for posts vanish with the account there.
fn tell(tx: &Tx, app: &App, account: AccountId, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let Some(row) = accounts::by_id(tx, account)? else { return Ok(told) };
    departures::set_told(tx, account)?;
    // Without a key nothing was ever signed, and nobody elsewhere heard of them.
    if keys::pair(tx, account)?.is_none() {
        return Ok(told);
    }
    let activity = build::delete_actor(&row.uri);
    let uri = activity["id"].as_str().unwrap_or_default().to_owned();
    let new = NewActivity {
        id: app.ids.next(now),
        uri,
        account_id: account,
        kind: "Delete".into(),
        payload: activity.to_string(),
        created_at: now,
    };
    deliveries::insert_activity(tx, &new)?;
    told.deliveries = departures::enqueue_to_everybody(tx, new.id, now)? > 0;
    if !told.deliveries {
        deliveries::forget_activity(tx, new.id)?;
    }
    Ok(told)
}

/// Removes all that was theirs, a little at a time.
async fn empty(app: &App, account: AccountId) -> Result<()> {
    let now = app.clock.now();
    loop {
        let (count, told) = app.store.write(move |tx| remove_posts(tx, account, now)).await?;
        told.announce(app);
        if count == 0 {
            break;
        }
    }
    // The file goes before the row that names it: broken off between the two, the next time finds the row again.
    loop {
        let some = app.store.read(move |db| departures::some_media(db, account, FEW)).await?;
        if some.is_empty() {
            break;
        }
        let files = some.iter().flat_map(|row| [row.file.clone(), row.thumbnail.clone()]).flatten();
        app.media.remove(files.collect()).await?;
        let ids: Vec<_> = some.iter().map(|row| row.id).collect();
        app.store.write(move |tx| ids.iter().try_for_each(|id| media::delete(tx, *id))).await?;
    }
    while app.store.write(move |tx| departures::remove_some(tx, account, MANY)).await? > 0 {}
    if let Some(row) = app.store.read(move |db| accounts::by_id(db, account)).await? {
        app.media.remove(row.avatar_file.into_iter().chain(row.header_file).collect()).await?;
    }
    app.store.write(move |tx| departures::scrub(tx, account)).await
}

/// A few posts and boosts go, with word to open streams; no other server is told, for all of them hear of the account.
fn remove_posts(tx: &Tx, account: AccountId, now: Time) -> Result<(usize, Announcements)> {
    let mut told = Announcements::default();
    let Some(author) = accounts::by_id(tx, account)? else { return Ok((0, told)) };
    let some = departures::some_posts(tx, account, FEW)?;
    for status in &some {
        // A boost can go with its original while we are at it.
        if statuses::by_id(tx, status.id)?.is_none() {
            continue;
        }
        let (homes, lists) = (timelines::home_homes_of(tx, status.id)?, timelines::lists_of(tx, status.id)?);
        tombstones::insert(tx, &status.uri, &author.uri, now)?;
        media::detach(tx, status.id)?;
        statuses::delete(tx, status)?;
        timeline::tell_lists(status.id, lists, Change::Deleted, &mut told);
        told.push(Happening::Deleted { status: status.id, homes, listed: status.visibility == Visibility::Public });
    }
    Ok((some.len(), told))
}

#[cfg(test)]
mod tests;
