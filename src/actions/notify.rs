//! Telling a local person that something happened to them.

use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::store::statuses::{self, Status};
use crate::store::{Tx, accounts, blocks, follows, mutes, notifications, users};
use crate::streams::{Announcements, Happening};

/// Writes a notification of `kind` (Mastodon's word) for `to`, unless `to` is not local, is `from`, has blocked or muted
/// `from`, or was told before.
#[allow(clippy::too_many_arguments, reason = "each is a fact of the notification")]
pub fn tell(
    tx: &Tx,
    app: &App,
    kind: &str,
    to: AccountId,
    from: AccountId,
    status: Option<StatusId>,
    now: Time,
    announcements: &mut Announcements,
) -> Result<()> {
    if to == from || users::by_account(tx, to)?.is_none() {
        return Ok(());
    }
    let muted = mutes::between(tx, to, from, now)?.is_some_and(|mute| mute.notifications);
    if muted || blocks::exists(tx, to, from)? {
        return Ok(());
    }
    let Some(sender) = accounts::by_id(tx, from)? else { return Ok(()) };
    if sender.suspended_at.is_some() {
        return Ok(());
    }
    let id = app.ids.next(now);
    if notifications::insert(tx, id, to, kind, from, status, now)? {
        announcements.push(Happening::Notified { account: to, notification: id });
    }
    Ok(())
}

/// Tells local followers who asked to hear of every post of its author that there is a new one in their home.
pub fn subscribers(tx: &Tx, app: &App, status: &Status, now: Time, announcements: &mut Announcements) -> Result<()> {
    let author = status.account_id;
    let answers_others = status.in_reply_to_uri.is_some() && status.in_reply_to_account_id != Some(author);
    if status.reblog_of_id.is_some() || answers_others {
        return Ok(());
    }
    for follower in follows::local_followers(tx, author)?.into_iter().filter(|follower| follower.notify) {
        if statuses::may_see(tx, status, Some(follower.account))? {
            tell(tx, app, "status", follower.account, author, Some(status.id), now, announcements)?;
        }
    }
    Ok(())
}
