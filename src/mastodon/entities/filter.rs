//! Filter, its parts, and what it found.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::{FilterId, KeptId, KeywordId, StatusId};

/// A filter; its keywords and posts are left out where a post says what filtered it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Filter {
    pub id: FilterId,
    pub title: String,
    pub context: Vec<String>,
    pub expires_at: Option<String>,
    pub filter_action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keywords: Option<Vec<FilterKeyword>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<FilterStatus>>,
}

/// A word or phrase.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct FilterKeyword {
    pub id: KeywordId,
    pub keyword: String,
    pub whole_word: bool,
}

/// A post in a filter.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct FilterStatus {
    pub id: KeptId,
    pub status_id: StatusId,
}

/// Why a post is filtered.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct FilterResult {
    pub filter: Filter,
    pub keyword_matches: Option<Vec<String>>,
    pub status_matches: Option<Vec<StatusId>>,
}

/// The older form: one keyword with what its filter says.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity V1::Filter")]
pub struct FilterV1 {
    pub id: KeywordId,
    pub phrase: String,
    pub context: Vec<String>,
    pub expires_at: Option<String>,
    pub irreversible: bool,
    pub whole_word: bool,
}
