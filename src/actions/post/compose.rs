//! From what an author typed to a finished row: limits checked, mentions looked up, HTML rendered. Writes nothing.

use std::collections::HashMap;

use crate::activitypub::audience::Visibility;
use crate::activitypub::ids;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, MediaId, ScheduledId, StatusId};
use crate::store::accounts::Account;
use crate::store::polls::Poll;
use crate::store::statuses::Status;
use crate::store::users::User;
use crate::store::{Connection, media, scheduled, users};
use crate::text::render::{self, Kind};
use crate::text::{clean, hashtags};

use super::super::resolve;
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
    /// Whether it replaces an earlier version.
    pub is_edit: bool,
}

/// What the database knows that a draft needs.
struct Gathered {
    user: User,
    parent: Option<Status>,
}

/// Composes a new post.
pub(super) async fn draft(app: &App, me: &Account, draft: &Draft, now: Time) -> Result<Composed> {
    let gathered = gather(app, me, draft).await?;
    let (text, spoiler_text) = texts(&draft.text, &draft.spoiler_text, !draft.media.is_empty())?;
    check_length(&text, &spoiler_text)?;
    let rendered = rendered(app, me, &text).await?;
    let Gathered { user, parent } = gathered;
    let visibility = draft.visibility.unwrap_or(user.default_visibility);
    let silenced = me.silenced_at.is_some() && visibility == Visibility::Public;
    let id: StatusId = app.ids.next(now);
    let poll = draft.poll.as_ref().map(|wanted| poll::compose(app, id, wanted, now)).transpose()?;
    let base = app.config.url("");
    let uri = ids::status(&me.uri, id);
    let status = Status {
        id,
        url: Some(ids::status_page(&base, &me.username, id)),
        account_id: me.id,
        local: true,
        content: rendered.html,
        sensitive: draft.sensitive.unwrap_or(user.default_sensitive) || !spoiler_text.is_empty(),
        text,
        spoiler_text,
        language: language(draft.language.as_deref()).or(user.default_language).or(Some(user.locale)),
        visibility: if silenced { Visibility::Unlisted } else { visibility },
        in_reply_to_id: parent.as_ref().map(|parent| parent.id),
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
        is_edit: false,
    })
}

/// Composes the new version of a post of `me`.
pub(super) async fn edit(app: &App, me: &Account, id: StatusId, edit: &Edit, now: Time) -> Result<Composed> {
    let (owner, wanted) = (me.id, edit.media.clone());
    let before = app
        .store
        .read(move |db| {
            let status = known(db, id)?;
            if status.account_id != owner || status.reblog_of_id.is_some() {
                return Err(Error::NotFound("status"));
            }
            attachments(db, owner, &wanted, Some(id), None)?;
            Ok(status)
        })
        .await?;
    let poll = edit.poll.as_ref().map(|wanted| poll::compose(app, id, wanted, now)).transpose()?;
    let typed = edit.text.clone().unwrap_or_else(|| before.text.clone());
    let warning = edit.spoiler_text.clone().unwrap_or_else(|| before.spoiler_text.clone());
    let (text, spoiler_text) = texts(&typed, &warning, !edit.media.is_empty())?;
    check_length(&text, &spoiler_text)?;
    let rendered = rendered(app, me, &text).await?;
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
        is_edit: true,
    })
}

/// Renders `text` again after a filter changed it.
pub async fn replace_text(app: &App, me: &Account, composed: &mut Composed, text: String) -> Result<()> {
    check_length(&text, &composed.status.spoiler_text)?;
    let rendered = rendered(app, me, &text).await?;
    composed.status.content = rendered.html;
    composed.status.text = text;
    composed.mentioned = rendered.mentioned;
    composed.tags = rendered.tags;
    Ok(())
}

async fn gather(app: &App, me: &Account, draft: &Draft) -> Result<Gathered> {
    let (me, parent, wanted, scheduled) = (me.id, draft.in_reply_to, draft.media.clone(), draft.scheduled);
    app.store
        .read(move |db| {
            attachments(db, me, &wanted, None, scheduled)?;
            let parent = parent.map(|id| readable(db, id, Some(me))).transpose()?;
            Ok(Gathered { user: users::by_account(db, me)?.ok_or(Error::NotFound("user"))?, parent })
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
    for id in wanted {
        let media = media::by_id(db, *id)?.filter(|media| media.account_id == owner);
        let media = media.ok_or_else(|| Error::invalid("media_ids", format!("no attachment {id} of yours")))?;
        if media.status_id.is_some() && media.status_id != on {
            return Err(Error::invalid("media_ids", format!("attachment {id} is part of another post")));
        }
        if scheduled::holder(db, *id)?.is_some_and(|holder| Some(holder) != waiting) {
            return Err(Error::invalid("media_ids", format!("attachment {id} waits with another post")));
        }
    }
    Ok(())
}

/// Text and warning as they will be stored: a warning without text becomes the text; nothing at all is refused.
fn texts(text: &str, warning: &str, has_media: bool) -> Result<(String, String)> {
    let (text, warning) = (text.trim().replace("\r\n", "\n"), warning.trim().to_owned());
    match (text.is_empty(), warning.is_empty()) {
        (true, false) => Ok((warning, String::new())),
        (true, true) if !has_media => {
            Err(Error::invalid("status", "can't be blank: write something, or attach a picture"))
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

fn language(given: Option<&str>) -> Option<String> {
    let given = given?.trim();
    let sound = (2..=35).contains(&given.len()) && given.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    sound.then(|| given.to_owned())
}

struct Rendered {
    html: String,
    mentioned: Vec<AccountId>,
    tags: Vec<(String, String)>,
}

/// Looks up whom `text` names (other servers are asked about unknown handles) and renders it.
async fn rendered(app: &App, me: &Account, text: &str) -> Result<Rendered> {
    let entities = render::find(text);
    let mut found: HashMap<(String, Option<String>), Account> = HashMap::new();
    for entity in &entities {
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
    let base = app.config.url("");
    let html = render::html(
        text,
        &entities,
        |user, domain| {
            let account = found.get(&(user.to_lowercase(), domain.map(str::to_lowercase)))?;
            Some((account.username.clone(), account.url.clone()))
        },
        |tag| ids::tag_page(&base, tag),
    );
    let mut mentioned: Vec<AccountId> = found.values().map(|account| account.id).filter(|id| *id != me.id).collect();
    mentioned.sort_unstable();
    let mut tags: Vec<(String, String)> = Vec::new();
    for entity in &entities {
        if let Kind::Hashtag { name } = &entity.kind {
            let Some(normalised) = hashtags::normalise(name) else { continue };
            if !tags.iter().any(|(known, _)| *known == normalised) {
                tags.push((normalised, name.clone()));
            }
        }
    }
    Ok(Rendered { html, mentioned, tags })
}

/// The post as plain text, for filters.
pub fn plain(composed: &Composed) -> String {
    clean::plain(&composed.status.content)
}
