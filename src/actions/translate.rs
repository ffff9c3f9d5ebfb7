//! Rows into wire objects and back, and both into what filters are told: neither side knows the other.

use crate::activitypub::actor as wire;
use crate::activitypub::build::{self, Hashtag};
use crate::activitypub::ids;
use crate::activitypub::note::{Attachment, Mention};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::plugins::envelope::{self, Direction, Envelope};
use crate::store::accounts::{self, Account, Field};
use crate::store::media::{self, Media};
use crate::store::polls::{self, Poll};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, keys, mentions, tags};
use crate::text::{clean, render};

use super::post::compose::Composed;
use super::receive::Incoming;

/// The row for a remote actor. What only we know (counts, suspension, when we first met) comes from `known`.
pub fn account(actor: &wire::Actor, id: AccountId, domain: String, known: Option<&Account>, now: Time) -> Account {
    let actor = actor.clone();
    Account {
        id,
        username: actor.username,
        domain: Some(domain),
        url: actor.url,
        kind: actor.kind.to_owned(),
        display_name: actor.name,
        note: clean::html(&actor.summary_html),
        note_source: String::new(),
        fields: actor
            .fields
            .into_iter()
            .map(|(name, value)| Field { name, value: clean::html(&value), verified_at: None })
            .collect(),
        avatar_file: None,
        avatar_remote_url: actor.icon,
        avatar_description: actor.icon_description,
        header_file: None,
        header_remote_url: actor.image,
        header_description: actor.image_description,
        locked: actor.locked,
        discoverable: actor.discoverable,
        indexable: actor.indexable,
        hide_collections: None,
        memorial: actor.memorial,
        inbox: actor.inbox,
        shared_inbox: actor.shared_inbox,
        outbox: actor.outbox,
        followers_uri: actor.followers,
        following_uri: actor.following,
        featured_uri: actor.featured,
        uri: actor.id,
        also_known_as: actor.also_known_as,
        moved_to_uri: actor.moved_to,
        followers_count: known.map_or(0, |known| known.followers_count),
        following_count: known.map_or(0, |known| known.following_count),
        statuses_count: known.map_or(0, |known| known.statuses_count),
        last_status_at: known.and_then(|known| known.last_status_at),
        created_at: actor.published.unwrap_or(now).midnight(),
        first_seen_at: known.map_or(now, |known| known.first_seen_at),
        fetched_at: Some(now),
        suspended_at: known.and_then(|known| known.suspended_at),
        silenced_at: known.and_then(|known| known.silenced_at),
        deleted_at: None,
    }
}

/// The row for an attachment of a remote post; the file itself stays where it is until somebody looks.
pub fn attachment(app: &App, attachment: &Attachment, owner: AccountId, now: Time) -> Media {
    let mime = attachment.media_type.clone().unwrap_or_default();
    let kind = match mime.split('/').next() {
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        _ => "unknown",
    };
    Media {
        id: app.ids.next(now),
        account_id: owner,
        status_id: None,
        position: 0,
        kind: kind.to_owned(),
        mime,
        file: None,
        thumbnail: None,
        remote_url: Some(attachment.url.clone()),
        description: Some(attachment.name.clone()).filter(|name| !name.is_empty()),
        blurhash: attachment.blurhash.clone(),
        focus: attachment.focal_point,
        width: attachment.width.map(i64::from),
        height: attachment.height.map(i64::from),
        small_width: None,
        small_height: None,
        size: None,
        created_at: now,
    }
}

/// A local account as other servers see it.
pub fn actor(db: &Connection, app: &App, account: &Account) -> Result<build::Actor> {
    let pair = keys::pair(db, account.id)?.ok_or(Error::NotFound("signing key"))?;
    let picture = |file: &Option<String>, description: &str| {
        file.as_ref().map(|file| build::Picture {
            url: app.config.url(&format!("/media/{file}")),
            media_type: crate::media::mime_of(file).to_owned(),
            description: description.to_owned(),
        })
    };
    Ok(build::Actor {
        id: account.uri.clone(),
        kind: account.kind.clone(),
        username: account.username.clone(),
        name: account.display_name.clone(),
        summary_html: account.note.clone(),
        url: account.url.clone(),
        shared_inbox: account.shared_inbox.clone().unwrap_or_default(),
        public_key_pem: pair.public_pem,
        webfinger: Some(format!("{}@{}", account.username, app.config.handle_domain)),
        locked: account.locked,
        discoverable: account.discoverable.unwrap_or(false),
        indexable: account.indexable,
        memorial: account.memorial,
        suspended: account.suspended_at.is_some(),
        published: Some(account.created_at.midnight()),
        fields: account.fields.iter().map(|field| (field.name.clone(), render::field(&field.value))).collect(),
        icon: picture(&account.avatar_file, &account.avatar_description),
        image: picture(&account.header_file, &account.header_description),
        also_known_as: account.also_known_as.clone(),
        moved_to: account.moved_to_uri.clone(),
    })
}

/// A local post as other servers see it.
pub fn note(db: &Connection, app: &App, status: &Status) -> Result<build::Note> {
    let author = accounts::by_id(db, status.account_id)?.ok_or(Error::NotFound("account"))?;
    let mut mentioned = Vec::new();
    for (id, silent) in mentions::of(db, status.id)? {
        if let Some(account) = accounts::by_id(db, id)?.filter(|_| !silent) {
            let domain = account.domain.clone().unwrap_or_else(|| app.config.handle_domain.clone());
            mentioned.push(Mention { href: account.uri, name: format!("@{}@{domain}", account.username) });
        }
    }
    let mut addressed: Vec<String> = mentioned.iter().map(|mention| mention.href.clone()).collect();
    if let Some(parent) = status.in_reply_to_account_id.filter(|_| status.visibility.is_open())
        && let Some(parent) = accounts::by_id(db, parent)?
        && parent.id != author.id
        && !addressed.contains(&parent.uri)
    {
        addressed.push(parent.uri);
    }
    let followers = author.followers_uri.clone().unwrap_or_default();
    let (to, cc) = status.visibility.address(&followers, &addressed);
    let base = app.config.url("");
    let tags = tags::of(db, status.id)?.into_iter();
    Ok(build::Note {
        id: status.uri.clone(),
        url: status.url.clone().unwrap_or_else(|| status.uri.clone()),
        actor: author.uri,
        content: status.content.clone(),
        language: status.language.clone(),
        summary: status.spoiler_text.clone(),
        sensitive: status.sensitive,
        in_reply_to: status.in_reply_to_uri.clone(),
        published: status.created_at,
        updated: status.edited_at,
        to,
        cc,
        conversation: status.conversation.clone(),
        mentions: mentioned,
        hashtags: tags.map(|tag| Hashtag { href: ids::tag_page(&base, &tag.name), name: tag.display_name }).collect(),
        attachments: media::of_status(db, status.id)?.iter().map(|media| document(app, media)).collect(),
        poll: polls::of_status(db, status.id)?.map(|poll| question(poll, app.clock.now())),
    })
}

fn question(poll: Poll, now: Time) -> build::Poll {
    let closed = poll.is_over(now);
    let hidden = poll.hide_totals && !closed;
    build::Poll {
        multiple: poll.multiple,
        ends: poll.expires_at,
        closed,
        voters: poll.voters_count.unwrap_or(0),
        options: poll.options.into_iter().map(|option| (option.title, (!hidden).then_some(option.votes))).collect(),
    }
}

fn document(app: &App, media: &Media) -> Attachment {
    let pixels = |length: Option<i64>| length.and_then(|length| u32::try_from(length).ok());
    Attachment {
        url: app.config.url(&format!("/media/{}", media.file.as_deref().unwrap_or_default())),
        media_type: Some(media.mime.clone()),
        name: media.description.clone().unwrap_or_default(),
        blurhash: media.blurhash.clone(),
        width: pixels(media.width),
        height: pixels(media.height),
        focal_point: media.focus,
    }
}

/// What filters are told about a post of `me`.
pub async fn own_envelope(app: &App, me: &Account, composed: &Composed) -> Result<Envelope> {
    let (status, media_ids, asks) = (composed.status.clone(), composed.media.clone(), composed.poll.is_some());
    let mentioned: Vec<_> = composed.mentioned.iter().map(|account| (*account, false)).collect();
    let names = composed.tags.iter().map(|(_, name)| name.clone()).collect();
    let (app, me, is_edit) = (app.clone(), me.clone(), composed.is_edit);
    app.clone()
        .store
        .read(move |db| {
            let attachments = media::by_ids(db, &media_ids)?.into_iter().map(|media| media.mime).collect();
            let told = Told {
                status: &status,
                author: &me,
                mentioned: &mentioned,
                hashtags: names,
                attachments,
                asks,
                is_edit,
            };
            told.envelope(db, &app, Direction::Outbound)
        })
        .await
}

/// What filters are told about a post of another server.
pub async fn incoming_envelope(app: &App, incoming: &Incoming) -> Result<Envelope> {
    let (app, incoming) = (app.clone(), incoming.clone());
    app.clone()
        .store
        .read(move |db| {
            let told = Told {
                status: &incoming.status,
                author: &incoming.author,
                mentioned: &incoming.mentioned,
                hashtags: incoming.tags.iter().map(|(_, name)| name.clone()).collect(),
                attachments: incoming.media.iter().map(|media| media.mime.clone()).collect(),
                asks: incoming.poll.is_some(),
                is_edit: incoming.is_edit,
            };
            told.envelope(db, &app, incoming.direction)
        })
        .await
}

struct Told<'a> {
    status: &'a Status,
    author: &'a Account,
    mentioned: &'a [(AccountId, bool)],
    hashtags: Vec<String>,
    attachments: Vec<String>,
    /// Whether it has a poll.
    asks: bool,
    is_edit: bool,
}

impl Told<'_> {
    fn envelope(self, db: &Connection, app: &App, direction: Direction) -> Result<Envelope> {
        let Self { status, author, mentioned, hashtags, attachments, asks, is_edit } = self;
        let mut named = Vec::new();
        for (id, _) in mentioned {
            named.extend(accounts::by_id(db, *id)?);
        }
        let parent = match status.in_reply_to_id {
            Some(id) => statuses::by_id(db, id)?,
            None => None,
        };
        let reply_to = match parent {
            Some(parent) => accounts::by_id(db, parent.account_id)?.map(|by| envelope::Parent {
                id: parent.uri,
                author: by.uri.clone(),
                author_handle: handle(app, &by),
                local: by.is_local(),
                visibility: parent.visibility,
                summary: Some(parent.spoiler_text).filter(|summary| !summary.is_empty()),
            }),
            None => None,
        };
        Ok(Envelope {
            direction,
            activity: if is_edit { "Update" } else { "Create" }.to_owned(),
            object: Some(if asks { "Question" } else { "Note" }.to_owned()),
            id: status.uri.clone(),
            actor: envelope::Actor {
                id: author.uri.clone(),
                handle: handle(app, author),
                host: host(&author.uri),
                local: author.is_local(),
                kind: author.kind.clone(),
                display_name: author.display_name.clone(),
                bio: clean::plain(&author.note),
                locked: author.locked,
                first_seen: author.first_seen_at,
                created: Some(author.created_at),
            },
            visibility: Some(status.visibility),
            published: Some(status.created_at),
            is_edit,
            text: clean::plain(&status.content),
            summary: Some(status.spoiler_text.clone()).filter(|summary| !summary.is_empty()),
            language: status.language.clone(),
            sensitive: status.sensitive,
            local_mentions: u16::try_from(named.iter().filter(|account| account.is_local()).count())
                .unwrap_or(u16::MAX),
            recipients: u32::try_from(named.len()).unwrap_or(u32::MAX) + 1,
            mentions: named.into_iter().map(|account| account.uri).collect(),
            hashtags,
            link_hosts: link_hosts(&status.content),
            emoji: Vec::new(),
            attachments,
            reply_to,
        })
    }
}

/// Hosts of the links in clean HTML, mentions and hashtags left out, each once.
fn link_hosts(html: &str) -> Vec<String> {
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

fn handle(app: &App, account: &Account) -> String {
    format!("{}@{}", account.username, account.domain.as_deref().unwrap_or(&app.config.handle_domain))
}

fn host(address: &str) -> String {
    url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
