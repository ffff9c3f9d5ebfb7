//! Joining: who may come in, what a newcomer must say, and the steps from the form to the first post.
//!
//! Somebody is in once their address is confirmed (or mail is not configured) and, where the server asks for it, a
//! moderator approved. Until then nobody else sees them. Checks and the row are one write, so of two who want one name,
//! or the last use of an invite, exactly one gets it. Errors follow Mastodon's codes.
//! Spec: https://docs.joinmastodon.org/methods/accounts/#create

mod admit;
mod check;
mod mode;

pub(super) use admit::write_confirm;
pub use admit::{approve, confirm, confirm_by_link, forget_unconfirmed, pending, reject, resend};
pub use check::{Application, Flaw, Verdict, screen};
pub(super) use check::{is_address, password_flaw};
pub use mode::{Mode, Registrations, may_invite, registrations, set_mode};

use std::net::IpAddr;

use super::mail::{self, Message};
use super::{account, gate, token};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, TokenId};
use crate::store::accounts::{self, Account};
use crate::store::links::{self, Link, Purpose};
use crate::store::memberships::{self, Membership};
use crate::store::users::{self, User};
use crate::store::{Tx, invites, keys};
use crate::streams::Announcements;
use check::Screening;

/// How long the link in a confirmation mail works.
const CONFIRM: std::time::Duration = std::time::Duration::from_secs(2 * 86_400);

/// A newcomer.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Joined {
    pub account: Account,
    pub user: User,
    /// The secret of a token for the app that signed them up.
    pub token: Option<String>,
}

/// What was made outside the transaction.
struct Prepared {
    account: Account,
    pair: keys::KeyPair,
    user: User,
    membership: Membership,
    invite_code: Option<String>,
    /// Of the confirmation link.
    secret: String,
}

/// Signs somebody up; `with` is the app that does it and the scopes of the token it gets. The inner error lists what is
/// wrong with what they said. [`Error::Forbidden`]: nobody may sign up now, or not without an invite.
pub async fn join(
    app: &App,
    said: Application,
    with: Option<(AppId, String)>,
    ip: String,
) -> Result<Result<Joined, Vec<Flaw>>> {
    let now = app.clock.now();
    // Cheap checks first: making a key and hashing take their time. The same checks decide once more in the write.
    let (first, from) = (said.clone(), ip.parse().ok());
    if let Err(flaws) = app.store.read(move |db| check::check(db, &first, from, now)).await? {
        note_attempt(app, said.email, from, now).await?;
        return Ok(Err(flaws));
    }
    let made = prepare(app, &said, with.as_ref().map(|(app, _)| *app), ip).await?;
    let with = with.map(|(client, scopes)| (client, scopes, app.ids.next::<TokenId>(now), app.random.secret()));
    let deed = app.clone();
    let written = app.store.write(move |tx| match check::check(tx, &said, from, now)? {
        Ok(screening) => write(tx, &deed, made, &screening, with, now).map(Ok),
        Err(flaws) => Ok(Err(flaws)),
    });
    Ok(written.await?.map(|(joined, told)| {
        told.announce(app);
        joined
    }))
}

/// For the operator: how often a blocked provider of e-mail was tried.
async fn note_attempt(app: &App, email: String, from: Option<IpAddr>, now: Time) -> Result<()> {
    let Some(from) = from else { return Ok(()) };
    app.store.write(move |tx| gate::note_attempt(tx, from, &email, now)).await
}

async fn prepare(app: &App, said: &Application, client: Option<AppId>, ip: String) -> Result<Prepared> {
    let now = app.clock.now();
    let account = account::local(app, app.ids.next(now), said.username.trim(), "Person", now);
    let user = User {
        account_id: account.id,
        email: said.email.trim().to_owned(),
        password_hash: account::hash_password(app, said.password.clone()).await?,
        role: "member".into(),
        locale: said.lang().code().into(),
        default_visibility: Visibility::Public,
        default_sensitive: false,
        default_language: None,
        created_at: now,
        confirmed_at: None,
        approved_at: None,
        disabled_at: None,
        last_active_at: None,
    };
    let membership = Membership {
        account_id: account.id,
        invite_id: None,
        app_id: client,
        reason: said.reason.trim().to_owned(),
        ip,
        admitted_at: None,
    };
    let pair = account::key_pair().await?;
    let invite_code = said.invite_code.clone();
    Ok(Prepared { account, pair, user, membership, invite_code, secret: app.random.secret() })
}

fn write(
    tx: &Tx,
    app: &App,
    made: Prepared,
    screening: &Screening,
    with: Option<(AppId, String, TokenId, String)>,
    now: Time,
) -> Result<(Joined, Announcements)> {
    let Prepared { account, pair, mut user, mut membership, invite_code, secret } = made;
    if let Some(code) = invite_code {
        let taken = invites::take(tx, &code, now)?;
        membership.invite_id = Some(taken.ok_or(Error::Conflict("the invite was just used up".into()))?.id);
    }
    user.approved_at = (!screening.needs_approval).then_some(now);
    accounts::upsert(tx, &account)?;
    keys::insert_pair(tx, account.id, &pair)?;
    users::insert(tx, &user)?;
    memberships::insert(tx, &membership)?;
    let token = match with {
        Some((client, scopes, id, secret)) => {
            token::grant(tx, id, client, Some(account.id), &scopes, &secret, now)?;
            Some(secret)
        }
        None => None,
    };
    let told = if mail::is_configured(app) {
        let mut told = Announcements::default();
        told.mails |= ask_to_confirm(tx, app, &user, &secret, now)?;
        told
    } else {
        // Nobody can be asked, so the address is taken as it is.
        admit::write_confirm(tx, app, account.id, &user.email, now)?
    };
    let user = users::by_account(tx, account.id)?.ok_or(Error::NotFound("user"))?;
    Ok((Joined { account, user, token }, told))
}

/// Mails a link that confirms the user's address; `false` when too many were asked for.
fn ask_to_confirm(tx: &Tx, app: &App, user: &User, secret: &str, now: Time) -> Result<bool> {
    let link = app.config.url(&format!("/auth/confirmation?token={secret}"));
    if !mail::queue(tx, app, user, Message::Confirm { link })? {
        return Ok(false);
    }
    new_link(tx, user.account_id, Purpose::Confirm, &user.email, secret, CONFIRM, now)?;
    Ok(true)
}

/// Makes `secret` the only link of its kind for `account`.
pub(super) fn new_link(
    tx: &Tx,
    account: AccountId,
    purpose: Purpose,
    email: &str,
    secret: &str,
    lasts: std::time::Duration,
    now: Time,
) -> Result<()> {
    links::forget(tx, account, purpose)?;
    let link =
        Link { account_id: account, purpose, email: email.to_owned(), created_at: now, expires_at: now.plus(lasts) };
    links::insert(tx, &link, &token::hash(secret))
}

#[cfg(test)]
mod tests;
