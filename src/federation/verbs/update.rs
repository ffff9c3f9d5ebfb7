//! Update: a newer version of a post or of the actor itself.

use super::Deed;
use crate::actions::{fetch, receive};
use crate::activitypub::{actor, note};
use crate::app::App;
use crate::error::Result;

pub(super) async fn receive(app: &App, mut deed: Deed) -> Result<String> {
    let Some(object) = deed.activity.own_object().cloned() else {
        return Ok("ignored: not the sender's own object".into());
    };
    if actor::is_actor(&object) {
        if deed.activity.object_id() != Some(deed.actor.uri.as_str()) {
            return Ok("ignored: only an actor updates itself".into());
        }
        fetch::store_actor(app, &object, &mut deed.budget).await?;
        return Ok("profile updated".into());
    }
    if note::is_post(&object) {
        let object = deed.activity.addressed(&object);
        return receive::edited(app, &object, deed.actor, &mut deed.budget).await;
    }
    Ok("ignored: not a post or profile".into())
}
