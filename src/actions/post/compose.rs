//! From what an author typed to a finished row: limits checked, mentions looked up, HTML rendered. Writes nothing.

use std::collections::HashMap;

use crate::activitypub::audience::Visibility;
use crate::activitypub::ids;
use crate::activitypub::policy::Deed;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, MediaId, ScheduledId, StatusId};
use crate::store::accounts::{Account, INSTANCE};
use crate::store::formats::{self, Format};
use crate::store::polls::Poll;
use crate::store::quote_policies::{self, Choice};
use crate::store::statuses::{self, Status};
use crate::store::users::User;
use crate::store::{Connection, media, quotes, scheduled, users};
use crate::text::render::{self, Entity, Kind};
use crate::text::{clean, hashtags, languages, markdown};

use super::super::plugin::Marks;
use super::super::{interact, quote, resolve};
use super::{Draft, Edit, known, poll, readable};

/// Characters of text and content warning together.
pub const CHARACTERS: usize = 5_000;
/// Attachments of one post.
pub const ATTACHMENTS: usize = 16;
/// Handles in one post that may cause a look-up on another server.
const LOOKUPS: usize = 20;

/// A post ready to be judged and written.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The row.
    pub status: Status,
    /// Whom it names.
    pub mentioned: Vec<AccountId>,
    /// Hashtags: normalised and as typed.
    pub tags: Vec<(String, String)>,
    /// Attachments in order.
    pub media: Vec<MediaId>,
    /// What it asks.
    pub poll: Option<Poll>,
    /// What it quotes.
    pub quoted: Option<Status>,
    /// Who may quote it; `None` leaves that as it is.
    pub quote_policy: Option<Choice>,
    /// How it is typed.
    pub format: Format,
    /// Whether it replaces an earlier version.
    pub is_edit: bool,
    /// What filters said about its way.
    pub marks: Marks,
}

/// What the database knows that a draft needs.
struct Gathered {
    user: User,
    parent: Option<Status>,
    quoted: Option<Status>,
    quote_policy: Choice,
}

/// Composes a new post.
pub(super) async fn draft(app: &App, me: &Account, draft: &Draft, now: Time) -> Result<Composed> {
    let gathered = gather(app, me, draft).await?;
    let Gathered { user, parent, quoted, quote_policy } = gathered;
    let (text, spoiler_text) = texts(&draft.text, &draft.spoiler_text, !draft.media.is_empty(), quoted.is_some())?;
    check_length(&text, &spoiler_text)?;
    let rendered = rendered(app, me, &text, draft.content_type, quoted.as_ref()).await?;
    if rendered.mentioned.iter().any(|named| draft.allowed_mentions.as_ref().is_some_and(|all| !all.contains(named))) {
        return Err(Error::invalid("allowed_mentions", "does not allow everybody whom the text names"));
    }
    let visibility =
        visible_to(me, draft.visibility.unwrap_or(user.default_visibility), quoted.as_ref(), &rendered.mentioned)?;
    let stays = |other: &Option<Status>| other.as_ref().is_some_and(|other| other.local_only);
    let id: StatusId = draft.held.unwrap_or_else(|| app.ids.next(now));
    let poll = draft.poll.as_ref().map(|wanted| poll::compose(app, id, wanted, now)).transpose()?;
    let base = app.config.url("");
    let uri = ids::status(&me.uri, id);
    let status = Status {
        id,
        url: Some(ids::status_page(&base, &me.username, id)),
        account_id: me.id,
        local: true,
        content: rendered.html,
        // Also when the warning became the text.
        sensitive: draft.sensitive.unwrap_or(user.default_sensitive) || !draft.spoiler_text.trim().is_empty(),
        text,
        spoiler_text,
        language: language(draft.language.as_deref()).or(user.default_language).or(Some(user.locale)),
        visibility,
        in_reply_to_id: parent.as_ref().map(|parent| parent.id),
        local_only: draft.local_only || stays(&parent) || stays(&quoted),
        in_reply_to_uri: parent.as_ref().map(|parent| parent.uri.clone()),
        in_reply_to_account_id: parent.as_ref().map(|parent| parent.account_id),
        reblog_of_id: None,
        conversation: parent.and_then(|parent| parent.conversation).or_else(|| Some(ids::conversation(&base, id))),
        uri,
        application_id: draft.application,
        replies_count: 0,
        reblogs_count: 0,
        favourites_count: 0,
        created_at: now,
        edited_at: None,
    };
    Ok(Composed {
        status,
        mentioned: rendered.mentioned,
        tags: rendered.tags,
        media: draft.media.clone(),
        poll,
        quoted,
        quote_policy: Some(draft.quote_policy.unwrap_or(quote_policy)),
        format: draft.content_type,
        is_edit: false,
        marks: Marks { expires_s: draft.expires_s, ..Marks::default() },
    })
}

/// Composes the new version of a post of `me`.
pub(super) async fn edit(app: &App, me: &Account, id: StatusId, edit: &Edit, now: Time) -> Result<Composed> {
    let (owner, wanted) = (me.id, edit.media.clone());
    let (before, quoted, format) = app
        .store
        .read(move |db| {
            let status = known(db, id)?;
            if status.account_id != owner || status.reblog_of_id.is_some() {
                return Err(Error::NotFound("status"));
            }
            attachments(db, owner, &wanted, Some(id), None)?;
            let quoted = match quotes::of(db, id)? {
                Some(quote) => Some(quote.quoted_id.map_or(Ok(None), |id| statuses::by_id(db, id))?),
                None => None,
            };
            Ok((status, quoted, formats::of(db, id)?))
        })
        .await?;
    let poll = edit.poll.as_ref().map(|wanted| poll::compose(app, id, wanted, now)).transpose()?;
    let typed = edit.text.clone().unwrap_or_else(|| before.text.clone());
    let warning = edit.spoiler_text.clone().unwrap_or_else(|| before.spoiler_text.clone());
    let quotes = quoted.is_some();
    let quoted = quoted.flatten();
    let format = edit.content_type.unwrap_or(format);
    let (text, spoiler_text) = texts(&typed, &warning, !edit.media.is_empty(), quotes)?;
    check_length(&text, &spoiler_text)?;
    let rendered = rendered(app, me, &text, format, quoted.as_ref()).await?;
    let status = Status {
        content: rendered.html,
        sensitive: edit.sensitive.unwrap_or(before.sensitive) || !spoiler_text.is_empty(),
        text,
        spoiler_text,
        language: language(edit.language.as_deref()).or(before.language),
        edited_at: Some(now),
        ..before
    };
    Ok(Composed {
        status,
        mentioned: rendered.mentioned,
        tags: rendered.tags,
        media: edit.media.clone(),
        poll,
        quoted,
        quote_policy: edit.quote_policy,
        format,
        is_edit: true,
        marks: Marks::default(),
    })
}

/// Renders `text` again, as plain text, after a filter changed it. Nobody is named who was not named before: that would widen
/// the audience.
pub async fn replace_text(app: &App, me: &Account, composed: &mut Composed, text: String) -> Result<()> {
    check_length(&text, &composed.status.spoiler_text)?;
    let rendered = rendered(app, me, &text, Format::Plain, composed.quoted.as_ref()).await?;
    composed.format = Format::Plain;
    composed.status.content = rendered.html;
    composed.status.text = text;
    composed.mentioned = rendered.mentioned.into_iter().filter(|named| composed.mentioned.contains(named)).collect();
    composed.tags = rendered.tags;
    Ok(())
}

async fn gather(app: &App, account: &Account, draft: &Draft) -> Result<Gathered> {
    let (account, quoted) = (account.clone(), draft.quoted);
    let (me, parent, wanted, scheduled) = (account.id, draft.in_reply_to, draft.media.clone(), draft.scheduled);
    // A post that late filters judge has its attachments already.
    let on = draft.held;
    app.store
        .read(move |db| {
            attachments(db, me, &wanted, on, scheduled)?;
            let parent = parent.map(|id| readable(db, id, Some(me))).transpose()?;
            if let Some(parent) = &parent {
                interact::check(db, parent, &account, Deed::Reply)?;
            }
            let quoted = quoted.map(|id| quote::quotable(db, id, &account)).transpose()?;
            // The server's own account writes as its operator is used to.
            let user = match users::by_account(db, me)? {
                None if me == INSTANCE => users::contact(db)?,
                found => found,
            };
            let user = user.ok_or(Error::NotFound("user"))?;
            Ok(Gathered { user, parent, quoted, quote_policy: quote_policies::preferred(db, me)? })
        })
        .await
}

/// Refuses attachments that are not the author's, hang on another post, or wait with another one.
fn attachments(
    db: &Connection,
    owner: AccountId,
    wanted: &[MediaId],
    on: Option<StatusId>,
    waiting: Option<ScheduledId>,
) -> Result<()> {
    if wanted.len() > ATTACHMENTS {
        return Err(Error::invalid("media_ids", format!("at most {ATTACHMENTS} attachments")));
    }
    let mut kinds = Vec::new();
    for id in wanted {
        let media = media::by_id(db, *id)?.filter(|media| media.account_id == owner);
        let media = media.ok_or_else(|| Error::invalid("media_ids", format!("no attachment {id} of yours")))?;
        if media.status_id.is_some() && media.status_id != on {
            return Err(Error::invalid("media_ids", format!("attachment {id} is part of another post")));
        }
        if scheduled::holder(db, *id)?.is_some_and(|holder| Some(holder) != waiting) {
            return Err(Error::invalid("media_ids", format!("attachment {id} waits with another post")));
        }
        if !media.is_finished() {
            return Err(Error::invalid(
                "",
                "Cannot attach files that have not finished processing. Try again in a moment!",
            ));
        }
        kinds.push(media.kind);
    }
    if kinds.len() > 1 && kinds.iter().any(|kind| matches!(&**kind, "video" | "audio")) {
        return Err(Error::invalid("", "A video or a sound stands alone in a post; attach nothing else"));
    }
    Ok(())
}

/// Text and warning as they will be stored: a warning without text becomes the text, save beside a quote; nothing at all
/// is refused.
fn texts(text: &str, warning: &str, has_media: bool, quotes: bool) -> Result<(String, String)> {
    let (text, warning) = (text.trim().replace("\r\n", "\n"), warning.trim().to_owned());
    match (text.is_empty(), warning.is_empty()) {
        (true, false) if !quotes => Ok((warning, String::new())),
        (true, true) if !has_media && !quotes => {
            Err(Error::invalid("status", "can't be blank: write something, attach a picture, or quote a post"))
        }
        _ => Ok((text, warning)),
    }
}

fn check_length(text: &str, warning: &str) -> Result<()> {
    let length = render::length(text, warning);
    if length > CHARACTERS {
        return Err(Error::invalid("status", format!("is {length} characters long; the limit is {CHARACTERS}")));
    }
    Ok(())
}

/// Who sees the post: what is asked for, but nobody who may not see what it quotes; silenced people are not listed.
fn visible_to(me: &Account, asked: Visibility, quoted: Option<&Status>, mentioned: &[AccountId]) -> Result<Visibility> {
    let stranger = quoted.filter(|quoted| quoted.account_id != me.id);
    if asked == Visibility::Direct && stranger.is_some_and(|quoted| !mentioned.contains(&quoted.account_id)) {
        return Err(Error::invalid("visibility", "is direct: then the author of the quoted post must be named"));
    }
    let private = quoted.is_some_and(|quoted| quoted.visibility == Visibility::Private);
    Ok(match asked {
        asked if private && asked.is_open() => Visibility::Private,
        Visibility::Public if me.silenced_at.is_some() => Visibility::Unlisted,
        asked => asked,
    })
}

/// The language that is named, if there is such a one.
fn language(given: Option<&str>) -> Option<String> {
    given.map(str::trim).filter(|code| languages::is_known(code)).map(str::to_owned)
}

struct Rendered {
    html: String,
    mentioned: Vec<AccountId>,
    tags: Vec<(String, String)>,
}

/// Looks up whom `text` names (other servers are asked about unknown handles) and renders it.
async fn rendered(app: &App, me: &Account, text: &str, format: Format, quoted: Option<&Status>) -> Result<Rendered> {
    let entities: Vec<Entity> = match format {
        Format::Plain => render::find(text),
        Format::Markdown => markdown::find(text),
    };
    let found = named(app, &entities).await;
    let base = app.config.url("");
    let resolved = |user: &str, domain: Option<&str>| {
        let account = found.get(&(user.to_lowercase(), domain.map(str::to_lowercase)))?;
        Some((account.username.clone(), account.url.clone()))
    };
    let page = |tag: &str| ids::tag_page(&base, tag);
    let html = match format {
        Format::Plain => render::html(text, &entities, resolved, page),
        Format::Markdown => clean::html(&markdown::html(text, resolved, page)),
    };
    let mut mentioned: Vec<AccountId> = found.values().map(|account| account.id).filter(|id| *id != me.id).collect();
    mentioned.sort_unstable();
    mentioned.dedup();
    Ok(Rendered { html: with_quote(html, quoted), mentioned, tags: tags(&entities) })
}

/// For programs that do not know quotes: the address of the quoted post stands in the text, unless it does already.
fn with_quote(html: String, quoted: Option<&Status>) -> String {
    let Some(quoted) = quoted else { return html };
    let url = quoted.url.as_ref().unwrap_or(&quoted.uri);
    let named = [url, &quoted.uri].into_iter().any(|address| html.contains(&render::escape(address)));
    if named { html } else { render::quote(url) + &html }
}

/// The people whom a draft names but does not mean to, by its `allowed_mentions`.
pub async fn unexpected(app: &App, me: &Account, draft: &Draft) -> Result<Vec<Account>> {
    let Some(allowed) = &draft.allowed_mentions else { return Ok(Vec::new()) };
    let entities = match draft.content_type {
        Format::Plain => render::find(&draft.text),
        Format::Markdown => markdown::find(&draft.text),
    };
    let mut found: Vec<Account> = named(app, &entities).await.into_values().collect();
    found.retain(|account| account.id != me.id && !allowed.contains(&account.id));
    found.sort_by_key(|account| account.id);
    found.dedup_by_key(|account| account.id);
    Ok(found)
}

/// The accounts behind the handles in a text.
async fn named(app: &App, entities: &[Entity]) -> HashMap<(String, Option<String>), Account> {
    let mut found: HashMap<(String, Option<String>), Account> = HashMap::new();
    for entity in entities {
        let Kind::Mention { user, domain } = &entity.kind else { continue };
        let handle = (user.to_lowercase(), domain.as_ref().map(|domain| domain.to_lowercase()));
        if found.contains_key(&handle) || found.len() >= LOOKUPS {
            continue;
        }
        match resolve::by_handle(app, user, domain.as_deref()).await {
            Ok(Some(account)) => drop(found.insert(handle, account)),
            Ok(None) => {}
            // Somebody who cannot be found stays plain text; the post is not lost for it.
            Err(error) => tracing::debug!(%error, user, domain, "a mention was not found"),
        }
    }
    found
}

fn tags(entities: &[Entity]) -> Vec<(String, String)> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for entity in entities {
        if let Kind::Hashtag { name } = &entity.kind {
            let Some(normalised) = hashtags::normalise(name) else { continue };
            if !tags.iter().any(|(known, _)| *known == normalised) {
                tags.push((normalised, name.clone()));
            }
        }
    }
    tags
}

/// The post as plain text, for filters.
pub fn plain(composed: &Composed) -> String {
    clean::plain(&composed.status.content)
}
