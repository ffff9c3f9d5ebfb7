//! Emoji under posts.

use std::collections::HashMap;

use super::Base;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::mastodon::entities;
use crate::store::reactions::{self, Reaction};
use crate::store::{Connection, accounts};

/// What stands under each of these posts, the first emoji first.
pub(super) fn reactions(
    rows: Vec<Reaction>,
    viewer: Option<AccountId>,
) -> HashMap<StatusId, Vec<entities::EmojiReaction>> {
    let mut all: HashMap<StatusId, Vec<entities::EmojiReaction>> = HashMap::new();
    for row in rows {
        let of_post = all.entry(row.status_id).or_default();
        let position = of_post.iter().position(|known| known.name == row.name).unwrap_or_else(|| {
            let name = row.name.clone();
            of_post.push(entities::EmojiReaction { name, count: 0, me: false, account_ids: Vec::new() });
            of_post.len() - 1
        });
        let reaction = &mut of_post[position];
        reaction.count += 1;
        reaction.me |= viewer == Some(row.account_id);
        reaction.account_ids.push(row.account_id);
    }
    all
}

/// What stands under one post, and by whom.
pub fn reactors(
    db: &Connection,
    base: &Base,
    status: StatusId,
    viewer: Option<AccountId>,
) -> Result<Vec<entities::Reactors>> {
    let found = reactions(reactions::of_statuses(db, &[status])?, viewer).remove(&status).unwrap_or_default();
    let ids: Vec<AccountId> = found.iter().flat_map(|reaction| reaction.account_ids.iter().copied()).collect();
    let people = super::accounts(db, base, &accounts::by_ids(db, &ids)?)?;
    let people: HashMap<AccountId, entities::Account> = people.into_iter().map(|row| (row.id, row)).collect();
    let render = |reaction: entities::EmojiReaction| entities::Reactors {
        accounts: reaction.account_ids.iter().filter_map(|id| people.get(id).cloned()).collect(),
        name: reaction.name,
        count: reaction.count,
        me: reaction.me,
    };
    Ok(found.into_iter().map(render).collect())
}
