//! Pages behind links.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, History};

/// A page that a post links to.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct PreviewCard {
    pub url: String,
    pub title: String,
    pub description: String,
    pub language: Option<String>,
    #[serde(rename = "type")]
    pub kind: String,
    pub author_name: String,
    pub author_url: String,
    pub provider_name: String,
    pub provider_url: String,
    pub html: String,
    pub width: i64,
    pub height: i64,
    pub image: Option<String>,
    pub image_description: String,
    pub embed_url: String,
    pub blurhash: Option<String>,
    pub published_at: Option<String>,
    pub authors: Vec<PreviewCardAuthor>,
    /// Whether the page names the viewer as its author, who does not allow the site to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_attribution: Option<bool>,
}

/// Who made the page.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct PreviewCardAuthor {
    pub name: String,
    pub url: String,
    pub account: Option<Account>,
}

/// A page that many link to.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Trends::Link")]
pub struct TrendsLink {
    #[serde(flatten)]
    pub card: PreviewCard,
    pub history: Vec<History>,
}
