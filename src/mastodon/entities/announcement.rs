//! Announcements of the server to its people.

use schemars::JsonSchema;
use serde::Serialize;

use super::{CustomEmoji, Mention, Reaction, ShallowTag, Status};
use crate::ids::AnnouncementId;

/// Something that the server tells its people.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Announcement {
    pub id: AnnouncementId,
    pub content: String,
    pub starts_at: Option<String>,
    pub ends_at: Option<String>,
    pub all_day: bool,
    pub published_at: String,
    pub updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    pub mentions: Vec<Mention>,
    pub statuses: Vec<Status>,
    pub tags: Vec<ShallowTag>,
    pub emojis: Vec<CustomEmoji>,
    pub reactions: Vec<Reaction>,
}

/// An announcement as staff see it, published or not.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct AdminAnnouncement {
    pub id: AnnouncementId,
    /// As it was typed.
    pub text: String,
    pub markdown: bool,
    pub content: String,
    pub starts_at: Option<String>,
    pub ends_at: Option<String>,
    pub all_day: bool,
    /// When it is to be published.
    pub scheduled_at: Option<String>,
    /// Null: it is not published.
    pub published_at: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

/// What open streams are told of a reaction.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon streaming API")]
pub struct AnnouncementReaction {
    pub name: String,
    pub count: i64,
    pub announcement_id: AnnouncementId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_url: Option<String>,
}
