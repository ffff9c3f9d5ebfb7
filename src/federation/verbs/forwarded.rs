//! Activities that somebody else than their actor handed to us: only their ids count (rule A8).
//!
//! We verify no LD signatures; what the origin says when asked is the truth.

use crate::actions::fetch::{self, Budget};
use crate::actions::quote::consent;
use crate::actions::{passed_on, receive, relay};
use crate::activitypub::envelope::Activity;
use crate::activitypub::read;
use crate::app::App;
use crate::error::{Error, Fault, Result};
use crate::store::{accounts, quotes, statuses};

/// `signer` is who handed it to us.
pub(super) async fn receive(app: &App, activity: &Activity, signer: &str, budget: &mut Budget) -> Result<String> {
    let Some(object) = activity.object_id() else { return Ok("ignored: forwarded, without an object".into()) };
    if matches!(activity.kind.as_str(), "Create" | "Announce")
        && let Some(relay) = relay::of(app, signer).await?
    {
        return relay::received(app, relay, object, budget).await;
    }
    match activity.kind.as_str() {
        "Create" => passed_on::post(app, object, signer, budget).await,
        "Announce" => receive::named(app, object, budget).await,
        "Update" => update(app, object, budget).await,
        "Delete" => delete(app, object, budget).await,
        other => Ok(format!("ignored: a forwarded {other}")),
    }
}

/// What its origin says about the post now counts.
pub(super) async fn update(app: &App, uri: &str, budget: &mut Budget) -> Result<String> {
    let wanted = uri.to_owned();
    if app.store.read(move |db| statuses::by_uri(db, &wanted)).await?.is_none() {
        return Ok("ignored: a post that we do not hold".into());
    }
    let document = fetch::gated(app, uri, "post", budget).await?;
    let Some(author) = read::id(&document, "attributedTo") else { return Ok("ignored: not a post".into()) };
    let author = fetch::actor(app, author, budget).await?;
    receive::edited(app, &document, author, budget).await
}

/// Deleted only when the origin confirms it: 404, 410 or a Tombstone.
pub(super) async fn delete(app: &App, uri: &str, budget: &mut Budget) -> Result<String> {
    let wanted = uri.to_owned();
    let held = app
        .store
        .read(move |db| match statuses::by_uri(db, &wanted)? {
            Some(status) if !status.local => Ok(accounts::by_id(db, status.account_id)?.map(|author| (author, false))),
            Some(_) => Ok(None),
            // Perhaps leave to quote that its giver took back.
            None => match quotes::by_stamp(db, &wanted)?.and_then(|quote| quote.quoted_account_id) {
                Some(giver) => {
                    Ok(accounts::by_id(db, giver)?.filter(|giver| !giver.is_local()).map(|giver| (giver, true)))
                }
                None => Ok(None),
            },
        })
        .await?;
    let Some((author, stamp)) = held else { return Ok("ignored: a post that we do not hold".into()) };
    let gone = match fetch::document(app, uri, budget).await {
        Ok(document) => read::kind(&document, &["Tombstone"]).is_some(),
        Err(Error::Peer { fault: Fault::Status { code: 404 | 410, .. }, .. }) => true,
        Err(error) => return Err(error),
    };
    if !gone {
        return Ok("ignored: its origin still has it".into());
    }
    if stamp {
        let answer = consent::stamp_deleted(app, uri, &author).await?;
        return Ok(answer.unwrap_or_else(|| "ignored: no such stamp".into()));
    }
    receive::deleted(app, uri, &author).await
}
