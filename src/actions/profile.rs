//! Editing one's own profile.

use crate::activitypub::build;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::{self, Account, Field};
use crate::store::deliveries::Priority;

use super::outbox::{self, Recipients};
use super::{plugin, translate};

/// What to change; `None` leaves it as it is. Files are names in the media folder; an empty name removes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Changes {
    pub display_name: Option<String>,
    pub note: Option<String>,
    pub avatar_file: Option<String>,
    pub avatar_description: Option<String>,
    pub header_file: Option<String>,
    pub header_description: Option<String>,
    pub locked: Option<bool>,
    pub bot: Option<bool>,
    pub discoverable: Option<bool>,
    pub hide_collections: Option<bool>,
    pub indexable: Option<bool>,
    pub fields: Option<Vec<(String, String)>>,
}

/// Changes the profile and tells the followers' servers.
pub async fn update(app: &App, me: &Account, changes: Changes) -> Result<Account> {
    check(&changes)?;
    let (now, id, deed) = (app.clock.now(), me.id, app.clone());
    let (account, deliveries) = app
        .store
        .write(move |tx| {
            let before = accounts::by_id(tx, id)?.ok_or(Error::NotFound("account"))?;
            let account = changed(before, changes, &deed.config.url(""));
            accounts::upsert(tx, &account)?;
            let actor = translate::actor(tx, &deed, &account)?;
            let update = build::update_actor(&actor, now);
            let to = Recipients { followers: true, accounts: Vec::new(), priority: Priority::Actor };
            let deliveries = outbox::send(tx, &deed, &account, &update, &to, now)?;
            Ok((account, deliveries))
        })
        .await?;
    if deliveries {
        app.deliveries_waiting.notify_one();
    }
    Ok(account)
}

fn check(changes: &Changes) -> Result<()> {
    let longer = |text: &Option<String>, limit: usize| text.as_ref().is_some_and(|text| text.chars().count() > limit);
    if longer(&changes.display_name, 40) {
        return Err(Error::invalid("display_name", "is longer than 40 characters"));
    }
    if longer(&changes.note, 500) {
        return Err(Error::invalid("note", "is longer than 500 characters"));
    }
    if longer(&changes.avatar_description, 150) || longer(&changes.header_description, 150) {
        return Err(Error::invalid("avatar_description", "is longer than 150 characters"));
    }
    if let Some(fields) = &changes.fields {
        let long = |text: &String| text.chars().count() > 255;
        if fields.len() > 4 {
            return Err(Error::invalid("fields_attributes", "has more than 4 fields"));
        }
        if fields.iter().any(|(name, value)| long(name) || long(value)) {
            return Err(Error::invalid("fields_attributes", "has a name or value longer than 255 characters"));
        }
    }
    Ok(())
}

fn changed(before: Account, changes: Changes, base: &str) -> Account {
    let note_source = changes.note.unwrap_or_else(|| before.note_source.clone());
    let file =
        |new: Option<String>, old: Option<String>| new.map_or(old, |name| Some(name).filter(|name| !name.is_empty()));
    let kind = match changes.bot {
        Some(true) => "Service".to_owned(),
        Some(false) => "Person".to_owned(),
        None => before.kind,
    };
    let fields = match changes.fields {
        Some(fields) => fields
            .into_iter()
            .filter(|(name, value)| !name.is_empty() || !value.is_empty())
            .map(|(name, value)| Field { name, value, verified_at: None })
            .collect(),
        None => before.fields,
    };
    Account {
        kind,
        display_name: changes.display_name.map_or(before.display_name, |name| name.trim().to_owned()),
        note: plugin::plain_html(&note_source, base),
        note_source,
        fields,
        avatar_file: file(changes.avatar_file, before.avatar_file),
        avatar_description: changes.avatar_description.unwrap_or(before.avatar_description),
        header_file: file(changes.header_file, before.header_file),
        header_description: changes.header_description.unwrap_or(before.header_description),
        locked: changes.locked.unwrap_or(before.locked),
        discoverable: changes.discoverable.or(before.discoverable),
        hide_collections: changes.hide_collections.or(before.hide_collections),
        indexable: changes.indexable.unwrap_or(before.indexable),
        ..before
    }
}
