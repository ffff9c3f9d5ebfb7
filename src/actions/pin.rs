//! Putting a post at the top of one's profile, and taking it down; followers' servers are told.
//!
//! Spec: the `featured` collection of Mastodon, https://docs.joinmastodon.org/spec/activitypub/#featured

use crate::activitypub::audience::Visibility;
use crate::activitypub::build;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::statuses::{self, Status};
use crate::store::{Tx, pins};
use crate::streams::Announcements;

use super::outbox::{self, Recipients};
use super::post;

/// How many posts one may pin.
pub const MOST: usize = 5;
/// How many pins of somebody elsewhere are kept and shown.
pub const MOST_REMOTE: usize = 10;

/// Pins a post of one's own. Fails with `Invalid` for boosts, direct posts, others' posts, and beyond [`MOST`].
pub async fn add(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    change(app, me, id, true).await
}

/// Unpins it; answers the post also when it was not pinned.
pub async fn remove(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    change(app, me, id, false).await
}

async fn change(app: &App, me: &Account, id: StatusId, pin: bool) -> Result<Status> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (status, told) = app
        .store
        .write(move |tx| {
            let status = post::known(tx, id)?;
            if !statuses::may_see(tx, &status, Some(me.id))? {
                return Err(Error::NotFound("status"));
            }
            let changed = if pin {
                pinnable(tx, &me, &status)?;
                pins::insert(tx, me.id, status.id, now)?
            } else {
                pins::delete(tx, me.id, status.id)?
            };
            let mut told = Announcements::default();
            if changed {
                told.deliveries = tell(tx, &deed, &me, &status, pin, now)?;
            }
            Ok((status, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

fn pinnable(tx: &Tx, me: &Account, status: &Status) -> Result<()> {
    let refuse = |why: &str| Err(Error::invalid("", why));
    if status.reblog_of_id.is_some() {
        return refuse("A boost cannot be pinned");
    }
    if status.account_id != me.id {
        return refuse("Only your own posts can be pinned");
    }
    if status.visibility == Visibility::Direct {
        return refuse("Posts that only those mentioned may see cannot be pinned");
    }
    let known = pins::of(tx, me.id, MOST)?.iter().any(|pinned| pinned.id == status.id);
    if !known && pins::count(tx, me.id)? >= MOST {
        return refuse("You have already pinned the maximum number of posts");
    }
    Ok(())
}

fn tell(tx: &Tx, app: &App, me: &Account, status: &Status, pin: bool, now: Time) -> Result<bool> {
    if status.local_only {
        return Ok(false);
    }
    let (to, cc) = status.visibility.address(&me.followers_uri.clone().unwrap_or_default(), &[]);
    let pinned = build::Pinned { actor: &me.uri, object: &status.uri, at: now, to: &to, cc: &cc };
    let activity = if pin { build::add_pin(&pinned) } else { build::remove_pin(&pinned) };
    outbox::send(tx, app, me, &activity, &Recipients::followers_and(Vec::new()), now)
}

/// Somebody elsewhere pinned or unpinned a post of theirs that we hold. Answers whether anything changed.
pub fn write_remote(tx: &Tx, who: &Account, status: &Status, pin: bool, now: Time) -> Result<bool> {
    if status.account_id != who.id || status.reblog_of_id.is_some() {
        return Ok(false);
    }
    if !pin {
        return pins::delete(tx, who.id, status.id);
    }
    if pins::count(tx, who.id)? >= MOST_REMOTE {
        return Ok(false);
    }
    pins::insert(tx, who.id, status.id, now)
}
