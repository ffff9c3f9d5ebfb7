//! Notifications and markers.

use std::collections::HashMap;

use super::Base;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::mastodon::entities;
use crate::store::markers::Marker;
use crate::store::notifications::Notification;
use crate::store::{Connection, accounts, statuses};

/// The kinds that show a post.
const WITH_STATUS: &[&str] = &["mention", "status", "reblog", "favourite", "poll", "update", "quote", "quoted_update"];

/// These notifications of `viewer`, in the same order. One whose sender or post is gone meanwhile is left out.
pub fn notifications(
    db: &Connection,
    base: &Base,
    rows: &[Notification],
    viewer: AccountId,
) -> Result<Vec<entities::Notification>> {
    let senders: Vec<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
    let senders = super::accounts(db, base, &accounts::by_ids(db, &senders)?)?;
    let senders: HashMap<AccountId, entities::Account> = senders.into_iter().map(|row| (row.id, row)).collect();

    let ids: Vec<StatusId> = rows.iter().filter(|row| shows_status(row)).filter_map(|row| row.status_id).collect();
    let posts = super::statuses(db, base, statuses::by_ids(db, &ids)?, Some(viewer))?;
    let posts: HashMap<StatusId, entities::Status> = posts.into_iter().map(|row| (row.id, row)).collect();

    let render = |row: &Notification| {
        let status = row.status_id.filter(|_| shows_status(row)).and_then(|id| posts.get(&id));
        if shows_status(row) && status.is_none() {
            return None;
        }
        Some(entities::Notification {
            id: row.id,
            kind: row.kind.clone(),
            created_at: row.created_at.rfc3339(),
            group_key: format!("ungrouped-{}", row.id),
            account: senders.get(&row.from_account_id)?.clone(),
            // Of a boost the client wants the boosted post.
            status: status.map(|status| status.reblog.as_deref().unwrap_or(status).clone()),
        })
    };
    Ok(rows.iter().filter_map(render).collect())
}

/// How far somebody has read.
pub fn marker(row: &Marker) -> entities::Marker {
    entities::Marker {
        last_read_id: row.last_read_id.to_string(),
        version: row.version,
        updated_at: Time::rfc3339(row.updated_at),
    }
}

fn shows_status(row: &Notification) -> bool {
    WITH_STATUS.contains(&row.kind.as_str())
}
