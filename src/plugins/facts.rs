//! Facts about people and posts as plugins are told them, read from the store.

use super::envelope::{Actor, Direction, Envelope, Parent};
use super::options::Need;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::store::accounts::{self, Account};
use crate::store::relationships::{self, Relationship};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, custom_emojis, edits, follows, media, mentions, quotes, tags};
use crate::text::{clean, render, shortcodes};

/// Where this server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Its own domain.
    pub host: String,
    /// What stands behind the `@` of local handles.
    pub handle_domain: String,
}

impl Ground {
    /// `user@host`, for local people too.
    pub fn handle(&self, account: &Account) -> String {
        format!("{}@{}", account.username, account.domain.as_deref().unwrap_or(&self.handle_domain))
    }
}

/// The host of an address; empty when it has none.
pub fn host(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// Somebody. Counts cost a query and are left out unless `counts`.
pub fn actor(db: &Connection, ground: &Ground, account: &Account, counts: bool) -> Result<Actor> {
    let small = |count: i64| u32::try_from(count).unwrap_or(if count < 0 { 0 } else { u32::MAX });
    let (local_followers, local_following) = if counts { follows::local_counts(db, account.id)? } else { (0, 0) };
    Ok(Actor {
        id: account.uri.clone(),
        handle: ground.handle(account),
        host: host(&account.uri),
        local: account.is_local(),
        kind: account.kind.clone(),
        display_name: account.display_name.clone(),
        bio: clean::plain(&account.note),
        locked: account.locked,
        first_seen: account.first_seen_at,
        created: Some(account.created_at),
        posts_seen: if counts { small(account.statuses_count) } else { 0 },
        followers_seen: if counts { small(account.followers_count) } else { 0 },
        local_followers: small(local_followers),
        local_following: small(local_following),
        followers_url: account.followers_uri.clone().unwrap_or_default(),
        admin_tags: admin_tags(account),
    })
}

/// What moderators did to the account, in one word each.
fn admin_tags(account: &Account) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(account.silenced_at.map(|_| "limited".to_owned()));
    found.extend(account.sensitized_at.map(|_| "media-sensitive".to_owned()));
    found.extend(account.suspended_at.map(|_| "suspended".to_owned()));
    found
}

/// A post that another one answers or quotes.
pub fn parent(db: &Connection, ground: &Ground, id: StatusId) -> Result<Option<Parent>> {
    let Some(status) = statuses::by_id(db, id)? else { return Ok(None) };
    Ok(accounts::by_id(db, status.account_id)?.map(|by| Parent {
        id: status.uri,
        author: by.uri.clone(),
        author_handle: ground.handle(&by),
        local: by.is_local(),
        visibility: status.visibility,
        summary: Some(status.spoiler_text).filter(|summary| !summary.is_empty()),
    }))
}

/// How `actor` stands to each of these people who live here: a word, a space, the person's id.
pub fn relations(db: &Connection, actor: AccountId, people: &[Account], now: Time) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for person in people.iter().filter(|person| person.is_local() && person.id != actor) {
        for row in relationships::of(db, person.id, &[actor], now)? {
            lines.extend(words_of(&row, false).into_iter().map(|word| format!("{word} {}", person.uri)));
        }
    }
    Ok(lines)
}

/// The words between two people, of whom `row` is how one stands to the other; `from_owner`: seen from that one.
pub fn words_of(row: &Relationship, from_owner: bool) -> Vec<&'static str> {
    let words: [(bool, &'static str, &'static str); 6] = [
        (row.followed_by, "follows", "followed-by"),
        (row.following, "followed-by", "follows"),
        (row.requested_by, "requested", "requested-by"),
        (row.blocked_by, "blocks", "blocked-by"),
        (row.blocking, "blocked-by", "blocks"),
        (row.muting, "muted-by", "mutes"),
    ];
    words.into_iter().filter(|word| word.0).map(|word| if from_owner { word.2 } else { word.1 }).collect()
}

/// Earlier versions of a post as plain text, oldest first.
pub fn history(db: &Connection, id: StatusId) -> Result<Vec<String>> {
    let version = |edit: edits::Edit| {
        let text = clean::plain(&edit.content);
        if edit.spoiler_text.is_empty() { text } else { format!("{}\n\n{text}", edit.spoiler_text) }
    };
    Ok(edits::of(db, id)?.into_iter().map(version).collect())
}

/// Hosts of the links in clean HTML, mentions and hashtags left out, each once.
pub fn link_hosts(html: &str) -> Vec<String> {
    let mut hosts = Vec::new();
    for entity in render::find(&clean::plain(html)) {
        if let render::Kind::Link { url } = entity.kind {
            let host = host(&url);
            if !host.is_empty() && !hosts.contains(&host) {
                hosts.push(host);
            }
        }
    }
    hosts
}

/// A post that is stored already, as `query` answers it and replay shows it.
pub fn stored(db: &Connection, ground: &Ground, status: &Status, now: Time) -> Result<Option<Envelope>> {
    let Some(author) = accounts::by_id(db, status.account_id)? else { return Ok(None) };
    let ids: Vec<AccountId> = mentions::of(db, status.id)?.into_iter().map(|(account, _)| account).collect();
    let named = accounts::by_ids(db, &ids)?;
    let quoted = quotes::of(db, status.id)?.and_then(|quote| quote.quoted_id);
    Ok(Some(Envelope {
        direction: if status.local { Direction::Outbound } else { Direction::Inbound },
        activity: "Create".into(),
        object: Some("Note".into()),
        id: status.uri.clone(),
        actor: actor(db, ground, &author, true)?,
        visibility: Some(status.visibility),
        published: Some(status.created_at),
        is_edit: false,
        text: clean::plain(&status.content),
        html: Some(status.content.clone()),
        summary: Some(status.spoiler_text.clone()).filter(|summary| !summary.is_empty()),
        language: status.language.clone(),
        sensitive: status.sensitive,
        local_mentions: u16::try_from(named.iter().filter(|account| account.is_local()).count()).unwrap_or(u16::MAX),
        recipients: recipients(status.visibility, named.len()),
        relation: relations(db, author.id, &named, now)?,
        mentions: named.into_iter().map(|account| account.uri).collect(),
        hashtags: tags::of(db, status.id)?.into_iter().map(|tag| tag.name).collect(),
        link_hosts: link_hosts(&status.content),
        emoji: emoji(db, ground, &author, status)?,
        attachments: media::of_status(db, status.id)?.into_iter().map(|media| media.mime).collect(),
        reply_to: status.in_reply_to_id.map_or(Ok(None), |id| parent(db, ground, id))?,
        quote_of: quoted.map_or(Ok(None), |id| parent(db, ground, id))?,
        follow_target: None,
        history: history(db, status.id)?,
        raw: None,
    }))
}

/// The custom emoji in a stored post: shortcode, and address of the picture.
fn emoji(db: &Connection, ground: &Ground, author: &Account, status: &Status) -> Result<Vec<(String, String)>> {
    let domain = author.domain.as_deref();
    let wanted = [&status.content, &status.spoiler_text].into_iter().flat_map(|text| shortcodes::find(text));
    let found = custom_emojis::among(db, &wanted.map(|name| (name, domain)).collect())?;
    let address = |emoji: custom_emojis::CustomEmoji| {
        let own = emoji.file.filter(|_| emoji.domain.is_none());
        let own = own.map(|file| format!("https://{}/media/{file}", ground.host));
        Some((emoji.shortcode, own.or(emoji.remote_url)?))
    };
    Ok(found.into_iter().filter_map(address).collect())
}

/// Actors and collections that a post is addressed to, the public collection not counted.
pub fn recipients(visibility: Visibility, named: usize) -> u32 {
    let followers = usize::from(visibility != Visibility::Direct);
    u32::try_from(named + followers).unwrap_or(u32::MAX)
}

/// What this plugin did not ask for stays away from it.
pub fn only_needed(envelope: &mut Envelope, needs: &std::collections::BTreeSet<Need>) {
    let without = |need: Need| !needs.contains(&need);
    if without(Need::Parent) {
        (envelope.reply_to, envelope.quote_of) = (None, None);
    }
    if without(Need::Counts) {
        for actor in [Some(&mut envelope.actor), envelope.follow_target.as_mut()].into_iter().flatten() {
            (actor.posts_seen, actor.followers_seen, actor.local_followers, actor.local_following) = (0, 0, 0, 0);
        }
    }
    if without(Need::Relation) {
        envelope.relation.clear();
    }
    if without(Need::History) {
        envelope.history.clear();
    }
    if without(Need::Raw) {
        envelope.raw = None;
    }
    if without(Need::Html) {
        envelope.html = None;
    }
}
