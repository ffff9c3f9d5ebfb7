//! The actor documents of local people and of the server itself.

use serde_json::{Value, json};

use super::context::with_context;
use super::emoji::{self, Emoji};
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
    pub show_media: bool,
    pub show_replies_in_media: bool,
    pub show_featured: bool,
    pub attribution_domains: Vec<String>,
    /// Custom emoji in its texts.
    pub emojis: Vec<Emoji>,
    /// The public half of its key for proofs, as a Multikey.
    pub proof_key: Option<String>,
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
/// Spec: FEP-2677, FEP-844e
pub fn instance_actor(base: &str, domain: &str, public_key_pem: &str, proof_key: Option<&str>) -> Value {
    let id = ids::instance_actor(base);
    let mut document = json!({
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
        "implements": implements(),
    });
    if let Some(multibase) = proof_key {
        document["assertionMethod"] = assertion_method(&id, multibase);
    }
    with_context(document)
}

/// What an actor tells those who may not read more: who it is, and how its signatures are checked. Rule S10.
pub fn stub(actor: &Actor) -> Value {
    let id = &actor.id;
    let mut document = json!({
        "id": id,
        "type": actor.kind,
        "preferredUsername": actor.username,
        "inbox": ids::inbox(id),
        "publicKey": public_key(id, &actor.public_key_pem),
    });
    if let Some(multibase) = &actor.proof_key {
        document["assertionMethod"] = assertion_method(id, multibase);
    }
    with_context(document)
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
        "showMedia": actor.show_media,
        "showRepliesInMedia": actor.show_replies_in_media,
        "showFeatured": actor.show_featured,
        "endpoints": {"sharedInbox": actor.shared_inbox},
        "publicKey": public_key(id, &actor.public_key_pem),
        "generator": {"type": "Application", "implements": implements()},
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
        ("attributionDomains", (!actor.attribution_domains.is_empty()).then(|| json!(actor.attribution_domains))),
        ("tag", (!actor.emojis.is_empty()).then(|| actor.emojis.iter().map(emoji::document).collect())),
        ("assertionMethod", actor.proof_key.as_ref().map(|multibase| assertion_method(id, multibase))),
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

/// The key for proofs. Spec: FEP-521a
fn assertion_method(actor: &str, multibase: &str) -> Value {
    let id = ids::proof_key(actor);
    json!([{"id": id, "type": "Multikey", "controller": actor, "publicKeyMultibase": multibase}])
}

/// What this server understands beyond what everybody does. Spec: FEP-844e
fn implements() -> Value {
    json!([{"href": super::RFC_9421, "name": "RFC-9421: HTTP Message Signatures"}])
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
