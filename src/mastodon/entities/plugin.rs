//! Plugins, what they say, and what they hold back, as staff see it. Ours alone; see docs/api.md.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::ids::{AccountId, HeldId, StatusId};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Bilingual {
    pub en: String,
    pub ja: String,
}

/// An installed plugin.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPlugin {
    pub id: String,
    pub version: String,
    pub sha256: String,
    pub name: Bilingual,
    pub summary: Bilingual,
    pub kinds: Vec<&'static str>,
    pub stage: &'static str,
    pub scope: &'static str,
    pub license: String,
    pub source: Option<String>,
    pub publisher_key: Option<String>,
    pub built_in: bool,
    pub state: &'static str,
    pub state_reason: Option<String>,
    pub off_until: Option<String>,
    pub order: i32,
    pub on_failure: Option<String>,
    pub only_if: Value,
    pub permissions: Vec<AdminPluginPermission>,
    pub config_schema: Value,
    pub config: Value,
    pub costs: AdminPluginCosts,
    pub pending: Option<AdminPluginPending>,
    pub previous: Option<String>,
    pub installed_at: String,
}

/// Something a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginPermission {
    pub name: String,
    pub red: bool,
    pub granted: bool,
    pub default: bool,
    pub why: Option<Bilingual>,
    pub prompt: Bilingual,
}

/// What a plugin cost since the server started.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginCosts {
    pub calls: u64,
    pub failures: u64,
    pub p50_us: u32,
    pub p99_us: u32,
    pub cpu_ms: u64,
    pub accepted: u64,
    pub held: u64,
    pub rejected: u64,
    pub metrics: Value,
}

/// A version that waits for permissions.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginPending {
    pub version: String,
    pub sha256: String,
    pub permissions: Vec<AdminPluginPermission>,
    pub changes_publisher: bool,
}

/// A plugin that comes with the server.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginOffer {
    pub name: &'static str,
    pub id: String,
    pub version: String,
    pub title: Bilingual,
    pub summary: Bilingual,
    pub kinds: Vec<&'static str>,
    pub permissions: Vec<AdminPluginPermission>,
    pub installed: bool,
}

/// A line of a plugin's log.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginLog {
    pub id: String,
    pub at: String,
    pub level: &'static str,
    pub message: String,
}

/// The mailbox of a bot, with what it could not deal with.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginMailbox {
    pub account: AccountId,
    pub waiting: i64,
    pub dead: i64,
    pub missed: i64,
    pub letters: Vec<AdminPluginLetter>,
}

/// Something that a bot could not deal with.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginLetter {
    pub id: String,
    pub at: String,
    pub kind: String,
    pub name: String,
    pub account: Option<AccountId>,
    pub status: Option<StatusId>,
    pub tries: i64,
    pub error: String,
}

/// How a fan-out policy would go, beside the built-in plan.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginSimulation {
    pub plugin: String,
    pub author: Option<String>,
    pub servers: usize,
    pub slow: usize,
    pub dropped: usize,
    pub planning_us: u64,
    pub built_in: AdminPluginSimulationRun,
    pub policy: AdminPluginSimulationRun,
}

/// One of the two plans.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginSimulationRun {
    pub p10_ms: Option<u64>,
    pub p50_ms: Option<u64>,
    pub p90_ms: Option<u64>,
    pub p99_ms: Option<u64>,
    pub quick_p90_ms: Option<u64>,
    pub peak_per_second: usize,
    pub peak_in_flight: usize,
    pub requests: usize,
    pub cpu_ms: u64,
    pub curve: Vec<AdminPluginSimulationPoint>,
}

/// So many servers have it after so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginSimulationPoint {
    pub ms: u64,
    pub servers: usize,
}

/// What a plugin said about one activity.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminPluginVerdict {
    pub id: String,
    pub at: String,
    pub shadow: bool,
    pub action: String,
    pub direction: String,
    pub actor: String,
    pub object: Option<String>,
    pub reason: String,
    pub score: i32,
    pub changes: Value,
    pub excerpt: String,
}

/// A post in the review queue.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminReview {
    pub id: HeldId,
    pub state: String,
    pub direction: String,
    pub plugin: String,
    pub plugin_name: Bilingual,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i32>,
    pub actor: AdminReviewActor,
    pub object: Option<String>,
    pub text: String,
    pub summary: String,
    pub visibility: &'static str,
    pub attachments: Vec<String>,
    pub created_at: String,
    pub decided_at: Option<String>,
    pub decided_by: Option<String>,
    pub status_id: Option<StatusId>,
}

/// Who wrote a held post.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminReviewActor {
    pub id: AccountId,
    pub acct: String,
    pub display_name: String,
    pub local: bool,
}

/// A list of words for plugins.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct AdminWordList {
    pub name: String,
    pub entries: Vec<String>,
    pub url: Option<String>,
    pub fetched_at: Option<String>,
    pub problem: Option<String>,
}

/// A filter that one may choose for what reaches oneself.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in docs/api.md")]
pub struct PersonalFilter {
    pub id: String,
    pub name: Bilingual,
    pub summary: Bilingual,
    pub chosen: bool,
}
