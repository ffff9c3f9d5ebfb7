//! What each measure does, and how it is undone. Plain writes: who may do so was decided before.
//!
//! Suspended people are hidden by every query and can do nothing; of a suspended person of ours the others are sent an
//! Update that says so, and after [`GRACE`] all that is theirs is erased. A suspended stranger loses all follows.

use std::time::Duration;

use crate::activitypub::build;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::{self, Account};
use crate::store::suspensions::{self, Origin};
use crate::store::{Tx, reports, users};
use crate::streams::{Announcements, Happening};

use super::super::outbox::{self, Recipients};
use super::super::{role, translate};
use super::severance;

/// How long a suspension of ours can be taken back.
pub const GRACE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Closes the door for a person of ours.
pub(super) fn disable(tx: &Tx, target: &Account, now: Time) -> Result<Announcements> {
    if !target.is_local() {
        return Err(Error::invalid("type", "disable is for people who live here"));
    }
    role::keep_an_owner(tx, target.id)?;
    users::disable(tx, target.id, now)?;
    Ok(shut(target.id))
}

/// Opens the door again.
pub(super) fn enable(tx: &Tx, target: &Account) -> Result<Announcements> {
    if !target.is_local() {
        return Err(Error::Forbidden("This action is not allowed".into()));
    }
    users::enable(tx, target.id)?;
    Ok(Announcements::default())
}

/// Hides the account from those who do not follow it.
pub fn silence(tx: &Tx, target: &Account, now: Time) -> Result<Announcements> {
    suspensions::set_silenced(tx, target.id, Some(target.silenced_at.unwrap_or(now)))?;
    Ok(Announcements::default())
}

/// Shows it to everybody again.
pub fn unsilence(tx: &Tx, target: &Account) -> Result<Announcements> {
    suspensions::set_silenced(tx, target.id, None)?;
    Ok(Announcements::default())
}

/// Shows all that the account posts as sensitive.
pub(super) fn sensitize(tx: &Tx, target: &Account, now: Time) -> Result<Announcements> {
    suspensions::set_sensitized(tx, target.id, Some(target.sensitized_at.unwrap_or(now)))?;
    Ok(Announcements::default())
}

/// Its posts are as sensitive as their author says.
pub(super) fn unsensitize(tx: &Tx, target: &Account) -> Result<Announcements> {
    suspensions::set_sensitized(tx, target.id, None)?;
    Ok(Announcements::default())
}

/// Suspends the account. Doing so again changes nothing.
pub fn suspend(tx: &Tx, app: &App, target: &Account, now: Time) -> Result<Announcements> {
    role::keep_an_owner(tx, target.id)?;
    let erase_at = target.is_local().then(|| now.plus(GRACE));
    if !suspensions::suspend(tx, target.id, Origin::Local, erase_at, now)? {
        return Ok(Announcements::default());
    }
    if !target.is_local() {
        return severance::from_account(tx, app, target, now);
    }
    let mut told = shut(target.id);
    told.deliveries |= tell_others(tx, app, target.id, now)?;
    Ok(told)
}

/// Ends the suspension; follows that it severed do not come back.
pub fn unsuspend(tx: &Tx, app: &App, target: &Account, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    if suspensions::lift(tx, target.id)? && target.is_local() {
        told.deliveries |= tell_others(tx, app, target.id, now)?;
    }
    Ok(told)
}

/// Notes what another server says about its own account: it suspended it, or no longer does. What our own moderators
/// decided stays.
pub fn follow_origin(tx: &Tx, app: &App, account: &Account, suspended: bool, now: Time) -> Result<Announcements> {
    match (suspended, suspensions::origin_of(tx, account.id)?) {
        (true, None) => {
            suspensions::suspend(tx, account.id, Origin::Remote, None, now)?;
            severance::from_account(tx, app, account, now)
        }
        (false, Some(Origin::Remote)) => {
            suspensions::lift(tx, account.id)?;
            Ok(Announcements::default())
        }
        _ => Ok(Announcements::default()),
    }
}

/// Ends all connections of the account.
fn shut(account: AccountId) -> Announcements {
    let mut told = Announcements::default();
    told.push(Happening::ShutOut { account });
    told
}

/// Sends what became of a person of ours to followers' servers and to whoever reported them.
fn tell_others(tx: &Tx, app: &App, id: AccountId, now: Time) -> Result<bool> {
    let account = accounts::by_id(tx, id)?.ok_or(Error::NotFound("account"))?;
    let update = build::update_actor(&translate::actor(tx, app, &account)?, now);
    let reporters = reports::reporters_of(tx, id)?;
    outbox::send(tx, app, &account, &update, &Recipients::followers_and(reporters), now)
}
