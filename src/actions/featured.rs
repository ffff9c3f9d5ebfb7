//! What somebody elsewhere shows at the top of their profile: pinned posts and featured hashtags. Spec: rule R8

use std::time::Duration;

use serde_json::Value;

use crate::activitypub::audience::PUBLIC;
use crate::activitypub::{ids, note, read};
use crate::app::App;
use crate::error::Result;
use crate::ids::FeaturedTagId;
use crate::store::accounts::Account;
use crate::store::{featured_tags, pins, statuses, tags};
use crate::text::hashtags;

use super::fetch::{self, Budget};
use super::{pin, receive};

/// How many hashtags of theirs.
const TAGS: usize = 10;

/// Reads the collection of pinned posts of `account` and takes it over. Items are ids or whole posts; what cannot be had
/// is left out.
pub async fn read(app: &App, account: &Account, budget: &mut Budget) -> Result<usize> {
    let Some(uri) = account.featured_uri.clone() else { return Ok(0) };
    let document = fetch::gated(app, &uri, "collection", budget).await?;
    if read::kind(&document, &["OrderedCollection", "Collection"]).is_none() {
        return Ok(0);
    }
    let mut found = Vec::new();
    for item in items(&document).into_iter().take(pin::MOST_REMOTE) {
        if let Some(status) = one(app, account, item, budget).await {
            found.push(status);
        }
    }
    let (who, now, count) = (account.clone(), app.clock.now(), found.len());
    app.store
        .write(move |tx| {
            for old in pins::of(tx, who.id, pin::MOST_REMOTE)? {
                pins::delete(tx, who.id, old.id)?;
            }
            // The first one listed is shown first: it is pinned last.
            for (status, later) in found.iter().rev().zip(0..) {
                pin::write_remote(tx, &who, status, true, now.plus(Duration::from_millis(later)))?;
            }
            Ok(())
        })
        .await?;
    Ok(count)
}

fn items(document: &Value) -> Vec<&Value> {
    ["orderedItems", "items"].iter().flat_map(|key| read::objects(document, key)).collect()
}

/// A pinned post: whole ones are believed, for they come from their author's own server, if they are public.
async fn one(app: &App, account: &Account, item: &Value, budget: &mut Budget) -> Option<statuses::Status> {
    let uri = read::id_of(item).filter(|uri| ids::same_origin(uri, &account.uri))?;
    let whole = note::is_post(item)
        && read::ids(item, "attributedTo").contains(&account.uri)
        && read::recipients(item, "to").iter().chain(&read::recipients(item, "cc")).any(|to| to == PUBLIC);
    let status =
        if whole { receive::fetched(app, item, budget).await } else { receive::by_uri(app, uri, budget).await };
    status.ok().flatten().filter(|status| status.account_id == account.id)
}

/// Somebody elsewhere features a hashtag, or does no longer. Answers whether anything changed.
pub async fn tag(app: &App, account: &Account, hashtag: &Value, add: bool) -> Result<bool> {
    let shown = read::text(hashtag, "name").map(|name| name.text).unwrap_or_default();
    let shown = shown.trim().trim_start_matches(['#', '＃']).to_owned();
    let Some(name) = hashtags::normalise(&shown) else { return Ok(false) };
    let (who, id) = (account.id, app.ids.next::<FeaturedTagId>(app.clock.now()));
    app.store
        .write(move |tx| {
            let tag = tags::ensure(tx, &name, &shown)?.id;
            let featured = featured_tags::of(tx, who)?;
            let known = featured.iter().any(|featured| featured.tag.id == tag);
            if !add {
                featured_tags::delete(tx, who, tag)?;
                return Ok(known);
            }
            Ok(featured.len() < TAGS && featured_tags::insert(tx, id, who, tag)?)
        })
        .await
}
