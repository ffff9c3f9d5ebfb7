//! Emoji under posts.

use std::collections::HashMap;

use super::Base;
use super::emoji::pictures;
use crate::error::Result;
use crate::ids::{AccountId, EmojiId, StatusId};
use crate::mastodon::entities;
use crate::store::reactions::{self, Reaction};
use crate::store::{Connection, accounts, custom_emojis};

/// Where an emoji and its still picture are.
pub(super) type Pictures = HashMap<EmojiId, (String, String)>;

/// What stands under each of these posts, the first emoji first.
pub(super) fn reactions(
    db: &Connection,
    base: &Base,
    rows: Vec<Reaction>,
    viewer: Option<AccountId>,
) -> Result<HashMap<StatusId, Vec<entities::EmojiReaction>>> {
    let pictures = pictures_of(db, base, rows.iter().filter_map(|row| row.emoji_id))?;
    let mut all: HashMap<StatusId, Vec<entities::EmojiReaction>> = HashMap::new();
    for row in rows {
        let of_post = all.entry(row.status_id).or_default();
        let position = of_post.iter().position(|known| known.name == row.name).unwrap_or_else(|| {
            let picture = row.emoji_id.and_then(|id| pictures.get(&id).cloned());
            let (url, static_url) = picture.unzip();
            let name = row.name.clone();
            of_post.push(entities::EmojiReaction {
                name,
                count: 0,
                me: false,
                url,
                static_url,
                account_ids: Vec::new(),
            });
            of_post.len() - 1
        });
        let reaction = &mut of_post[position];
        reaction.count += 1;
        reaction.me |= viewer == Some(row.account_id);
        reaction.account_ids.push(row.account_id);
    }
    Ok(all)
}

/// The pictures of these emoji; without any nothing is asked.
pub(super) fn pictures_of(db: &Connection, base: &Base, ids: impl Iterator<Item = EmojiId>) -> Result<Pictures> {
    let mut ids: Vec<EmojiId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = if ids.is_empty() { Vec::new() } else { custom_emojis::by_ids(db, &ids)? };
    Ok(rows.into_iter().map(|row| (row.id, pictures(base, &row))).collect())
}

/// What stands under one post, and by whom.
pub fn reactors(
    db: &Connection,
    base: &Base,
    status: StatusId,
    viewer: Option<AccountId>,
) -> Result<Vec<entities::Reactors>> {
    let rows = reactions::of_statuses(db, &[status])?;
    let found = reactions(db, base, rows, viewer)?.remove(&status).unwrap_or_default();
    let ids: Vec<AccountId> = found.iter().flat_map(|reaction| reaction.account_ids.iter().copied()).collect();
    let people = super::accounts(db, base, &accounts::by_ids(db, &ids)?)?;
    let people: HashMap<AccountId, entities::Account> = people.into_iter().map(|row| (row.id, row)).collect();
    let render = |reaction: entities::EmojiReaction| entities::Reactors {
        accounts: reaction.account_ids.iter().filter_map(|id| people.get(id).cloned()).collect(),
        name: reaction.name,
        count: reaction.count,
        me: reaction.me,
        url: reaction.url,
        static_url: reaction.static_url,
    };
    Ok(found.into_iter().map(render).collect())
}
