//! Taking in a post that another server wrote: delivered to us, or fetched because somebody here asked.
//!
//! What arrives is cleaned, judged by the filters, and stored only when somebody here has to do with it (rule P9).

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;

use crate::activitypub::audience::Visibility;
use crate::activitypub::note::{self as wire, Note};
use crate::activitypub::policy::Rules;
use crate::activitypub::{ids, poll as wire_poll, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::plugins::envelope::Direction;
use crate::store::accounts::{self, Account};
use crate::store::backfills;
use crate::store::edits::{self, Edit};
use crate::store::media::{self, Media};
use crate::store::quote_policies::Policy;
use crate::store::quotes::Quote;
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, audiences, follows, interactions, mentions, polls, tags, tombstones};
use crate::streams::{Announcements, Happening};
use crate::text::{clean, hashtags};

use super::fetch::{self, Budget};
use super::plugin::{self, Arrived, Marks};
use super::quote::incoming as quoting;
use super::{bot, conversation, emoji, find, group, notify, post, timeline, translate, vote};

/// How many people named in a post are looked up on their servers.
const LOOKUPS: usize = 20;

/// What becomes of a post that nobody here has to do with.
pub const UNRELATED: &str = "ignored: nobody here has to do with it";

/// After so long, whoever needs a post that filters judge comes again.
const SOON: Duration = Duration::from_secs(5);

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
    pub quote: Option<Quote>,
    pub quote_policy: Option<Policy>,
    /// Whose personal inbox it came to.
    pub recipient: Option<AccountId>,
    /// Where its server lists its answers.
    pub replies: Option<String>,
    /// Custom emoji: shortcode and address of the picture.
    pub emojis: Vec<(String, String)>,
    /// Who may like, answer and boost it.
    pub rules: Option<Rules>,
    /// The group in which it was written: its actor id.
    pub group: Option<String>,
    pub direction: Direction,
    pub is_edit: bool,
    /// The object as it came.
    pub raw: Value,
    /// A moderator let it pass: filters are not asked again.
    pub approved: bool,
    /// What filters said about its way.
    pub marks: Marks,
}

/// A post that its author's server delivered. Answers what became of it, for the trace.
pub async fn delivered(
    app: &App,
    object: &Value,
    author: Account,
    recipient: Option<AccountId>,
    budget: &mut Budget,
) -> Result<String> {
    take_in(app, object, author, recipient, false, budget).await
}

/// `wanted`: somebody here has to do with it, whatever the note says.
async fn take_in(
    app: &App,
    object: &Value,
    author: Account,
    recipient: Option<AccountId>,
    wanted: bool,
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
    let (read, by, at, base) = (note.clone(), author.clone(), app.clock.now(), app.config.url(""));
    let why = app.store.read(move |db| match closed(db, &read, &by, at)? {
        None if !wanted => unwanted(db, &read, &by, recipient, &base),
        why => Ok(why),
    });
    if let Some(why) = why.await? {
        return Ok(why.into());
    }
    let mut incoming = gather(app, note, author, recipient, Direction::Inbound, budget).await?;
    incoming.poll = wire_poll::read(object);
    incoming.raw = object.clone();
    match keep(app, incoming).await? {
        Some(status) if status.local_only => Ok(format!("stored as {}, hidden while filters judge it", status.id)),
        Some(status) => Ok(format!("stored as {}", status.id)),
        None => Ok("rejected or held by a filter".into()),
    }
}

/// A post that waits for late filters, gathered again under the id that it has.
pub(super) async fn regather(
    app: &App,
    object: &Value,
    author: Account,
    recipient: Option<AccountId>,
    direction: Direction,
    id: StatusId,
    budget: &mut Budget,
) -> Result<Incoming> {
    let note = wire::read(object, app.config.development)?;
    let mut incoming = gather(app, note, author, recipient, direction, budget).await?;
    incoming.status.id = id;
    if let Some(quote) = &mut incoming.quote {
        quote.status_id = id;
    }
    incoming.poll = wire_poll::read(object);
    incoming.raw = object.clone();
    Ok(incoming)
}

/// A post that somebody only named to us, taken in as if its author had delivered it: read from its own server.
pub async fn named(app: &App, uri: &str, budget: &mut Budget) -> Result<String> {
    from_origin(app, uri, false, budget).await
}

/// A post in a group that somebody here follows: read from its own server, and kept (rules P9, R12).
pub async fn in_group(app: &App, uri: &str, budget: &mut Budget) -> Result<String> {
    from_origin(app, uri, true, budget).await
}

async fn from_origin(app: &App, uri: &str, wanted: bool, budget: &mut Budget) -> Result<String> {
    let asked = uri.to_owned();
    let known = app.store.read(move |db| statuses::by_uri(db, &asked)).await?.is_some();
    if known || ids::parse(&app.config.url(""), uri).is_some() {
        return Ok("known already".into());
    }
    let document = fetch::gated(app, uri, "post", budget).await?;
    if !wire::is_post(&document) {
        return Ok("ignored: not a post".into());
    }
    let note = wire::read(&document, app.config.development)?;
    let author = fetch::actor(app, &note.attributed_to, budget).await?;
    if author.suspended_at.is_some() {
        return Ok("ignored: the author is suspended".into());
    }
    take_in(app, &document, author, None, wanted, budget).await
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
    incoming.raw = document.clone();
    keep(app, incoming).await
}

/// A public post that a relay named and its own server confirms: taken in as if it had been delivered, whoever its author
/// is. `None`: a filter said no.
pub(super) async fn relayed(
    app: &App,
    document: &Value,
    author: Account,
    budget: &mut Budget,
) -> Result<Option<Status>> {
    let note = wire::read(document, app.config.development)?;
    if note.attributed_to != author.uri || wire_poll::is_vote(&note) {
        return Ok(None);
    }
    let mut incoming = gather(app, note, author, None, Direction::Relayed, budget).await?;
    incoming.poll = wire_poll::read(document);
    incoming.raw = document.clone();
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
    let document = fetch::gated(app, uri, "post", budget).await?;
    Box::pin(fetched(app, &document, budget)).await
}

/// A post that filters held and a moderator let pass; `None` when it cannot be taken in any more.
pub async fn approved(
    app: &App,
    object: &Value,
    author: Account,
    direction: Direction,
    budget: &mut Budget,
) -> Result<Option<Status>> {
    let note = wire::read(object, app.config.development)?;
    let mut incoming = gather(app, note, author, None, direction, budget).await?;
    incoming.poll = wire_poll::read(object);
    incoming.raw = object.clone();
    incoming.approved = true;
    keep(app, incoming).await
}

/// A newer version of a post that we hold. Answers what became of it.
pub async fn edited(app: &App, object: &Value, author: Account, budget: &mut Budget) -> Result<String> {
    edited_as(app, object, author, false, budget).await
}

/// The same for one that a moderator let pass, if `approved`.
pub async fn edited_as(
    app: &App,
    object: &Value,
    author: Account,
    approved: bool,
    budget: &mut Budget,
) -> Result<String> {
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
    // It is not shown yet, and this would show it.
    if before.local_only && plugin::arrivals::waits(app, &before.uri).await? {
        return Err(Error::Busy { why: "filters judge the post", retry_after: SOON });
    }
    let now = app.clock.now();
    let updated = read::settled(note.updated, now);
    if note.updated.is_none() || before.edited_at.is_some_and(|edited| edited >= updated) {
        let renewed = quoting::refresh(app, &before, &note, &author, budget).await?;
        let (id, rules) = (before.id, note.rules.clone());
        app.store.write(move |tx| interactions::set_rules(tx, id, rules.as_ref())).await?;
        let Some(poll) = wire_poll::read(object) else {
            return Ok(if renewed { "quote taken over" } else { "ignored: not newer than what we hold" }.into());
        };
        let deed = app.clone();
        let write = move |tx: &Tx| vote::write_remote(tx, &deed, before.id, Some(&poll), false, now);
        app.store.write(write).await?;
        return Ok("tallies taken over".into());
    }
    let mut incoming = gather(app, note, author, None, Direction::Inbound, budget).await?;
    incoming.is_edit = true;
    incoming.poll = wire_poll::read(object);
    incoming.raw = object.clone();
    incoming.approved = approved;
    incoming.status = Status {
        id: before.id,
        visibility: before.visibility,
        created_at: before.created_at,
        edited_at: Some(updated),
        ..incoming.status
    };
    let Arrived::Pass(incoming) = Box::pin(plugin::judge_incoming(app, incoming, true)).await? else {
        return Ok("edit rejected or held by a filter".into());
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
            parent(app, uri, budget).await
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
        in_reply_to_account_id: parent.as_ref().map(|parent| parent.account_id),
        reblog_of_id: None,
        // Kept as it came; of a reply that names none it is its parent's (rule R13).
        conversation: note
            .conversation
            .clone()
            .or_else(|| parent.as_ref().and_then(|parent| parent.conversation.clone())),
        application_id: None,
        local_only: false,
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
    let quote = quoting::gather(app, &note, &author, id, budget).await?;
    let quote_policy = note.can_quote.as_ref().map(|found| quoting::policy(found, &author));
    let group = group::meet(app, &note, budget).await;
    let (emojis, rules, replies) = (note.emojis, note.rules, note.replies);
    Ok(Incoming {
        status,
        author,
        mentioned,
        tags,
        media,
        poll: None,
        quote,
        quote_policy,
        recipient,
        replies,
        emojis,
        rules,
        group,
        direction,
        is_edit: false,
        raw: Value::Null,
        approved: false,
        marks: Marks::default(),
    })
}

/// The post that another one answers, and what that answers, and so on. In a task of its own: fifty of these waiting
/// inside each other need more stack than a thread has.
fn parent<'a>(app: &'a App, uri: &'a str, budget: &'a mut Budget) -> BoxFuture<'a, Option<Status>> {
    let (deed, uri) = (app.clone(), uri.to_owned());
    let mut own = std::mem::replace(budget, Budget::spent());
    Box::pin(async move {
        let walk = async move {
            let found = by_uri(&deed, &uri, &mut own).await;
            (found, own)
        };
        let walk = AbortOnDropHandle::new(tokio::spawn(walk));
        // A thread that cannot be completed is shown as far as it goes; a slow server must not hold up the others.
        let (found, left) = tokio::time::timeout(PATIENCE, walk).await.ok()?.ok()?;
        *budget = left;
        found.unwrap_or_default()
    })
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

/// Why there is nothing to take in; `None` when there is. What we hold already counts only while it is young: it may have
/// been fetched a moment before its author's own delivery, and then has not reached anybody's home yet.
fn closed(db: &Connection, note: &Note, author: &Account, now: Time) -> Result<Option<&'static str>> {
    if tombstones::exists_by(db, &note.id, &author.uri)? {
        return Ok(Some("ignored: deleted before it arrived"));
    }
    if let Some(known) = statuses::by_uri(db, &note.id)? {
        let young = now.since(known.created_at) < YOUNG;
        if known.account_id != author.id || known.edited_at.is_some() || !young {
            return Ok(Some("known already"));
        }
    }
    Ok(None)
}

/// Why nobody here wants a delivered post; `None` when somebody does. Rule P9: it comes from somebody followed here, names
/// or addresses somebody here, answers or quotes a post of ours, or what it answers is held and in a thread of ours.
fn unwanted(
    db: &Connection,
    note: &Note,
    author: &Account,
    recipient: Option<AccountId>,
    base: &str,
) -> Result<Option<&'static str>> {
    if recipient.is_some() || !follows::local_followers(db, author.id)?.is_empty() {
        return Ok(None);
    }
    for id in note.to.iter().chain(&note.cc).chain(note.mentions.iter().map(|mention| &mention.href)) {
        if accounts::by_uri(db, id)?.is_some_and(|account| account.is_local()) {
            return Ok(None);
        }
    }
    for other in note.in_reply_to.iter().chain(note.quote.as_ref().map(|quote| &quote.uri)) {
        let Some(other) = statuses::by_uri(db, other)? else { continue };
        let ours = |name: &str| matches!(ids::parse(base, name), Some(ids::Ours::Conversation(_)));
        if other.local
            || (note.in_reply_to.as_ref() == Some(&other.uri) && other.conversation.as_deref().is_some_and(ours))
        {
            return Ok(None);
        }
    }
    Ok(Some(UNRELATED))
}

/// Judges and writes; `None`: a filter said no.
async fn keep(app: &App, incoming: Incoming) -> Result<Option<Status>> {
    let now = app.clock.now();
    // Somebody waits for what is fetched, and what is there already cannot be hidden any more.
    let uri = incoming.status.uri.clone();
    let known = app.store.read(move |db| statuses::by_uri(db, &uri)).await?;
    if let Some(known) = &known
        && known.local_only
        && plugin::arrivals::waits(app, &known.uri).await?
    {
        return Ok(Some(known.clone()));
    }
    let patient = incoming.direction == Direction::Fetched || known.is_some();
    let incoming = match Box::pin(plugin::judge_incoming(app, incoming, patient)).await? {
        Arrived::Pass(incoming) => incoming,
        Arrived::Late(incoming, early) => return plugin::arrivals::hide(app, &incoming, &early).await,
        Arrived::Gone => return Ok(None),
    };
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
pub(super) fn write(tx: &Tx, app: &App, incoming: &Incoming, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    if tombstones::exists_by(tx, &incoming.status.uri, &incoming.author.uri)? {
        return Ok(told);
    }
    emoji::learn(tx, app, &incoming.author, &incoming.emojis, now)?;
    if statuses::insert(tx, &incoming.status)? {
        attach(tx, incoming)?;
        if let Some(replies) = &incoming.replies {
            backfills::set_replies(tx, incoming.status.id, replies)?;
        }
        if let Some(poll) = &incoming.poll {
            polls::insert(tx, &vote::row(app, incoming.status.id, poll, now))?;
        }
        quoting::write(tx, &incoming.status, incoming.quote.as_ref())?;
        quoting::write_policy(tx, incoming.status.id, incoming.quote_policy)?;
        write_terms(tx, incoming)?;
        find::written(tx, app, &incoming.status, now)?;
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
    let homes = incoming.marks.withdraw(tx, status, homes)?;
    incoming.marks.write(tx, status.id, now)?;
    let fresh = status.id == incoming.status.id;
    if !fresh {
        admit(tx, status.id, &incoming.mentioned)?;
    }
    bot::event::arrived(tx, status, &homes, now, &mut told)?;
    if fresh || !homes.is_empty() {
        told.push(Happening::Posted {
            status: status.id,
            homes,
            listed: fresh && status.visibility == Visibility::Public,
        });
    }
    conversation::add(tx, app, status, now, &mut told)?;
    if incoming.marks.muted {
        return Ok(told);
    }
    notify::subscribers(tx, app, status, now, &mut told)?;
    quoting::tell_quoted(tx, app, status, now, &mut told)?;
    for (account, silent) in &incoming.mentioned {
        if !silent {
            notify::tell(tx, app, "mention", *account, status.account_id, Some(status.id), now, &mut told)?;
        }
    }
    incoming.marks.hush(tx, status.id, &mut told)?;
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
    emoji::learn(tx, app, &incoming.author, &incoming.emojis, now)?;
    statuses::update(tx, &incoming.status)?;
    vote::write_remote(tx, app, before.id, incoming.poll.as_ref(), true, now)?;
    for old in media::of_status(tx, before.id)? {
        media::delete(tx, old.id)?;
    }
    attach_edit(tx, incoming)?;
    let requoted = quoting::write(tx, &incoming.status, incoming.quote.as_ref())?;
    quoting::write_policy(tx, before.id, incoming.quote_policy)?;
    write_terms(tx, incoming)?;
    find::written(tx, app, &incoming.status, now)?;
    incoming.marks.write_card(tx, incoming.status.id)?;
    let mut told = post::write_edited(tx, app, &incoming.status, now)?;
    if requoted {
        quoting::tell_quoted(tx, app, &incoming.status, now, &mut told)?;
    }
    Ok(told)
}

/// Whom its author sends a known post to now may read it, too (rule A6); nobody else adds readers.
fn admit(tx: &Tx, status: StatusId, readers: &[(AccountId, bool)]) -> Result<()> {
    let known = mentions::of(tx, status)?;
    for (reader, _) in readers.iter().filter(|(reader, _)| !known.iter().any(|(known, _)| known == reader)) {
        mentions::insert(tx, status, *reader, true)?;
    }
    Ok(())
}

/// What its author allows, and the group that it belongs to.
fn write_terms(tx: &Tx, incoming: &Incoming) -> Result<()> {
    interactions::set_rules(tx, incoming.status.id, incoming.rules.as_ref())?;
    incoming.group.as_ref().map_or(Ok(()), |group| audiences::set(tx, incoming.status.id, group))
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
