//! Relays, lists of blocks and traces: our own extensions.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::{BlockListId, RelayId};

/// A relay, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in store::relays::Relay")]
pub struct Relay {
    pub id: RelayId,
    pub inbox_url: String,
    pub actor: Option<String>,
    /// `mastodon` or `litepub`.
    pub style: &'static str,
    /// `idle`, `pending`, `accepted` or `rejected`.
    pub state: &'static str,
    pub tags: Vec<String>,
    pub per_second: i64,
    pub per_day: i64,
    /// Posts that it brought today.
    pub today: i64,
    pub paused_until: Option<String>,
    pub paused_why: Option<String>,
    pub created_at: String,
}

/// A list of servers to block, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in store::block_lists::BlockList")]
pub struct BlockList {
    pub id: BlockListId,
    pub url: String,
    /// Null: it was only looked at.
    pub applied_at: Option<String>,
    pub fetched_at: Option<String>,
    pub last_error: Option<String>,
    /// How many servers it names.
    pub domains: i64,
    pub created_at: String,
}

/// What applying a list changes.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in actions::block_list::Difference")]
pub struct BlockListPreview {
    pub list: BlockList,
    pub added: Vec<ListedBlock>,
    pub changed: Vec<ListedBlock>,
    pub removed: Vec<String>,
    /// Left alone, since staff decided about them.
    pub kept: Vec<String>,
}

/// A server on a list.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::DomainBlock")]
pub struct ListedBlock {
    pub domain: String,
    pub severity: &'static str,
    pub reject_media: bool,
    pub reject_reports: bool,
    pub obfuscate: bool,
    pub public_comment: Option<String>,
    /// The applied lists that name it.
    pub lists: Vec<String>,
}

/// Why something did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in actions::trace::Report")]
pub struct Trace {
    pub query: String,
    /// `post`, `activity`, `account`, `server` or `unknown`.
    pub kind: &'static str,
    /// What is so now, in sentences.
    pub summary: Vec<String>,
    /// What happened, oldest first.
    pub steps: Vec<TraceStep>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in store::events::Event")]
pub struct TraceStep {
    pub at: String,
    /// `signature`, `filter`, `verb` or `delivery`.
    pub step: &'static str,
    /// `done`, `refused`, `later` or `dropped`.
    pub outcome: &'static str,
    pub activity: Option<String>,
    pub object: Option<String>,
    pub actor: Option<String>,
    /// Host of the other server.
    pub peer: String,
    /// The other side's answer, or our reason.
    pub detail: String,
    /// All of it as a sentence.
    pub text: String,
}
