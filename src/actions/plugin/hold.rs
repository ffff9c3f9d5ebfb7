//! Putting a post into the review queue.

use crate::actions::post::Draft;
use crate::actions::post::compose::Composed;
use crate::actions::receive::Incoming;
use crate::actions::schedule::Kept;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::HeldId;
use crate::plugins::envelope::Envelope;
use crate::store::{held, scheduled};

/// How many posts of one person may wait in the queue.
const MOST: i64 = 100;

/// A post of somebody here that a filter wants to be looked at first.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct HeldPost {
    pub plugin: String,
    pub reason: String,
    pub score: i32,
    pub composed: Composed,
    pub envelope: Envelope,
}

impl HeldPost {
    /// What its author is told when nothing is kept of it.
    pub fn refused(self) -> Error {
        Error::Rejected { plugin: self.plugin, reason: self.reason }
    }
}

/// Keeps the draft for author and moderators; answers the error that tells the author so.
pub async fn hold_own(app: &App, post: HeldPost, draft: &Draft, now: Time) -> Result<Error> {
    let row = held_row(&post, draft, now)?;
    let (media, waited) = (draft.media.clone(), draft.scheduled);
    let id = app.store.write(move |tx| {
        // Sent again by a client that was told no: the same post waits already.
        if let Some(earlier) = held::of(tx, row.account_id)?.into_iter().find(|earlier| earlier.payload == row.payload)
        {
            return Ok(Some(earlier.id));
        }
        if held::count(tx, row.account_id)? >= MOST {
            return Ok(None);
        }
        held::insert(tx, &row, &media)?;
        if let Some(id) = waited {
            scheduled::delete(tx, row.account_id, id)?;
        }
        Ok(Some(row.id))
    });
    let Some(id) = id.await? else { return Ok(post.refused()) };
    Ok(Error::Held {
        id: id.0,
        reason: format!(
            "{} It waits in the review queue, and is published when a moderator agrees. / \
             確認待ちに入りました。モデレーターが承認すると公開されます。",
            post.reason
        ),
    })
}

/// The draft as it waits in the queue.
pub(in crate::actions) fn held_row(post: &HeldPost, draft: &Draft, now: Time) -> Result<held::Held> {
    let payload = serde_json::to_string(&Kept::of(draft)).map_err(|error| Error::Bug(error.to_string()))?;
    let status = &post.composed.status;
    Ok(held::Held {
        id: HeldId(status.id.0),
        state: "open".into(),
        direction: post.envelope.direction.as_str().into(),
        account_id: status.account_id,
        object_uri: None,
        is_edit: false,
        plugin_id: post.plugin.clone(),
        reason: post.reason.clone(),
        score: post.score,
        text: post.envelope.text.clone(),
        spoiler_text: status.spoiler_text.clone(),
        visibility: status.visibility,
        attachments: post.envelope.attachments.clone(),
        payload,
        activity: None,
        created_at: now,
        decided_at: None,
        decided_by: None,
        status_id: None,
    })
}

/// Keeps the object of another server for the moderators.
pub(super) async fn hold_incoming(
    app: &App,
    incoming: &Incoming,
    envelope: &Envelope,
    plugin: String,
    reason: String,
    score: i32,
    now: Time,
) -> Result<()> {
    let status = &incoming.status;
    let row = held::Held {
        id: app.ids.next(now),
        state: "open".into(),
        direction: incoming.direction.as_str().into(),
        account_id: incoming.author.id,
        object_uri: Some(status.uri.clone()),
        is_edit: incoming.is_edit,
        plugin_id: plugin,
        reason,
        score,
        text: envelope.text.clone(),
        spoiler_text: status.spoiler_text.clone(),
        visibility: status.visibility,
        attachments: envelope.attachments.clone(),
        payload: incoming.raw.to_string(),
        activity: None,
        created_at: now,
        decided_at: None,
        decided_by: None,
        status_id: None,
    };
    app.store.write(move |tx| held::insert(tx, &row, &[]).map(drop)).await
}
