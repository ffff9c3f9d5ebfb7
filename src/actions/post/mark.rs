//! Marking a post as sensitive, or no longer, without its author: an edit of nothing else.

use crate::activitypub::build;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::store::accounts::Account;
use crate::store::edits::{self, Edit as Former};
use crate::store::statuses::{self, Status};
use crate::store::{Tx, media, polls};
use crate::streams::Announcements;

use super::super::{outbox, translate};
use super::{recipients, write_edited};

/// Writes the mark; whoever holds a copy of a post of ours is sent it as an edit. Of another server's post our copy is
/// changed and nobody told.
pub fn write_sensitive(
    tx: &Tx,
    app: &App,
    author: &Account,
    status: &Status,
    sensitive: bool,
    now: Time,
) -> Result<Announcements> {
    if status.sensitive == sensitive {
        return Ok(Announcements::default());
    }
    if !status.local {
        statuses::update(tx, &Status { sensitive, ..status.clone() })?;
        return Ok(Announcements::default());
    }
    let former = Former {
        status_id: status.id,
        created_at: status.edited_at.unwrap_or(status.created_at),
        content: status.content.clone(),
        text: status.text.clone(),
        spoiler_text: status.spoiler_text.clone(),
        sensitive: status.sensitive,
        media: media::of_status(tx, status.id)?.into_iter().map(|media| (media.id, media.description)).collect(),
        poll: polls::of_status(tx, status.id)?.as_ref().map(edits::titles),
    };
    edits::insert(tx, &former)?;
    let after = Status { sensitive, edited_at: Some(now), ..status.clone() };
    statuses::update(tx, &after)?;
    let mut told = write_edited(tx, app, &after, now)?;
    let mut recipients = recipients(tx, &after)?;
    recipients.accounts.extend(statuses::interested(tx, after.id)?);
    let update = build::update_note(&translate::note(tx, app, &after)?);
    told.deliveries |= outbox::send(tx, app, author, &update, &recipients, now)?;
    Ok(told)
}
