//! Collections of people.

use super::Base;
use crate::activitypub::ids as addresses;
use crate::error::Result;
use crate::ids::{AccountId, CollectionId};
use crate::mastodon::entities;
use crate::store::collections::{self, Collection, Item, State};
use crate::store::{Connection, accounts, blocks};

/// These collections as `viewer` sees them: who is in, and for the owner also who was asked. Whom the viewer blocks is
/// left out.
pub fn collections(
    db: &Connection,
    base: &Base,
    rows: &[Collection],
    viewer: Option<AccountId>,
) -> Result<Vec<entities::Collection>> {
    let ids: Vec<CollectionId> = rows.iter().map(|row| row.id).collect();
    let owners: Vec<AccountId> = rows.iter().map(|row| row.account_id).collect();
    let owners = accounts::by_ids(db, &owners)?;
    let mut items = collections::items(db, &ids)?;
    let people: Vec<AccountId> = items.iter().map(|item| item.account_id).collect();
    let hidden = hidden(db, &people, viewer)?;
    items.retain(|item| !hidden.contains(&item.account_id));
    let render = |row: &Collection| {
        let owner = owners.iter().find(|owner| owner.id == row.account_id)?;
        let mine = viewer == Some(row.account_id);
        let shown = |item: &&Item| {
            item.collection_id == row.id && (item.state == State::Accepted || (mine && item.state == State::Pending))
        };
        let items: Vec<entities::CollectionItem> = items.iter().filter(shown).map(collection_item).collect();
        Some(entities::Collection {
            id: row.id,
            account_id: row.account_id,
            uri: addresses::collection(&owner.uri, row.id),
            url: None,
            name: row.name.clone(),
            description: Some(row.description.clone()),
            language: row.language.clone(),
            local: true,
            sensitive: row.sensitive,
            discoverable: row.discoverable,
            tag: row.tag.as_ref().map(|tag| entities::ShallowTag {
                name: tag.display_name.clone(),
                url: addresses::tag_page(base.as_str(), &tag.name),
            }),
            item_count: items.len(),
            items,
            created_at: row.created_at.rfc3339(),
            updated_at: row.updated_at.rfc3339(),
        })
    };
    Ok(rows.iter().filter_map(render).collect())
}

/// Somebody in a collection.
pub fn collection_item(item: &Item) -> entities::CollectionItem {
    let there = matches!(item.state, State::Accepted | State::Pending);
    entities::CollectionItem {
        id: item.id,
        account_id: there.then_some(item.account_id),
        state: item.state.as_str(),
        created_at: item.created_at.rfc3339(),
    }
}

/// Whom `viewer` blocks, and who is gone.
fn hidden(db: &Connection, people: &[AccountId], viewer: Option<AccountId>) -> Result<Vec<AccountId>> {
    let mut hidden: Vec<AccountId> = accounts::by_ids(db, people)?
        .into_iter()
        .filter(|row| row.suspended_at.is_some() || row.deleted_at.is_some())
        .map(|row| row.id)
        .collect();
    if let Some(viewer) = viewer {
        hidden.extend(blocks::among(db, viewer, people)?);
    }
    Ok(hidden)
}
