//! Delete: of a post or of leave to quote by its author, or of an actor by itself.

use super::Deed;
use crate::actions::quote::consent;
use crate::actions::{absence, receive};
use crate::activitypub::ids;
use crate::app::App;
use crate::error::Result;
use crate::store::accounts;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let Some(uri) = deed.activity.object_id() else { return Ok("ignored: a Delete needs an object".into()) };
    if !ids::same_origin(uri, &deed.actor.uri) {
        return Ok("ignored: not theirs to delete".into());
    }
    if let Some(answer) = consent::stamp_deleted(app, uri, &deed.actor).await? {
        return Ok(answer);
    }
    receive::deleted(app, uri, &deed.actor).await
}

/// An actor that deleted itself: everything of it goes, its id stays as a tombstone.
pub(super) async fn actor(app: &App, uri: &str) -> Result<String> {
    let (now, uri) = (app.clock.now(), uri.to_owned());
    app.store
        .write(move |tx| {
            let Some(account) = accounts::by_uri(tx, &uri)?.filter(|account| !account.is_local()) else {
                return Ok("ignored: an actor that we do not know".to_owned());
            };
            absence::purge(tx, account.id, &uri, now)?;
            Ok("the actor and all that was theirs is deleted".to_owned())
        })
        .await
}
