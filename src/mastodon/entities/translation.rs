//! A translated post, and a refused one.

use schemars::JsonSchema;
use serde::Serialize;

use super::Account;
use crate::ids::{MediaId, PollId};

/// A post in another language.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Translation {
    pub content: String,
    pub spoiler_text: String,
    pub language: String,
    pub detected_source_language: String,
    pub provider: String,
    pub poll: Option<TranslatedPoll>,
    pub media_attachments: Vec<TranslatedAttachment>,
}

/// Its poll.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct TranslatedPoll {
    pub id: PollId,
    pub options: Vec<TranslatedOption>,
}

/// An option of it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct TranslatedOption {
    pub title: String,
}

/// The description of one of its pictures.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct TranslatedAttachment {
    pub id: MediaId,
    pub description: String,
}

/// A post was refused because it names people whom its author did not expect.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct UnexpectedAccounts {
    pub error: String,
    pub unexpected_accounts: Vec<Account>,
}
