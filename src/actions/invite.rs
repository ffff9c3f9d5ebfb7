//! Invites: links by which others may join, made by members (if the settings let them) or by the operator.

use std::time::Duration;

use super::join;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, InviteId};
use crate::store::invites::{self, Invite};
use crate::store::users;

/// How many invites a member can make in a day.
const PER_DAY: i64 = 50;
/// The longest life of an invite.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);
/// The longest comment, in characters.
const COMMENT: usize = 420;

/// What an invite shall be like.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Wish {
    /// `None`: any number.
    pub max_uses: Option<i64>,
    /// `None`: it never runs out.
    pub lasts: Option<Duration>,
    /// Whether newcomers follow who invited them.
    pub autofollow: bool,
    /// For whom it is, as a note to oneself.
    pub comment: String,
}

/// Makes an invite of `account`; `None`: of the operator, who may always.
pub async fn create(app: &App, account: Option<AccountId>, wish: Wish) -> Result<Invite> {
    let now = app.clock.now();
    if wish.max_uses.is_some_and(|most| !(1..=10_000).contains(&most)) {
        return Err(Error::invalid("max_uses", "must be from 1 to 10000"));
    }
    if wish.lasts.is_some_and(|lasts| lasts > LONGEST || lasts.is_zero()) {
        return Err(Error::invalid("expires_in", "must be at least a second and at most a year"));
    }
    if wish.comment.chars().count() > COMMENT {
        return Err(Error::invalid("comment", format!("is too long (maximum is {COMMENT} characters)")));
    }
    let invite = Invite {
        id: app.ids.next(now),
        account_id: account,
        // 72 bits: nobody guesses it, and it fits a line of a letter.
        code: app.random.secret()[..12].to_owned(),
        comment: wish.comment.trim().to_owned(),
        max_uses: wish.max_uses,
        uses: 0,
        autofollow: wish.autofollow && account.is_some(),
        expires_at: wish.lasts.map(|lasts| now.plus(lasts)),
        created_at: now,
    };
    let written = app.store.write(move |tx| {
        if let Some(id) = account {
            let user = users::by_account(tx, id)?.ok_or(Error::NotFound("user"))?;
            join::may_invite(tx, &user)?;
            if invites::made_since(tx, id, now.minus(Duration::from_secs(86_400)))? >= PER_DAY {
                return Err(Error::Limited { retry_after: Duration::from_secs(3_600) });
            }
        }
        invites::insert(tx, &invite)?;
        Ok(invite)
    });
    written.await
}

/// Ends an invite of `account` now.
pub async fn revoke(app: &App, account: AccountId, id: InviteId) -> Result<()> {
    let now = app.clock.now();
    let written = app.store.write(move |tx| {
        let invite = invites::by_id(tx, id)?.filter(|invite| invite.account_id == Some(account));
        invites::revoke(tx, invite.ok_or(Error::NotFound("invite"))?.id, now)
    });
    written.await
}

/// Ends the invite with this code, whoever made it: for the operator.
pub async fn revoke_code(app: &App, code: &str) -> Result<()> {
    let (now, code) = (app.clock.now(), code.to_owned());
    let written = app.store.write(move |tx| {
        let invite = invites::by_code(tx, &code)?.ok_or(Error::NotFound("invite"))?;
        invites::revoke(tx, invite.id, now)
    });
    written.await
}

/// The invite behind a code, if one can still come in by it and the door is not closed.
pub async fn usable(app: &App, code: &str) -> Result<Option<Invite>> {
    let (now, code) = (app.clock.now(), code.to_owned());
    let read = app.store.read(move |db| {
        let closed = join::registrations(db)?.mode == join::Mode::Closed;
        Ok(invites::by_code(db, &code)?.filter(|invite| invite.is_open(now) && !closed))
    });
    read.await
}

/// The page of an invite.
pub fn address(app: &App, code: &str) -> String {
    app.config.url(&format!("/invite/{code}"))
}
