//! Lists.

use crate::mastodon::entities;
use crate::store::lists::List;

/// One list.
pub fn list(row: List) -> entities::List {
    entities::List {
        id: row.id,
        title: row.title,
        replies_policy: row.replies_policy.as_str(),
        exclusive: row.exclusive,
    }
}
