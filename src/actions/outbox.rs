//! Handing an activity to the delivery queue, inside the deed's own transaction.

use serde_json::Value;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::Tx;
use crate::store::accounts::{self, Account};
use crate::store::deliveries::{self, NewActivity, Priority};

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
        // With followers in the audience the shared inbox serves all of a server at once; else it is personal (rule D2).
        let inbox =
            if to.followers { deliveries::shared_inbox(&account) } else { deliveries::personal_inbox(&account) };
        inboxes.extend(inbox.map(|inbox| (inbox.to_owned(), Priority::Mentioned)));
    }
    let new = NewActivity {
        id: app.ids.next(now),
        uri,
        account_id: sender.id,
        kind,
        payload: activity.to_string(),
        created_at: now,
    };
    deliveries::insert_activity(tx, &new)?;
    let mut rows = deliveries::enqueue_to(tx, new.id, &inboxes, now)?;
    if to.followers {
        rows += deliveries::enqueue_to_followers(tx, new.id, sender.id, to.priority, now)?;
    }
    if rows == 0 {
        deliveries::forget_activity(tx, new.id)?;
    }
    Ok(rows > 0)
}
