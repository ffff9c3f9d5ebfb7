//! Private conversations.

use std::collections::HashMap;

use super::Base;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::mastodon::entities;
use crate::store::conversations::Conversation;
use crate::store::{Connection, accounts, statuses};

/// These conversations of `viewer`, in the same order. Alone with oneself, one is shown oneself.
pub fn conversations(
    db: &Connection,
    base: &Base,
    rows: &[Conversation],
    viewer: AccountId,
) -> Result<Vec<entities::Conversation>> {
    let mut people: Vec<AccountId> = rows.iter().flat_map(|row| row.participants.iter().copied()).collect();
    people.push(viewer);
    people.sort_unstable();
    people.dedup();
    let people = super::accounts(db, base, &accounts::by_ids(db, &people)?)?;
    let people: HashMap<AccountId, entities::Account> = people.into_iter().map(|row| (row.id, row)).collect();
    let ids: Vec<StatusId> = rows.iter().map(|row| row.last_status_id).collect();
    let posts = super::statuses(db, base, statuses::by_ids(db, &ids)?, Some(viewer))?;
    let posts: HashMap<StatusId, entities::Status> = posts.into_iter().map(|row| (row.id, row)).collect();
    let render = |row: &Conversation| {
        let alone = row.participants.is_empty().then_some(viewer);
        let who = row.participants.iter().copied().chain(alone);
        entities::Conversation {
            id: row.id,
            unread: row.unread,
            accounts: who.filter_map(|id| people.get(&id).cloned()).collect(),
            last_status: posts.get(&row.last_status_id).cloned(),
        }
    };
    Ok(rows.iter().map(render).collect())
}
