//! Announce: a boost.

use super::Deed;
use crate::actions::{reblog, receive};
use crate::activitypub::audience::Visibility;
use crate::activitypub::{ids, read};
use crate::app::App;
use crate::error::Result;
use crate::ids::StatusId;
use crate::store::statuses::Status;
use crate::store::{blocks, follows, tombstones};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, mut deed: Deed) -> Result<String> {
    let (Some(uri), Some(object)) = (deed.activity.id.clone(), deed.activity.object_id().map(str::to_owned)) else {
        return Ok("ignored: an Announce needs an id and an object".into());
    };
    let booster = deed.actor.id;
    let followed = app.store.read(move |db| Ok(!follows::local_followers(db, booster)?.is_empty())).await?;
    let ours = ids::parse(&app.config.url(""), &object).is_some();
    if !followed && !ours {
        return Ok("ignored: nobody here follows the booster".into());
    }
    let Some(original) = receive::by_uri(app, &object, &mut deed.budget).await? else {
        return Ok("ignored: the boosted post is not to be had".into());
    };
    let own = original.account_id == deed.actor.id;
    let boostable = original.visibility.is_open() || (own && original.visibility == Visibility::Private);
    if original.reblog_of_id.is_some() || !boostable {
        return Ok("ignored: only public and unlisted posts can be boosted".into());
    }
    let now = app.clock.now();
    let activity = &deed.activity;
    let asked = Visibility::infer(&activity.to, &activity.cc, deed.actor.followers_uri.as_deref());
    let boost = Status {
        uri: uri.clone(),
        visibility: reblog::narrower(asked, original.visibility),
        created_at: read::settled(activity.published, now),
        ..reblog::wrap(app.ids.next::<StatusId>(now), &deed.actor, &original, now)
    };
    let (us, who) = (app.clone(), deed.actor);
    let (answer, told) = app
        .store
        .write(move |tx| {
            if tombstones::take_undone(tx, &uri, &who.uri)? || tombstones::exists_by(tx, &uri, &who.uri)? {
                return Ok(("ignored: undone before it arrived", Announcements::default()));
            }
            if blocks::exists(tx, original.account_id, who.id)? {
                return Ok(("ignored: blocked", Announcements::default()));
            }
            Ok(("boosted", reblog::write(tx, &us, &who, &boost, &original, now)?))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}
