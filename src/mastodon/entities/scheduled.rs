//! Posts for later.

use schemars::JsonSchema;
use serde::Serialize;

use super::Attachment;
use crate::ids::{AccountId, MediaId, ScheduledId, StatusId};

/// A post for later.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct ScheduledStatus {
    pub id: ScheduledId,
    pub scheduled_at: String,
    pub params: ScheduledParams,
    pub media_attachments: Vec<Attachment>,
}

/// What its author asked for. Two ids are numbers here, as in Mastodon.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct ScheduledParams {
    pub text: String,
    pub poll: Option<ScheduledPoll>,
    pub media_ids: Option<Vec<MediaId>>,
    pub sensitive: Option<bool>,
    pub spoiler_text: Option<String>,
    pub visibility: Option<&'static str>,
    pub in_reply_to_id: Option<i64>,
    pub language: Option<String>,
    pub application_id: i64,
    pub scheduled_at: Option<String>,
    pub idempotency: Option<String>,
    pub with_rate_limit: bool,
    pub quoted_status_id: Option<StatusId>,
    pub quote_approval_policy: &'static str,
    pub allowed_mentions: Option<Vec<AccountId>>,
    /// As in Pleroma and glitch-soc.
    pub content_type: &'static str,
    /// As in glitch-soc.
    pub local_only: bool,
}

/// The poll that it will have.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct ScheduledPoll {
    pub options: Vec<String>,
    pub expires_in: Option<i64>,
    pub multiple: bool,
    pub hide_totals: bool,
}
