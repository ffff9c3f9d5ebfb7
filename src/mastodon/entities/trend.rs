//! What many talk about, as moderators see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Status, Tag, TrendsLink};

/// A hashtag with what moderators said about it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Tag")]
pub struct AdminTag {
    #[serde(flatten)]
    pub tag: Tag,
    pub trendable: bool,
    pub usable: bool,
    pub requires_review: bool,
    pub listable: bool,
}

/// A post that many like.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Trends::Status")]
pub struct AdminTrendsStatus {
    #[serde(flatten)]
    pub status: Status,
    pub requires_review: bool,
}

/// A page that many link to.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Trends::Link")]
pub struct AdminTrendsLink {
    pub id: String,
    pub requires_review: bool,
    #[serde(flatten)]
    pub link: TrendsLink,
}

/// A site that links lead to.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Trends::Links::PreviewCardProvider")]
pub struct AdminPublisher {
    pub id: String,
    pub domain: String,
    pub trendable: Option<bool>,
    pub reviewed_at: Option<String>,
    pub requested_review_at: Option<String>,
    pub requires_review: bool,
}
