//! A page of a list that is ordered by id, newest first.

/// Which part of a list is asked for. Spec: Mastodon API, pagination by `max_id`, `since_id`, `min_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only ids below it.
    pub max: Option<i64>,
    /// Only ids above it; the newest of them are answered.
    pub since: Option<i64>,
    /// Only ids above it; the oldest of them are answered (still newest first).
    pub min: Option<i64>,
    /// How many at most.
    pub limit: i64,
}
