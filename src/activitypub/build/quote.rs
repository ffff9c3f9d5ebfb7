//! Asking for a quote, answering, and the stamp. Spec: FEP-044f, https://w3id.org/fep/044f

use serde_json::{Value, json};

use super::context::with_context;
use super::note::{self, Note};
use crate::activitypub::audience::PUBLIC;
use crate::activitypub::ids;

/// A QuoteRequest, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteRequest {
    /// Of the activity, exactly as received.
    pub id: String,
    /// Who asks.
    pub actor: String,
    /// The post to be quoted.
    pub object: String,
    /// The quoting post.
    pub instrument: String,
}

/// Asks `author` whether `note` may quote the post `object`.
pub fn quote_request(id: &str, author: &str, object: &str, note: &Note) -> Value {
    with_context(json!({
        "id": id,
        "type": "QuoteRequest",
        "actor": note.actor,
        "to": [author],
        "object": object,
        "instrument": note::document(note),
    }))
}

/// Agrees to a quote; `stamp` proves it. `id` is the Accept's own.
pub fn accept_quote(id: &str, author: &str, request: &QuoteRequest, stamp: &str) -> Value {
    let mut document = answer(id, "Accept", author, request);
    document["result"] = json!(stamp);
    with_context(document)
}

/// Does not. `id` is the Reject's own.
pub fn reject_quote(id: &str, author: &str, request: &QuoteRequest) -> Value {
    with_context(answer(id, "Reject", author, request))
}

fn answer(id: &str, kind: &str, author: &str, request: &QuoteRequest) -> Value {
    json!({
        "id": id,
        "type": kind,
        "actor": author,
        "to": [request.actor],
        "object": {
            "id": request.id,
            "type": "QuoteRequest",
            "actor": request.actor,
            "object": request.object,
            "instrument": request.instrument,
        },
    })
}

/// The stamp `id` of `author` for the quote of `target` in `quoting`.
pub fn quote_authorization(id: &str, author: &str, quoting: &str, target: &str) -> Value {
    with_context(stamp(id, author, quoting, target))
}

/// Takes the stamp back.
pub fn delete_quote_authorization(id: &str, author: &str, quoting: &str, target: &str) -> Value {
    with_context(json!({
        "id": ids::delete(id),
        "type": "Delete",
        "actor": author,
        "to": [PUBLIC],
        "object": stamp(id, author, quoting, target),
    }))
}

fn stamp(id: &str, author: &str, quoting: &str, target: &str) -> Value {
    json!({
        "id": id,
        "type": "QuoteAuthorization",
        "attributedTo": author,
        "interactingObject": quoting,
        "interactionTarget": target,
    })
}
