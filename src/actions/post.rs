//! Writing, editing and deleting a post of one's own.

pub mod compose;
mod edit;
mod mark;
pub mod poll;
mod remove;

use crate::activitypub::audience::Visibility;
use crate::activitypub::build;
use crate::activitypub::policy::Deed;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, MediaId, ScheduledId, StatusId};
use crate::store::accounts::{self, Account};
use crate::store::formats::{self, Format};
use crate::store::quote_policies::{self, Choice};
use crate::store::statuses::{self, Status};
use crate::store::{
    Connection, Tx, audiences, idempotency, media, mentions, polls, quotes, scheduled, tags, timelines,
};
use crate::streams::{Announcements, Change, Happening};

use super::interact::{self, Leave};
use super::outbox::{self, Recipients};
use super::plugin::{Judged, Marks, late};
use super::{bot, conversation, group, moving, notify, quote, relay, timeline, translate};
use crate::store::deliveries::Priority;
use compose::Composed;
use poll::NewPoll;

pub(super) use edit::write_edit;
pub use edit::{edit, write_edited};
pub use mark::write_sensitive;
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
    pub quoted: Option<StatusId>,
    pub quote_policy: Option<Choice>,
    /// The only people whom the text may name; absent: anybody.
    pub allowed_mentions: Option<Vec<AccountId>>,
    pub content_type: Format,
    /// Never leaves this server. An answer to such a post, or a quote of one, never does either.
    pub local_only: bool,
    /// The post for later that this is; it is gone once the post is there.
    pub scheduled: Option<ScheduledId>,
    /// The held post that a moderator let pass: it gets this id, and filters are not asked again.
    pub held: Option<StatusId>,
    /// Our copy goes after so many seconds; filters may ask for less.
    pub expires_s: Option<u32>,
}

/// What an author changes; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Edit {
    pub text: Option<String>,
    pub spoiler_text: Option<String>,
    pub sensitive: Option<bool>,
    pub language: Option<String>,
    pub content_type: Option<Format>,
    pub quote_policy: Option<Choice>,
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
    moving::settled(me)?;
    let now = app.clock.now();
    if let Some(earlier) = earlier(app, me.id, draft.idempotency_key.clone(), now).await? {
        return Ok(earlier);
    }
    let mut composed = compose::draft(app, me, &draft, now).await?;
    let mut late = None;
    if draft.held.is_none() {
        composed = match Box::pin(super::plugin::judge_own(app, me, composed, now)).await? {
            Judged::Pass(composed) => composed,
            Judged::Late(composed, early) => {
                late = Some(early);
                composed
            }
            Judged::Held(held) => return Err(super::plugin::hold_own(app, *held, &draft, now).await?),
        };
    }
    let waits = late.is_some();
    let (me, deed, key, scheduled) = (me.clone(), app.clone(), draft.idempotency_key.clone(), draft.scheduled);
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
            let told = match &late {
                Some(early) => {
                    write_hidden(tx, &composed)?;
                    late::write(tx, &me, &composed.status, &draft, early, now)?
                }
                None => write(tx, &deed, &me, &composed, now)?,
            };
            Ok((known(tx, composed.status.id)?, told))
        })
        .await?;
    told.announce(app);
    if waits {
        late::begin(app, status.id);
    }
    Ok(status)
}

/// Composes a draft; writes nothing.
pub(super) async fn composed(app: &App, me: &Account, draft: &Draft, now: Time) -> Result<Composed> {
    compose::draft(app, me, draft, now).await
}

/// Composes the new version of a post of one's own; writes nothing.
pub(super) async fn recomposed(app: &App, me: &Account, id: StatusId, edit: &Edit, now: Time) -> Result<Composed> {
    compose::edit(app, me, id, edit, now).await
}

/// Writes only what its author may see while late filters judge it: nobody is named, nobody told.
pub(super) fn write_hidden(tx: &Tx, composed: &Composed) -> Result<()> {
    let status = late::hidden(&composed.status);
    statuses::insert(tx, &status)?;
    media::attach(tx, status.id, &composed.media, status.account_id)?;
    composed.poll.as_ref().map_or(Ok(()), |poll| polls::insert(tx, poll))?;
    formats::set(tx, status.id, composed.format)
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
    group::inherit(tx, status)?;
    composed.poll.as_ref().map_or(Ok(()), |poll| polls::insert(tx, poll))?;
    formats::set(tx, status.id, composed.format)?;
    let policy = quote::allowed(status.visibility, composed.quote_policy.unwrap_or_default());
    quote_policies::set(tx, status.id, policy.into())?;
    super::find::written(tx, app, status, now)?;
    let homes = timeline::distribute(tx, status, &mut told)?;
    let homes = composed.marks.withdraw(tx, status, homes)?;
    composed.marks.write(tx, status.id, now)?;
    bot::event::arrived(tx, status, &homes, now, &mut told)?;
    told.push(Happening::Posted { status: status.id, homes, listed: status.visibility == Visibility::Public });
    let quoted = composed.quoted.as_ref().map(|quoted| quoted.id);
    let ask = quoted.map_or(Ok(false), |id| quote::write(tx, app, me, status, id, now, &mut told))?;
    conversation::add(tx, app, status, now, &mut told)?;
    if !composed.marks.muted {
        for account in &composed.mentioned {
            notify::tell(tx, app, "mention", *account, me.id, Some(status.id), now, &mut told)?;
        }
        notify::subscribers(tx, app, status, now, &mut told)?;
    }
    composed.marks.hush(tx, status.id, &mut told)?;
    let note = translate::note(tx, app, status)?;
    told.deliveries |= publish(tx, app, me, status, &note, &composed.marks, now)?;
    if ask {
        told.deliveries |= quote::ask(tx, app, me, &note, now)?;
    }
    Ok(told)
}

/// Sends a new post to those it is for; where the author of what it answers wants to be asked, only to them, at first.
fn publish(
    tx: &Tx,
    app: &App,
    me: &Account,
    status: &Status,
    note: &build::Note,
    marks: &Marks,
    now: Time,
) -> Result<bool> {
    let parent = status.in_reply_to_id.map_or(Ok(None), |parent| statuses::by_id(tx, parent))?;
    if let Some(parent) = parent.filter(|_| !status.local_only)
        && let Leave::Ask { polite } = interact::leave(tx, &parent, me, Deed::Reply)?
    {
        let whole = if polite { build::instrument(note) } else { build::create(note) };
        return interact::ask_to_answer(tx, app, me, &parent, (&status.uri, polite), &whole, now);
    }
    let create = build::create(note);
    let sent = outbox::send(tx, app, me, &create, &marks.narrowed(recipients(tx, status)?), now)?;
    Ok(relay::publish(tx, app, me, status, &create, now)? | sent)
}

/// Tells open streams that the post looks different now.
pub fn tell_changed(tx: &Tx, status: &Status, told: &mut Announcements) -> Result<()> {
    let homes = timelines::home_homes_of(tx, status.id)?;
    timeline::tell_lists(status.id, timelines::lists_of(tx, status.id)?, Change::Edited, told);
    told.push(Happening::Edited { status: status.id, homes, listed: status.visibility == Visibility::Public });
    Ok(())
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

/// Who a post of ours is sent to: followers by its visibility, those mentioned, and the authors of the parent and of the
/// quoted post. Nobody, when it stays here.
pub(super) fn recipients(db: &Connection, status: &Status) -> Result<Recipients> {
    if status.local_only {
        return Ok(Recipients { followers: false, accounts: Vec::new(), priority: Priority::Followers });
    }
    if interact::is_held_back(db, status)? {
        let accounts = status.in_reply_to_account_id.into_iter().collect();
        return Ok(Recipients { followers: false, accounts, priority: Priority::Followers });
    }
    let mut accounts: Vec<AccountId> = mentions::of(db, status.id)?.into_iter().map(|(account, _)| account).collect();
    if status.visibility.is_open() {
        accounts.extend(status.in_reply_to_account_id);
        accounts.extend(quotes::of(db, status.id)?.and_then(|quote| quote.quoted_account_id));
        // The group in which it is written passes it on to its members.
        if let Some(group) = audiences::of(db, status.id)?
            && let Some(group) = accounts::by_uri(db, &group)?
        {
            accounts.push(group.id);
        }
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
