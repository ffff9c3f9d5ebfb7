//! Rows to entities, a whole page at once: one query for each kind of thing, however long the page is.
//!
//! Everything here is pure but for the connection it reads from, and runs inside `app.store.read`. Pictures of other
//! servers are only ever shown by addresses of our own cache.

mod account;
mod admin;
mod announcement;
mod attachment;
mod card;
mod collection;
mod conversation;
mod emoji;
mod filter;
mod groups;
mod list;
mod moderation;
mod notification;
mod poll;
mod quote;
mod reaction;
mod scheduled;
mod status;
mod subject;
mod tag;
mod trend;

pub use account::{accounts, credentials, muted_accounts, one_account, preferences, profile, relationship, role};
pub use admin::{admin_account, admin_accounts, admin_reports};
pub use announcement::{admin_announcement, announcement_reaction, announcements};
pub use attachment::attachment;
pub use card::card;
pub use collection::{collection_item, collections};
pub use conversation::conversations;
pub use emoji::{admin_emoji, custom_emoji, remote_emoji};
pub use filter::{filter, filter_v1, kept_status, keyword};
pub use groups::{Expand, groups};
pub use list::list;
pub use moderation::{reports, warnings};
pub use notification::{Support, marker, notification_requests, notifications, with_fallbacks};
pub use poll::one_poll;
pub use reaction::reactors;
pub use scheduled::scheduled;
pub use status::{history, one_status, redraft, source, statuses};
pub use tag::{featured_tag, tag, tags};
pub use trend::{admin_publisher, admin_tags, trends_links};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::entities;
use crate::app::App;
use crate::clock::Time;
use crate::store::backfills::Backfill;

/// Where and when an answer is made: the address that everything of ours lies under, and the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    url: String,
    now: Time,
}

/// What a path segment may hold unescaped. Spec: RFC 3986 §2.3
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Base {
    /// As the configuration has it: `https://domain`; the moment is this one.
    pub fn new(app: &App) -> Self {
        Self { url: app.config.url(""), now: app.clock.now() }
    }

    /// The address of `path`, which begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// `https://domain`, without a slash.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    fn tag(&self, name: &str) -> String {
        format!("{}/tags/{}", self.url, utf8_percent_encode(name, SEGMENT))
    }
}

/// How far the reading of a conversation is.
pub fn refresh(work: &Backfill) -> entities::AsyncRefreshAnswer {
    let status = if work.due_at.is_some() { "running" } else { "finished" };
    let async_refresh = entities::AsyncRefresh { id: work.id.to_string(), status, result_count: Some(work.found) };
    entities::AsyncRefreshAnswer { async_refresh }
}

#[cfg(test)]
mod tests;
