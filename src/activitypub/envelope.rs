//! The envelope of an activity: who does what to what. Each verb then reads from it only the fields it uses.
//!
//! Refuses an activity without an actor, and one whose id lies at another origin than its actor (rule A1).
//! Spec: ActivityStreams vocabulary §2, https://www.w3.org/TR/activitystreams-vocabulary/#activity-types

use serde_json::Value;

use super::{ids, read};
use crate::clock::Time;
use crate::error::{Error, Result};

/// The verbs that some program sends; of several types of an activity, the first among these counts.
const VERBS: &[&str] = &[
    "Accept",
    "Add",
    "Announce",
    "AnnounceRequest",
    "Block",
    "Create",
    "Delete",
    "Dislike",
    "EmojiReact",
    "Flag",
    "Follow",
    "Invite",
    "Join",
    "Leave",
    "Like",
    "LikeRequest",
    "Listen",
    "Move",
    "Offer",
    "Question",
    "QuoteRequest",
    "Read",
    "Reject",
    "Remove",
    "ReplyRequest",
    "TentativeAccept",
    "TentativeReject",
    "Travel",
    "Undo",
    "Update",
    "View",
];

/// Whether the object is an activity that some program sends.
pub fn is_activity(object: &Value) -> bool {
    read::kind(object, VERBS).is_some_and(|kind| kind != "Question") && object.get("actor").is_some()
}

/// An activity as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Absent in what some programs send (Mastodon's Add and Remove).
    pub id: Option<String>,
    /// The verb; one that we do not know is kept as it is.
    pub kind: String,
    /// The id of who does it, at the origin of [`Activity::id`].
    pub actor: String,
    /// What it is done to: an id, an object or a list; null when absent.
    pub object: Value,
    /// Where to; null when absent.
    pub target: Value,
    /// Recipients, as [`read::recipients`] gives them.
    pub to: Vec<String>,
    /// Further recipients.
    pub cc: Vec<String>,
    /// When, as claimed.
    pub published: Option<Time>,
    /// The whole document.
    pub raw: Value,
}

/// Reads an activity. `development` admits http ids.
pub fn read(document: Value, development: bool) -> Result<Activity> {
    let kind = read::kind(&document, VERBS)
        .or_else(|| read::types(&document).into_iter().next())
        .ok_or_else(|| Error::Malformed("the activity has no type".into()))?
        .to_owned();
    let actor =
        read::id(&document, "actor").ok_or_else(|| Error::Malformed("the activity has no actor".into()))?.to_owned();
    ids::valid_remote_id(&actor, development)?;
    let id = match document.get("id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => {
            ids::valid_remote_id(id, development)?;
            Some(id.clone())
        }
        Some(_) => return Err(Error::Malformed("the activity's id is not a string".into())),
    };
    if id.as_ref().is_some_and(|id| !ids::same_origin(id, &actor)) {
        return Err(Error::Malformed("the activity's id and its actor are of different origins".into()));
    }
    Ok(Activity {
        id,
        kind,
        actor,
        object: document.get("object").cloned().unwrap_or_default(),
        target: document.get("target").cloned().unwrap_or_default(),
        to: read::recipients(&document, "to"),
        cc: read::recipients(&document, "cc"),
        published: read::date(&document, "published"),
        raw: document,
    })
}

impl Activity {
    /// The id of the (first) object, inline or not.
    pub fn object_id(&self) -> Option<&str> {
        read::id_of(&self.object)
    }

    /// The ids of all objects; a Flag has several.
    pub fn object_ids(&self) -> Vec<String> {
        read::ids(&self.raw, "object")
    }

    /// The object with the recipients of the activity where it names none itself: some address only the activity
    /// (Discourse).
    pub fn addressed(&self, object: &Value) -> Value {
        let mut object = object.clone();
        if read::recipients(&object, "to").is_empty() && read::recipients(&object, "cc").is_empty() {
            object["to"] = self.to.clone().into();
            object["cc"] = self.cc.clone().into();
        }
        object
    }

    /// The (first) object if it is inline, whoever it belongs to. Whether its content may be believed is another question:
    /// [`Activity::own_object`].
    pub fn embedded(&self) -> Option<&Value> {
        read::first(&self.raw, "object").filter(|object| object.get("type").is_some())
    }

    /// The inline object if this activity's actor may speak for it (rule A2): it has no id, or a fragment of the activity's,
    /// or it names this actor as its owner and lies at the actor's origin. Anything else must be fetched by its id.
    pub fn own_object(&self) -> Option<&Value> {
        let object = self.embedded()?;
        let id = match object.get("id") {
            None | Some(Value::Null) => return Some(object),
            Some(id) => id.as_str()?,
        };
        let part_of_this =
            self.id.as_deref().is_some_and(|own| id.strip_prefix(own).is_some_and(|rest| rest.starts_with('#')));
        let itself = id == self.actor;
        let owned = || {
            ["attributedTo", "actor", "owner", "controller"]
                .iter()
                .any(|owner| read::ids(object, owner).contains(&self.actor))
        };
        (part_of_this || (ids::same_origin(id, &self.actor) && (itself || owned()))).then_some(object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn activity(document: Value) -> Activity {
        super::read(document, false).expect("readable")
    }

    #[test]
    fn a1_an_activity_has_a_type_and_an_actor_of_its_own_origin() {
        let (id, actor) = ("https://b.example/1", "https://b.example/bob");
        for (document, expected) in [
            (json!({"id": id, "type": "Like", "actor": actor}), true),
            (json!({"type": ["x:Odd", "as:Like"], "actor": {"id": actor, "type": "Person"}}), true),
            (json!({"id": null, "type": "Add", "actor": [actor]}), true),
            (json!({"id": id, "type": "Like"}), false),
            (json!({"id": id, "actor": actor}), false),
            (json!({"id": 1, "type": "Like", "actor": actor}), false),
            (json!({"id": id, "type": "Like", "actor": 1}), false),
            (json!({"id": "", "type": "Like", "actor": actor}), false),
            (json!({"id": "https://c.example/1", "type": "Like", "actor": actor}), false),
            (json!({"id": "http://b.example/1", "type": "Like", "actor": "http://b.example/bob"}), false),
            (json!([]), false),
        ] {
            assert_eq!(super::read(document.clone(), false).is_ok(), expected, "{document}");
        }
        assert_eq!(activity(json!({"type": ["x:Odd", "as:Like"], "actor": actor})).kind, "Like");
        assert_eq!(activity(json!({"type": "x:Odd", "actor": actor})).kind, "x:Odd");
    }

    #[test]
    fn objects_are_ids_inline_or_lists() {
        let of = |object: Value| activity(json!({"type": "Flag", "actor": "https://b.example/bob", "object": object}));
        let inline = json!({"id": "https://b.example/1", "type": "Note"});
        for (object, id, embedded) in [
            (json!("https://b.example/1"), Some("https://b.example/1"), false),
            (inline.clone(), Some("https://b.example/1"), true),
            (json!([inline, "https://b.example/2"]), Some("https://b.example/1"), true),
            (json!({"id": "https://b.example/1"}), Some("https://b.example/1"), false),
            (json!({"type": "Note"}), None, true),
            (json!(null), None, false),
            (json!(7), None, false),
        ] {
            let activity = of(object.clone());
            assert_eq!((activity.object_id(), activity.embedded().is_some()), (id, embedded), "{object}");
        }
        assert_eq!(of(json!(["https://b.example/1", "https://b.example/2"])).object_ids().len(), 2);
    }

    #[test]
    fn a2_nobody_speaks_for_the_objects_of_others() {
        let bob = "https://b.example/bob";
        for (object, expected) in [
            (json!({"type": "Note", "id": "https://b.example/1", "attributedTo": bob}), true),
            (
                json!({"type": "Note", "id": "https://b.example/1", "attributedTo": [{"type": "Person", "id": bob}]}),
                true,
            ),
            (json!({"type": "Follow", "id": "https://b.example/1", "actor": bob}), true),
            (json!({"type": "Person", "id": bob}), true),
            (json!({"type": "Note", "attributedTo": bob}), true),
            (json!({"type": "Note", "id": "https://b.example/create#note"}), true),
            (json!({"type": "Note", "id": "https://b.example/1"}), false),
            (json!({"type": "Note", "id": "https://b.example/1", "attributedTo": "https://b.example/carol"}), false),
            (json!({"type": "Note", "id": "https://c.example/1", "attributedTo": bob}), false),
            (json!({"type": "Note", "id": 1, "attributedTo": bob}), false),
            (json!("https://b.example/1"), false),
        ] {
            let document = json!({"id": "https://b.example/create", "type": "Create", "actor": bob, "object": object});
            assert_eq!(activity(document).own_object().is_some(), expected, "{object}");
        }
    }
}
