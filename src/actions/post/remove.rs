//! Deleting a post: the row goes, a tombstone stays, and everybody who may hold a copy is told.

use crate::activitypub::audience::Visibility;
use crate::activitypub::build;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::statuses::{self, Status};
use crate::store::{Tx, media, quotes, timelines, tombstones};
use crate::streams::{Announcements, Change, Happening};

use super::super::{bot, outbox, quote, reblog, relay, timeline, translate};
use super::{author, known, recipients};

/// Deletes a post of one's own; answers it as it was. Media stay for reuse unless `delete_media`.
pub async fn delete(app: &App, me: &Account, id: StatusId, delete_media: bool) -> Result<Status> {
    let (now, me, deed) = (app.clock.now(), me.clone(), app.clone());
    let (status, told, files) = app
        .store
        .write(move |tx| {
            let status = known(tx, id)?;
            if status.account_id != me.id {
                return Err(Error::NotFound("status"));
            }
            let attached = media::of_status(tx, id)?;
            let told = match status.reblog_of_id {
                Some(original) => {
                    let original = known(tx, original)?;
                    reblog::write_removal(tx, &deed, &me, &status, &original, now)?
                }
                None => write_removal(tx, &deed, &me, &status, now)?,
            };
            let mut files = Vec::new();
            if delete_media {
                for media in attached {
                    media::delete(tx, media.id)?;
                    files.extend(media.file.into_iter().chain(media.thumbnail));
                }
            }
            Ok((status, told, files))
        })
        .await?;
    told.announce(app);
    app.media.remove(files).await?;
    Ok(status)
}

/// Deletes a post, ours or another server's: tombstone, homes, streams; for ours the Delete to all who may hold it.
pub fn write_removal(tx: &Tx, app: &App, who: &Account, status: &Status, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    if status.local {
        let mut recipients = recipients(tx, status)?;
        recipients.accounts.extend(statuses::interested(tx, status.id)?);
        let note = translate::note(tx, app, status)?;
        let delete = build::delete(&who.uri, &status.uri, &note.to, &note.cc);
        told.deliveries |= outbox::send(tx, app, who, &delete, &recipients, now)?;
        told.deliveries |= relay::publish(tx, app, who, status, &delete, now)?;
    }
    bot::event::deleted(tx, status, now, &mut told)?;
    let (homes, lists) = (timelines::home_homes_of(tx, status.id)?, timelines::lists_of(tx, status.id)?);
    let boosts = statuses::boosts_in_homes(tx, status.id)?;
    let quoting = quotes::quoting(tx, status.id)?;
    tombstones::insert(tx, &status.uri, &author(tx, status)?.uri, now)?;
    media::detach(tx, status.id)?;
    statuses::delete(tx, status)?;
    for (boost, homes) in boosts {
        told.push(Happening::Deleted { status: boost, homes, listed: false });
    }
    for quoting in statuses::by_ids(tx, &quoting)? {
        quote::shown_anew(tx, &quoting, &mut told)?;
    }
    timeline::tell_lists(status.id, lists, Change::Deleted, &mut told);
    told.push(Happening::Deleted { status: status.id, homes, listed: status.visibility == Visibility::Public });
    Ok(told)
}
