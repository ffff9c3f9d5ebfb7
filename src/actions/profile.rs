//! Editing one's own profile.

use crate::activitypub::build;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::Tx;
use crate::store::accounts::{self, Account, Field};
use crate::store::deliveries::Priority;
use crate::store::profile_shows::{self, Shows};

use super::outbox::{self, Recipients};
use super::{plugin, translate, verify};

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
    pub show_media: Option<bool>,
    pub show_media_replies: Option<bool>,
    pub show_featured: Option<bool>,
    pub attribution_domains: Option<Vec<String>>,
}

/// How many sites may name somebody as an author.
const DOMAINS: usize = 100;

/// Changes the profile and tells the followers' servers.
pub async fn update(app: &App, me: &Account, mut changes: Changes) -> Result<Account> {
    check(&changes)?;
    if let Some(sites) = changes.attribution_domains {
        changes.attribution_domains = Some(domains(sites)?);
    }
    let (now, id, deed) = (app.clock.now(), me.id, app.clone());
    let (account, deliveries) = app
        .store
        .write(move |tx| {
            let before = accounts::by_id(tx, id)?.ok_or(Error::NotFound("account"))?;
            let shows = shown(profile_shows::of(tx, id)?, &changes);
            profile_shows::set(tx, id, &shows)?;
            let account = changed(before, changes, &deed.config.url(""));
            accounts::upsert(tx, &account)?;
            verify::changed(tx, &account, now)?;
            let deliveries = write_told(tx, &deed, &account, now)?;
            Ok((account, deliveries))
        })
        .await?;
    if deliveries {
        app.deliveries_waiting.notify_one();
    }
    Ok(account)
}

/// Tells the followers' servers how the local `account` looks now; answers whether there is anybody to tell.
pub(super) fn write_told(tx: &Tx, app: &App, account: &Account, now: Time) -> Result<bool> {
    let update = build::update_actor(&translate::actor(tx, app, account)?, now);
    let to = Recipients { followers: true, accounts: Vec::new(), priority: Priority::Actor };
    outbox::send(tx, app, account, &update, &to, now)
}

/// The sites as bare host names, each once.
fn domains(sites: Vec<String>) -> Result<Vec<String>> {
    let mut domains: Vec<String> = Vec::new();
    for site in sites.iter().map(|site| site.trim()).filter(|site| !site.is_empty()) {
        let address = if site.contains("://") { site.to_owned() } else { format!("https://{site}") };
        let host = url::Url::parse(&address).ok().and_then(|url| url.domain().map(str::to_owned));
        let host = host.filter(|host| host.contains('.'));
        let host = host.ok_or_else(|| Error::invalid("attribution_domains", format!("{site} is no domain")))?;
        if !domains.contains(&host) {
            domains.push(host);
        }
    }
    if domains.len() > DOMAINS {
        return Err(Error::invalid("attribution_domains", format!("are more than {DOMAINS}")));
    }
    Ok(domains)
}

fn shown(before: Shows, changes: &Changes) -> Shows {
    Shows {
        media: changes.show_media.unwrap_or(before.media),
        media_replies: changes.show_media_replies.unwrap_or(before.media_replies),
        featured: changes.show_featured.unwrap_or(before.featured),
        attribution_domains: changes.attribution_domains.clone().unwrap_or(before.attribution_domains),
    }
}

fn check(changes: &Changes) -> Result<()> {
    let longer = |text: &Option<String>, limit: usize| text.as_ref().is_some_and(|text| text.chars().count() > limit);
    if longer(&changes.display_name, 40) {
        return Err(Error::invalid("display_name", "is longer than 40 characters"));
    }
    if longer(&changes.note, 500) {
        return Err(Error::invalid("note", "is longer than 500 characters"));
    }
    if longer(&changes.avatar_description, 150) {
        return Err(Error::invalid("avatar_description", "is longer than 150 characters"));
    }
    if longer(&changes.header_description, 150) {
        return Err(Error::invalid("header_description", "is longer than 150 characters"));
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
        Some(fields) => verify::kept(
            fields
                .into_iter()
                .filter(|(name, value)| !name.is_empty() || !value.is_empty())
                .map(|(name, value)| Field { name, value, verified_at: None })
                .collect::<Vec<_>>(),
            &before.fields,
        ),
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
