//! Asking the author of a post for leave, answering, and what proves leave.
//!
//! Spec: https://docs.gotosocial.org/en/latest/federation/interaction_controls/

use serde_json::{Value, json};

use super::context::with_context;
use super::note::{self, Note};
use crate::activitypub::policy::Deed;

/// A request for leave, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionRequest {
    /// What is asked for.
    pub deed: Deed,
    /// Of the activity, exactly as received.
    pub id: String,
    /// Who asks.
    pub actor: String,
    /// The post that it is about.
    pub object: String,
    /// The Like, the answering post or the Announce.
    pub instrument: String,
}

/// Asks `author` for leave to do `instrument` (whole) to the post `object`.
pub fn interaction_request(deed: Deed, id: &str, actor: &str, author: &str, object: &str, instrument: &Value) -> Value {
    with_context(json!({
        "id": id,
        "type": deed.request(),
        "actor": actor,
        "to": [author],
        "object": object,
        "instrument": instrument,
    }))
}

/// The post itself, to be asked about.
pub fn instrument(post: &Note) -> Value {
    note::document(post)
}

/// Agrees; `stamp` proves it. `id` is the Accept's own.
pub fn accept_interaction(id: &str, author: &str, request: &InteractionRequest, stamp: &str) -> Value {
    let mut document = answer(id, "Accept", author, request);
    document["result"] = json!(stamp);
    with_context(document)
}

/// Does not agree. `id` is the Reject's own.
pub fn reject_interaction(id: &str, author: &str, request: &InteractionRequest) -> Value {
    with_context(answer(id, "Reject", author, request))
}

fn answer(id: &str, kind: &str, author: &str, request: &InteractionRequest) -> Value {
    json!({
        "id": id,
        "type": kind,
        "actor": author,
        "to": [request.actor],
        "target": request.object,
        "object": {
            "id": request.id,
            "type": request.deed.request(),
            "actor": request.actor,
            "object": request.object,
            "instrument": request.instrument,
        },
    })
}

/// The proof `id` that `author` lets `interaction` be done to the post `target`.
pub fn interaction_authorization(deed: Deed, id: &str, author: &str, interaction: &str, target: &str) -> Value {
    with_context(json!({
        "id": id,
        "type": deed.authorization(),
        "attributedTo": author,
        "interactingObject": interaction,
        "interactionTarget": target,
    }))
}

/// The interaction with its proof, in GoToSocial's word and the one it used before.
pub fn authorized(mut interaction: Value, deed: Deed, stamp: &str) -> Value {
    interaction[deed.property()] = json!(stamp);
    interaction["approvedBy"] = json!(stamp);
    with_context(interaction)
}
