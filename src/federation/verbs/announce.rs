//! Announce: a boost, or what a group passes on.

use std::time::Duration;

use serde_json::Value;

use super::{Deed, forwarded};
use crate::actions::{group, plugin, reblog, receive, relay};
use crate::activitypub::audience::Visibility;
use crate::activitypub::{envelope, ids, read};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::statuses::Status;
use crate::store::{accounts, blocks, follows, tombstones};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let (Some(uri), Some(object)) = (deed.activity.id.clone(), deed.activity.object_id().map(str::to_owned)) else {
        return Ok("ignored: an Announce needs an id and an object".into());
    };
    if let Some(inner) = deed.activity.embedded().filter(|inner| envelope::is_activity(inner)) {
        return passed_on(app, &inner.clone(), deed, uri).await;
    }
    boost(app, deed, uri, object).await
}

/// A group passes an activity of a member on (FEP-1b12, rule R12). Of what is inside only ids count (rule A8).
async fn passed_on(app: &App, inner: &Value, mut deed: Deed, uri: String) -> Result<String> {
    if deed.actor.kind != "Group" {
        return Ok("ignored: only groups pass activities on".into());
    }
    let Some(object) = read::id(inner, "object").map(str::to_owned) else {
        return Ok("ignored: passed on, without an object".into());
    };
    let group = deed.actor.id;
    let followed = app.store.read(move |db| Ok(!follows::local_followers(db, group)?.is_empty())).await?;
    match read::kind(inner, &["Create", "Update", "Delete"]) {
        Some("Update") => forwarded::update(app, &object, &mut deed.budget).await,
        Some("Delete") => forwarded::delete(app, &object, &mut deed.budget).await,
        Some(_) if !followed => Ok("ignored: nobody here follows the group".into()),
        Some(_) => match group::answers_known(app, read::first(inner, "object").unwrap_or(&Value::Null)).await? {
            Some(false) => Ok("ignored: it answers what we do not hold".into()),
            Some(true) => receive::in_group(app, &object, &mut deed.budget).await,
            None => {
                receive::in_group(app, &object, &mut deed.budget).await?;
                boost(app, deed, uri, object).await
            }
        },
        None => Ok("ignored: what strangers do in a group, save posts".into()),
    }
}

async fn boost(app: &App, mut deed: Deed, uri: String, object: String) -> Result<String> {
    let booster = deed.actor.id;
    let followed = app.store.read(move |db| Ok(!follows::local_followers(db, booster)?.is_empty())).await?;
    let ours = ids::parse(&app.config.url(""), &object).is_some();
    if !followed && !ours {
        if let Some(relay) = relay::of(app, &deed.actor.uri).await? {
            return relay::received(app, relay, &object, &mut deed.budget).await;
        }
        return Ok("ignored: nobody here follows the booster".into());
    }
    let Some(original) = receive::by_uri(app, &object, &mut deed.budget).await? else {
        return Ok("ignored: the boosted post is not to be had".into());
    };
    let author = original.account_id;
    let author = app.store.read(move |db| accounts::by_id(db, author)).await?;
    if author.is_none_or(|author| author.suspended_at.is_some()) {
        return Ok("ignored: the author of the boosted post is suspended".into());
    }
    if !original.local && original.local_only && plugin::arrivals::waits(app, &original.uri).await? {
        return Err(Error::Busy { why: "filters judge the boosted post", retry_after: Duration::from_secs(5) });
    }
    let own = original.account_id == deed.actor.id;
    let boostable = original.visibility.is_open() || (own && original.visibility == Visibility::Private);
    if original.reblog_of_id.is_some() || original.local_only || !boostable {
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
            if tombstones::is_undone(tx, &uri, &who.uri, now)? || tombstones::exists_by(tx, &uri, &who.uri)? {
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
