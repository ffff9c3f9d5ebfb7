//! Status and what belongs to it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, CustomEmoji, FilterResult, PreviewCard};
use crate::ids::{AccountId, MediaId, PollId, StatusId};

/// A post or boost.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Status {
    pub id: StatusId,
    pub created_at: String,
    pub in_reply_to_id: Option<StatusId>,
    pub in_reply_to_account_id: Option<AccountId>,
    pub sensitive: bool,
    pub spoiler_text: String,
    pub visibility: &'static str,
    /// As in glitch-soc: never leaves this server.
    pub local_only: bool,
    pub language: Option<String>,
    pub uri: String,
    pub url: Option<String>,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub quotes_count: i64,
    pub edited_at: Option<String>,
    /// Absent in the answer to a deletion, which has `text` instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub reblog: Option<Box<Status>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Application>,
    pub account: Account,
    pub media_attachments: Vec<Attachment>,
    pub mentions: Vec<Mention>,
    pub tags: Vec<ShallowTag>,
    pub emojis: Vec<CustomEmoji>,
    pub tagged_collections: Vec<super::Collection>,
    pub card: Option<PreviewCard>,
    pub poll: Option<Poll>,
    /// As in Akkoma.
    pub emoji_reactions: Vec<EmojiReaction>,
    pub quote: Option<AnyQuote>,
    pub quote_approval: QuoteApproval,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub favourited: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reblogged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bookmarked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtered: Option<Vec<FilterResult>>,
}

/// The app that a post was written with.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Application {
    pub name: String,
    pub website: Option<String>,
}

/// Somebody named in a post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Mention {
    pub id: AccountId,
    pub username: String,
    pub url: String,
    pub acct: String,
}

/// A hashtag in a post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct ShallowTag {
    pub name: String,
    pub url: String,
}

/// Who may quote a post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct QuoteApproval {
    pub automatic: Vec<&'static str>,
    pub manual: Vec<&'static str>,
    pub current_user: &'static str,
}

/// What a post quotes: whole, or only named inside a quoted post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "as in the Mastodon entities")]
pub enum AnyQuote {
    Whole(Quote),
    Shallow(ShallowQuote),
}

/// A quote.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Quote {
    pub state: &'static str,
    pub quoted_status: Option<Box<Status>>,
}

/// A quote in a quoted post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct ShallowQuote {
    pub state: &'static str,
    pub quoted_status_id: Option<StatusId>,
}

/// A picture, film or sound.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity MediaAttachment")]
pub struct Attachment {
    pub id: MediaId,
    #[serde(rename = "type")]
    pub kind: String,
    pub url: Option<String>,
    pub preview_url: Option<String>,
    pub remote_url: Option<String>,
    pub preview_remote_url: Option<String>,
    pub text_url: Option<String>,
    pub meta: Option<Meta>,
    pub description: Option<String>,
    pub blurhash: Option<String>,
}

/// What is known of a picture's shape, and of a film's or a sound's length.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Meta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focus: Option<Focus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<Original>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colors: Option<Colors>,
}

/// The file itself: a picture has a size, a sound a duration, a film both.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Original {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<i64>,
}

/// The colours of a sound's artwork, `#rrggbb`.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Colors {
    pub background: String,
    pub foreground: String,
    pub accent: String,
}

/// The point that crops keep in sight.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Focus {
    pub x: f64,
    pub y: f64,
}

/// The size of a picture in pixels.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Size {
    pub width: i64,
    pub height: i64,
    pub size: String,
    pub aspect: f64,
}

/// What stands above and below a post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Context {
    pub ancestors: Vec<Status>,
    pub descendants: Vec<Status>,
}

/// A post as it was typed.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct StatusSource {
    pub id: StatusId,
    pub text: String,
    pub spoiler_text: String,
    /// As in Pleroma and glitch-soc.
    pub content_type: &'static str,
}

/// One version of an edited post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct StatusEdit {
    pub content: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub created_at: String,
    pub account: Account,
    pub media_attachments: Vec<Attachment>,
    pub emojis: Vec<CustomEmoji>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<FormerPoll>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
}

/// An emoji under a post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in Akkoma")]
pub struct EmojiReaction {
    pub name: String,
    pub count: i64,
    pub me: bool,
    /// Of a custom emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_url: Option<String>,
    pub account_ids: Vec<AccountId>,
}

/// An emoji under a post, and who put it there.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in Akkoma")]
pub struct Reactors {
    pub name: String,
    pub count: i64,
    pub me: bool,
    /// Of a custom emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_url: Option<String>,
    pub accounts: Vec<Account>,
}

/// A poll.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Poll {
    pub id: PollId,
    pub expires_at: Option<String>,
    pub expired: bool,
    pub multiple: bool,
    pub votes_count: i64,
    pub voters_count: Option<i64>,
    pub options: Vec<PollOption>,
    pub emojis: Vec<CustomEmoji>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_votes: Option<Vec<i64>>,
}

/// An option of a poll.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct PollOption {
    pub title: String,
    /// Null while hidden.
    pub votes_count: Option<i64>,
}

/// The poll of a former version of a post.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity StatusEdit")]
pub struct FormerPoll {
    pub options: Vec<FormerOption>,
}

/// An option of it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity StatusEdit")]
pub struct FormerOption {
    pub title: String,
}
