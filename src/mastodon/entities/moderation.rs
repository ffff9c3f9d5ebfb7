//! Reports, warnings, appeals and lost follows, as the people concerned see them.

use schemars::JsonSchema;
use serde::Serialize;

use super::Account;
use crate::ids::{CollectionId, ReportId, SeveranceId, WarningId};

/// What somebody told the moderators about somebody.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Report {
    pub id: ReportId,
    pub action_taken: bool,
    pub action_taken_at: Option<String>,
    pub category: String,
    pub comment: String,
    pub forwarded: Option<bool>,
    pub created_at: String,
    pub status_ids: Option<Vec<String>>,
    pub rule_ids: Option<Vec<String>>,
    pub collection_ids: Vec<CollectionId>,
    pub target_account: Account,
}

/// What moderators did to somebody.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct AccountWarning {
    pub id: WarningId,
    pub action: String,
    pub text: String,
    pub status_ids: Option<Vec<String>>,
    pub target_account: Account,
    pub appeal: Option<Appeal>,
    pub created_at: String,
}

/// What somebody answers to a warning.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Appeal {
    pub text: String,
    /// `approved`, `rejected` or `pending`.
    pub state: &'static str,
}

/// Follows that ended without either side's doing.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity RelationshipSeveranceEvent")]
pub struct SeveranceEvent {
    pub id: SeveranceId,
    #[serde(rename = "type")]
    pub kind: String,
    pub purged: bool,
    pub target_name: String,
    pub followers_count: i64,
    pub following_count: i64,
    pub created_at: String,
}
