//! Follow: somebody elsewhere wants to follow somebody here.

use super::Deed;
use crate::actions::follow::{self, Asked, Options};
use crate::actions::outbox::{self, Recipients};
use crate::actions::relay;
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::error::Result;
use crate::ids::FollowId;
use crate::store::accounts::INSTANCE;
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
            if tombstones::is_undone(tx, &uri, &follower.uri, now)? {
                return Ok(("ignored: undone before it arrived", Announcements::default()));
            }
            let id: FollowId = us.ids.next(now);
            if target.id == INSTANCE && relay::may_follow(tx, &follower)? {
                let asked = build::Follow { id: uri, actor: follower.uri.clone(), object: target.uri.clone() };
                let accept = build::accept(&ids::accept(&target.uri, id), &asked);
                let deliveries = outbox::send(tx, &us, &target, &accept, &Recipients::one(follower.id), now)?;
                return Ok((
                    "accepted: a relay follows back",
                    Announcements { deliveries, ..Announcements::default() },
                ));
            }
            let closed = target.id == INSTANCE || target.suspended_at.is_some() || target.moved_to_uri.is_some();
            if closed || blocks::exists(tx, target.id, follower.id)? {
                let asked = build::Follow { id: uri, actor: follower.uri.clone(), object: target.uri.clone() };
                let reject = build::reject(&ids::reject(&target.uri, id), &asked);
                let deliveries = outbox::send(tx, &us, &target, &reject, &Recipients::one(follower.id), now)?;
                let why = if closed { "rejected: nobody to follow" } else { "rejected: blocked" };
                return Ok((why, Announcements { deliveries, ..Announcements::default() }));
            }
            let asked = Asked { id, follower: &follower, target: &target, uri, options: Options::default() };
            let told = follow::write(tx, &us, asked, now)?;
            Ok((if target.locked || follower.silenced_at.is_some() { "waits for an answer" } else { "accepted" }, told))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}
