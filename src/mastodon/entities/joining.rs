//! What newcomers and their apps get to see.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::InviteId;

/// What is wrong with a form, field by field.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Error")]
pub struct ValidationError {
    pub error: String,
    pub details: BTreeMap<&'static str, Vec<super::ErrorDetail>>,
}

/// An invitation that somebody made. Our own extension.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct Invite {
    /// Its id.
    pub id: InviteId,
    /// What the form wants as `invite_code`.
    pub code: String,
    /// The page to send to whoever is invited.
    pub url: String,
    /// A note to oneself.
    pub comment: String,
    /// How many people may come by it; null: any number.
    pub max_uses: Option<i64>,
    /// How many came.
    pub uses: i64,
    /// Whether newcomers follow who invited them.
    pub autofollow: bool,
    /// Whether somebody can still come by it.
    pub usable: bool,
    /// When it runs out or was revoked; null: never.
    pub expires_at: Option<String>,
    /// When it was made.
    pub created_at: String,
}
