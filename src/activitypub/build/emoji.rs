//! Custom emoji: documents of ours, and the tags that bring them along.
//!
//! Spec: FEP-9098, https://w3id.org/fep/9098

use serde_json::{Value, json};

use super::context::with_context;
use crate::clock::Time;

/// A custom emoji, as other servers are to know it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Emoji {
    /// Of ours only: another server's is not ours to name.
    pub id: Option<String>,
    /// Without colons.
    pub name: String,
    /// Where its picture is.
    pub url: String,
    /// What its picture is.
    pub media_type: Option<String>,
    /// When it last changed.
    pub updated: Option<Time>,
}

/// The document of an emoji.
pub fn emoji(emoji: &Emoji) -> Value {
    with_context(document(emoji))
}

/// The document without a context, to be embedded.
pub(super) fn document(emoji: &Emoji) -> Value {
    let mut icon = json!({"type": "Image", "url": emoji.url});
    if let Some(media_type) = &emoji.media_type {
        icon["mediaType"] = json!(media_type);
    }
    let mut document = json!({"type": "Emoji", "name": format!(":{}:", emoji.name), "icon": icon});
    if let Some(id) = &emoji.id {
        document["id"] = json!(id);
    }
    if let Some(updated) = emoji.updated {
        document["updated"] = json!(updated.rfc3339());
    }
    document
}
