//! Passwords and addresses of those who are in: forgotten, changed, reset.
//!
//! A reset ends every session and takes back every token: whoever had the old password may hold one. Whether an address
//! exists is told to nobody.

use std::time::Duration;

use super::join::{self, Flaw, is_address};
use super::mail::{self, Message};
use super::{account, password, token};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::links::{self, Purpose};
use crate::store::users::{self, User};
use crate::store::{Tx, accounts, sessions, tokens};
use crate::streams::{Announcements, Happening};

/// How long a link for a new password works.
const RESET: Duration = Duration::from_secs(3_600);
/// How long a link for a new address works.
const CHANGE: Duration = Duration::from_secs(2 * 86_400);

/// Mails a link for a new password to whoever has this address here. Says nothing about whether anybody does.
pub async fn forgotten(app: &App, email: &str) -> Result<()> {
    let (email, now, deed, secret) = (email.trim().to_owned(), app.clock.now(), app.clone(), app.random.secret());
    let written = app.store.write(move |tx| {
        let mut told = Announcements::default();
        let Some(user) = users::by_email(tx, &email)?.filter(|user| user.disabled_at.is_none()) else {
            return Ok(told);
        };
        let link = deed.config.url(&format!("/auth/reset?token={secret}"));
        if mail::queue(tx, &deed, &user, Message::Reset { link })? {
            join::new_link(tx, user.account_id, Purpose::Reset, &user.email, &secret, RESET, now)?;
            told.mails = true;
        }
        Ok(told)
    });
    written.await?.announce(app);
    Ok(())
}

/// A link for a new password, for a moderator to hand over; works once and for an hour. Earlier ones end.
pub async fn reset_link(app: &App, account: AccountId) -> Result<String> {
    let (now, secret) = (app.clock.now(), app.random.secret());
    let link = app.config.url(&format!("/auth/reset?token={secret}"));
    let written = app.store.write(move |tx| {
        let user = users::by_account(tx, account)?.ok_or(Error::NotFound("user"))?;
        join::new_link(tx, account, Purpose::Reset, &user.email, &secret, RESET, now)
    });
    written.await?;
    Ok(link)
}

/// Whose password the link with this secret would set: the user name.
pub async fn reset_of(app: &App, secret: &str) -> Result<Option<String>> {
    let (hash, now) = (token::hash(secret), app.clock.now());
    let read = app.store.read(move |db| {
        let Some(link) = links::by_hash(db, Purpose::Reset, &hash, now)? else { return Ok(None) };
        Ok(accounts::by_id(db, link.account_id)?.map(|account| account.username))
    });
    read.await
}

/// Sets the password by a link; works once. The inner error says what is wrong with the password, and leaves the link
/// as it is. [`Error::Gone`]: the link was used or ran out.
pub async fn reset(app: &App, secret: &str, new: String) -> Result<Result<(), Flaw>> {
    if let Some((code, why)) = join::password_flaw(&new) {
        return Ok(Err(Flaw { field: "password", code, why }));
    }
    // Hashing costs a core for a moment: only for those who hold a link.
    reset_of(app, secret).await?.ok_or(Error::Gone("link"))?;
    let phc = account::hash_password(app, new).await?;
    let (hash, now, deed) = (token::hash(secret), app.clock.now(), app.clone());
    let written = app.store.write(move |tx| {
        let link = links::by_hash(tx, Purpose::Reset, &hash, now)?.ok_or(Error::Gone("link"))?;
        let user = users::by_account(tx, link.account_id)?.ok_or(Error::Gone("link"))?;
        links::forget(tx, link.account_id, Purpose::Reset)?;
        users::set_password(tx, link.account_id, &phc)?;
        let mut told = shut_out(tx, link.account_id)?;
        // The link came by mail to that address, or from a moderator who knows whom they gave it to. So somebody whose
        // confirmation mail got lost has a way in as well.
        if user.confirmed_at.is_none() && user.email == link.email {
            told.extend(join::write_confirm(tx, &deed, link.account_id, &user.email, now)?);
        }
        told.mails |= mail::queue(tx, &deed, &user, Message::PasswordChanged)?;
        Ok(told)
    });
    written.await?.announce(app);
    Ok(Ok(()))
}

/// Ends every session and takes back every token (with its push subscription and open streams) of `account`.
pub fn shut_out(tx: &Tx, account: AccountId) -> Result<Announcements> {
    let mut told = Announcements::default();
    sessions::delete_of(tx, account, None)?;
    for id in tokens::delete_of(tx, account)? {
        told.push(Happening::Revoked(id));
    }
    Ok(told)
}

/// Whether `password` is that of `account`. One check at a time of few, as when signing in.
pub async fn knows_password(app: &App, account: AccountId, given: &str) -> Result<bool> {
    let user = app.store.read(move |db| users::by_account(db, account)).await?;
    let phc = user.map_or_else(|| password::NOBODY.to_owned(), |user| user.password_hash);
    let given = given.to_owned();
    let _turn = app.password_checks.acquire().await.map_err(|_| Error::Bug("password checks closed".into()))?;
    tokio::task::spawn_blocking(move || given.len() <= 1024 && password::verify(&phc, &given))
        .await
        .map_err(|panic| Error::Bug(format!("a password check panicked: {panic}")))
}

/// Changes the password of somebody who knows the old one. Other sessions end, the one with the secret `session` and
/// apps stay.
pub async fn change_password(
    app: &App,
    account: AccountId,
    session: Option<&str>,
    old: &str,
    new: String,
) -> Result<Result<(), Flaw>> {
    if !knows_password(app, account, old).await? {
        return Ok(Err(wrong_password("current_password")));
    }
    if let Some((code, why)) = join::password_flaw(&new) {
        return Ok(Err(Flaw { field: "password", code, why }));
    }
    let phc = account::hash_password(app, new).await?;
    let (keep, deed) = (session.map(token::hash), app.clone());
    let written = app.store.write(move |tx| {
        let user = users::by_account(tx, account)?.ok_or(Error::NotFound("user"))?;
        users::set_password(tx, account, &phc)?;
        links::forget(tx, account, Purpose::Reset)?;
        sessions::delete_of(tx, account, keep.as_ref())?;
        let mut told = Announcements::default();
        told.mails |= mail::queue(tx, &deed, &user, Message::PasswordChanged)?;
        Ok(told)
    });
    written.await?.announce(app);
    Ok(Ok(()))
}

/// Begins to change the address of somebody who knows the password: the new address must be confirmed; without mail it
/// holds at once. An address that somebody else has here is not told: its owner gets no mail, and nothing changes.
pub async fn change_email(app: &App, account: AccountId, given: &str, email: &str) -> Result<Result<(), Flaw>> {
    if !knows_password(app, account, given).await? {
        return Ok(Err(wrong_password("current_password")));
    }
    let email = email.trim().to_owned();
    if !is_address(&email) {
        return Ok(Err(Flaw { field: "email", code: "ERR_INVALID", why: "is invalid".into() }));
    }
    let (now, deed, secret) = (app.clock.now(), app.clone(), app.random.secret());
    let written = app.store.write(move |tx| {
        let user = users::by_account(tx, account)?.ok_or(Error::NotFound("user"))?;
        let mut told = Announcements::default();
        if users::by_email(tx, &email)?.is_some() {
            let taken = Flaw { field: "email", code: "ERR_TAKEN", why: "has already been taken".into() };
            return Ok(if mail::is_configured(&deed) { Ok(told) } else { Err(taken) });
        }
        if !mail::is_configured(&deed) {
            users::set_email(tx, account, &email)?;
            return Ok(Ok(told));
        }
        let link = deed.config.url(&format!("/auth/confirmation?token={secret}"));
        if mail::queue(tx, &deed, &user, Message::ChangeAddress { link, address: email.clone() })? {
            join::new_link(tx, account, Purpose::Confirm, &email, &secret, CHANGE, now)?;
            told.mails = true;
        }
        Ok(Ok(told))
    });
    Ok(written.await?.map(|told| told.announce(app)))
}

/// What is to be said of somebody's own settings.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Mine {
    pub user: User,
    /// The address that waits to be confirmed.
    pub unconfirmed: Option<String>,
}

/// The user row of `account`, and the address that waits to be confirmed.
pub async fn mine(app: &App, account: AccountId) -> Result<Mine> {
    let now = app.clock.now();
    let read = app.store.read(move |db| {
        let user = users::by_account(db, account)?.ok_or(Error::NotFound("user"))?;
        let unconfirmed = links::unconfirmed(db, account, now)?.filter(|email| *email != user.email);
        Ok(Mine { user, unconfirmed })
    });
    read.await
}

fn wrong_password(field: &'static str) -> Flaw {
    Flaw { field, code: "ERR_INVALID", why: "is invalid".into() }
}
