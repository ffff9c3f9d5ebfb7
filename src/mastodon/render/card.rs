//! Pages behind links. Their pictures come from our own cache.

use std::collections::HashMap;

use super::Base;
use crate::clock::Time;
use crate::ids::AccountId;
use crate::mastodon::entities;
use crate::store::cards::Card;

/// A card; its author among `people` if it is one of them.
pub fn card(
    base: &Base,
    row: &Card,
    people: &HashMap<AccountId, entities::Account>,
    viewer: Option<AccountId>,
) -> entities::PreviewCard {
    let account = row.author_id.and_then(|id| people.get(&id)).cloned();
    let author = entities::PreviewCardAuthor {
        name: account.as_ref().map_or_else(|| row.author_name.clone(), |account| account.display_name.clone()),
        url: account.as_ref().map_or_else(|| row.author_url.clone(), |account| account.url.clone()),
        account,
    };
    let authors = if author.account.is_none() && author.name.is_empty() { Vec::new() } else { vec![author] };
    entities::PreviewCard {
        url: row.page.clone().unwrap_or_else(|| row.url.clone()),
        title: row.title.clone(),
        description: row.description.clone(),
        language: row.language.clone(),
        kind: row.kind.clone(),
        author_name: row.author_name.clone(),
        author_url: row.author_url.clone(),
        provider_name: row.provider_name.clone(),
        provider_url: row.provider_url.clone(),
        html: row.html.clone(),
        width: row.width,
        height: row.height,
        image: row.image.as_ref().map(|_| base.url(&format!("/media/card/{}", row.id))),
        image_description: row.image_description.clone(),
        embed_url: row.embed_url.clone(),
        blurhash: None,
        published_at: row.published_at.map(Time::rfc3339),
        authors,
        missing_attribution: viewer.map(|viewer| row.claimed_id == Some(viewer) && row.author_id.is_none()),
    }
}
