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

impl Page {
    /// The first page: the newest `limit` entries.
    pub fn first(limit: i64) -> Self {
        Self { max: None, since: None, min: None, limit }
    }

    /// Every id of the page is below this.
    pub(super) fn below(&self) -> i64 {
        self.max.unwrap_or(i64::MAX)
    }

    /// Every id of the page is above this.
    pub(super) fn above(&self) -> i64 {
        self.min.unwrap_or(i64::MIN).max(self.since.unwrap_or(i64::MIN))
    }

    /// In which order the database must walk.
    pub(super) fn order(&self) -> &'static str {
        if self.min.is_some() { "ASC" } else { "DESC" }
    }

    /// Rows in the order of [`Page::order`], turned newest first.
    pub(super) fn newest_first<T>(&self, mut rows: Vec<T>) -> Vec<T> {
        if self.min.is_some() {
            rows.reverse();
        }
        rows
    }
}
