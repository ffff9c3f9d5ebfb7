//! The one error of the house, spoken in domain words.
//!
//! Doors turn it into a status and a body (`mastodon/error.rs`, `federation/error.rs`); queues ask [`Error::is_retryable`].
//! Logged once, where it is handled.

use std::time::Duration;

/// A result with the house's own error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in a deed or below it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant is its documentation")]
pub enum Error {
    #[error("{0} not found")]
    NotFound(&'static str),
    #[error("{0} is gone for good")]
    Gone(&'static str),
    /// Who are you? A missing, unknown or unusable credential.
    #[error("{0}")]
    Unauthorized(String),
    /// We know you, and the answer is no.
    #[error("{0}")]
    Forbidden(String),
    /// The input is wrong; `why` names the remedy.
    #[error("{field}: {why}")]
    Invalid { field: &'static str, why: String },
    /// A part of the request could not be read at all (HTTP 400).
    #[error("{0}")]
    Malformed(String),
    #[error("{0}")]
    Conflict(String),
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("too many requests; try again in {} s", retry_after.as_secs())]
    Limited { retry_after: Duration },
    /// We are full; the same request later will do.
    #[error("busy: {why}")]
    Busy { why: &'static str, retry_after: Duration },
    /// Another server failed us.
    #[error("{host}: {fault}")]
    Peer { host: String, fault: Fault },
    /// A plugin failed (not: rejected).
    #[error("plugin {id}: {why}")]
    Plugin { id: String, why: String },
    /// A filter said no; `reason` is the plugin's own words, shown to the author.
    #[error("{reason}")]
    Rejected { plugin: String, reason: String },
    /// A filter wants a moderator to look first; the post waits in the review queue under `id`.
    #[error("{reason}")]
    Held { id: i64, reason: String },
    #[error("store: {0}")]
    Store(#[from] rusqlite::Error),
    #[error("{what}: {cause}")]
    Io { what: String, cause: std::io::Error },
    /// Something that should be impossible; a bug worth a report.
    #[error("bug: {0}")]
    Bug(String),
}

/// What another server did wrong, as far as a queue needs to know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant is its documentation")]
pub enum Fault {
    /// The address may not be contacted by us (private network, wrong port, no https).
    #[error("refused to connect: {0}")]
    Refused(String),
    /// No answer: DNS, TCP, TLS, time-out, broken body.
    #[error("unreachable: {0}")]
    Unreachable(String),
    #[error("answered {code}")]
    Status { code: u16, retry_after: Option<Duration> },
    /// It answered, but not with what the protocol asks for.
    #[error("unusable answer: {0}")]
    Nonsense(String),
}

impl Error {
    /// An [`Error::Invalid`] for `field`.
    pub fn invalid(field: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { field, why: why.into() }
    }

    /// An [`Error::Peer`].
    pub fn peer(host: impl Into<String>, fault: Fault) -> Self {
        Self::Peer { host: host.into(), fault }
    }

    /// What is wrong with another server, as a mistake in the `field` in which somebody named it; other errors stay.
    pub fn named_in(self, field: &'static str) -> Self {
        match self {
            Self::Peer { host, fault } => Self::invalid(field, format!("could not be read from {host}: {fault}")),
            other => other,
        }
    }

    /// An [`Error::Io`] that says what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |cause| Self::Io { what, cause }
    }

    /// Whether nothing can be saved because the disk is full.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Store(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::Io { cause, .. } => {
                matches!(cause.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
            }
            _ => false,
        }
    }

    /// Whether the same thing, tried later, may work.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Limited { .. } | Self::Busy { .. } | Self::Store(_) | Self::Io { .. } => true,
            Self::Peer { fault, .. } => fault.is_retryable(),
            _ => false,
        }
    }
}

impl Fault {
    /// Whether the peer may answer differently later. Rule D6 of the delivery rules.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Nonsense(_) => false,
            Self::Unreachable(_) => true,
            Self::Status { code, .. } => matches!(code, 408 | 425 | 429) || (*code >= 500 && *code != 501),
        }
    }
}
