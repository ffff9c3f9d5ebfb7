//! Notification and how far one has read.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, AccountWarning, Collection, Report, SeveranceEvent, Status};
use crate::ids::{AccountId, NotificationId, StatusId};

/// Something that somebody is told.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Notification {
    pub id: NotificationId,
    #[serde(rename = "type")]
    pub kind: String,
    pub created_at: String,
    pub group_key: String,
    pub account: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<SeveranceEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation_warning: Option<AccountWarning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<Collection>,
    /// Of `pleroma:emoji_reaction`, as in Akkoma.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// The picture of a custom one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtered: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
}

/// What a client may show of a notification that it does not know; HTML.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Fallback {
    pub title: String,
    pub summary: Option<String>,
    pub description: Option<String>,
}

/// Notifications in groups, with what they name.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity GroupedNotificationsResults")]
pub struct GroupedNotifications {
    pub accounts: Vec<Account>,
    /// Only when partial accounts were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_accounts: Option<Vec<PartialAccount>>,
    pub statuses: Vec<Status>,
    pub notification_groups: Vec<NotificationGroup>,
}

/// As much of an account as a row of pictures needs.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity PartialAccountWithAvatar")]
pub struct PartialAccount {
    pub id: AccountId,
    pub acct: String,
    pub url: String,
    pub avatar: String,
    pub avatar_static: String,
    pub avatar_description: String,
    pub locked: bool,
    pub bot: bool,
}

/// Several notifications that are shown as one. The page fields are in lists only.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct NotificationGroup {
    pub group_key: String,
    pub notifications_count: i64,
    #[serde(rename = "type")]
    pub kind: String,
    /// A JSON number, as Mastodon writes it.
    pub most_recent_notification_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_min_id: Option<NotificationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_max_id: Option<NotificationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_page_notification_at: Option<String>,
    pub sample_account_ids: Vec<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_id: Option<StatusId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<SeveranceEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation_warning: Option<AccountWarning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<Collection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
}

/// Somebody whose notifications were put aside.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct NotificationRequest {
    pub id: String,
    pub created_at: String,
    pub updated_at: String,
    /// A number in a string, as Mastodon writes it.
    pub notifications_count: String,
    pub account: Account,
    pub last_status: Option<Status>,
}

/// How far somebody has read a timeline.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Marker {
    pub last_read_id: String,
    pub version: i64,
    pub updated_at: String,
}
