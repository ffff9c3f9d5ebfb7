//! Collections: people whom somebody recommends to everybody. Who is put into one is told, and may leave it.
//!
//! Only people who want to be found (`discoverable`) can be recommended, and for now only those who live here: other
//! servers would have to be asked, and none of them is yet.
//! Spec: https://docs.joinmastodon.org/methods/collections/

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, CollectionId, CollectionItemId};
use crate::store::accounts::{self, Account};
use crate::store::collections::{self, Collection, Item, State};
use crate::store::{Connection, Tx, blocks, tags};
use crate::streams::Announcements;

use super::notify;

/// How many people stand in one collection.
pub const PEOPLE: usize = 25;
/// How many collections one person has; `collection_limit` of every role.
pub const COLLECTIONS: usize = 10;
/// The longest name, in characters.
const NAME: usize = 40;
/// The longest description, in characters.
const DESCRIPTION: usize = 100;

/// What is to be known about a collection; what is `None` stays as it was.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Draft {
    pub name: Option<String>,
    pub description: Option<String>,
    /// Empty: none.
    pub language: Option<String>,
    /// Normalised and as written; `Some(None)`: none.
    pub tag: Option<Option<(String, String)>>,
    pub sensitive: Option<bool>,
    pub discoverable: Option<bool>,
}

/// Makes a collection with these people in it; all of it or nothing.
pub async fn create(app: &App, me: &Account, draft: Draft, people: Vec<AccountId>) -> Result<Collection> {
    let (now, me, deed) = (app.clock.now(), me.id, app.clone());
    let work = move |tx: &Tx| {
        if collections::count(tx, me)? >= COLLECTIONS {
            return Err(Error::invalid("base", format!("Nobody can have more than {COLLECTIONS} collections")));
        }
        let mut row = Collection {
            id: deed.ids.next(now),
            account_id: me,
            name: String::new(),
            description: String::new(),
            language: None,
            tag: None,
            sensitive: false,
            discoverable: true,
            created_at: now,
            updated_at: now,
        };
        fill(tx, &mut row, draft)?;
        collections::put(tx, &row)?;
        let mut told = Announcements::default();
        for person in people {
            put_in(tx, &deed, &row, person, now, &mut told)?;
        }
        Ok((row, told))
    };
    let (row, told) = app.store.write(work).await?;
    told.announce(app);
    Ok(row)
}

/// Changes what is said about a collection; those who stand in it are told.
pub async fn update(app: &App, me: AccountId, id: CollectionId, draft: Draft) -> Result<Collection> {
    let (now, deed) = (app.clock.now(), app.clone());
    let work = move |tx: &Tx| {
        let before = own(tx, me, id)?;
        let mut row = Collection { updated_at: now, ..before.clone() };
        fill(tx, &mut row, draft)?;
        collections::put(tx, &row)?;
        let mut told = Announcements::default();
        if (&row.name, &row.description, &row.tag) != (&before.name, &before.description, &before.tag) {
            for item in collections::items(tx, &[id])?.into_iter().filter(|item| item.state == State::Accepted) {
                notify::tell_about(tx, &deed, "collection_update", item.account_id, me, id.0, now, &mut told)?;
            }
        }
        Ok((row, told))
    };
    let (row, told) = app.store.write(work).await?;
    told.announce(app);
    Ok(row)
}

/// Deletes a collection.
pub async fn delete(app: &App, me: AccountId, id: CollectionId) -> Result<()> {
    app.store.write(move |tx| own(tx, me, id).and_then(|row| collections::delete(tx, row.id))).await
}

/// Puts somebody into a collection.
pub async fn add(app: &App, me: AccountId, id: CollectionId, person: AccountId) -> Result<Item> {
    let (now, deed) = (app.clock.now(), app.clone());
    let work = move |tx: &Tx| {
        let row = own(tx, me, id)?;
        let mut told = Announcements::default();
        let item = put_in(tx, &deed, &row, person, now, &mut told)?;
        collections::put(tx, &Collection { updated_at: now, ..row })?;
        Ok((item, told))
    };
    let (item, told) = app.store.write(work).await?;
    told.announce(app);
    Ok(item)
}

/// Takes somebody out of a collection.
pub async fn remove(app: &App, me: AccountId, id: CollectionId, item: CollectionItemId) -> Result<()> {
    let now = app.clock.now();
    let work = move |tx: &Tx| {
        let row = own(tx, me, id)?;
        collections::remove(tx, item_of(tx, id, item)?.id)?;
        collections::put(tx, &Collection { updated_at: now, ..row })
    };
    app.store.write(work).await
}

/// Leaves a collection that somebody else put one into; they cannot put one back.
pub async fn leave(app: &App, me: AccountId, id: CollectionId, item: CollectionItemId) -> Result<()> {
    let work = move |tx: &Tx| {
        let item = item_of(tx, id, item)?;
        if item.account_id != me {
            return Err(Error::Forbidden("This action is not allowed".into()));
        }
        collections::set_state(tx, item.id, State::Revoked)
    };
    app.store.write(work).await
}

/// Whether `viewer` may put `person` into a collection: they live here, want to be found, and neither blocks the other.
pub fn may_add(db: &Connection, viewer: AccountId, person: &Account) -> Result<bool> {
    let willing = person.id == viewer || (person.is_local() && person.discoverable == Some(true));
    let there = person.suspended_at.is_none() && person.deleted_at.is_none();
    Ok(willing && there && !blocks::exists_between(db, viewer, person.id)?)
}

/// The collection, if it is the caller's: 404 when there is none, 403 when it is another's.
fn own(db: &Connection, me: AccountId, id: CollectionId) -> Result<Collection> {
    let row = collections::by_id(db, id)?.ok_or(Error::NotFound("collection"))?;
    if row.account_id == me { Ok(row) } else { Err(Error::Forbidden("This action is not allowed".into())) }
}

fn item_of(db: &Connection, id: CollectionId, item: CollectionItemId) -> Result<Item> {
    let found = collections::items(db, &[id])?.into_iter().find(|row| row.id == item);
    found.ok_or(Error::NotFound("collection item"))
}

fn put_in(
    tx: &Tx,
    app: &App,
    row: &Collection,
    person: AccountId,
    now: Time,
    told: &mut Announcements,
) -> Result<Item> {
    let person = accounts::by_id(tx, person)?.ok_or(Error::NotFound("account"))?;
    if !may_add(tx, row.account_id, &person)? {
        return Err(Error::Forbidden("This account cannot be added to collections".into()));
    }
    let there = |item: &Item| matches!(item.state, State::Accepted | State::Pending);
    if collections::items(tx, &[row.id])?.iter().filter(|item| there(item)).count() >= PEOPLE {
        return Err(Error::invalid("collection_items", format!("cannot be more than {PEOPLE}")));
    }
    let item = Item {
        id: app.ids.next(now),
        collection_id: row.id,
        account_id: person.id,
        state: State::Accepted,
        created_at: now,
    };
    if !collections::add(tx, &item)? {
        return Err(Error::invalid("account_id", "has already been taken"));
    }
    notify::tell_about(tx, app, "added_to_collection", person.id, row.account_id, row.id.0, now, told)?;
    Ok(item)
}

fn fill(tx: &Tx, row: &mut Collection, draft: Draft) -> Result<()> {
    if let Some(name) = draft.name {
        row.name = name.trim().to_owned();
    }
    if row.name.is_empty() {
        return Err(Error::invalid("name", "can't be blank"));
    }
    if row.name.chars().count() > NAME {
        return Err(Error::invalid("name", format!("is too long (maximum is {NAME} characters)")));
    }
    if let Some(description) = draft.description {
        row.description = description;
    }
    if row.description.chars().count() > DESCRIPTION {
        return Err(Error::invalid("description", format!("is too long (maximum is {DESCRIPTION} characters)")));
    }
    if let Some(language) = draft.language {
        let known =
            |code: &str| (2..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
        if !language.is_empty() && !known(&language) {
            return Err(Error::invalid("language", "is no language code, such as en or ja"));
        }
        row.language = Some(language).filter(|code| !code.is_empty());
    }
    if let Some(tag) = draft.tag {
        row.tag = tag.map(|(name, display)| tags::ensure(tx, &name, &display)).transpose()?;
    }
    row.sensitive = draft.sensitive.unwrap_or(row.sensitive);
    row.discoverable = draft.discoverable.unwrap_or(row.discoverable);
    Ok(())
}
