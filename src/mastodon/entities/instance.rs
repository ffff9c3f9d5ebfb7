//! The server itself, in two forms, and what belongs to it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Account;

/// The server.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Instance {
    pub domain: String,
    pub title: String,
    pub version: String,
    pub source_url: String,
    pub description: String,
    pub usage: Usage,
    pub thumbnail: Thumbnail,
    pub icon: Vec<Icon>,
    pub languages: Vec<String>,
    pub configuration: Configuration,
    pub registrations: Registrations,
    pub api_versions: ApiVersions,
    /// The year of the running yearly review; there is none.
    pub wrapstodon: Option<i64>,
    pub contact: Contact,
    pub rules: Vec<Rule>,
}

/// How lively the server is.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Usage {
    pub users: UsageUsers,
}

/// How many people were here within a month.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct UsageUsers {
    pub active_month: i64,
}

/// The picture of the server.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Thumbnail {
    pub url: String,
    pub description: String,
}

/// An icon of the server.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Icon {
    pub src: String,
    pub size: String,
}

/// Which parts of the API are whole.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct ApiVersions {
    pub mastodon: u32,
}

/// Whom to turn to.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Contact {
    pub email: String,
    pub account: Option<Account>,
}

/// How one comes to live here.
#[derive(Debug, Clone, Default, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Registrations {
    pub enabled: bool,
    pub approval_required: bool,
    pub reason_required: Option<bool>,
    pub message: Option<String>,
    pub min_age: Option<i64>,
    pub url: Option<String>,
}

/// What clients must know in numbers and addresses.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct Configuration {
    pub urls: Urls,
    pub vapid: Vapid,
    pub accounts: AccountLimits,
    pub statuses: StatusLimits,
    pub media_attachments: MediaLimits,
    pub polls: PollLimits,
    pub translation: TranslationSupport,
    pub limited_federation: bool,
    pub timelines_access: TimelinesAccess,
}

/// Addresses of the server.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct Urls {
    pub streaming: String,
    pub status: Option<String>,
    pub about: String,
    pub privacy_policy: Option<String>,
    pub terms_of_service: Option<String>,
}

/// The key that Web Push messages are signed with.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct Vapid {
    pub public_key: String,
}

/// What profiles may hold.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct AccountLimits {
    pub max_featured_tags: i64,
    pub max_pinned_statuses: i64,
    pub max_display_name_length: i64,
    pub max_note_length: i64,
    pub max_avatar_description_length: i64,
    pub max_header_description_length: i64,
    pub max_profile_fields: i64,
    pub profile_field_name_limit: i64,
    pub profile_field_value_limit: i64,
}

/// What posts may hold.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct StatusLimits {
    pub max_characters: i64,
    pub max_media_attachments: i64,
    pub characters_reserved_per_url: i64,
}

/// What may be uploaded.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct MediaLimits {
    #[serde(flatten)]
    pub common: MediaLimitsV1,
    pub description_limit: i64,
}

/// The same in the first version of the entity.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct MediaLimitsV1 {
    pub supported_mime_types: Vec<String>,
    pub image_size_limit: i64,
    pub image_matrix_limit: i64,
    pub video_size_limit: i64,
    pub video_frame_rate_limit: i64,
    pub video_matrix_limit: i64,
}

/// What polls may hold.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct PollLimits {
    pub max_options: i64,
    pub max_characters_per_option: i64,
    pub min_expiration: i64,
    pub max_expiration: i64,
}

/// Whether posts can be translated here.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct TranslationSupport {
    pub enabled: bool,
}

/// Who may read which timelines.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct TimelinesAccess {
    pub live_feeds: FeedAccess,
    pub hashtag_feeds: FeedAccess,
    pub trending_link_feeds: FeedAccess,
}

/// `public`, `authenticated` or `disabled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Instance")]
pub struct FeedAccess {
    pub local: &'static str,
    pub remote: &'static str,
}

/// The server as older clients know it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity V1::Instance")]
pub struct InstanceV1 {
    pub uri: String,
    pub title: String,
    pub short_description: String,
    pub description: String,
    pub email: String,
    pub version: String,
    pub urls: UrlsV1,
    pub stats: Stats,
    pub thumbnail: Option<String>,
    pub languages: Vec<String>,
    pub registrations: bool,
    pub approval_required: bool,
    pub invites_enabled: bool,
    pub configuration: ConfigurationV1,
    pub contact_account: Option<Account>,
    pub rules: Vec<Rule>,
}

/// Addresses of the server.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity V1::Instance")]
pub struct UrlsV1 {
    pub streaming_api: String,
}

/// How large the server is.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity V1::Instance")]
pub struct Stats {
    pub user_count: i64,
    pub status_count: i64,
    pub domain_count: i64,
}

/// What older clients must know in numbers.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity V1::Instance")]
pub struct ConfigurationV1 {
    pub accounts: AccountLimitsV1,
    pub statuses: StatusLimits,
    pub media_attachments: MediaLimitsV1,
    pub polls: PollLimits,
}

/// What profiles may hold.
#[derive(Debug, Clone, Copy, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity V1::Instance")]
pub struct AccountLimitsV1 {
    pub max_featured_tags: i64,
}

/// A rule of the house.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Rule {
    pub id: String,
    pub text: String,
    pub hint: String,
    pub translations: BTreeMap<String, RuleTranslation>,
}

/// A rule in another language.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Rule")]
pub struct RuleTranslation {
    pub text: String,
    pub hint: String,
}

/// More about the server.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct ExtendedDescription {
    pub updated_at: Option<String>,
    pub content: String,
}

/// What is done with what people leave here.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct PrivacyPolicy {
    pub updated_at: String,
    pub content: String,
}

/// What members agree to.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct TermsOfService {
    pub effective_date: String,
    pub effective: bool,
    pub content: String,
    pub succeeded_by: Option<String>,
}

/// A server that this one keeps away, as everybody may know it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct DomainBlock {
    /// Perhaps with stars in it.
    pub domain: String,
    pub digest: String,
    pub severity: &'static str,
    pub comment: Option<String>,
}

/// A language that the server speaks.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Language {
    pub code: String,
    pub name: String,
}

/// One week of the server's life; all numbers are strings.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct ActivityWeek {
    /// Midnight UTC of its Monday in seconds since 1970.
    pub week: String,
    pub statuses: String,
    pub logins: String,
    pub registrations: String,
}
