//! Taking in a post that another server wrote: delivered to us, or fetched because somebody here asked.
//!
//! What arrives is cleaned, judged by the filters, and stored only when somebody here has to do with it (rule P9).

use serde_json::Value;

use crate::activitypub::audience::Visibility;
use crate::activitypub::note::{self as wire, Note};
use crate::activitypub::{ids, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::plugins::envelope::Direction;
use crate::store::accounts::{self, Account};
use crate::store::edits::{self, Edit};
use crate::store::media::{self, Media};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, follows, mentions, tags, tombstones};
use crate::streams::{Announcements, Happening};
use crate::text::{clean, hashtags};

use super::fetch::{self, Budget};
use super::{notify, plugin, post, timeline, translate};

/// How many people named in a post are looked up on their servers.
const LOOKUPS: usize = 20;

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
    if note.content_html.is_empty() && !note.name.is_empty() {
        return Ok("ignored: a vote, and we have no polls yet".into());
    }
    let uri = note.id.clone();
    if app.store.read(move |db| Ok(statuses::by_uri(db, &uri)?.is_some() || tombstones::exists(db, &uri)?)).await? {
        return Ok("known already, or deleted".into());
    }
    let incoming = gather(app, note, author, recipient, Direction::Inbound, budget).await?;
    let considered = incoming.clone();
    if !app.store.read(move |db| concerns_us(db, &considered)).await? {
        return Ok("ignored: nobody here has to do with it".into());
    }
    match keep(app, incoming).await? {
        Some(status) => Ok(format!("stored as {}", status.id)),
        None => Ok("rejected by a filter".into()),
    }
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
    let author = fetch::actor(app, &note.attributed_to, budget).await?;
    let incoming = gather(app, note, author, None, Direction::Fetched, budget).await?;
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
        let young = note.published.is_some_and(|at| app.clock.now().since(at) < std::time::Duration::from_secs(86_400));
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
        return Ok("ignored: not newer than what we hold".into());
    }
    let mut incoming = gather(app, note, author, None, Direction::Inbound, budget).await?;
    incoming.is_edit = true;
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
            // A thread that cannot be completed is shown as far as it goes.
            Box::pin(by_uri(app, uri, budget)).await.unwrap_or_default()
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
        edited_at: note.updated.filter(|updated| note.published.is_some_and(|published| *updated > published)),
    };
    let tags = note.hashtags.iter().filter_map(|tag| Some((hashtags::normalise(tag)?, tag.clone()))).collect();
    let media =
        note.attachments.iter().map(|attachment| translate::attachment(app, attachment, author.id, now)).collect();
    Ok(Incoming { status, author, mentioned, tags, media, direction, is_edit: false })
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

/// Rule P9: from somebody followed here, naming somebody here, or in a thread that we hold.
fn concerns_us(db: &Connection, incoming: &Incoming) -> Result<bool> {
    if !follows::local_followers(db, incoming.author.id)?.is_empty() {
        return Ok(true);
    }
    for (account, _) in &incoming.mentioned {
        if accounts::by_id(db, *account)?.is_some_and(|account| account.is_local()) {
            return Ok(true);
        }
    }
    let Some(parent) = incoming.status.in_reply_to_id else { return Ok(false) };
    Ok(statuses::by_id(db, parent)?.is_some_and(|parent| parent.local))
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
    let status = &incoming.status;
    if tombstones::exists(tx, &status.uri)? || !statuses::insert(tx, status)? {
        return Ok(told);
    }
    attach(tx, incoming)?;
    if incoming.direction == Direction::Fetched {
        return Ok(told);
    }
    let homes = timeline::distribute(tx, status)?;
    told.push(Happening::Posted { status: status.id, homes, listed: status.visibility == Visibility::Public });
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
    };
    edits::insert(tx, &former)?;
    statuses::update(tx, &incoming.status)?;
    for old in media::of_status(tx, before.id)? {
        media::delete(tx, old.id)?;
    }
    attach(tx, incoming)?;
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
