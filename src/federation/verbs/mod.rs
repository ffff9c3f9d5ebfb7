//! What received activities do: one `match` on `type`, one file per verb.
//!
//! In each file `verify` is pure (may this signer say this?) and `receive` leads to the same deed as the client API.
//! Every answer is a short sentence for the trace.

mod accept;
mod announce;
mod create;
mod delete;
mod feature;
mod follow;
mod forwarded;
mod like;
#[cfg(test)]
mod tests;
mod undo;
mod update;

use crate::actions::fetch::{self, Budget};
use crate::activitypub::envelope::{self, Activity};
use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;
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
    let mut budget = Budget::default();
    if received.signer != activity.actor {
        return forwarded::receive(app, &activity, &mut budget).await;
    }
    if activity.kind == "Delete" && activity.object_id() == Some(activity.actor.as_str()) {
        return delete::actor(app, &activity.actor).await;
    }
    let actor = fetch::actor(app, &activity.actor, &mut budget).await?;
    // A suspended actor may only take things back (rule A13).
    if actor.suspended_at.is_some() && !matches!(activity.kind.as_str(), "Delete" | "Undo" | "Reject" | "Update") {
        return Ok("ignored: the actor is suspended".into());
    }
    let deed = Deed { activity, actor, recipient: received.recipient, budget };
    match deed.activity.kind.as_str() {
        "Follow" => follow::receive(app, deed).await,
        "Accept" => accept::receive(app, deed, true).await,
        "Reject" => accept::receive(app, deed, false).await,
        "Undo" => undo::receive(app, deed).await,
        "Create" => create::receive(app, deed).await,
        "Update" => update::receive(app, deed).await,
        "Delete" => delete::receive(app, deed).await,
        "Like" | "EmojiReact" => like::receive(app, deed).await,
        "Announce" => announce::receive(app, deed).await,
        "Add" => feature::receive(app, deed, true).await,
        "Remove" => feature::receive(app, deed, false).await,
        other => Ok(format!("ignored: we do not know the verb {other}")),
    }
}

/// The local account with this actor id.
async fn local(app: &App, uri: &str) -> Result<Option<Account>> {
    let uri = uri.to_owned();
    Ok(app.store.read(move |db| accounts::by_uri(db, &uri)).await?.filter(Account::is_local))
}
