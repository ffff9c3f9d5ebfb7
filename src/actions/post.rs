//! Writing, editing and deleting a post of one's own.

pub mod compose;
pub mod poll;
mod remove;

use crate::activitypub::audience::Visibility;
use crate::activitypub::build;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, MediaId, ScheduledId, StatusId};
use crate::store::accounts::{self, Account};
use crate::store::edits::{self, Edit as Former};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, idempotency, media, mentions, polls, scheduled, tags, timelines};
use crate::streams::{Announcements, Change, Happening};

use super::outbox::{self, Recipients};
use super::{conversation, notify, timeline, translate};
use crate::store::deliveries::Priority;
use compose::Composed;
use poll::NewPoll;

pub use remove::{delete, write_removal};

/// How long a repeated POST with the same key is answered with the first post.
const REMEMBERED: std::time::Duration = std::time::Duration::from_secs(3600);

/// What an author asks to post. Absent values fall back to the author's preferences.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Draft {
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: Option<bool>,
    pub visibility: Option<Visibility>,
    pub language: Option<String>,
    pub in_reply_to: Option<StatusId>,
    pub media: Vec<MediaId>,
    pub poll: Option<NewPoll>,
    pub application: Option<AppId>,
    pub idempotency_key: Option<String>,
    /// The post for later that this is; it is gone once the post is there.
    pub scheduled: Option<ScheduledId>,
}

/// What an author changes; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Edit {
    pub text: Option<String>,
    pub spoiler_text: Option<String>,
    pub sensitive: Option<bool>,
    pub language: Option<String>,
    /// All media of the edited post; absent means none.
    pub media: Vec<MediaId>,
    /// The poll; absent means none. The same question keeps its votes and its end, another one begins anew.
    pub poll: Option<NewPoll>,
    /// New descriptions and focal points of attached media.
    pub media_attributes: Vec<MediaAttributes>,
}

/// An attachment, its new description and its new focal point; `None` leaves it as it is.
pub type MediaAttributes = (MediaId, Option<String>, Option<(f64, f64)>);

/// Publishes a post (or answers the earlier one with the same idempotency key).
///
/// Fails with `Invalid` when the draft breaks a limit, `NotFound` for an unknown parent or attachment, and `Rejected`
/// when a filter plugin says no; then nothing was stored.
pub async fn create(app: &App, me: &Account, draft: Draft) -> Result<Status> {
    let now = app.clock.now();
    if let Some(earlier) = earlier(app, me.id, draft.idempotency_key.clone(), now).await? {
        return Ok(earlier);
    }
    let composed = compose::draft(app, me, &draft, now).await?;
    let composed = super::plugin::judge_own(app, me, composed, now).await?;
    let (me, deed, key, scheduled) = (me.clone(), app.clone(), draft.idempotency_key, draft.scheduled);
    let (status, told) = app
        .store
        .write(move |tx| {
            // In the same transaction as the post: whatever happens, there is one or the other.
            if let Some(id) = scheduled
                && !scheduled::take(tx, id, now)?
            {
                return Err(Error::NotFound("scheduled status"));
            }
            if let Some(key) = &key {
                // Two at once: the second finds the first's row here, inside the transaction.
                if let Some(id) = idempotency::find(tx, me.id, key, now.minus(REMEMBERED))? {
                    return Ok((known(tx, id)?, Announcements::default()));
                }
                idempotency::insert(tx, me.id, key, composed.status.id, now)?;
            }
            let told = write(tx, &deed, &me, &composed, now)?;
            Ok((known(tx, composed.status.id)?, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

/// Whether the draft could be published now, filters not asked; fails as [`create`] does. Writes nothing.
pub(super) async fn check(app: &App, me: &Account, draft: &Draft, now: Time) -> Result<()> {
    compose::draft(app, me, draft, now).await.map(drop)
}

/// Writes a composed post: the row and what hangs on it, homes, notifications, deliveries.
pub(super) fn write(tx: &Tx, app: &App, me: &Account, composed: &Composed, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let status = &composed.status;
    statuses::insert(tx, status)?;
    attach(tx, composed)?;
    composed.poll.as_ref().map_or(Ok(()), |poll| polls::insert(tx, poll))?;
    let homes = timeline::distribute(tx, status, &mut told)?;
    told.push(Happening::Posted { status: status.id, homes, listed: status.visibility == Visibility::Public });
    conversation::add(tx, app, status, now, &mut told)?;
    for account in &composed.mentioned {
        notify::tell(tx, app, "mention", *account, me.id, Some(status.id), now, &mut told)?;
    }
    notify::subscribers(tx, app, status, now, &mut told)?;
    let note = translate::note(tx, app, status)?;
    let create = build::create(&note);
    told.deliveries |= outbox::send(tx, app, me, &create, &recipients(tx, status)?, now)?;
    Ok(told)
}

/// Edits a post of one's own. An edit that changes nothing is silently ignored.
pub async fn edit(app: &App, me: &Account, id: StatusId, edit: Edit) -> Result<Status> {
    let now = app.clock.now();
    let composed = compose::edit(app, me, id, &edit, now).await?;
    let composed = super::plugin::judge_own(app, me, composed, now).await?;
    let (me, deed) = (me.clone(), app.clone());
    let (status, told) = app
        .store
        .write(move |tx| {
            let told = write_edit(tx, &deed, &me, &composed, &edit, now)?;
            Ok((known(tx, id)?, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

fn write_edit(tx: &Tx, app: &App, me: &Account, composed: &Composed, edit: &Edit, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let (before, after) = (known(tx, composed.status.id)?, &composed.status);
    let former_media = media::of_status(tx, before.id)?;
    let same_media = former_media.iter().map(|media| media.id).eq(composed.media.iter().copied());
    let unchanged = before.text == after.text
        && before.spoiler_text == after.spoiler_text
        && before.sensitive == after.sensitive
        && before.language == after.language;
    let former_poll = polls::of_status(tx, before.id)?;
    let same_poll = poll::unchanged(former_poll.as_ref(), composed.poll.as_ref());
    if unchanged && same_media && same_poll && edit.media_attributes.is_empty() {
        return Ok(told);
    }
    edits::insert(
        tx,
        &Former {
            status_id: before.id,
            created_at: before.edited_at.unwrap_or(before.created_at),
            content: before.content.clone(),
            text: before.text.clone(),
            spoiler_text: before.spoiler_text.clone(),
            sensitive: before.sensitive,
            media: former_media.into_iter().map(|media| (media.id, media.description)).collect(),
            poll: former_poll.as_ref().map(edits::titles),
        },
    )?;
    statuses::update(tx, after)?;
    poll::write_edit(tx, after.id, former_poll.as_ref(), composed.poll.as_ref())?;
    media::detach(tx, after.id)?;
    for (id, description, focus) in &edit.media_attributes {
        if media::by_id(tx, *id)?.is_some_and(|media| media.account_id == me.id) {
            if let Some(description) = description {
                media::update_description(tx, *id, Some(description))?;
            }
            if let Some(focus) = focus {
                media::update_focus(tx, *id, *focus)?;
            }
        }
    }
    let already: Vec<AccountId> = mentions::of(tx, after.id)?.into_iter().map(|(account, _)| account).collect();
    attach(tx, composed)?;
    for account in composed.mentioned.iter().filter(|account| !already.contains(account)) {
        notify::tell(tx, app, "mention", *account, me.id, Some(after.id), now, &mut told)?;
    }
    told.extend(write_edited(tx, app, after, now)?);
    let note = translate::note(tx, app, after)?;
    let mut recipients = recipients(tx, after)?;
    recipients.accounts.extend(statuses::interested(tx, after.id)?);
    told.deliveries |= outbox::send(tx, app, me, &build::update_note(&note), &recipients, now)?;
    Ok(told)
}

/// Tells streams and boosters that a post, ours or another server's, was edited.
pub fn write_edited(tx: &Tx, app: &App, status: &Status, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    for booster in statuses::local_boosters(tx, status.id)? {
        notify::tell(tx, app, "update", booster, status.account_id, Some(status.id), now, &mut told)?;
    }
    let homes = timelines::home_homes_of(tx, status.id)?;
    timeline::tell_lists(status.id, timelines::lists_of(tx, status.id)?, Change::Edited, &mut told);
    told.push(Happening::Edited { status: status.id, homes, listed: status.visibility == Visibility::Public });
    Ok(told)
}

/// A post (for a boost: its original) that `viewer` may read, or `NotFound`.
pub fn readable(db: &Connection, id: StatusId, viewer: Option<AccountId>) -> Result<Status> {
    let status = known(db, id)?;
    let status = match status.reblog_of_id {
        Some(original) => known(db, original)?,
        None => status,
    };
    if statuses::may_see(db, &status, viewer)? { Ok(status) } else { Err(Error::NotFound("status")) }
}

/// The row as it is now, or `NotFound`.
pub fn known(db: &Connection, id: StatusId) -> Result<Status> {
    statuses::by_id(db, id)?.ok_or(Error::NotFound("status"))
}

/// Who a post of ours is sent to: followers by its visibility, those mentioned, and the author of the parent.
pub(super) fn recipients(db: &Connection, status: &Status) -> Result<Recipients> {
    let mut accounts: Vec<AccountId> = mentions::of(db, status.id)?.into_iter().map(|(account, _)| account).collect();
    if status.visibility.is_open() {
        accounts.extend(status.in_reply_to_account_id);
    }
    let followers = status.visibility != Visibility::Direct;
    Ok(Recipients { followers, accounts, priority: Priority::Followers })
}

fn attach(tx: &Tx, composed: &Composed) -> Result<()> {
    let id = composed.status.id;
    let mut named: Vec<_> = composed.mentioned.iter().map(|account| (*account, false)).collect();
    // Whoever was named in an earlier version holds a copy, and must hear of edits and of the end.
    for (account, _) in mentions::of(tx, id)? {
        if !composed.mentioned.contains(&account) {
            named.push((account, true));
        }
    }
    mentions::replace(tx, id, &named)?;
    tags::replace(tx, id, &composed.tags)?;
    media::attach(tx, id, &composed.media, composed.status.account_id)
}

async fn earlier(app: &App, me: AccountId, key: Option<String>, now: Time) -> Result<Option<Status>> {
    let Some(key) = key else { return Ok(None) };
    app.store
        .read(move |db| match idempotency::find(db, me, &key, now.minus(REMEMBERED))? {
            Some(id) => statuses::by_id(db, id),
            None => Ok(None),
        })
        .await
}

/// The author, for deeds that know only the id.
pub(super) fn author(db: &Connection, status: &Status) -> Result<Account> {
    accounts::by_id(db, status.account_id)?.ok_or(Error::NotFound("account"))
}
