//! Answers of a line or two.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

use super::{Account, Marker};

/// How many: are unread, or were acted upon.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the name says it")]
pub struct Count {
    pub count: i64,
}

/// Whether what was accepted has been moved to the notifications.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the name says it")]
pub struct Merged {
    pub merged: bool,
}

/// What blocking a domain would end.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct DomainBlockPreview {
    pub following_count: i64,
    pub followers_count: i64,
}

/// Markers by timeline; only those that were asked for and exist.
#[derive(Debug, Clone, Default, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Markers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<Marker>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Marker>,
}

/// Whose notifications one wants to see.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct NotificationPolicy {
    pub for_not_following: &'static str,
    pub for_not_followers: &'static str,
    pub for_new_accounts: &'static str,
    pub for_private_mentions: &'static str,
    pub for_limited_accounts: &'static str,
    pub for_bots: &'static str,
    pub summary: PolicySummary,
}

/// The older form, which knows only yes and no.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity V1::NotificationPolicy")]
pub struct NotificationPolicyV1 {
    pub filter_not_following: bool,
    pub filter_not_followers: bool,
    pub filter_new_accounts: bool,
    pub filter_private_mentions: bool,
    pub filter_bots: bool,
    pub summary: PolicySummary,
}

/// What waits to be looked at.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity NotificationPolicy")]
pub struct PolicySummary {
    pub pending_requests_count: i64,
    pub pending_notifications_count: i64,
}

/// Where and for what an app wants to be woken.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct WebPushSubscription {
    pub id: String,
    pub endpoint: String,
    pub standard: bool,
    pub server_key: String,
    pub policy: String,
    /// Only the kinds of notifications that were named.
    pub alerts: BTreeMap<String, bool>,
}

/// The end of a link that is not there any more; always in an empty list.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct IdentityProof {
    pub provider: String,
    pub provider_username: String,
    pub updated_at: String,
    pub proof_url: String,
    pub profile_url: String,
}

/// Where an invitation leads, for apps that open its address.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in Mastodon")]
pub struct InvitationLink {
    pub invite_code: String,
    pub instance_api_url: String,
}

/// What went wrong.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Error {
    pub error: String,
    /// Of OAuth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// By field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<BTreeMap<String, Vec<ErrorDetail>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected_accounts: Option<Vec<Account>>,
    /// Where a post waits that a filter wants to be looked at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_id: Option<crate::ids::HeldId>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Error")]
pub struct ErrorDetail {
    pub error: String,
    pub description: String,
}
