//! Posts for later: kept as they were asked for, published once.
//!
//! Limits: at least 5 minutes ahead, at most 300 waiting and 25 for one day (UTC). The draft is checked when it is handed
//! in and again, filters included, when its time has come. Spec: https://docs.joinmastodon.org/methods/scheduled_statuses/

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, MediaId, ScheduledId, StatusId};
use crate::store::accounts::{self, Account};
use crate::store::formats::Format;
use crate::store::quote_policies::Choice;
use crate::store::scheduled::{self, Scheduled};
use crate::store::{Connection, users};

use super::moving;
use super::post::poll::NewPoll;
use super::post::{self, Draft};

/// The shortest notice.
const NOTICE: Duration = Duration::from_mins(5);
/// How many posts of one person may wait.
const MOST: usize = 300;
/// How many for one day.
const A_DAY: usize = 25;
const DAY: Duration = Duration::from_hours(24);
/// How long a repeated request with the same key is answered with the first post.
const REMEMBERED: Duration = Duration::from_hours(1);
/// How many are published in one go.
const STEP: usize = 100;

/// What an author asked for, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in a draft")]
pub struct Kept {
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: Option<bool>,
    pub visibility: Option<Visibility>,
    pub language: Option<String>,
    pub in_reply_to_id: Option<i64>,
    pub media_ids: Vec<i64>,
    pub poll: Option<NewPoll>,
    pub application_id: Option<i64>,
    #[serde(default)]
    pub quoted_status_id: Option<i64>,
    #[serde(default)]
    pub quote_approval_policy: Option<Choice>,
    #[serde(default)]
    pub allowed_mentions: Option<Vec<i64>>,
    #[serde(default)]
    pub content_type: Format,
    #[serde(default)]
    pub local_only: bool,
    #[serde(default)]
    pub expires_s: Option<u32>,
}

impl Kept {
    /// What the row keeps.
    pub fn read(row: &Scheduled) -> Result<Self> {
        serde_json::from_str(&row.draft).map_err(|error| Error::Bug(format!("a post for later is unreadable: {error}")))
    }

    /// What is kept of a draft.
    pub(super) fn of(draft: &Draft) -> Self {
        Self {
            text: draft.text.clone(),
            spoiler_text: draft.spoiler_text.clone(),
            sensitive: draft.sensitive,
            visibility: draft.visibility,
            language: draft.language.clone(),
            in_reply_to_id: draft.in_reply_to.map(|id| id.0),
            media_ids: draft.media.iter().map(|id| id.0).collect(),
            poll: draft.poll.clone(),
            application_id: draft.application.map(|id| id.0),
            quoted_status_id: draft.quoted.map(|id| id.0),
            quote_approval_policy: draft.quote_policy,
            allowed_mentions: draft.allowed_mentions.as_ref().map(|all| all.iter().map(|id| id.0).collect()),
            content_type: draft.content_type,
            local_only: draft.local_only,
            expires_s: draft.expires_s,
        }
    }

    /// The draft again, without a key and without a place in a queue.
    pub(super) fn draft(self) -> Draft {
        Draft {
            text: self.text,
            spoiler_text: self.spoiler_text,
            sensitive: self.sensitive,
            visibility: self.visibility,
            language: self.language,
            in_reply_to: self.in_reply_to_id.map(StatusId),
            media: self.media_ids.into_iter().map(MediaId).collect(),
            poll: self.poll,
            application: self.application_id.map(AppId),
            idempotency_key: None,
            quoted: self.quoted_status_id.map(StatusId),
            quote_policy: self.quote_approval_policy,
            allowed_mentions: self.allowed_mentions.map(|all| all.into_iter().map(AccountId).collect()),
            content_type: self.content_type,
            local_only: self.local_only,
            scheduled: None,
            held: None,
            expires_s: self.expires_s,
        }
    }
}

/// Keeps the draft for `at`, or answers what the same idempotency key kept before.
pub async fn add(app: &App, me: &Account, draft: Draft, at: Time) -> Result<Scheduled> {
    moving::settled(me)?;
    let now = app.clock.now();
    post::check(app, me, &draft, now).await?;
    let row = Scheduled {
        id: app.ids.next(now),
        account_id: me.id,
        scheduled_at: at,
        draft: serde_json::to_string(&Kept::of(&draft)).map_err(|error| Error::Bug(error.to_string()))?,
        idempotency_key: draft.idempotency_key,
        created_at: now,
    };
    let media = draft.media;
    app.store
        .write(move |tx| {
            if let Some(key) = &row.idempotency_key
                && let Some(earlier) = scheduled::by_key(tx, row.account_id, key, now.minus(REMEMBERED))?
            {
                return Ok(earlier);
            }
            admissible(tx, row.account_id, at, None, now)?;
            if scheduled::count(tx, row.account_id, Time(0), Time(i64::MAX), None)? >= MOST {
                return Err(refused(format!("has been reached by {MOST} posts that wait already")));
            }
            // Looked at again: two requests at once may name the same upload.
            for id in &media {
                if scheduled::holder(tx, *id)?.is_some() {
                    return Err(Error::invalid("media_ids", format!("attachment {id} waits with another post")));
                }
            }
            scheduled::insert(tx, &row, &media)?;
            Ok(row)
        })
        .await
}

/// Another time for a post that waits.
pub async fn set_time(app: &App, me: &Account, id: ScheduledId, at: Time) -> Result<Scheduled> {
    let (now, me) = (app.clock.now(), me.id);
    app.store
        .write(move |tx| {
            admissible(tx, me, at, Some(id), now)?;
            scheduled::set_time(tx, me, id, at)?;
            scheduled::by_id(tx, me, id)?.ok_or(Error::NotFound("scheduled status"))
        })
        .await
}

/// Gives it up.
pub async fn remove(app: &App, me: &Account, id: ScheduledId) -> Result<()> {
    let me = me.id;
    let removed = app.store.write(move |tx| scheduled::delete(tx, me, id)).await?;
    if removed { Ok(()) } else { Err(Error::NotFound("scheduled status")) }
}

fn admissible(db: &Connection, me: AccountId, at: Time, but: Option<ScheduledId>, now: Time) -> Result<()> {
    if at <= now.plus(NOTICE) {
        return Err(refused("must be at least 5 minutes in the future"));
    }
    let day = at.midnight();
    if scheduled::count(db, me, day, day.plus(DAY), but)? >= A_DAY {
        return Err(refused(format!("is a day for which {A_DAY} posts wait already")));
    }
    Ok(())
}

fn refused(why: impl Into<String>) -> Error {
    Error::invalid("scheduled_at", why)
}

/// Publishes what is due. What cannot be published any more (a filter says no, the parent is gone) is given up and named
/// in the log; what may work later stays. Answers how many were published.
pub async fn publish_due(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let due = app.store.read(move |db| scheduled::due(db, now, STEP)).await?;
    let mut published = 0;
    for row in due {
        let (id, owner) = (row.id, row.account_id);
        match publish(app, row).await {
            Ok(()) => published += 1,
            Err(error) if error.is_retryable() => tracing::warn!(%error, %id, "a post for later has to wait"),
            Err(error) => {
                tracing::warn!(%error, %id, "a post for later was given up");
                app.store.write(move |tx| scheduled::delete(tx, owner, id)).await?;
            }
        }
    }
    Ok(published)
}

async fn publish(app: &App, row: Scheduled) -> Result<()> {
    let owner = row.account_id;
    let (author, user) =
        app.store.read(move |db| Ok((accounts::by_id(db, owner)?, users::by_account(db, owner)?))).await?;
    let author = author.filter(|author| author.suspended_at.is_none() && author.deleted_at.is_none());
    let active = user.is_some_and(|user| user.disabled_at.is_none());
    let Some(author) = author.filter(|_| active) else {
        return Err(Error::Forbidden("the author may not post any more".into()));
    };
    post::create(app, &author, Draft { scheduled: Some(row.id), ..Kept::read(&row)?.draft() }).await?;
    Ok(())
}
