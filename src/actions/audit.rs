//! Noting in the moderation log what staff do to the server itself: settings, emoji, announcements, invites, queues.
//!
//! What they do to people is noted by [`super::moderation`], in the transaction of the deed.

use super::moderation::Staff;
use crate::app::App;
use crate::error::Result;
use crate::store::Tx;
use crate::store::moderation::{self, Entry};

/// Notes in the deed's own transaction that `staff` did `action` to `what`. `why` is a few words for people.
pub fn note(tx: &Tx, app: &App, staff: &Staff, action: &str, what: &str, why: &str) -> Result<()> {
    moderation::insert(tx, &entry(app, &format!("account:{}", staff.account.id), action, what, why))
}

/// The same after the deed, where that has a transaction of its own.
pub async fn after(app: &App, staff: &Staff, action: &str, what: &str, why: &str) -> Result<()> {
    let entry = entry(app, &format!("account:{}", staff.account.id), action, what, why);
    app.store.write(move |tx| moderation::insert(tx, &entry)).await
}

fn entry(app: &App, source: &str, action: &str, what: &str, why: &str) -> Entry {
    Entry {
        at: app.clock.now(),
        source: source.to_owned(),
        action: action.to_owned(),
        direction: "local".to_owned(),
        actor_uri: String::new(),
        object_uri: Some(what.to_owned()).filter(|what| !what.is_empty()),
        reason: why.to_owned(),
        excerpt: String::new(),
    }
}
