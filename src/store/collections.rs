//! Collections of people that somebody recommends, and who is in them.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::sql::{as_text, json_list};
use super::tags::Tag;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, CollectionId, CollectionItemId, TagId};

/// One row of `collections`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Collection {
    pub id: CollectionId,
    pub account_id: AccountId,
    pub name: String,
    pub description: String,
    pub language: Option<String>,
    pub tag: Option<Tag>,
    pub sensitive: bool,
    pub discoverable: bool,
    pub created_at: Time,
    pub updated_at: Time,
}

impl Collection {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let tag: Option<TagId> = row.get("tag_id")?;
        let tag = match tag {
            None => None,
            Some(id) => Some(Tag { id, name: row.get("tag")?, display_name: row.get("tag_display")? }),
        };
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            name: row.get("name")?,
            description: row.get("description")?,
            language: row.get("language")?,
            tag,
            sensitive: row.get("sensitive")?,
            discoverable: row.get("discoverable")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

/// Whether somebody stands in a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They were asked.
    Pending,
    /// They do.
    Accepted,
    /// They did not want to.
    Rejected,
    /// They did, and want it no longer.
    Revoked,
}

impl State {
    /// As in the Mastodon API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
        }
    }

    /// Reads what [`State::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Rejected, Self::Revoked].into_iter().find(|it| it.as_str() == text)
    }
}

as_text!(State);

/// One row of `collection_items`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Item {
    pub id: CollectionItemId,
    pub collection_id: CollectionId,
    pub account_id: AccountId,
    pub state: State,
    pub created_at: Time,
}

impl Item {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            collection_id: row.get("collection_id")?,
            account_id: row.get("account_id")?,
            state: row.get("state")?,
            created_at: row.get("created_at")?,
        })
    }
}

const COLUMNS: &str = "c.id, c.account_id, c.name, c.description, c.language, c.tag_id, t.name AS tag,
    t.display_name AS tag_display, c.sensitive, c.discoverable, c.created_at, c.updated_at";
const ITEM: &str = "id, collection_id, account_id, state, created_at";

/// Stores a new collection, or what was changed about a known one.
pub fn put(tx: &Tx, row: &Collection) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO collections (id, account_id, name, description, language, tag_id, sensitive, discoverable, created_at, updated_at)
         VALUES (:id, :account, :name, :description, :language, :tag, :sensitive, :discoverable, :created, :updated)
         ON CONFLICT (id) DO UPDATE SET name = :name, description = :description, language = :language, tag_id = :tag,
           sensitive = :sensitive, discoverable = :discoverable, updated_at = :updated",
    )?
    .execute(named_params! {
        ":id": row.id, ":account": row.account_id, ":name": row.name, ":description": row.description,
        ":language": row.language, ":tag": row.tag.as_ref().map(|tag| tag.id), ":sensitive": row.sensitive,
        ":discoverable": row.discoverable, ":created": row.created_at, ":updated": row.updated_at,
    })?;
    Ok(())
}

/// Deletes a collection with its items.
pub fn delete(tx: &Tx, id: CollectionId) -> Result<()> {
    tx.prepare_cached("DELETE FROM collections WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// One collection.
pub fn by_id(db: &Connection, id: CollectionId) -> Result<Option<Collection>> {
    let sql = format!("SELECT {COLUMNS} FROM collections c LEFT JOIN tags t ON t.id = c.tag_id WHERE c.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Collection::from_row).optional()?)
}

/// These collections, in no order.
pub fn by_ids(db: &Connection, ids: &[CollectionId]) -> Result<Vec<Collection>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM collections c LEFT JOIN tags t ON t.id = c.tag_id
         WHERE c.id IN (SELECT value FROM json_each(?1))"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(ids)], Collection::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those of one account, newest first; `all`: also those that are not to be found by others.
pub fn of(db: &Connection, account: AccountId, all: bool, limit: i64, offset: i64) -> Result<Vec<Collection>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM collections c LEFT JOIN tags t ON t.id = c.tag_id
         WHERE c.account_id = :account AND (:all OR c.discoverable) ORDER BY c.id DESC LIMIT :limit OFFSET :offset"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":account": account, ":all": all, ":limit": limit, ":offset": offset};
    let rows = statement.query_map(params, Collection::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many an account has.
pub fn count(db: &Connection, account: AccountId) -> Result<usize> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM collections WHERE account_id = ?1")?;
    Ok(statement.query_row([account], |row| row.get::<_, i64>(0))? as usize)
}

/// Those in which an account stands, newest first.
pub fn with(db: &Connection, account: AccountId, limit: i64, offset: i64) -> Result<Vec<Collection>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM collection_items i JOIN collections c ON c.id = i.collection_id
           LEFT JOIN tags t ON t.id = c.tag_id
         WHERE i.account_id = :account AND i.state = 'accepted' ORDER BY c.id DESC LIMIT :limit OFFSET :offset"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":account": account, ":limit": limit, ":offset": offset};
    let rows = statement.query_map(params, Collection::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Everybody who stands, stood or may stand in these collections, in the order in which they were added.
pub fn items(db: &Connection, collections: &[CollectionId]) -> Result<Vec<Item>> {
    let sql = format!(
        "SELECT {ITEM} FROM collection_items WHERE collection_id IN (SELECT value FROM json_each(?1)) ORDER BY id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(collections)], Item::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts somebody in; `false`: they are in already, or did not want to be.
pub fn add(tx: &Tx, row: &Item) -> Result<bool> {
    let added = tx
        .prepare_cached(
            "INSERT INTO collection_items (id, collection_id, account_id, state, created_at)
             VALUES (:id, :collection, :account, :state, :now) ON CONFLICT (collection_id, account_id) DO NOTHING",
        )?
        .execute(named_params! {
            ":id": row.id, ":collection": row.collection_id, ":account": row.account_id, ":state": row.state,
            ":now": row.created_at,
        })?;
    Ok(added > 0)
}

/// Whether somebody stands in a collection from now on.
pub fn set_state(tx: &Tx, id: CollectionItemId, state: State) -> Result<()> {
    tx.prepare_cached("UPDATE collection_items SET state = ?2 WHERE id = ?1")?.execute(rusqlite::params![id, state])?;
    Ok(())
}

/// Takes somebody out.
pub fn remove(tx: &Tx, id: CollectionItemId) -> Result<()> {
    tx.prepare_cached("DELETE FROM collection_items WHERE id = ?1")?.execute([id])?;
    Ok(())
}
