//! What operators see by our own API: settings and their history, the log, peers, queues, the overview. All our own.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, Invite, RuleTranslation};

/// A setting, what it may be and what it is.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminSetting {
    /// Its name.
    pub key: &'static str,
    /// The heading under which it belongs.
    pub group: &'static str,
    /// `line`, `text`, `email`, `url`, `secret`, `flag`, `choice`, `number` or `rules`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it is; null: not set, or a secret.
    pub value: Option<String>,
    /// What counts while it is not set.
    pub default: &'static str,
    /// Whether it is set.
    pub is_set: bool,
    /// Of a `choice`: what it may be.
    pub choices: Vec<&'static str>,
    /// Of a `line` or `text`: how many characters it may have.
    pub max_length: Option<usize>,
    /// Of a `number`: the least.
    pub minimum: Option<i64>,
    /// Of a `number`: the most.
    pub maximum: Option<i64>,
}

/// A change of a setting.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminSettingChange {
    /// Its id.
    pub id: String,
    /// The setting.
    pub key: String,
    /// What it was; null: not set. Of a secret: an empty text.
    pub before: Option<String>,
    /// What it became; null: not set. Of a secret: an empty text.
    pub after: Option<String>,
    /// Who; null: the operator, by command line, or somebody who is gone.
    pub account: Option<Account>,
    /// The change that this one took back.
    pub undoes: Option<String>,
    /// Whether a later change took it back.
    pub undone: bool,
    /// When.
    pub created_at: String,
}

/// A rule of the house as staff write it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminRule {
    /// In one sentence.
    pub text: String,
    /// What is meant by it.
    pub hint: String,
    /// By language code.
    pub translations: std::collections::BTreeMap<String, RuleTranslation>,
}

/// Terms of service with the day from which they hold.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminTerms {
    /// The day, as 2026-12-01.
    pub effective_date: String,
    /// As they were typed.
    pub text: String,
    /// Whether they hold today.
    pub current: bool,
    /// When they were published.
    pub published_at: String,
}

/// A line of the moderation log.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminLogEntry {
    /// Its id.
    pub id: String,
    /// `account`, `plugin`, or `command` (the operator at the command line).
    pub source: String,
    /// Who, when it was somebody of the staff who is still here.
    pub account: Option<Account>,
    /// Which plugin, when it was one.
    pub plugin: Option<String>,
    /// What was done.
    pub action: String,
    /// `inbound`, `outbound`, `fetched` or `local`.
    pub direction: String,
    /// To whom; empty: to the server itself.
    pub actor_uri: String,
    /// To what.
    pub object_uri: Option<String>,
    /// Why.
    pub reason: String,
    /// The beginning of the post.
    pub excerpt: String,
    /// When.
    pub created_at: String,
}

/// What waits to be delivered.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminQueue {
    /// How many go when their time comes.
    pub ready: i64,
    /// How many a plugin must still plan.
    pub unplanned: i64,
    /// How many were given up.
    pub dropped: i64,
    /// When the oldest of those that are not given up was made.
    pub oldest_at: Option<String>,
    /// When the next one goes.
    pub next_at: Option<String>,
}

/// What waits for one host.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminHostQueue {
    /// The host.
    pub host: String,
    /// What waits.
    pub queue: AdminQueue,
}

/// One delivery that waits or was given up.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminDelivery {
    /// Its id.
    pub id: String,
    /// `Create`, `Follow` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// The activity's address.
    pub uri: String,
    /// Whose it is.
    pub account_id: String,
    /// Where it goes.
    pub inbox: String,
    /// `ready`, `unplanned` or `dropped`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it goes; of one that was given up: when it was.
    pub not_before: String,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Why it was given up.
    pub drop_reason: Option<String>,
    /// When it was made.
    pub created_at: String,
}

/// Another server.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminPeer {
    /// Its host.
    pub host: String,
    /// People of it that we know.
    pub accounts_count: i64,
    /// Follows from there to here.
    pub followers_count: i64,
    /// Follows from here to there.
    pub following_count: i64,
    /// Whether deliveries to it fail now.
    pub failing: bool,
    /// How many failed in a row.
    pub fails: i64,
    /// Since when.
    pub failing_since: Option<String>,
    /// When it is tried again.
    pub retry_at: Option<String>,
    /// When something last reached it.
    pub last_ok_at: Option<String>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// How long it took to answer, in milliseconds.
    pub latency_ms: Option<i64>,
    /// Which signature it understands: `cavage` or `rfc9421`.
    pub signature: Option<&'static str>,
    /// `silence` or `suspend` when it is blocked; `noop` when only media or reports are refused.
    pub block: Option<&'static str>,
    /// What waits for it.
    pub queue: AdminQueue,
}

/// The house at a glance.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminOverview {
    /// Of this program.
    pub version: &'static str,
    /// What waits for staff.
    pub todo: AdminTodo,
    /// People and posts.
    pub people: AdminPeople,
    /// What goes out.
    pub queue: AdminQueue,
    /// What came in.
    pub inbox: AdminInbox,
    /// Servers that we know.
    pub hosts: i64,
    /// Those of them that cannot be reached.
    pub failing_hosts: i64,
    /// Mails that wait.
    pub mails_waiting: i64,
    /// Whether mail can be sent at all.
    pub mail: bool,
    /// Plugins that run.
    pub plugins: usize,
    /// Open streams.
    pub streams: usize,
    /// Bytes of the database file that are in use.
    pub database_bytes: i64,
    /// Bytes of other servers' pictures that we keep.
    pub cache_bytes: i64,
}

/// What waits for staff.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct AdminTodo {
    pub reports: i64,
    pub appeals: i64,
    pub accounts: i64,
}

/// People and posts.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminPeople {
    /// People who live here.
    pub users: i64,
    /// Those of them who were here in the last seven days.
    pub active_week: i64,
    /// Posts of theirs.
    pub statuses: i64,
    /// Everybody that we know.
    pub accounts: i64,
}

/// What came in and is not done.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminInbox {
    /// Their signatures must still be checked.
    pub unverified: i64,
    /// They wait for their turn.
    pub ready: i64,
    /// They failed for good and are kept for a look.
    pub parked: i64,
}

/// An invite with who made it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminInvite {
    /// The invite.
    #[serde(flatten)]
    pub invite: Invite,
    /// Who made it; null: the operator, by command line.
    pub account: Option<Account>,
}

/// A custom emoji of another server.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct AdminRemoteEmoji {
    /// Its id.
    pub id: crate::ids::EmojiId,
    /// Its name there.
    pub shortcode: String,
    /// Which server.
    pub domain: String,
    /// The picture.
    pub url: String,
    /// The picture, not moving.
    pub static_url: String,
    /// Whether there is one of ours with this name.
    pub taken: bool,
}
