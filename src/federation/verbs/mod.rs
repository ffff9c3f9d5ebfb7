//! What received activities do: one `match` on `type`, one file per verb.
//!
//! In each file `verify` is pure (may this signer say this?) and `receive` leads to the same deed as the client API.
//! Every answer is a short sentence for the trace.

mod accept;
mod announce;
mod block;
mod create;
mod delete;
mod feature;
mod flag;
mod follow;
mod forwarded;
mod like;
mod moved;
mod quote;
mod request;
#[cfg(test)]
mod tests;
mod undo;
mod update;

use crate::actions::fetch::{self, Budget};
use crate::actions::receive::UNRELATED;
use crate::actions::{border, passed_on, plugin};
use crate::activitypub::envelope::{self, Activity};
use crate::activitypub::signature::PublicKey;
use crate::activitypub::{ids, proof};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::Connection;
use crate::store::accounts::{self, Account};

/// A received activity whose sender is proven.
#[derive(Debug, Clone)]
pub struct Received {
    /// The whole activity as it came.
    pub activity: serde_json::Value,
    /// The actor whose key signed the request.
    pub signer: String,
    /// Whose personal inbox it came to; `None`: the shared one.
    pub recipient: Option<AccountId>,
}

/// An activity, who did it (proven), where it came to, and what it may cost.
struct Deed {
    activity: Activity,
    actor: Account,
    recipient: Option<AccountId>,
    budget: Budget,
}

/// Carries out one received activity. The answer says in a few words what was done or why nothing was, for the trace.
pub async fn receive(app: &App, received: Received) -> Result<String> {
    let activity = envelope::read(received.activity, app.config.development)?;
    // It may have been blocked since this was taken in.
    let (actor, signer) = (activity.actor.clone(), received.signer.clone());
    let barred =
        move |db: &Connection| Ok(border::standing_of(db, &actor)?.barred || border::standing_of(db, &signer)?.barred);
    if app.store.read(barred).await? {
        return Ok("ignored: its server is blocked here".into());
    }
    let mut budget = Budget::default();
    if received.signer != activity.actor && !is_proven(app, &activity).await? {
        return forwarded::receive(app, &activity, &received.signer, &mut budget).await;
    }
    // Proven, but handed on: below a post of somebody followed here it is welcome all the same.
    let handed_on = (received.signer != activity.actor && activity.kind == "Create")
        .then(|| activity.object_id().map(str::to_owned))
        .flatten();
    if activity.kind == "Delete" && activity.object_id() == Some(activity.actor.as_str()) {
        let uri = activity.actor.clone();
        if let Some(actor) = app.store.read(move |db| accounts::by_uri(db, &uri)).await?
            && let Some(said) = Box::pin(plugin::judge_received(app, &activity, &actor)).await?
        {
            return Ok(said);
        }
        return delete::actor(app, &activity.actor).await;
    }
    let actor = fetch::actor(app, &activity.actor, &mut budget).await?;
    // A suspended actor may only take things back (rule A13).
    if actor.suspended_at.is_some() && !matches!(activity.kind.as_str(), "Delete" | "Undo" | "Reject" | "Update") {
        return Ok("ignored: the actor is suspended".into());
    }
    // On the heap, as all that asks plugins: it is large, and stacks are not.
    if let Some(said) = Box::pin(plugin::judge_received(app, &activity, &actor)).await? {
        return Ok(said);
    }
    let deed = Deed { activity, actor, recipient: received.recipient, budget };
    match deed.activity.kind.as_str() {
        "Follow" => follow::receive(app, deed).await,
        "Accept" => accept::receive(app, deed, true).await,
        "Reject" => accept::receive(app, deed, false).await,
        "Undo" => undo::receive(app, deed).await,
        "Create" => match (create::receive(app, deed).await?, handed_on) {
            (answer, Some(object)) if answer == UNRELATED => {
                passed_on::post(app, &object, &received.signer, &mut Budget::default()).await
            }
            (answer, _) => Ok(answer),
        },
        "Update" => update::receive(app, deed).await,
        "Delete" => delete::receive(app, deed).await,
        "Like" | "EmojiReact" => like::receive(app, deed).await,
        "Block" => block::receive(app, deed).await,
        "LikeRequest" | "ReplyRequest" | "AnnounceRequest" => request::receive(app, deed).await,
        "QuoteRequest" => quote::receive(app, deed).await,
        "Announce" => announce::receive(app, deed).await,
        "Flag" => flag::receive(app, deed).await,
        "Move" => moved::receive(app, deed).await,
        "Add" => feature::receive(app, deed, true).await,
        "Remove" => feature::receive(app, deed, false).await,
        "Dislike" => Ok("ignored: nobody here keeps a tally of dislikes".into()),
        "View" | "Read" | "Listen" => Ok("ignored: who saw what is no business of ours".into()),
        other => Ok(format!("ignored: we do not know the verb {other}")),
    }
}

/// Whether a proof inside the activity shows that its actor wrote it, whoever handed it to us. Spec: FEP-8b32
async fn is_proven(app: &App, activity: &Activity) -> Result<bool> {
    let Some(claim) = proof::read(&activity.raw) else { return Ok(false) };
    if !ids::same_origin(&claim.method, &activity.actor) {
        return Ok(false);
    }
    // A key that cannot be had proves nothing; the origin can still be asked for the object.
    let key = match fetch::key(app, &claim.method, false).await {
        Ok(key) => key,
        Err(error @ Error::Store(_)) => return Err(error),
        Err(_) => return Ok(false),
    };
    let holds = key.owner_uri == activity.actor && PublicKey::from_pem(&key.pem).is_ok_and(|key| claim.holds(&key));
    Ok(holds)
}

/// Whether an answer of [`receive`] says that nothing was done.
pub fn is_refusal(answer: &str) -> bool {
    ["ignored", "refused", "rejected", "held"].iter().any(|word| answer.starts_with(word))
}

/// The local account with this actor id.
async fn local(app: &App, uri: &str) -> Result<Option<Account>> {
    let uri = uri.to_owned();
    Ok(app.store.read(move |db| accounts::by_uri(db, &uri)).await?.filter(Account::is_local))
}
