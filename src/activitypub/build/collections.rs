//! Collections: outbox, followers, pinned posts, replies.

use serde_json::{Value, json};

use super::context::with_context;

/// A page of an ordered collection.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as in the ActivityStreams OrderedCollectionPage")]
pub struct Page {
    pub id: String,
    pub part_of: String,
    /// Ids, or whole documents.
    pub items: Vec<Value>,
    pub next: Option<String>,
    pub prev: Option<String>,
}

/// A collection that is read page by page; without a first page only its size is told.
pub fn ordered_collection(id: &str, total: u64, first: Option<&str>) -> Value {
    let mut document = json!({"id": id, "type": "OrderedCollection", "totalItems": total});
    if let Some(first) = first {
        document["first"] = json!(first);
    }
    with_context(document)
}

/// A small collection, whole: ids or documents.
pub fn ordered_collection_of(id: &str, items: Vec<Value>) -> Value {
    with_context(json!({"id": id, "type": "OrderedCollection", "totalItems": items.len(), "orderedItems": items}))
}

/// One page.
pub fn ordered_collection_page(page: Page) -> Value {
    let mut document = json!({
        "id": page.id,
        "type": "OrderedCollectionPage",
        "partOf": page.part_of,
        "orderedItems": page.items,
    });
    for (key, address) in [("next", page.next), ("prev", page.prev)] {
        if let Some(address) = address {
            document[key] = json!(address);
        }
    }
    with_context(document)
}

/// The replies to a post: the first page inline, where programs look at once; `next` leads on.
pub fn replies(id: &str, first: &str, items: Vec<String>, next: Option<&str>) -> Value {
    with_context(json!({"id": id, "type": "Collection", "first": page_of_replies(first, id, items, next)}))
}

/// A page of them.
pub fn replies_page(id: &str, part_of: &str, items: Vec<String>, next: Option<&str>) -> Value {
    with_context(page_of_replies(id, part_of, items, next))
}

fn page_of_replies(id: &str, part_of: &str, items: Vec<String>, next: Option<&str>) -> Value {
    let mut page = json!({"id": id, "type": "CollectionPage", "partOf": part_of, "items": items});
    if let Some(next) = next {
        page["next"] = json!(next);
    }
    page
}

/// A conversation that `owner` began: its posts, page by page. Spec: FEP-7888 and FEP-f228
pub fn conversation(id: &str, owner: &str, total: u64, first: &str) -> Value {
    with_context(json!({
        "id": id, "type": "OrderedCollection", "attributedTo": owner, "totalItems": total, "first": first,
    }))
}
