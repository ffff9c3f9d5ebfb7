//! Follow: somebody elsewhere wants to follow somebody here.

use super::Deed;
use crate::actions::follow::{self, Asked, Options};
use crate::actions::outbox::{self, Recipients};
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::error::Result;
use crate::ids::FollowId;
use crate::store::{blocks, tombstones};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let (Some(uri), Some(object)) = (deed.activity.id.clone(), deed.activity.object_id()) else {
        return Ok("ignored: a Follow needs an id and an object".into());
    };
    let Some(target) = super::local(app, object).await? else {
        return Ok("ignored: nobody of that id lives here".into());
    };
    let (now, us, follower) = (app.clock.now(), app.clone(), deed.actor);
    let (answer, told) = app
        .store
        .write(move |tx| {
            if tombstones::take_undone(tx, &uri, &follower.uri)? {
                return Ok(("ignored: undone before it arrived", Announcements::default()));
            }
            let id: FollowId = us.ids.next(now);
            if blocks::exists(tx, target.id, follower.id)? || target.id == crate::store::accounts::INSTANCE {
                let asked = build::Follow { id: uri, actor: follower.uri.clone(), object: target.uri.clone() };
                let reject = build::reject(&ids::reject(&target.uri, id), &asked);
                let deliveries = outbox::send(tx, &us, &target, &reject, &Recipients::one(follower.id), now)?;
                return Ok(("rejected: blocked", Announcements { happenings: Vec::new(), deliveries }));
            }
            let asked = Asked { id, follower: &follower, target: &target, uri, options: Options::default() };
            let told = follow::write(tx, &us, asked, now)?;
            Ok((if target.locked { "waits for an answer" } else { "accepted" }, told))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}
