//! Undo: of a Follow, a Like, a reaction or an Announce; named by id, or embedded (rule P5).
//!
//! A Follow is also matched by who and whom when its id is another one: Misskey embeds a Follow with an id of its own
//! making. The actor is proven and it is their own follow, so nothing can be forged that way.

use super::Deed;
use crate::actions::follow::{self, Told};
use crate::actions::{favourite, react, reblog};
use crate::activitypub::read;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::store::accounts::{self, Account};
use crate::store::{Tx, favourites, follows, reactions, statuses, tombstones};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let (now, us) = (app.clock.now(), app.clone());
    let (answer, told) = app
        .store
        .write(move |tx| {
            let id = deed.activity.object_id().map(str::to_owned);
            let inner = &deed.activity.object;
            let embedded = Embedded {
                kind: read::kind(inner, &["Follow", "Like", "Announce"]),
                object: read::id(inner, "object").map(str::to_owned),
                named: id.is_some(),
            };
            if let Some(id) = &id
                && let Some(told) = by_id(tx, &us, &deed.actor, id, now)?
            {
                return Ok(("undone", told));
            }
            if let Some(told) = by_content(tx, &us, &deed.actor, &embedded, now)? {
                return Ok(("undone", told));
            }
            // It may still be on its way: what arrives later finds this marker (rule P3).
            if let Some(id) = id {
                tombstones::insert_undone(tx, &id, &deed.actor.uri, now)?;
                return Ok(("not here; remembered as undone", Announcements::default()));
            }
            Ok(("ignored: nothing to undo", Announcements::default()))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}

struct Embedded {
    kind: Option<&'static str>,
    object: Option<String>,
    named: bool,
}

fn by_id(tx: &Tx, app: &App, actor: &Account, id: &str, now: Time) -> Result<Option<Announcements>> {
    if let Some(follow) = follows::by_uri(tx, id)?.filter(|follow| follow.account_id == actor.id) {
        return follow::write_end(tx, app, &follow, Told::Nobody, now).map(Some);
    }
    if let Some((who, status)) = favourites::by_uri(tx, id)?.map(|found| (found.account_id, found.status_id))
        && who == actor.id
        && let Some(status) = statuses::by_id(tx, status)?
    {
        return favourite::write_removal(tx, app, actor, &status, now).map(Some);
    }
    if let Some(reaction) = reactions::by_uri(tx, id)?.filter(|reaction| reaction.account_id == actor.id)
        && let Some(status) = statuses::by_id(tx, reaction.status_id)?
    {
        return react::write_removal(tx, app, actor, &status, &reaction.name, now).map(Some);
    }
    if let Some(boost) = statuses::by_uri(tx, id)?.filter(|boost| boost.account_id == actor.id)
        && let Some(original) = boost.reblog_of_id
        && let Some(original) = statuses::by_id(tx, original)?
    {
        return reblog::write_removal(tx, app, actor, &boost, &original, now).map(Some);
    }
    Ok(None)
}

/// Matches by what is undone: a Follow always, others only when the embedded activity carries no id of its own.
fn by_content(tx: &Tx, app: &App, actor: &Account, inner: &Embedded, now: Time) -> Result<Option<Announcements>> {
    let (Some(kind), Some(object)) = (inner.kind, &inner.object) else { return Ok(None) };
    if inner.named && kind != "Follow" {
        return Ok(None);
    }
    if kind == "Follow" {
        let Some(target) = accounts::by_uri(tx, object)? else { return Ok(None) };
        let Some(follow) = follows::between(tx, actor.id, target.id)? else { return Ok(None) };
        return follow::write_end(tx, app, &follow, Told::Nobody, now).map(Some);
    }
    let Some(status) = statuses::by_uri(tx, object)? else { return Ok(None) };
    if kind == "Like" {
        return favourite::write_removal(tx, app, actor, &status, now).map(Some);
    }
    let Some(boost) = statuses::reblog_by(tx, actor.id, status.id)? else { return Ok(None) };
    reblog::write_removal(tx, app, actor, &boost, &status, now).map(Some)
}
