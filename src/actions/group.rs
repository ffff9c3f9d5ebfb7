//! Groups: what they pass on, and in which of them a post belongs.
//!
//! A group announces whole activities of its members. They are believed no more than any forwarded activity: the post is
//! read from its own server (rule A8). A new thread is shown to the group's followers as its boost; answers only when we
//! hold what they answer. Votes of strangers are nobody's business here. Spec: FEP-1b12, https://w3id.org/fep/1b12; rule R12

use crate::activitypub::note::Note;
use crate::activitypub::{ids, read};
use crate::app::App;
use crate::error::Result;
use crate::store::statuses::{self, Status};
use crate::store::{Tx, accounts, audiences};

use super::fetch::{self, Budget};

/// The group that a post names as its audience, if it can be one.
pub(super) fn named(note: &Note, development: bool) -> Option<&str> {
    let group = note.audience.as_deref()?;
    let sound = ids::valid_remote_id(group, development).is_ok();
    (sound && group != note.attributed_to).then_some(group)
}

/// Looks the group of a received post up, so that answers can be delivered to it. What cannot be had is done without.
pub(super) async fn meet(app: &App, note: &Note, budget: &mut Budget) -> Option<String> {
    let group = named(note, app.config.development)?.to_owned();
    if ids::parse(&app.config.url(""), &group).is_some() {
        return None;
    }
    let account = fetch::actor(app, &group, budget).await.ok()?;
    (account.kind == "Group").then_some(group)
}

/// An answer belongs to the group of what it answers.
pub(super) fn inherit(tx: &Tx, status: &Status) -> Result<()> {
    if let Some(parent) = status.in_reply_to_id
        && let Some(group) = audiences::of(tx, parent)?
        && accounts::by_uri(tx, &group)?.is_some()
    {
        audiences::set(tx, status.id, &group)?;
    }
    Ok(())
}

/// Whether a group that tells of a new post tells of the answer to something that we hold; `None`: of a new thread.
pub async fn answers_known(app: &App, document: &serde_json::Value) -> Result<Option<bool>> {
    let Some(parent) = read::id(document, "inReplyTo").map(str::to_owned) else { return Ok(None) };
    Ok(Some(app.store.read(move |db| Ok(statuses::by_uri(db, &parent)?.is_some())).await?))
}
