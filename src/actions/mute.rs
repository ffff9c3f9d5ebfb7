//! Muting an account: private, nobody else is told.

use std::time::Duration;

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::{self, Account};
use crate::store::mutes::{self, Mute};
use crate::store::timelines;

/// Mutes; `duration` `None` is for ever.
pub async fn add(
    app: &App,
    me: &Account,
    target: AccountId,
    notifications: bool,
    duration: Option<Duration>,
) -> Result<()> {
    if me.id == target {
        return Err(Error::Forbidden("This action is not allowed".into()));
    }
    let (now, me) = (app.clock.now(), me.id);
    let id = app.ids.next::<i64>(now);
    let until = duration.map(|duration| now.plus(duration));
    app.store
        .write(move |tx| {
            accounts::by_id(tx, target)?.ok_or(Error::NotFound("account"))?;
            mutes::insert(tx, id, me, target, Mute { notifications, expires_at: until }, now)?;
            timelines::home_remove_author(tx, me, target)
        })
        .await
}

/// Unmutes.
pub async fn remove(app: &App, me: &Account, target: AccountId) -> Result<()> {
    let me = me.id;
    app.store
        .write(move |tx| {
            accounts::by_id(tx, target)?.ok_or(Error::NotFound("account"))?;
            mutes::delete(tx, me, target).map(|_| ())
        })
        .await
}
