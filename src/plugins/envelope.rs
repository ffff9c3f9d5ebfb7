//! What a filter is told and what it answers, in plain Rust: the host's side of the records in `plugins/wit/v1_0`.
//!
//! Deeds fill an [`Envelope`], the chain hands it to the guests, and what comes back are [`Effect`]s that never widen
//! an audience.

use serde::{Deserialize, Serialize};

pub use super::effect::{Change, Effect, narrow};
use crate::activitypub::audience::Visibility;
use crate::clock::Time;

/// Which way an activity travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Another server sent it to us.
    #[default]
    Inbound,
    /// Somebody here wrote it; it is not stored yet.
    Outbound,
    /// Somebody here wrote it for this server only.
    Local,
    /// A relay sent it to us.
    Relayed,
    /// We asked another server for it.
    Fetched,
}

impl Direction {
    /// Whether it was written here and is not stored yet.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Outbound | Self::Local)
    }

    /// As manifests and the moderation log write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Local => "local",
            Self::Relayed => "relayed",
            Self::Fetched => "fetched",
        }
    }
}

/// One activity with the facts that policies ask about. Most fields may stay at their default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Envelope {
    /// Which way it travels.
    pub direction: Direction,
    /// The activity's type as on the wire: `Create`, `Announce`, …
    pub activity: String,
    /// The object's type; `None` when the object is only named by its id.
    pub object: Option<String>,
    /// Id of the object when there is one, else of the activity; empty for a local post that has none yet.
    pub id: String,
    /// Who did it.
    pub actor: Actor,
    /// `None`: the question does not arise (a Follow, a Like).
    pub visibility: Option<Visibility>,
    /// When the author says it was written.
    pub published: Option<Time>,
    /// Whether it replaces an earlier version.
    pub is_edit: bool,
    /// The post as plain text, without markup. The options of its poll follow in lines of their own.
    pub text: String,
    /// The post's HTML, cleaned. Need: html.
    pub html: Option<String>,
    /// Content warning or title, plain text.
    pub summary: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Whether the media are marked sensitive.
    pub sensitive: bool,
    /// Actor ids of those mentioned.
    pub mentions: Vec<String>,
    /// How many of them live here.
    pub local_mentions: u16,
    /// How many actors or collections it is addressed to.
    pub recipients: u32,
    /// Without the `#`, as written.
    pub hashtags: Vec<String>,
    /// Hosts of the links in the text, without those of mentions and hashtags.
    pub link_hosts: Vec<String>,
    /// Custom emoji: shortcode without colons, address of the picture.
    pub emoji: Vec<(String, String)>,
    /// Media types of the attachments.
    pub attachments: Vec<String>,
    /// The post that is answered, if we know it already. Need: parent.
    pub reply_to: Option<Parent>,
    /// The post that is quoted, if we know it already. Need: parent.
    pub quote_of: Option<Parent>,
    /// Whom a Follow wants to follow.
    pub follow_target: Option<Actor>,
    /// How the actor stands to each local person concerned. Need: relation.
    pub relation: Vec<String>,
    /// Earlier versions, oldest first. Need: history.
    pub history: Vec<String>,
    /// The JSON as it came. Need: raw.
    pub raw: Option<String>,
}

impl Envelope {
    /// Whether it brings a post, new or edited; all else is a deed that can only be let pass, held or refused.
    pub fn is_post(&self) -> bool {
        matches!(self.activity.as_str(), "Create" | "Update") && self.visibility.is_some()
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Actor {
    /// Actor id.
    pub id: String,
    /// `user@host`, for local people too.
    pub handle: String,
    /// Host of the id.
    pub host: String,
    /// Whether it lives here.
    pub local: bool,
    /// ActivityStreams type: `Person`, `Service`, …
    pub kind: String,
    /// Plain text.
    pub display_name: String,
    /// Profile text, plain.
    pub bio: String,
    /// Whether it asks before it accepts followers.
    pub locked: bool,
    /// When we first heard of it.
    pub first_seen: Time,
    /// When its own server says it was created.
    pub created: Option<Time>,
    /// Posts of it that we hold.
    pub posts_seen: u32,
    /// Followers that its own server says it has.
    pub followers_seen: u32,
    /// People here who follow it.
    pub local_followers: u32,
    /// People here whom it follows.
    pub local_following: u32,
    /// Id of its followers collection.
    pub followers_url: String,
    /// What moderators tagged it with.
    pub admin_tags: Vec<String>,
}

/// The post that is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Parent {
    /// Object id.
    pub id: String,
    /// Actor id of its author.
    pub author: String,
    /// `user@host`.
    pub author_handle: String,
    /// Whether its author lives here.
    pub local: bool,
    /// Who may see it.
    pub visibility: Visibility,
    /// Its content warning.
    pub summary: Option<String>,
}

/// A filter's word on one activity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Let it pass.
    #[default]
    Accept,
    /// Keep it back until a moderator looks; the reason is for people.
    Hold(String),
    /// Do not let it pass; the reason is for people.
    Reject(String),
}

/// What one filter answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Decision {
    /// Its word.
    pub verdict: Verdict,
    /// Adds up over the chain.
    pub score: i16,
    /// Changes it asks for.
    pub effects: Vec<Effect>,
}
