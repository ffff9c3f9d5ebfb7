//! Passing on what others wrote below our posts to those who follow our posts' authors elsewhere.
//!
//! A reply, its edits and its end reach only whom its author addresses; the followers of whom it answers would never see
//! it. The body is passed on byte for byte; whoever gets it asks the origin, or checks the proof in it. Only what anybody
//! may read is passed on, only when its own author sent it to us, and never back to where it came from.
//! Spec: ActivityPub §7.1.2, https://www.w3.org/TR/activitypub/#inbox-forwarding

use serde_json::Value;
use url::Url;

use crate::activitypub::read;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;
use crate::store::accounts::{self, Account};
use crate::store::deliveries::{self, NewActivity, Priority, Timing};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, Tx, threads};

/// What is known before an activity is carried out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Before {
    id: String,
    kind: &'static str,
    actor: String,
    object: String,
    /// The post as it was, and whose followers hear of it.
    was: Option<(Status, Option<AccountId>)>,
}

/// Looks at the activity before it is carried out; `None`: it is nothing to pass on, whatever becomes of it.
pub(super) async fn before(app: &App, activity: &Value, signer: &str) -> Result<Option<Before>> {
    let Some(kind) = read::kind(activity, &["Create", "Update", "Delete"]) else { return Ok(None) };
    let text = |key: &str| read::id(activity, key).map(str::to_owned);
    let (Some(id), Some(actor), Some(object)) = (text("id"), text("actor"), text("object")) else { return Ok(None) };
    if actor != signer || object == actor {
        return Ok(None);
    }
    let wanted = object.clone();
    let was = app.store.read(move |db| with_author(db, statuses::by_uri(db, &wanted)?)).await?;
    Ok(Some(Before { id, kind, actor, object, was }))
}

/// Passes the activity on, if it changed something below a post of ours. Answers whether there are deliveries.
pub(super) fn after(tx: &Tx, app: &App, before: &Before, body: &str, now: Time) -> Result<bool> {
    let held = with_author(tx, statuses::by_uri(tx, &before.object)?)?;
    let told = match (before.kind, &before.was, &held) {
        ("Create", None, Some(held)) => Some(held),
        ("Update", Some((was, _)), Some(held)) if was.edited_at != held.0.edited_at => Some(held),
        ("Update", None, Some(held)) => Some(held),
        ("Delete", Some(was), None) => Some(was),
        _ => None,
    };
    let Some((status, Some(author))) = told else { return Ok(false) };
    let writer = accounts::by_id(tx, status.account_id)?;
    // A deleted author's posts are gone with it; what it was is known from before.
    if !status.is_open() || status.local || writer.is_some_and(|writer| writer.uri != before.actor) {
        return Ok(false);
    }
    let Some(author) = accounts::by_id(tx, *author)?.filter(Account::is_local) else { return Ok(false) };
    let new = NewActivity {
        id: app.ids.next(now),
        uri: before.id.clone(),
        account_id: author.id,
        kind: before.kind.into(),
        payload: body.to_owned(),
        created_at: now,
    };
    deliveries::insert_activity(tx, &new)?;
    let mut rows = deliveries::enqueue_to_followers(tx, new.id, author.id, Priority::Followers, Timing::Ready, now)?;
    if let Ok(origin) = Url::parse(&before.actor) {
        rows -= deliveries::withdraw(tx, new.id, &origin.origin().ascii_serialization())?.min(rows);
    }
    if rows == 0 {
        deliveries::forget_activity(tx, new.id)?;
    }
    Ok(rows > 0)
}

fn with_author(db: &Connection, status: Option<Status>) -> Result<Option<(Status, Option<AccountId>)>> {
    let Some(status) = status else { return Ok(None) };
    let author = threads::local_above(db, status.id)?;
    Ok(Some((status, author)))
}
