//! What the client API writes: one struct per entity, every field always there and of one type.
//!
//! A key that some answers lack is an `Option` that is skipped when `None`; a key that may be null is an `Option` that
//! is written. Viewer-dependent keys are skipped for strangers. Times are RFC 3339 in UTC with milliseconds.
//! Spec: https://docs.joinmastodon.org/entities/

mod account;
mod filter;
mod notification;
mod scheduled;
mod status;

use serde::Serialize;

use crate::ids::{AccountId, ConversationId, FeaturedTagId, ListId};

pub use account::{
    Account, CredentialAccount, FeatureApproval, Field, MutedAccount, Preferences, Relationship, Role, Source,
};
pub use filter::{Filter, FilterKeyword, FilterResult, FilterStatus, FilterV1};
pub use notification::{
    Fallback, GroupedNotifications, Marker, Notification, NotificationGroup, NotificationRequest, PartialAccount,
};
pub use scheduled::{ScheduledParams, ScheduledPoll, ScheduledStatus};
pub use status::{
    Application, Attachment, Context, EmojiReaction, Focus, FormerOption, FormerPoll, Mention, Meta, Poll, PollOption,
    QuoteApproval, Reactors, ShallowTag, Size, Status, StatusEdit, StatusSource,
};

/// A hashtag of its own.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Tag {
    pub id: String,
    pub name: String,
    pub url: String,
    pub history: Vec<History>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub following: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featuring: Option<bool>,
}

/// A hashtag on a profile; the count is a string.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct FeaturedTag {
    pub id: FeaturedTagId,
    pub name: String,
    pub url: String,
    pub statuses_count: String,
    pub last_status_at: Option<String>,
}

/// A list of followed people.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct List {
    pub id: ListId,
    pub title: String,
    pub replies_policy: &'static str,
    pub exclusive: bool,
}

/// A private conversation.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Conversation {
    pub id: ConversationId,
    pub unread: bool,
    pub accounts: Vec<Account>,
    pub last_status: Option<Status>,
}

/// Who of one's friends follows somebody.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct FamiliarFollowers {
    pub id: AccountId,
    pub accounts: Vec<Account>,
}

/// Somebody whom one may want to follow.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Suggestion {
    pub source: &'static str,
    pub sources: [&'static str; 1],
    pub account: Account,
}

/// How much a tag was used on one day; all numbers are strings.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct History {
    /// Midnight UTC in seconds since 1970.
    pub day: String,
    pub accounts: String,
    pub uses: String,
}

/// What a search found.
#[derive(Debug, Clone, Default, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Search {
    pub accounts: Vec<Account>,
    pub statuses: Vec<Status>,
    pub hashtags: Vec<Tag>,
    pub collections: Vec<Never>,
}

/// An entity that does not exist on this server yet, so that lists of it are always empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Never {}
