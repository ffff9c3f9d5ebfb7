//! Activities of local actors.

use serde_json::{Value, json};

use super::actor::{self, Actor};
use super::context::with_context;
use super::emoji::{self, Emoji};
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
    update(note, note.updated.unwrap_or(note.published))
}

/// Tells the tallies of a poll as they are `at` this time; the post itself was not edited.
pub fn update_tallies(note: &Note, at: Time) -> Value {
    update(note, at)
}

/// Puts the emoji `content` under the post `object`: a Like to those who know no reactions. A custom emoji is `:name:`
/// and comes along. Spec: FEP-c0e0.
pub fn react(id: &str, actor: &str, object: &str, content: &str, custom: Option<&Emoji>) -> Value {
    let mut like = json!({"id": id, "type": "Like", "actor": actor, "object": object, "content": content});
    if let Some(custom) = custom {
        like["tag"] = json!([emoji::document(custom)]);
    }
    with_context(like)
}

/// Votes for the option called `name` in the poll `question` of `author`; `id` is the vote's own. Spec: FEP-9967.
pub fn vote(id: &str, actor: &str, author: &str, question: &str, name: &str) -> Value {
    with_context(json!({
        "id": ids::activity(id),
        "type": "Create",
        "actor": actor,
        "to": [author],
        "object": {
            "id": id, "type": "Note", "name": name, "attributedTo": actor, "inReplyTo": question, "to": [author],
        },
    }))
}

fn update(note: &Note, at: Time) -> Value {
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

/// Tells the moderators of the server of `target` what is wrong with it; `objects` are it and its posts. Spec: rule R7
pub fn flag(id: &str, actor: &str, target: &str, objects: &[&str], content: &str) -> Value {
    with_context(json!({
        "id": id,
        "type": "Flag",
        "actor": actor,
        "to": [target],
        "object": objects,
        "content": content,
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

/// A post that its author pins or unpins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the activities")]
pub struct Pinned<'a> {
    pub actor: &'a str,
    /// The post.
    pub object: &'a str,
    pub at: Time,
    pub to: &'a [String],
    pub cc: &'a [String],
}

/// Puts a post at the top of its author's profile.
pub fn add_pin(pinned: &Pinned<'_>) -> Value {
    feature("Add", &ids::pin(pinned.object, pinned.at), pinned)
}

/// Takes it down.
pub fn remove_pin(pinned: &Pinned<'_>) -> Value {
    feature("Remove", &ids::unpin(pinned.object, pinned.at), pinned)
}

fn feature(kind: &str, id: &str, pinned: &Pinned<'_>) -> Value {
    with_context(json!({
        "id": id,
        "type": kind,
        "actor": pinned.actor,
        "object": pinned.object,
        "target": ids::featured(pinned.actor),
        "to": pinned.to,
        "cc": pinned.cc,
    }))
}

/// Blocks the actor `object`.
pub fn block(id: &str, actor: &str, object: &str) -> Value {
    with_context(json!({"id": id, "type": "Block", "actor": actor, "object": object}))
}

/// Tells that `actor` lives at `target` from now on.
pub fn relocate(id: &str, actor: &str, target: &str) -> Value {
    with_context(json!({
        "id": id,
        "type": "Move",
        "actor": actor,
        "object": actor,
        "target": target,
        "to": [ids::followers(actor)],
    }))
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
