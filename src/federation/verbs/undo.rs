//! Undo: of a Follow, a Like, a reaction, an Announce, a Block or an Accept; named by id, or embedded (rule P5).
//!
//! A Follow is also matched by who and whom when its id is another one: Misskey embeds a Follow with an id of its own
//! making. The actor is proven and it is their own follow, so nothing can be forged that way.

use super::Deed;
use crate::actions::follow::{self, Told};
use crate::actions::{bot, favourite, react, reblog, translate};
use crate::activitypub::read;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids;
use crate::store::accounts::{self, Account};
use crate::store::{Tx, blocks, favourites, follows, reactions, statuses, tombstones};
use crate::streams::Announcements;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let (now, us) = (app.clock.now(), app.clone());
    let (answer, told) = app
        .store
        .write(move |tx| {
            let id = deed.activity.object_id().map(str::to_owned);
            let inner = &deed.activity.object;
            let embedded = Embedded {
                kind: read::kind(inner, &["Follow", "Like", "EmojiReact", "Announce", "Block", "Accept"]),
                object: read::id(inner, "object").map(str::to_owned),
                inner: read::first(inner, "object").cloned().unwrap_or_default(),
                named: id.is_some(),
            };
            let by_id = id.as_ref().map_or(Ok(None), |id| by_id(tx, &us, &deed.actor, id, now))?;
            let found = match by_id {
                Some(found) => Some(found),
                None => by_content(tx, &us, &deed.actor, &embedded, now)?,
            };
            // What arrives later, or once more, finds this marker (rule P3).
            if let Some(id) = &id {
                let met = found.as_ref().map(|(_, met)| *met);
                tombstones::insert_undone(tx, id, &deed.actor.uri, met, now)?;
            }
            Ok(match (found, id) {
                (Some((told, _)), _) => ("undone", told),
                (None, Some(_)) => ("not here; remembered as undone", Announcements::default()),
                (None, None) => ("ignored: nothing to undo", Announcements::default()),
            })
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}

struct Embedded {
    kind: Option<&'static str>,
    object: Option<String>,
    /// What the embedded activity is about, whole: for the Accept of a Follow.
    inner: serde_json::Value,
    named: bool,
}

/// What was undone, told to whom, and when it had arrived.
type Undone = (Announcements, Time);

fn by_id(tx: &Tx, app: &App, actor: &Account, id: &str, now: Time) -> Result<Option<Undone>> {
    if let Some(follow) = follows::by_uri(tx, id)?.filter(|follow| follow.account_id == actor.id) {
        let met = ids::time_of(follow.id.0);
        return Ok(Some((follow::write_end(tx, app, &follow, Told::Nobody, now)?, met)));
    }
    if let Some(favourite) = favourites::by_uri(tx, id)?.filter(|favourite| favourite.account_id == actor.id)
        && let Some(status) = statuses::by_id(tx, favourite.status_id)?
    {
        return Ok(Some((favourite::write_removal(tx, app, actor, &status, now)?, ids::time_of(favourite.id))));
    }
    if let Some(reaction) = reactions::by_uri(tx, id)?.filter(|reaction| reaction.account_id == actor.id)
        && let Some(status) = statuses::by_id(tx, reaction.status_id)?
    {
        let told = react::write_removal(tx, app, actor, &status, &reaction.name, now)?;
        return Ok(Some((told, ids::time_of(reaction.id))));
    }
    if let Some(boost) = statuses::by_uri(tx, id)?.filter(|boost| boost.account_id == actor.id)
        && let Some(original) = boost.reblog_of_id
        && let Some(original) = statuses::by_id(tx, original)?
    {
        let told = reblog::write_removal(tx, app, actor, &boost, &original, now)?;
        return Ok(Some((told, ids::time_of(boost.id.0))));
    }
    if let Some((_, target)) = blocks::by_uri(tx, id)?.filter(|(who, _)| *who == actor.id) {
        blocks::delete(tx, actor.id, target)?;
        let mut told = Announcements::default();
        if let Some(target) = accounts::by_id(tx, target)? {
            bot::event::blocked(tx, &translate::ground(app), actor, &target, false, now, &mut told)?;
        }
        return Ok(Some((told, now)));
    }
    Ok(None)
}

/// Matches by what is undone: a Follow always, others only when the embedded activity carries no id of its own. An Accept
/// that is taken back names the Follow that it answered.
fn by_content(tx: &Tx, app: &App, actor: &Account, inner: &Embedded, now: Time) -> Result<Option<Undone>> {
    let (Some(kind), Some(object)) = (inner.kind, &inner.object) else { return Ok(None) };
    if kind == "Accept" {
        let Some(follow) = super::accept::answered(tx, object, &inner.inner, actor)?.map(|(follow, _)| follow) else {
            return Ok(None);
        };
        return Ok(Some((follow::write_end(tx, app, &follow, Told::Nobody, now)?, now)));
    }
    if inner.named && kind != "Follow" {
        return Ok(None);
    }
    match kind {
        "Follow" | "Block" => {
            let Some(target) = accounts::by_uri(tx, object)? else { return Ok(None) };
            if kind == "Block" {
                let Some(_) = blocks::delete(tx, actor.id, target.id)? else { return Ok(None) };
                let mut told = Announcements::default();
                bot::event::blocked(tx, &translate::ground(app), actor, &target, false, now, &mut told)?;
                return Ok(Some((told, now)));
            }
            let Some(follow) = follows::between(tx, actor.id, target.id)? else { return Ok(None) };
            let met = ids::time_of(follow.id.0);
            // Both ids are undone: the one that was sent, and the one that is named now.
            tombstones::insert_undone(tx, &follow.uri, &actor.uri, Some(met), now)?;
            Ok(Some((follow::write_end(tx, app, &follow, Told::Nobody, now)?, met)))
        }
        _ => {
            let Some(status) = statuses::by_uri(tx, object)? else { return Ok(None) };
            if kind != "Announce" {
                return Ok(Some((favourite::write_removal(tx, app, actor, &status, now)?, now)));
            }
            let Some(boost) = statuses::reblog_by(tx, actor.id, status.id)? else { return Ok(None) };
            let met = ids::time_of(boost.id.0);
            Ok(Some((reblog::write_removal(tx, app, actor, &boost, &status, now)?, met)))
        }
    }
}
