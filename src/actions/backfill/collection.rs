//! Reading the ids in a collection of another server, page by page.
//!
//! Only ids are taken from it: what they stand for is read at its own origin.

use std::collections::HashSet;

use serde_json::Value;

use crate::activitypub::{ids, read};
use crate::app::App;
use crate::error::Result;

use super::super::fetch::{self, Budget};

/// A reader with what it may still read.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub(in crate::actions) struct Reader<'a> {
    pub app: &'a App,
    pub budget: Budget,
    /// Pages that are left.
    pub pages: usize,
}

impl Reader<'_> {
    /// The items of the collection at `address`, in its order, at most `most`; whatever fails ends the list.
    pub(in crate::actions) async fn items(&mut self, address: &str, most: usize) -> Vec<Value> {
        let mut items = Vec::new();
        let Ok(collection) = self.page(address).await else { return items };
        take(&collection, most, &mut items);
        let mut seen = HashSet::from([address.to_owned()]);
        let mut next = read::first(&collection, "first").cloned();
        while let Some(reference) = next.take() {
            if items.len() >= most {
                break;
            }
            // A page may stand in the collection itself.
            let page = if reference.get("type").is_some() {
                reference
            } else {
                let Some(id) = reference.as_str().map(str::to_owned) else { break };
                if !ids::same_origin(&id, address) || !seen.insert(id.clone()) {
                    break;
                }
                match self.page(&id).await {
                    Ok(page) => page,
                    Err(error) => {
                        tracing::debug!("a page could not be read: {error}");
                        break;
                    }
                }
            };
            take(&page, most, &mut items);
            next = read::id(&page, "next").map(|id| Value::String(id.to_owned()));
        }
        items
    }

    async fn page(&mut self, address: &str) -> Result<Value> {
        if self.pages == 0 {
            return Err(crate::error::Error::NotFound("page"));
        }
        self.pages -= 1;
        fetch::gated(self.app, address, "collection", &mut self.budget).await
    }
}

fn take(page: &Value, most: usize, items: &mut Vec<Value>) {
    let found = read::objects(page, "orderedItems").into_iter().chain(read::objects(page, "items"));
    items.extend(found.take(most.saturating_sub(items.len())).cloned());
}

/// The id of the post that an item names: the item itself, or what it creates or adds.
pub(super) fn post_of(item: &Value) -> Option<&str> {
    match read::kind(item, &["Create", "Add"]) {
        Some(_) => read::id(item, "object"),
        None => read::id_of(item),
    }
}
