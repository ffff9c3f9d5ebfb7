//! Rows to entities, a whole page at once: one query for each kind of thing, however long the page is.
//!
//! Everything here is pure but for the connection it reads from, and runs inside `app.store.read`. Pictures of other
//! servers are only ever shown by addresses of our own cache.

mod account;
mod attachment;
mod conversation;
mod filter;
mod groups;
mod list;
mod notification;
mod poll;
mod reaction;
mod scheduled;
mod status;
mod tag;

pub use account::{accounts, credentials, muted_accounts, one_account, preferences, relationship, role};
pub use attachment::attachment;
pub use conversation::conversations;
pub use filter::{filter, filter_v1, kept_status, keyword};
pub use groups::{Expand, groups};
pub use list::list;
pub use notification::{Support, marker, notification_requests, notifications, with_fallbacks};
pub use poll::one_poll;
pub use reaction::reactors;
pub use scheduled::scheduled;
pub use status::{history, one_status, source, statuses};
pub use tag::{featured_tag, tag, tags};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::app::App;
use crate::clock::Time;

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

#[cfg(test)]
mod tests;
