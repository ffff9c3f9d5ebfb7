//! Bookmarking a post: private, nobody else is told.

use crate::app::App;
use crate::error::Result;
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::bookmarks;
use crate::store::statuses::Status;

use super::post;

/// Bookmarks the post; answers it.
pub async fn add(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    let (now, me) = (app.clock.now(), me.id);
    let bookmark = app.ids.next::<i64>(now);
    app.store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me))?;
            bookmarks::insert(tx, bookmark, me, status.id, now)?;
            Ok(status)
        })
        .await
}

/// Takes the bookmark back.
pub async fn remove(app: &App, me: &Account, id: StatusId) -> Result<Status> {
    let me = me.id;
    app.store
        .write(move |tx| {
            let status = post::readable(tx, id, Some(me))?;
            bookmarks::delete(tx, me, status.id)?;
            Ok(status)
        })
        .await
}
