//! Collection and who is in it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, ShallowTag};
use crate::ids::{AccountId, CollectionId, CollectionItemId};

/// People whom somebody recommends.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Collection {
    pub id: CollectionId,
    pub account_id: AccountId,
    pub uri: String,
    pub url: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub language: Option<String>,
    pub local: bool,
    pub sensitive: bool,
    pub discoverable: bool,
    pub tag: Option<ShallowTag>,
    pub item_count: usize,
    pub items: Vec<CollectionItem>,
    pub created_at: String,
    pub updated_at: String,
}

/// Somebody in a collection.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct CollectionItem {
    pub id: CollectionItemId,
    /// Only while they are in, or asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    pub state: &'static str,
    pub created_at: String,
}

/// One collection as answered to its owner.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct WrappedCollection {
    pub collection: Collection,
}

/// Several collections.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct Collections {
    pub collections: Vec<Collection>,
}

/// A collection with its owner (first) and the people in it.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct CollectionWithAccounts {
    pub collection: Collection,
    pub accounts: Vec<Account>,
}

/// Somebody who was put into a collection.
#[derive(Debug, Clone, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity")]
pub struct WrappedCollectionItem {
    pub collection_item: CollectionItem,
}
