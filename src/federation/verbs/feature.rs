//! Add and Remove: somebody pins or unpins a post of theirs, or features a hashtag. The target must be their own featured collection (rule R8).

use super::Deed;
use crate::actions::{featured, pin, receive};
use crate::activitypub::read;
use crate::app::App;
use crate::error::Result;

pub(super) async fn receive(app: &App, mut deed: Deed, add: bool) -> Result<String> {
    let target = read::id_of(&deed.activity.target);
    if target.is_none() || target != deed.actor.featured_uri.as_deref() {
        return Ok("ignored: not their collection of pinned posts".into());
    }
    if read::kind(&deed.activity.object, &["Hashtag"]).is_some() {
        let changed = featured::tag(app, &deed.actor, &deed.activity.object, add).await?;
        return Ok(if changed { "featured hashtags changed" } else { "ignored: too many, or known already" }.into());
    }
    let Some(object) = deed.activity.object_id().map(str::to_owned) else {
        return Ok("ignored: it names no post".into());
    };
    let Some(status) = receive::by_uri(app, &object, &mut deed.budget).await? else {
        return Ok("ignored: the post is not to be had".into());
    };
    let (now, who) = (app.clock.now(), deed.actor);
    let changed = app.store.write(move |tx| pin::write_remote(tx, &who, &status, add, now)).await?;
    Ok(match (changed, add) {
        (false, _) => "ignored: not theirs, too many, or known already",
        (true, true) => "pinned",
        (true, false) => "unpinned",
    }
    .into())
}
