//! Rows into wire objects and back, and both into what filters are told: neither side knows the other.

use serde_json::Value;

use crate::activitypub::actor as wire;
use crate::activitypub::audience::{PUBLIC, is_public};
use crate::activitypub::build::{self, Hashtag};
use crate::activitypub::note::{Attachment, Mention};
use crate::activitypub::{ids, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::plugins::envelope::{Direction, Envelope};
use crate::plugins::facts;
use crate::plugins::options::Need;
use crate::store::accounts::{self, Account, Field};
use crate::store::media::{self, Media};
use crate::store::polls::{self, Poll};
use crate::store::profile_shows::{self, Shows};
use crate::store::quote_policies::{self, Groups, Policy};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, audiences, interactions, keys, mentions, quotes, tags};
use crate::text::{clean, render};

use super::emoji;
use super::post::compose::Composed;
use super::receive::Incoming;
use super::verify;

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
        fields: verify::kept(
            actor
                .fields
                .into_iter()
                .map(|(name, value)| Field { name, value: clean::html(&value), verified_at: None })
                .collect(),
            known.map_or(&[], |known| &known.fields),
        ),
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
        sensitized_at: known.and_then(|known| known.sensitized_at),
        deleted_at: None,
    }
}

/// What a remote actor shows.
pub fn shows(actor: &wire::Actor) -> Shows {
    let [media, media_replies, featured] = actor.shows.map(|shown| shown.unwrap_or(true));
    Shows { media, media_replies, featured, attribution_domains: actor.attribution_domains.clone() }
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
        details: None,
        created_at: now,
    }
}

/// A local account as other servers see it.
pub fn actor(db: &Connection, app: &App, account: &Account) -> Result<build::Actor> {
    let pair = keys::pair(db, account.id)?.ok_or(Error::NotFound("signing key"))?;
    let blank = account.suspended_at.is_some().then(|| blanked(account));
    let account = blank.as_ref().unwrap_or(account);
    let shows = profile_shows::of(db, account.id)?;
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
        show_media: shows.media,
        show_replies_in_media: shows.media_replies,
        show_featured: shows.featured,
        attribution_domains: shows.attribution_domains,
        emojis: emoji::in_texts(db, &app.config, profile_texts(account))?,
        proof_key: keys::proof_key(db, account.id)?.map(|key| key.multibase),
    })
}

/// Of a suspended account nothing is left but who it was.
fn blanked(account: &Account) -> Account {
    let bare = Account::bare(
        account.id,
        &account.username,
        None,
        account.uri.clone(),
        account.url.clone(),
        account.created_at,
    );
    Account {
        kind: account.kind.clone(),
        inbox: account.inbox.clone(),
        shared_inbox: account.shared_inbox.clone(),
        suspended_at: account.suspended_at,
        ..bare
    }
}

fn profile_texts(account: &Account) -> impl Iterator<Item = &str> {
    let fields = account.fields.iter().flat_map(|field| [field.name.as_str(), field.value.as_str()]);
    [account.display_name.as_str(), account.note.as_str()].into_iter().chain(fields)
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
    let quote = quotes::of(db, status.id)?;
    if let Some(quoted) =
        quote.as_ref().and_then(|quote| quote.quoted_account_id).filter(|_| status.visibility.is_open())
        && let Some(quoted) = accounts::by_id(db, quoted)?
        && quoted.id != author.id
        && !addressed.contains(&quoted.uri)
    {
        addressed.push(quoted.uri);
    }
    let followers = author.followers_uri.clone().unwrap_or_default();
    let (to, mut cc) = status.visibility.address(&followers, &addressed);
    // Lemmy takes answers in only when they name the group.
    let audience = audiences::of(db, status.id)?.filter(|_| status.visibility.is_open());
    cc.extend(audience.clone().filter(|group| !to.contains(group) && !addressed.contains(group)));
    let leave = interactions::about(db, &status.uri)?.filter(|request| request.state == interactions::State::Accepted);
    let base = app.config.url("");
    let tags = tags::of(db, status.id)?.into_iter();
    let poll = polls::of_status(db, status.id)?;
    let titles = poll.iter().flat_map(|poll| &poll.options).map(|option| option.title.as_str());
    let texts = [status.content.as_str(), status.spoiler_text.as_str()].into_iter().chain(titles);
    Ok(build::Note {
        emojis: emoji::in_texts(db, &app.config, texts)?,
        id: status.uri.clone(),
        url: status.url.clone().unwrap_or_else(|| status.uri.clone()),
        can_quote: can_quote(quote_policies::of(db, status.id)?, &author.uri, &followers),
        quote: quote.map(|quote| build::Quoted {
            deleted: quote.is_deleted(),
            stamp: quote.stamp.filter(|_| quote.state == quotes::State::Accepted),
            uri: quote.quoted_uri,
        }),
        actor: author.uri,
        content: status.content.clone(),
        language: status.language.clone(),
        summary: status.spoiler_text.clone(),
        sensitive: status.sensitive || author.sensitized_at.is_some(),
        in_reply_to: status.in_reply_to_uri.clone(),
        published: status.created_at,
        updated: status.edited_at,
        to,
        cc,
        conversation: status.conversation.clone(),
        reply_stamp: leave.and_then(|request| request.stamp),
        audience,
        mentions: mentioned,
        hashtags: tags.map(|tag| Hashtag { href: ids::tag_page(&base, &tag.name), name: tag.display_name }).collect(),
        attachments: media::of_status(db, status.id)?.iter().map(|media| document(app, media)).collect(),
        poll: poll.map(|poll| question(poll, app.clock.now())),
    })
}

/// Who may quote a local post at once; nobody is its author alone.
fn can_quote(policy: Policy, author: &str, followers: &str) -> Vec<String> {
    let address = if policy.automatic.has(Groups::PUBLIC) {
        PUBLIC
    } else if policy.automatic.has(Groups::FOLLOWERS) {
        followers
    } else {
        author
    };
    vec![address.to_owned()]
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

/// What filters are told about a post of `me`: the parts that somebody asks for.
pub async fn own_envelope(app: &App, me: &Account, composed: &Composed) -> Result<Envelope> {
    let (status, media_ids) = (composed.status.clone(), composed.media.clone());
    let asks = composed.poll.as_ref().map(|poll| poll.options.iter().map(|option| option.title.clone()).collect());
    let mentioned: Vec<_> = composed.mentioned.iter().map(|account| (*account, false)).collect();
    let names = composed.tags.iter().map(|(_, name)| name.clone()).collect();
    let quoted = composed.quoted.as_ref().map(|quoted| quoted.id);
    let (app, me, is_edit) = (app.clone(), me.clone(), composed.is_edit);
    app.clone()
        .store
        .read(move |db| {
            let attachments = media::by_ids(db, &media_ids)?.into_iter().map(|media| media.mime).collect();
            let own_emoji = emoji::in_texts(db, &app.config, [status.content.as_str(), status.spoiler_text.as_str()])?;
            let own_emoji = own_emoji.into_iter().map(|emoji| (emoji.name, emoji.url)).collect();
            let told = Told {
                status: &status,
                author: &me,
                mentioned: &mentioned,
                hashtags: names,
                attachments,
                asks,
                emoji: own_emoji,
                quoted,
                raw: None,
                is_edit,
            };
            told.envelope(db, &app, if status.local_only { Direction::Local } else { Direction::Outbound })
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
                asks: incoming.poll.as_ref().map(|poll| poll.options.iter().map(|(title, _)| title.clone()).collect()),
                emoji: incoming.emojis.clone(),
                quoted: incoming.quote.as_ref().and_then(|quote| quote.quoted_id),
                raw: Some(&incoming.raw),
                is_edit: incoming.is_edit,
            };
            let mut envelope = told.envelope(db, &app, incoming.direction)?;
            as_it_came(&mut envelope, &incoming.raw, &app.config.url(""));
            Ok(envelope)
        })
        .await
}

/// What only the document tells: its type, and all whom it names or addresses, known here or not.
fn as_it_came(envelope: &mut Envelope, raw: &Value, base: &str) {
    if let Some(kind) = read::types(raw).first() {
        envelope.object = Some((*kind).to_owned());
    }
    let addressed: Vec<String> = ["to", "cc"].iter().flat_map(|key| read::recipients(raw, key)).collect();
    let others = || addressed.iter().filter(|id| !is_public(id));
    if !raw.is_null() {
        envelope.recipients = u32::try_from(others().count()).unwrap_or(u32::MAX);
    }
    let named = read::objects(raw, "tag").into_iter().filter(|tag| read::kind(tag, &["Mention"]).is_some());
    let named = named.filter_map(|tag| read::id(tag, "href").map(str::to_owned));
    // Some collections are named like actors; whoever lives here is somebody.
    let people = others().filter(|id| ids::parse(base, id).is_some_and(|ours| matches!(ours, ids::Ours::Actor(_))));
    for id in named.chain(people.cloned()) {
        if !envelope.mentions.contains(&id) {
            envelope.mentions.push(id);
        }
    }
    envelope.raw = envelope.raw.take().map(|_| {
        let verb = &envelope.activity;
        serde_json::json!({"type": verb, "actor": envelope.actor.id, "object": raw}).to_string()
    });
}

struct Told<'a> {
    status: &'a Status,
    author: &'a Account,
    mentioned: &'a [(AccountId, bool)],
    hashtags: Vec<String>,
    attachments: Vec<String>,
    /// The options of its poll.
    asks: Option<Vec<String>>,
    /// Custom emoji in it: shortcode and address of the picture.
    emoji: Vec<(String, String)>,
    quoted: Option<StatusId>,
    raw: Option<&'a Value>,
    is_edit: bool,
}

impl Told<'_> {
    fn envelope(self, db: &Connection, app: &App, direction: Direction) -> Result<Envelope> {
        let Self { status, author, mentioned, hashtags, attachments, asks, emoji, quoted, raw, is_edit } = self;
        let ground = ground(app);
        let ids: Vec<AccountId> = mentioned.iter().map(|(id, _)| *id).collect();
        let named = accounts::by_ids(db, &ids)?;
        let mut envelope = Envelope {
            direction,
            activity: if is_edit { "Update" } else { "Create" }.to_owned(),
            object: Some(if asks.is_some() { "Question" } else { "Note" }.to_owned()),
            id: status.uri.clone(),
            actor: facts::actor(db, &ground, author, false)?,
            visibility: Some(status.visibility),
            published: Some(status.created_at),
            is_edit,
            text: words(&status.content, asks.unwrap_or_default()),
            summary: Some(status.spoiler_text.clone()).filter(|summary| !summary.is_empty()),
            language: status.language.clone(),
            sensitive: status.sensitive,
            local_mentions: u16::try_from(named.iter().filter(|account| account.is_local()).count())
                .unwrap_or(u16::MAX),
            recipients: facts::recipients(status.visibility, named.len()),
            mentions: named.iter().map(|account| account.uri.clone()).collect(),
            hashtags,
            link_hosts: facts::link_hosts(&status.content),
            emoji,
            attachments,
            ..Envelope::default()
        };
        let needs = app.plugins.needs(&envelope);
        if needs.contains(&Need::Parent) {
            envelope.reply_to = status.in_reply_to_id.map_or(Ok(None), |id| facts::parent(db, &ground, id))?;
            envelope.quote_of = quoted.map_or(Ok(None), |id| facts::parent(db, &ground, id))?;
        }
        if needs.contains(&Need::Counts) {
            envelope.actor = facts::actor(db, &ground, author, true)?;
        }
        if needs.contains(&Need::Relation) {
            let mut concerned = named;
            if let Some(id) = status.in_reply_to_account_id
                && !ids.contains(&id)
            {
                concerned.extend(accounts::by_id(db, id)?);
            }
            envelope.relation = facts::relations(db, author.id, &concerned, app.clock.now())?;
        }
        if needs.contains(&Need::History) && is_edit {
            envelope.history = facts::history(db, status.id)?;
            if let Some(before) = statuses::by_id(db, status.id)? {
                let text = clean::plain(&before.content);
                let warned = !before.spoiler_text.is_empty();
                envelope.history.push(if warned { format!("{}\n\n{text}", before.spoiler_text) } else { text });
            }
        }
        if needs.contains(&Need::Html) {
            envelope.html = Some(status.content.clone());
        }
        if needs.contains(&Need::Raw) {
            envelope.raw = raw.map(ToString::to_string);
        }
        Ok(envelope)
    }
}

/// What a post says, its poll's options after it in lines of their own, as plain text.
fn words(html: &str, options: Vec<String>) -> String {
    let text = clean::plain(html);
    let options: Vec<String> =
        options.iter().map(|option| option.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    if options.is_empty() { text } else { format!("{text}\n\n{}", options.join("\n")) }
}

/// The text that a filter gives back, without the lines of so many options that it was told after the post's own words.
pub(super) fn without_options(text: &str, options: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[..lines.len().saturating_sub(options)].join("\n").trim_end().to_owned()
}

/// Which names are ours, for what plugins are told.
pub fn ground(app: &App) -> facts::Ground {
    facts::Ground { host: app.config.domain.clone(), handle_domain: app.config.handle_domain.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_told_options_and_gives_back_the_text() {
        let options = vec!["green\ntea".to_owned(), "coffee".to_owned()];
        let told = words("<p>a</p><p>b</p>", options);
        assert_eq!(told, "a\n\nb\n\ngreen tea\ncoffee");
        assert_eq!(without_options(&told, 2), "a\n\nb");
        assert_eq!(without_options("a\n\n***\ncoffee\n", 2), "a");
        assert_eq!(without_options("a\nb", 0), "a\nb");
        assert_eq!(without_options("a", 2), "");
    }
}
