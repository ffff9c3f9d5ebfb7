//! What the client API writes: one struct per entity, every field always there and of one type.
//!
//! A key that some answers lack is an `Option` that is skipped when `None`; a key that may be null is an `Option` that
//! is written. Viewer-dependent keys are skipped for strangers. Times are RFC 3339 in UTC with milliseconds.
//! Spec: https://docs.joinmastodon.org/entities/

mod account;
mod admin;
mod admin_blocks;
mod admin_numbers;
mod announcement;
mod card;
mod collection;
mod emoji;
mod federation;
mod filter;
mod instance;
mod joining;
mod moderation;
mod notification;
mod oauth;
mod operator;
mod plugin;
mod scheduled;
mod security;
mod small;
mod status;
mod translation;
mod trend;

use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::{AccountId, ConversationId, FeaturedTagId, ListId};

pub use account::{
    Account, AccountRole, CredentialAccount, FeatureApproval, Field, MutedAccount, Preferences, Profile, Relationship,
    Role, Source,
};
pub use admin::{AdminAccount, AdminIp, AdminReport};
pub use admin_blocks::{
    AdminCanonicalEmailBlock, AdminDomainAllow, AdminDomainBlock, AdminDomainBlockConflict, AdminEmailDomainBlock,
    AdminIpBlock,
};
pub use admin_numbers::{
    AdminCohort, AdminCohortPeriod, AdminDimension, AdminDimensionValue, AdminMeasure, AdminMeasureDay,
};
pub use announcement::{AdminAnnouncement, Announcement, AnnouncementReaction};
pub use card::{PreviewCard, PreviewCardAuthor, TrendsLink};
pub use collection::{
    Collection, CollectionItem, CollectionWithAccounts, Collections, WrappedCollection, WrappedCollectionItem,
};
pub use emoji::{AdminEmoji, CustomEmoji, Reaction};
pub use federation::{BlockList, BlockListPreview, ListedBlock, Relay, Trace, TraceStep};
pub use filter::{Filter, FilterKeyword, FilterResult, FilterStatus, FilterV1};
pub use instance::{
    AccountLimits, AccountLimitsV1, ActivityWeek, ApiVersions, Configuration, ConfigurationV1, Contact, DomainBlock,
    ExtendedDescription, FeedAccess, Icon, Instance, InstanceV1, Language, MediaLimits, MediaLimitsV1, PollLimits,
    PrivacyPolicy, Registrations, Rule, RuleTranslation, Stats, StatusLimits, TermsOfService, Thumbnail,
    TimelinesAccess, TranslationSupport, Urls, UrlsV1, Usage, UsageUsers, Vapid,
};
pub use joining::{Invite, ValidationError};
pub use moderation::{AccountWarning, Appeal, Report, SeveranceEvent};
pub use notification::{
    Fallback, GroupedNotifications, Marker, Notification, NotificationGroup, NotificationRequest, PartialAccount,
};
pub use oauth::{CredentialApplication, OAuthMetadata, OAuthToken, RegisteredApp, UserInfo};
pub use operator::{
    AdminDelivery, AdminHostQueue, AdminInbox, AdminInvite, AdminLogEntry, AdminOverview, AdminPeer, AdminPeople,
    AdminQueue, AdminRemoteEmoji, AdminRule, AdminSetting, AdminSettingChange, AdminTerms, AdminTodo,
};
pub use plugin::{
    AdminPlugin, AdminPluginCosts, AdminPluginLetter, AdminPluginLog, AdminPluginMailbox, AdminPluginOffer,
    AdminPluginPending, AdminPluginPermission, AdminPluginSimulation, AdminPluginSimulationPoint,
    AdminPluginSimulationRun, AdminPluginVerdict, AdminReview, AdminReviewActor, AdminWordList, Bilingual,
    PersonalFilter,
};
pub use scheduled::{ScheduledParams, ScheduledPoll, ScheduledStatus};
pub use security::{
    AccessToken, Alias, App, Enrolment, Migration, Passkey, PasskeyQuestion, RecoveryCodes, Security, Session,
};
pub use small::{
    Count, DomainBlockPreview, Error, ErrorDetail, IdentityProof, InvitationLink, Markers, Merged, NotificationPolicy,
    NotificationPolicyV1, PolicySummary, WebPushSubscription,
};
pub use status::{
    AnyQuote, Application, Attachment, Colors, Context, EmojiReaction, Focus, FormerOption, FormerPoll, Mention, Meta,
    Original, Poll, PollOption, Quote, QuoteApproval, Reactors, ShallowQuote, ShallowTag, Size, Status, StatusEdit,
    StatusSource,
};
pub use translation::{TranslatedAttachment, TranslatedOption, TranslatedPoll, Translation, UnexpectedAccounts};

pub use trend::{AdminPublisher, AdminTag, AdminTrendsLink, AdminTrendsStatus};

/// A hashtag of its own.
#[derive(Debug, Clone, JsonSchema, Serialize)]
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
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct FeaturedTag {
    pub id: FeaturedTagId,
    pub name: String,
    pub url: String,
    pub statuses_count: String,
    pub last_status_at: Option<String>,
}

/// A list of followed people.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct List {
    pub id: ListId,
    pub title: String,
    pub replies_policy: &'static str,
    pub exclusive: bool,
}

/// A private conversation.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Conversation {
    pub id: ConversationId,
    pub unread: bool,
    pub accounts: Vec<Account>,
    pub last_status: Option<Status>,
}

/// Who of one's friends follows somebody.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct FamiliarFollowers {
    pub id: AccountId,
    pub accounts: Vec<Account>,
}

/// Somebody whom one may want to follow.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Suggestion {
    pub source: &'static str,
    pub sources: Vec<&'static str>,
    pub account: Account,
}

/// How another site shows a post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in oEmbed")]
pub struct OEmbed {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub version: &'static str,
    pub author_name: String,
    pub author_url: String,
    pub provider_name: String,
    pub provider_url: String,
    pub cache_age: i64,
    pub html: String,
    pub width: i64,
    pub height: Option<i64>,
}

/// How much a tag was used on one day; all numbers are strings.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct History {
    /// Midnight UTC in seconds since 1970.
    pub day: String,
    pub accounts: String,
    pub uses: String,
}

/// What a search found.
#[derive(Debug, Clone, Default, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Search {
    pub accounts: Vec<Account>,
    pub statuses: Vec<Status>,
    pub hashtags: Vec<Tag>,
    pub collections: Vec<Collection>,
}

/// Background work that a client asked after.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct AsyncRefreshAnswer {
    pub async_refresh: AsyncRefresh,
}

/// How far it is.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct AsyncRefresh {
    pub id: String,
    /// `running` or `finished`.
    pub status: &'static str,
    pub result_count: Option<i64>,
}

/// `{}`: done, and there is nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Empty {}
