//! Handing an activity to the delivery queue, inside the deed's own transaction.

use serde_json::Value;

use crate::activitypub::audience::PUBLIC;
use crate::activitypub::{ids, proof, read};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::plugins::plan;
use crate::store::Tx;
use crate::store::absences;
use crate::store::accounts::{self, Account};
use crate::store::deliveries::{self, NewActivity, Priority, Timing};
use crate::store::{keys, plans};

use super::border;

/// Who gets an activity. Local accounts among them are skipped: they are told by the database.
#[derive(Debug, Clone)]
pub struct Recipients {
    /// Every server with a follower of the sender, by shared inbox.
    pub followers: bool,
    /// These accounts, first of all; each by its own inbox.
    pub accounts: Vec<AccountId>,
    /// Of the followers' servers (rule D8); named accounts always come first.
    pub priority: Priority,
}

impl Recipients {
    /// One account's own inbox.
    pub fn one(account: AccountId) -> Self {
        Self { followers: false, accounts: vec![account], priority: Priority::Mentioned }
    }

    /// The sender's followers and `accounts`.
    pub fn followers_and(accounts: Vec<AccountId>) -> Self {
        Self { followers: true, accounts, priority: Priority::Followers }
    }
}

/// Stores `activity`, signed by the local `sender`, with a delivery row for each of these inboxes. Answers whether there
/// is any: what a blocked server would get is not queued.
pub fn post(
    tx: &Tx,
    app: &App,
    sender: &Account,
    activity: &Value,
    inboxes: &[(String, Priority)],
    now: Time,
) -> Result<bool> {
    debug_assert!(sender.is_local(), "only local accounts send");
    let text = |key: &str| activity.get(key).and_then(Value::as_str).map(str::to_owned);
    let (Some(uri), Some(kind)) = (text("id"), text("type")) else {
        return Err(Error::Bug("an activity without id or type".into()));
    };
    let mut open = Vec::with_capacity(inboxes.len());
    for (inbox, priority) in inboxes {
        if !border::standing_of(tx, inbox)?.barred {
            open.push((inbox.clone(), *priority));
        }
    }
    let (id, payload) = (app.ids.next(now), activity.to_string());
    let new = NewActivity { id, uri, account_id: sender.id, kind, payload, created_at: now };
    deliveries::insert_activity(tx, &new)?;
    let rows = deliveries::enqueue_to(tx, id, &open, Timing::Ready, now)?;
    if rows == 0 {
        deliveries::forget_activity(tx, id)?;
    }
    Ok(rows > 0)
}

/// Stores `activity`, signed by the local `sender`, with one delivery row per inbox. Answers whether there is any.
pub fn send(tx: &Tx, app: &App, sender: &Account, activity: &Value, to: &Recipients, now: Time) -> Result<bool> {
    debug_assert!(sender.is_local(), "only local accounts send");
    let text = |key: &str| activity.get(key).and_then(Value::as_str).map(str::to_owned);
    let (Some(uri), Some(kind)) = (text("id"), text("type")) else {
        return Err(Error::Bug("an activity without id or type".into()));
    };
    let mut inboxes = Vec::new();
    for id in &to.accounts {
        let Some(account) = accounts::by_id(tx, *id)? else { continue };
        // Gone, says their own server: they get nothing more (rule P7).
        if absences::of(tx, *id)?.is_some_and(|absence| absence.gone) {
            continue;
        }
        // With followers in the audience the shared inbox serves all of a server at once; else it is personal (rule D2).
        let inbox =
            if to.followers { deliveries::shared_inbox(&account) } else { deliveries::personal_inbox(&account) };
        // What a blocked server would get is not even queued.
        let inbox = match inbox {
            Some(inbox) if border::standing_of(tx, inbox)?.barred => None,
            inbox => inbox,
        };
        inboxes.extend(inbox.map(|inbox| (inbox.to_owned(), Priority::Mentioned)));
    }
    let new = NewActivity {
        id: app.ids.next(now),
        uri,
        account_id: sender.id,
        kind,
        payload: proven(tx, sender, activity, now)?.to_string(),
        created_at: now,
    };
    // With a policy, what changes something waits for its turn as well, lest it overtake what it changes.
    // That holds right after the policy is gone, too.
    let waits = app.plugins.plans(&new.kind) || (plan::follows_another(&new.kind) && plans::any(tx)?);
    let timing = if waits { Timing::Unplanned } else { Timing::Ready };
    deliveries::insert_activity(tx, &new)?;
    let mut rows = deliveries::enqueue_to(tx, new.id, &inboxes, timing, now)?;
    if to.followers {
        rows += deliveries::enqueue_to_followers(tx, new.id, sender.id, to.priority, timing, now)?;
    }
    if rows == 0 {
        deliveries::forget_activity(tx, new.id)?;
    }
    Ok(rows > 0)
}

/// What everybody may read carries a proof of who wrote it, so that others can hand it on. Spec: FEP-8b32
fn proven(tx: &Tx, sender: &Account, activity: &Value, now: Time) -> Result<Value> {
    let mut activity = activity.clone();
    let open = ["to", "cc"].iter().any(|key| read::recipients(&activity, key).iter().any(|id| id == PUBLIC));
    if open && let Some(own) = keys::proof_key(tx, sender.id)? {
        proof::attach(&mut activity, &ids::proof_key(&sender.uri), &own.key, now);
    }
    Ok(activity)
}
