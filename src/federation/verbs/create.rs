//! Create: a new post.

use super::Deed;
use crate::actions::receive;
use crate::activitypub::note;
use crate::app::App;
use crate::error::Result;

pub(super) async fn receive(app: &App, mut deed: Deed) -> Result<String> {
    let Some(object) = deed.activity.own_object().map(|object| deed.activity.addressed(object)) else {
        // Only named, or not theirs to say: what its own server says counts (rule A2).
        let Some(id) = deed.activity.object_id().map(str::to_owned) else {
            return Ok("ignored: a Create needs an object".into());
        };
        return receive::named(app, &id, &mut deed.budget).await;
    };
    if !note::is_post(&object) {
        return Ok("ignored: not a post".into());
    }
    receive::delivered(app, &object, deed.actor, deed.recipient, &mut deed.budget).await
}
