//! Taking in a post that another server wrote: delivered to us, or fetched because somebody here asked.
//!
//! What arrives is cleaned, judged by the filters, and stored only when somebody here has to do with it (rule P9).

use std::time::Duration;

use serde_json::Value;

use crate::activitypub::audience::Visibility;
use crate::activitypub::note::{self as wire, Note};
use crate::activitypub::{ids, poll as wire_poll, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::plugins::envelope::Direction;
use crate::store::accounts::{self, Account};
use crate::store::edits::{self, Edit};
use crate::store::media::{self, Media};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, follows, mentions, polls, tags, tombstones};
use crate::streams::{Announcements, Happening};
use crate::text::{clean, hashtags};

use super::fetch::{self, Budget};
use super::{conversation, notify, plugin, post, timeline, translate, vote};

/// How many people named in a post are looked up on their servers.
const LOOKUPS: usize = 20;

/// How long the walk up a thread may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// An Update may stand for a Create that never came, and a known post may still have to reach homes, for this long.
const YOUNG: Duration = Duration::from_secs(24 * 3600);

/// A post of another server, ready to be judged and written.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Incoming {
    pub status: Status,
    pub author: Account,
    /// Who is named or addressed; `true`: addressed without being named.
    pub mentioned: Vec<(AccountId, bool)>,
    pub tags: Vec<(String, String)>,
    pub media: Vec<Media>,
    pub poll: Option<wire_poll::Poll>,
    pub direction: Direction,
    pub is_edit: bool,
}

/// A post that its author's server delivered. Answers what became of it, for the trace.
pub async fn delivered(
    app: &App,
    object: &Value,
    author: Account,
    recipient: Option<AccountId>,
    budget: &mut Budget,
) -> Result<String> {
    let note = wire::read(object, app.config.development)?;
    if note.attributed_to != author.uri {
        return Ok("ignored: written by somebody else than its sender".into());
    }
    if wire_poll::is_vote(&note) {
        return vote::received(app, &note, author).await;
    }
    // Everything is decided from the note and the database before anything more is fetched for it.
    let (wanted, by, at) = (note.clone(), author.clone(), app.clock.now());
    if let Some(why) = app.store.read(move |db| unwanted(db, &wanted, &by, recipient, at)).await? {
        return Ok(why.into());
    }
    let mut incoming = gather(app, note, author, recipient, Direction::Inbound, budget).await?;
    incoming.poll = wire_poll::read(object);
    match keep(app, incoming).await? {
        Some(status) => Ok(format!("stored as {}", status.id)),
        None => Ok("rejected by a filter".into()),
    }
}

/// A post that somebody only named to us, taken in as if its author had delivered it: read from its own server.
pub async fn named(app: &App, uri: &str, budget: &mut Budget) -> Result<String> {
    let wanted = uri.to_owned();
    let known = app.store.read(move |db| statuses::by_uri(db, &wanted)).await?.is_some();
    if known || ids::parse(&app.config.url(""), uri).is_some() {
        return Ok("known already".into());
    }
    let document = fetch::document(app, uri, budget).await?;
    if !wire::is_post(&document) {
        return Ok("ignored: not a post".into());
    }
    let note = wire::read(&document, app.config.development)?;
    let author = fetch::actor(app, &note.attributed_to, budget).await?;
    if author.suspended_at.is_some() {
        return Ok("ignored: the author is suspended".into());
    }
    delivered(app, &document, author, None, budget).await
}

/// A document that was fetched from the post's own server; `None` when it is no post, or a filter rejects it.
pub async fn fetched(app: &App, document: &Value, budget: &mut Budget) -> Result<Option<Status>> {
    if !wire::is_post(document) {
        return Ok(None);
    }
    let note = wire::read(document, app.config.development)?;
    let uri = note.id.clone();
    if let Some(known) = app.store.read(move |db| statuses::by_uri(db, &uri)).await? {
        return Ok(Some(known));
    }
    if wire_poll::is_vote(&note) {
        return Ok(None);
    }
    let author = fetch::actor(app, &note.attributed_to, budget).await?;
    if author.suspended_at.is_some() {
        return Ok(None);
    }
    let mut incoming = gather(app, note, author, None, Direction::Fetched, budget).await?;
    incoming.poll = wire_poll::read(document);
    keep(app, incoming).await
}

/// The post `uri`: known, or fetched; `None` when it cannot be had.
pub async fn by_uri(app: &App, uri: &str, budget: &mut Budget) -> Result<Option<Status>> {
    let wanted = uri.to_owned();
    if let Some(known) = app.store.read(move |db| statuses::by_uri(db, &wanted)).await? {
        return Ok(Some(known));
    }
    if ids::parse(&app.config.url(""), uri).is_some() {
        return Ok(None);
    }
    let document = fetch::document(app, uri, budget).await?;
    Box::pin(fetched(app, &document, budget)).await
}

/// A newer version of a post that we hold. Answers what became of it.
pub async fn edited(app: &App, object: &Value, author: Account, budget: &mut Budget) -> Result<String> {
    let note = wire::read(object, app.config.development)?;
    let uri = note.id.clone();
    let Some(before) = app.store.read(move |db| statuses::by_uri(db, &uri)).await? else {
        // An Update that overtook its Create counts as one while the post is young (rule P4).
        let young = note.published.is_some_and(|at| app.clock.now().since(at) < YOUNG);
        if young {
            return delivered(app, object, author, None, budget).await;
        }
        return Ok("ignored: a post that we do not hold".into());
    };
    if before.account_id != author.id || note.attributed_to != author.uri {
        return Ok("ignored: only the author edits".into());
    }
    let now = app.clock.now();
    let updated = read::settled(note.updated, now);
    if note.updated.is_none() || before.edited_at.is_some_and(|edited| edited >= updated) {
        let Some(poll) = wire_poll::read(object) else { return Ok("ignored: not newer than what we hold".into()) };
        let deed = app.clone();
        let write = move |tx: &Tx| vote::write_remote(tx, &deed, before.id, Some(&poll), false, now);
        app.store.write(write).await?;
        return Ok("tallies taken over".into());
    }
    let mut incoming = gather(app, note, author, None, Direction::Inbound, budget).await?;
    incoming.is_edit = true;
    incoming.poll = wire_poll::read(object);
    incoming.status = Status {
        id: before.id,
        visibility: before.visibility,
        created_at: before.created_at,
        edited_at: Some(updated),
        ..incoming.status
    };
    let Some(incoming) = plugin::judge_incoming(app, incoming).await? else {
        return Ok("edit rejected by a filter".into());
    };
    let deed = app.clone();
    let told = app.store.write(move |tx| write_edit(tx, &deed, &before, &incoming, now)).await?;
    told.announce(app);
    Ok("edited".into())
}

/// Everything the row needs: author, parent, who is named.
async fn gather(
    app: &App,
    note: Note,
    author: Account,
    recipient: Option<AccountId>,
    direction: Direction,
    budget: &mut Budget,
) -> Result<Incoming> {
    let now = app.clock.now();
    let parent = match &note.in_reply_to {
        Some(uri) if budget.depth > 0 => {
            budget.depth -= 1;
            // A thread that cannot be completed is shown as far as it goes; a slow server must not hold up the others.
            let parent = tokio::time::timeout(PATIENCE, Box::pin(by_uri(app, uri, budget))).await;
            parent.unwrap_or(Ok(None)).unwrap_or_default()
        }
        _ => None,
    };
    let mentioned = mentioned(app, &note, recipient, budget).await?;
    let created_at = read::settled(note.published, now);
    let id: StatusId = if direction == Direction::Fetched { app.ids.past(created_at) } else { app.ids.next(now) };
    let visibility = Visibility::infer(&note.to, &note.cc, author.followers_uri.as_deref());
    let status = Status {
        id,
        uri: note.id.clone(),
        url: note.url.clone(),
        account_id: author.id,
        local: false,
        content: clean::html(&note.content_html),
        text: String::new(),
        sensitive: note.sensitive || !note.summary.is_empty(),
        spoiler_text: note.summary.clone(),
        language: note.language.clone(),
        visibility,
        in_reply_to_id: parent.as_ref().map(|parent| parent.id),
        in_reply_to_uri: note.in_reply_to.clone(),
        in_reply_to_account_id: parent.map(|parent| parent.account_id),
        reblog_of_id: None,
        conversation: note.conversation.clone(),
        application_id: None,
        replies_count: 0,
        reblogs_count: 0,
        favourites_count: 0,
        created_at,
        edited_at: note
            .updated
            .filter(|updated| note.published.is_some_and(|published| *updated > published))
            .map(|updated| read::settled(Some(updated), now)),
    };
    let tags = note.hashtags.iter().filter_map(|tag| Some((hashtags::normalise(tag)?, tag.clone()))).collect();
    let media =
        note.attachments.iter().map(|attachment| translate::attachment(app, attachment, author.id, now)).collect();
    Ok(Incoming { status, author, mentioned, tags, media, poll: None, direction, is_edit: false })
}

/// Accounts that the note names, and local ones that it addresses without naming them.
async fn mentioned(
    app: &App,
    note: &Note,
    recipient: Option<AccountId>,
    budget: &mut Budget,
) -> Result<Vec<(AccountId, bool)>> {
    let mut found: Vec<(AccountId, bool)> = Vec::new();
    for mention in note.mentions.iter().take(LOOKUPS) {
        if let Ok(account) = fetch::actor(app, &mention.href, budget).await
            && !found.iter().any(|(known, _)| *known == account.id)
        {
            found.push((account.id, false));
        }
    }
    let base = app.config.url("");
    let addressed: Vec<String> =
        note.to.iter().chain(&note.cc).filter(|id| ids::parse(&base, id).is_some()).cloned().collect();
    let silent: Vec<AccountId> = app
        .store
        .read(move |db| {
            addressed.iter().filter_map(|id| accounts::by_uri(db, id).transpose()).collect::<Result<Vec<_>>>()
        })
        .await?
        .into_iter()
        .map(|account| account.id)
        .chain(recipient.filter(|_| !note.to.iter().chain(&note.cc).any(|id| read_is_collective(id))))
        .collect();
    for account in silent {
        if !found.iter().any(|(known, _)| *known == account) {
            found.push((account, true));
        }
    }
    Ok(found)
}

/// Whether an address is the public collection or looks like a followers collection.
fn read_is_collective(id: &str) -> bool {
    crate::activitypub::audience::is_public(id) || id.ends_with("/followers")
}

/// Why a delivered post is not taken in; `None` when it is. Rule P9: it comes from somebody followed here, names or
/// addresses somebody here, or answers a post of ours. What we hold already counts only while it is young: it may have
/// been fetched a moment before its author's own delivery, and then has not reached anybody's home yet.
fn unwanted(
    db: &Connection,
    note: &Note,
    author: &Account,
    recipient: Option<AccountId>,
    now: Time,
) -> Result<Option<&'static str>> {
    if tombstones::exists_by(db, &note.id, &author.uri)? {
        return Ok(Some("ignored: deleted before it arrived"));
    }
    if let Some(known) = statuses::by_uri(db, &note.id)? {
        let young = now.since(known.created_at) < YOUNG;
        if known.account_id != author.id || known.edited_at.is_some() || !young {
            return Ok(Some("known already"));
        }
    }
    if recipient.is_some() || !follows::local_followers(db, author.id)?.is_empty() {
        return Ok(None);
    }
    for id in note.to.iter().chain(&note.cc).chain(note.mentions.iter().map(|mention| &mention.href)) {
        if accounts::by_uri(db, id)?.is_some_and(|account| account.is_local()) {
            return Ok(None);
        }
    }
    let parent = match &note.in_reply_to {
        Some(parent) => statuses::by_uri(db, parent)?,
        None => None,
    };
    Ok((!parent.is_some_and(|parent| parent.local)).then_some("ignored: nobody here has to do with it"))
}

/// Judges and writes; `None`: a filter said no.
async fn keep(app: &App, incoming: Incoming) -> Result<Option<Status>> {
    let now = app.clock.now();
    let Some(incoming) = plugin::judge_incoming(app, incoming).await? else { return Ok(None) };
    let deed = app.clone();
    let (status, told) = app
        .store
        .write(move |tx| {
            let told = write(tx, &deed, &incoming, now)?;
            Ok((statuses::by_uri(tx, &incoming.status.uri)?, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

/// Writes the post. What was fetched enters no home and notifies nobody.
fn write(tx: &Tx, app: &App, incoming: &Incoming, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    if tombstones::exists_by(tx, &incoming.status.uri, &incoming.author.uri)? {
        return Ok(told);
    }
    if statuses::insert(tx, &incoming.status)? {
        attach(tx, incoming)?;
        if let Some(poll) = &incoming.poll {
            polls::insert(tx, &vote::row(app, incoming.status.id, poll, now))?;
        }
    }
    if incoming.direction == Direction::Fetched {
        return Ok(told);
    }
    // Perhaps fetched a moment ago under another id: then only homes and notifications are still missing.
    let status = &statuses::by_uri(tx, &incoming.status.uri)?.ok_or(Error::NotFound("status"))?;
    if status.account_id != incoming.author.id {
        return Ok(told);
    }
    let homes = timeline::distribute(tx, status, &mut told)?;
    let fresh = status.id == incoming.status.id;
    if fresh || !homes.is_empty() {
        told.push(Happening::Posted {
            status: status.id,
            homes,
            listed: fresh && status.visibility == Visibility::Public,
        });
    }
    conversation::add(tx, app, status, now, &mut told)?;
    notify::subscribers(tx, app, status, now, &mut told)?;
    for (account, silent) in &incoming.mentioned {
        if !silent {
            notify::tell(tx, app, "mention", *account, status.account_id, Some(status.id), now, &mut told)?;
        }
    }
    Ok(told)
}

fn write_edit(tx: &Tx, app: &App, before: &Status, incoming: &Incoming, now: Time) -> Result<Announcements> {
    let former = Edit {
        status_id: before.id,
        created_at: before.edited_at.unwrap_or(before.created_at),
        content: before.content.clone(),
        text: before.text.clone(),
        spoiler_text: before.spoiler_text.clone(),
        sensitive: before.sensitive,
        media: media::of_status(tx, before.id)?.into_iter().map(|media| (media.id, media.description)).collect(),
        poll: polls::of_status(tx, before.id)?.as_ref().map(edits::titles),
    };
    edits::insert(tx, &former)?;
    statuses::update(tx, &incoming.status)?;
    vote::write_remote(tx, app, before.id, incoming.poll.as_ref(), true, now)?;
    for old in media::of_status(tx, before.id)? {
        media::delete(tx, old.id)?;
    }
    attach_edit(tx, incoming)?;
    post::write_edited(tx, app, &incoming.status, now)
}

fn attach(tx: &Tx, incoming: &Incoming) -> Result<()> {
    let id = incoming.status.id;
    mentions::replace(tx, id, &incoming.mentioned)?;
    tags::replace(tx, id, &incoming.tags)?;
    for media in &incoming.media {
        media::insert(tx, media)?;
    }
    let media: Vec<_> = incoming.media.iter().map(|media| media.id).collect();
    media::attach(tx, id, &media, incoming.author.id)
}

/// Whoever could read the post before its edit still can.
fn attach_edit(tx: &Tx, incoming: &Incoming) -> Result<()> {
    let mut incoming = incoming.clone();
    for (account, _) in mentions::of(tx, incoming.status.id)? {
        if !incoming.mentioned.iter().any(|(named, _)| *named == account) {
            incoming.mentioned.push((account, true));
        }
    }
    attach(tx, &incoming)
}

/// Another server deleted one of its posts. Answers what became of it.
pub async fn deleted(app: &App, uri: &str, author: &Account) -> Result<String> {
    let (now, deed, uri, author) = (app.clock.now(), app.clone(), uri.to_owned(), author.clone());
    let (answer, told) = app
        .store
        .write(move |tx| {
            let Some(status) = statuses::by_uri(tx, &uri)? else {
                tombstones::insert(tx, &uri, &author.uri, now)?;
                return Ok(("not held; remembered as deleted", Announcements::default()));
            };
            if status.account_id != author.id {
                return Err(Error::Forbidden("only the author deletes".into()));
            }
            Ok(("deleted", post::write_removal(tx, &deed, &author, &status, now)?))
        })
        .await?;
    told.announce(app);
    Ok(answer.into())
}
