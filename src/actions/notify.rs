//! Telling a local person that something happened to them.

use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::store::{Tx, accounts, blocks, mutes, notifications, users};
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
