//! Rows to entities, a whole page at once: one query for each kind of thing, however long the page is.
//!
//! Everything here is pure but for the connection it reads from, and runs inside `app.store.read`. Pictures of other
//! servers are only ever shown by addresses of our own cache.

mod account;
mod attachment;
mod notification;
mod status;

pub use account::{accounts, credentials, muted_accounts, one_account, preferences, relationship, role};
pub use attachment::attachment;
pub use notification::{marker, notifications};
pub use status::{history, one_status, source, statuses, tag, tags};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::Config;

/// The address that everything of ours lies under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base(String);

/// What a path segment may hold unescaped. Spec: RFC 3986 §2.3
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Base {
    /// As the configuration has it: `https://domain`.
    pub fn new(config: &Config) -> Self {
        Self(config.url(""))
    }

    /// The address of `path`, which begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// `https://domain`, without a slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn tag(&self, name: &str) -> String {
        format!("{}/tags/{}", self.0, utf8_percent_encode(name, SEGMENT))
    }
}

#[cfg(test)]
mod tests;
