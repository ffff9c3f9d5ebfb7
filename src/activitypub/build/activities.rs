//! Activities of local actors.

use serde_json::{Value, json};

use super::actor::{self, Actor};
use super::context::with_context;
use super::note::{self, Note};
use crate::activitypub::audience::PUBLIC;
use crate::activitypub::ids;
use crate::clock::Time;

/// A Follow, ours or received; answers and Undo embed it whole, since peers recognise it by different parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// Of the activity, exactly as received.
    pub id: String,
    /// Who follows.
    pub actor: String,
    /// Who is followed.
    pub object: String,
}

impl Follow {
    fn document(&self) -> Value {
        json!({"id": self.id, "type": "Follow", "actor": self.actor, "object": self.object})
    }
}

/// Publishes a post. Its id follows from the post's.
pub fn create(note: &Note) -> Value {
    with_context(json!({
        "id": ids::activity(&note.id),
        "type": "Create",
        "actor": note.actor,
        "published": note.published.rfc3339(),
        "to": note.to,
        "cc": note.cc,
        "object": note::document(note),
    }))
}

/// Tells that a post was edited, at its `updated`.
pub fn update_note(note: &Note) -> Value {
    let at = note.updated.unwrap_or(note.published);
    with_context(json!({
        "id": ids::update(&note.id, at),
        "type": "Update",
        "actor": note.actor,
        "published": at.rfc3339(),
        "to": note.to,
        "cc": note.cc,
        "object": note::document(note),
    }))
}

/// Tells that a profile changed.
pub fn update_actor(actor: &Actor, at: Time) -> Value {
    with_context(json!({
        "id": ids::update(&actor.id, at),
        "type": "Update",
        "actor": actor.id,
        "published": at.rfc3339(),
        "to": [PUBLIC],
        "cc": [ids::followers(&actor.id)],
        "object": actor::document(actor),
    }))
}

/// Deletes the post `object`; `to` and `cc` are those of the post.
pub fn delete(actor: &str, object: &str, to: &[String], cc: &[String]) -> Value {
    with_context(json!({
        "id": ids::delete(object),
        "type": "Delete",
        "actor": actor,
        "to": to,
        "cc": cc,
        "object": {"id": object, "type": "Tombstone"},
    }))
}

/// Deletes the actor itself.
pub fn delete_actor(actor: &str) -> Value {
    with_context(json!({
        "id": ids::delete(actor),
        "type": "Delete",
        "actor": actor,
        "to": [PUBLIC],
        "object": actor,
    }))
}

/// Asks to follow.
pub fn follow(follow: &Follow) -> Value {
    let mut document = follow.document();
    document["to"] = json!([follow.object]);
    with_context(document)
}

/// Says yes to a follower. `id` is the Accept's own.
pub fn accept(id: &str, follow: &Follow) -> Value {
    answer(id, "Accept", follow)
}

/// Says no to a follower, or removes one. `id` is the Reject's own.
pub fn reject(id: &str, follow: &Follow) -> Value {
    answer(id, "Reject", follow)
}

fn answer(id: &str, kind: &str, follow: &Follow) -> Value {
    with_context(json!({
        "id": id,
        "type": kind,
        "actor": follow.object,
        "to": [follow.actor],
        "object": follow.document(),
    }))
}

/// Takes back an activity of ours: a Follow, Like, Block or Announce as it was sent, embedded whole and sent to the same.
pub fn undo(activity: &Value) -> Value {
    let id = activity.get("id").and_then(Value::as_str).unwrap_or_default();
    let mut document = json!({
        "id": ids::undo(id),
        "type": "Undo",
        "actor": activity.get("actor"),
        "object": activity,
    });
    for field in ["to", "cc"] {
        if let Some(recipients) = activity.get(field) {
            document[field] = recipients.clone();
        }
    }
    with_context(document)
}

/// Likes the post `object`.
pub fn like(id: &str, actor: &str, object: &str) -> Value {
    with_context(json!({"id": id, "type": "Like", "actor": actor, "object": object}))
}

/// Blocks the actor `object`.
pub fn block(id: &str, actor: &str, object: &str) -> Value {
    with_context(json!({"id": id, "type": "Block", "actor": actor, "object": object}))
}

/// Boosts the post `object`.
pub fn announce(id: &str, actor: &str, object: &str, published: Time, to: &[String], cc: &[String]) -> Value {
    with_context(json!({
        "id": id,
        "type": "Announce",
        "actor": actor,
        "published": published.rfc3339(),
        "to": to,
        "cc": cc,
        "object": object,
    }))
}
