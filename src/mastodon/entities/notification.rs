//! Notification and how far one has read.

use serde::Serialize;

use super::{Account, Status};
use crate::ids::NotificationId;

/// Something that somebody is told.
#[derive(Debug, Clone, Serialize)]
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
}

/// How far somebody has read a timeline.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Marker {
    pub last_read_id: String,
    pub version: i64,
    pub updated_at: String,
}
