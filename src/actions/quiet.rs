//! Hearing nothing more of a thread, and hearing of it again. Nobody else is told.

use crate::app::App;
use crate::error::Result;
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::conversation_mutes;
use crate::store::statuses::Status;

use super::post;

/// Mutes the thread in which the post stands: nothing in it notifies `me` any more.
pub async fn add(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    let (now, me) = (app.clock.now(), me.id);
    app.store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me))?;
            conversation_mutes::insert(tx, me, &status, now)?;
            Ok(status)
        })
        .await
}

/// Takes the mute back.
pub async fn remove(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    let me = me.id;
    app.store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me))?;
            conversation_mutes::delete(tx, me, &status)?;
            Ok(status)
        })
        .await
}
