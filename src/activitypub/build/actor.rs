//! The actor documents of local people and of the server itself.

use serde_json::{Value, json};

use super::context::with_context;
use crate::activitypub::ids;
use crate::clock::Time;

/// A local actor, as other servers are to know it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "named as in activitypub::actor::Actor, which reads it back")]
pub struct Actor {
    pub id: String,
    /// Person, Service, Group, …
    pub kind: String,
    pub username: String,
    /// Empty: the user name is sent.
    pub name: String,
    pub summary_html: String,
    pub url: String,
    pub shared_inbox: String,
    /// SubjectPublicKeyInfo as PEM.
    pub public_key_pem: String,
    /// `user@domain`, with the domain of handles.
    pub webfinger: Option<String>,
    pub locked: bool,
    pub discoverable: bool,
    pub indexable: bool,
    pub memorial: bool,
    pub suspended: bool,
    /// Only the day is told.
    pub published: Option<Time>,
    /// Plain name, HTML value.
    pub fields: Vec<(String, String)>,
    pub icon: Option<Picture>,
    pub image: Option<Picture>,
    pub also_known_as: Vec<String>,
    pub moved_to: Option<String>,
}

/// An avatar or header picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Picture {
    pub url: String,
    pub media_type: String,
    /// What it shows; may be empty.
    pub description: String,
}

/// The document of a local actor. The addresses of its inbox and collections follow from its id.
pub fn actor(actor: &Actor) -> Value {
    with_context(document(actor))
}

/// The document of the server itself, which signs what it asks for on nobody's behalf. `domain` is its name in handles.
///
/// Spec: FEP-2677
pub fn instance_actor(base: &str, domain: &str, public_key_pem: &str) -> Value {
    let id = ids::instance_actor(base);
    with_context(json!({
        "id": id,
        "type": "Application",
        "preferredUsername": domain,
        "name": domain,
        "inbox": ids::inbox(&id),
        "outbox": ids::outbox(&id),
        "url": format!("{base}/about"),
        "manuallyApprovesFollowers": true,
        "endpoints": {"sharedInbox": ids::shared_inbox(base)},
        "publicKey": public_key(&id, public_key_pem),
    }))
}

/// The document without a context, to be embedded.
pub(super) fn document(actor: &Actor) -> Value {
    let id = &actor.id;
    let name = if actor.name.is_empty() { &actor.username } else { &actor.name };
    let mut document = json!({
        "id": id,
        "type": actor.kind,
        "preferredUsername": actor.username,
        "name": name,
        "summary": actor.summary_html,
        "url": actor.url,
        "inbox": ids::inbox(id),
        "outbox": ids::outbox(id),
        "followers": ids::followers(id),
        "following": ids::following(id),
        "featured": ids::featured(id),
        "manuallyApprovesFollowers": actor.locked,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "endpoints": {"sharedInbox": actor.shared_inbox},
        "publicKey": public_key(id, &actor.public_key_pem),
        "attachment": actor
            .fields
            .iter()
            .map(|(name, value)| json!({"type": "PropertyValue", "name": name, "value": value}))
            .collect::<Vec<_>>(),
    });
    let optional = [
        ("webfinger", actor.webfinger.as_ref().map(|handle| json!(handle))),
        ("memorial", actor.memorial.then_some(json!(true))),
        ("suspended", actor.suspended.then_some(json!(true))),
        ("published", actor.published.map(|at| json!(at.midnight().rfc3339()))),
        ("icon", actor.icon.as_ref().map(picture)),
        ("image", actor.image.as_ref().map(picture)),
        ("alsoKnownAs", (!actor.also_known_as.is_empty()).then(|| json!(actor.also_known_as))),
        ("movedTo", actor.moved_to.as_ref().map(|target| json!(target))),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            document[key] = value;
        }
    }
    document
}

fn public_key(actor: &str, pem: &str) -> Value {
    json!({"id": ids::main_key(actor), "owner": actor, "publicKeyPem": pem})
}

fn picture(picture: &Picture) -> Value {
    let mut image = json!({"type": "Image", "mediaType": picture.media_type, "url": picture.url});
    if !picture.description.is_empty() {
        // Mastodon reads `summary`, everybody else `name`.
        image["summary"] = json!(picture.description);
        image["name"] = json!(picture.description);
    }
    image
}
