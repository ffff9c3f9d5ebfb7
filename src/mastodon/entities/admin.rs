//! What moderators see of people and reports.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, Role, Status};
use crate::ids::{AccountId, ReportId};

/// Somebody, with what only moderators may know.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct AdminAccount {
    pub id: AccountId,
    pub username: String,
    pub domain: Option<String>,
    pub created_at: String,
    /// Empty for people of other servers.
    pub email: String,
    pub ip: Option<String>,
    pub ips: Vec<AdminIp>,
    pub locale: Option<String>,
    pub invite_request: Option<String>,
    pub role: Option<Role>,
    pub confirmed: bool,
    pub approved: bool,
    pub disabled: bool,
    pub silenced: bool,
    pub suspended: bool,
    pub sensitized: bool,
    pub account: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by_application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_by_account_id: Option<AccountId>,
}

/// From where somebody came.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct AdminIp {
    pub ip: String,
    pub used_at: String,
}

/// A report as moderators see it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct AdminReport {
    pub id: ReportId,
    pub action_taken: bool,
    pub action_taken_at: Option<String>,
    pub category: String,
    pub comment: String,
    pub forwarded: Option<bool>,
    pub created_at: String,
    pub updated_at: String,
    pub account: AdminAccount,
    pub target_account: AdminAccount,
    pub assigned_account: Option<AdminAccount>,
    pub action_taken_by_account: Option<AdminAccount>,
    pub statuses: Vec<Status>,
    pub rules: Vec<super::Rule>,
}
