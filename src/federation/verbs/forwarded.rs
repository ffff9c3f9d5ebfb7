//! Activities that somebody else than their actor handed to us: only their ids count (rule A8).
//!
//! We verify no LD signatures; what the origin says when asked is the truth.

use crate::actions::fetch::{self, Budget};
use crate::actions::receive;
use crate::activitypub::envelope::Activity;
use crate::activitypub::read;
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::store::{accounts, statuses};

pub(super) async fn receive(app: &App, activity: &Activity, budget: &mut Budget) -> Result<String> {
    let Some(object) = activity.object_id() else { return Ok("ignored: forwarded, without an object".into()) };
    match activity.kind.as_str() {
        "Create" | "Announce" => receive::named(app, object, budget).await,
        "Update" => update(app, object, budget).await,
        "Delete" => delete(app, object, budget).await,
        other => Ok(format!("ignored: a forwarded {other}")),
    }
}

async fn update(app: &App, uri: &str, budget: &mut Budget) -> Result<String> {
    let wanted = uri.to_owned();
    if app.store.read(move |db| statuses::by_uri(db, &wanted)).await?.is_none() {
        return Ok("ignored: a post that we do not hold".into());
    }
    let document = fetch::document(app, uri, budget).await?;
    let Some(author) = read::id(&document, "attributedTo") else { return Ok("ignored: not a post".into()) };
    let author = fetch::actor(app, author, budget).await?;
    receive::edited(app, &document, author, budget).await
}

/// Deleted only when the origin confirms it: 404, 410 or a Tombstone.
async fn delete(app: &App, uri: &str, budget: &mut Budget) -> Result<String> {
    let wanted = uri.to_owned();
    let held = app
        .store
        .read(move |db| match statuses::by_uri(db, &wanted)? {
            Some(status) if !status.local => accounts::by_id(db, status.account_id),
            _ => Ok(None),
        })
        .await?;
    let Some(author) = held else { return Ok("ignored: a post that we do not hold".into()) };
    let gone = match fetch::document(app, uri, budget).await {
        Ok(document) => read::kind(&document, &["Tombstone"]).is_some(),
        Err(Error::Peer { fault: Fault::Status { code: 404 | 410, .. }, .. }) => true,
        Err(error) => return Err(error),
    };
    if !gone {
        return Ok("ignored: its origin still has it".into());
    }
    receive::deleted(app, uri, &author).await
}
