//! The last steps: the address is confirmed, a moderator says yes, the newcomer is in.

use super::super::mail::{self, Message};
use super::super::role::{Permission, Role};
use super::super::{follow, notify, token};
use super::check::is_address;
use crate::activitypub::ids;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FollowId};
use crate::store::accounts::{self, Account};
use crate::store::links::{self, Purpose};
use crate::store::users::{self, User};
use crate::store::{Connection, Tx, invites, memberships};
use crate::streams::Announcements;

/// Whether the link with this secret would confirm something: the address, and whose.
pub async fn confirm_by_link(app: &App, secret: &str) -> Result<Option<(AccountId, String)>> {
    let (hash, now) = (token::hash(secret), app.clock.now());
    let found = app.store.read(move |db| links::by_hash(db, Purpose::Confirm, &hash, now)).await?;
    Ok(found.map(|link| (link.account_id, link.email)))
}

/// Confirms the address behind the link with this secret; works once. The address of somebody who is in already is
/// changed to it. [`Error::Gone`]: it was used or ran out.
pub async fn confirm(app: &App, secret: &str) -> Result<User> {
    let (hash, now, deed) = (token::hash(secret), app.clock.now(), app.clone());
    let written = app.store.write(move |tx| {
        let link = links::by_hash(tx, Purpose::Confirm, &hash, now)?.ok_or(Error::Gone("link"))?;
        let before = users::by_account(tx, link.account_id)?.ok_or(Error::Gone("link"))?;
        if users::by_email(tx, &link.email)?.is_some_and(|other| other.account_id != link.account_id) {
            return Err(Error::Conflict("the address is used by another account here".into()));
        }
        let mut told = write_confirm(tx, &deed, link.account_id, &link.email, now)?;
        if before.confirmed_at.is_some() && before.email != link.email {
            told.mails |= mail::queue(tx, &deed, &before, Message::AddressChanged { address: link.email })?;
        }
        Ok((users::by_account(tx, link.account_id)?.ok_or(Error::NotFound("user"))?, told))
    });
    let (user, told) = written.await?;
    told.announce(app);
    Ok(user)
}

/// Notes that the address is theirs, and lets them in or has the staff told that they wait.
pub(in crate::actions) fn write_confirm(
    tx: &Tx,
    app: &App,
    account: AccountId,
    email: &str,
    now: Time,
) -> Result<Announcements> {
    links::forget(tx, account, Purpose::Confirm)?;
    users::confirm(tx, account, email, now)?;
    settle(tx, app, account, now)
}

/// Sends the confirmation mail again, to `email` if that is given. Silent when too many were asked for.
pub async fn resend(app: &App, account: AccountId, email: Option<String>) -> Result<()> {
    let (now, deed, secret) = (app.clock.now(), app.clone(), app.random.secret());
    let email = email.map(|email| email.trim().to_owned()).filter(|email| !email.is_empty());
    if email.as_ref().is_some_and(|email| !is_address(email)) {
        return Err(Error::invalid("email", "is invalid"));
    }
    let written = app.store.write(move |tx| {
        let mut user = users::by_account(tx, account)?.ok_or(Error::NotFound("user"))?;
        if user.confirmed_at.is_some() {
            return Err(Error::Forbidden(
                "This method is only available while the e-mail is awaiting confirmation".into(),
            ));
        }
        if let Some(email) = email.filter(|email| *email != user.email) {
            if users::by_email(tx, &email)?.is_some()
                || super::screen(tx, None, &email, now)? == super::check::Verdict::Blocked
            {
                return Err(Error::invalid("email", "has already been taken"));
            }
            users::set_email(tx, account, &email)?;
            user.email = email;
        }
        let mut told = Announcements::default();
        told.mails |= super::ask_to_confirm(tx, &deed, &user, &secret, now)?;
        Ok(told)
    });
    written.await?.announce(app);
    Ok(())
}

/// A moderator lets somebody in who waits. [`Error::Forbidden`] when nobody waits by that id.
pub fn approve(tx: &Tx, app: &App, account: AccountId, now: Time) -> Result<Announcements> {
    let user = waiting(tx, account)?;
    users::approve(tx, account, now)?;
    let mut told = settle(tx, app, account, now)?;
    told.mails |= mail::queue(tx, app, &user, Message::Approved)?;
    Ok(told)
}

/// A moderator turns somebody away who waits: they are told, and the name is free again.
pub fn reject(tx: &Tx, app: &App, account: AccountId) -> Result<Announcements> {
    let user = waiting(tx, account)?;
    let mut told = Announcements::default();
    told.mails |= mail::queue(tx, app, &user, Message::Rejected)?;
    forget(tx, account)?;
    Ok(told)
}

/// Forgets somebody who never came in; the use of their invite is given back.
fn forget(tx: &Tx, account: AccountId) -> Result<()> {
    if let Some(invite) = memberships::by_account(tx, account)?.and_then(|membership| membership.invite_id) {
        invites::give_back(tx, invite)?;
    }
    memberships::forget(tx, account)
}

/// Forgets people who signed up before `before` and never confirmed their address; answers how many.
pub async fn forget_unconfirmed(app: &App, before: Time, limit: usize) -> Result<usize> {
    let written = app.store.write(move |tx| {
        let gone = memberships::never_confirmed(tx, before, limit)?;
        for account in &gone {
            forget(tx, *account)?;
        }
        Ok(gone.len())
    });
    written.await
}

/// Who waits for a moderator.
pub fn pending(db: &Connection, limit: i64) -> Result<Vec<(String, String, String, Time)>> {
    memberships::waiting(db, limit)
}

fn waiting(tx: &Tx, account: AccountId) -> Result<User> {
    let user = users::by_account(tx, account)?.ok_or(Error::NotFound("user"))?;
    if user.approved_at.is_some() {
        return Err(Error::Forbidden("This action is not allowed".into()));
    }
    Ok(user)
}

/// Tells the staff of somebody new, and opens the door if nothing stands in the way any more.
fn settle(tx: &Tx, app: &App, account: AccountId, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let user = users::by_account(tx, account)?.ok_or(Error::NotFound("user"))?;
    if user.confirmed_at.is_none() {
        return Ok(told);
    }
    // People whom the operator made by hand have no membership, and nobody needs to be told of them.
    let Some(membership) = memberships::by_account(tx, account)?.filter(|row| row.admitted_at.is_none()) else {
        return Ok(told);
    };
    for staff in users::with_roles(tx, &Role::that_may(Permission::Users))? {
        notify::tell(tx, app, "admin.sign_up", staff, account, None, now, &mut told)?;
    }
    if user.approved_at.is_none() || !memberships::admit(tx, account, now)? {
        return Ok(told);
    }
    let invite = membership.invite_id.map_or(Ok(None), |id| invites::by_id(tx, id))?;
    if let Some(host) = invite.filter(|invite| invite.autofollow).and_then(|invite| invite.account_id) {
        told.extend(follow_host(tx, app, account, host, now)?);
    }
    Ok(told)
}

fn follow_host(tx: &Tx, app: &App, account: AccountId, host: AccountId, now: Time) -> Result<Announcements> {
    let here = |found: Option<Account>| found.filter(|row| row.suspended_at.is_none() && row.deleted_at.is_none());
    let (Some(me), Some(host)) = (accounts::by_id(tx, account)?, here(accounts::by_id(tx, host)?)) else {
        return Ok(Announcements::default());
    };
    let id: FollowId = app.ids.next(now);
    let uri = ids::follow(&me.uri, id);
    let asked = follow::Asked { id, follower: &me, target: &host, uri, options: follow::Options::default() };
    follow::write(tx, app, asked, now)
}
