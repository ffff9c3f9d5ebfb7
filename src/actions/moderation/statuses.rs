//! What moderators do to posts: delete them, or mark them as sensitive. Ours travel to whoever holds a copy; of others'
//! only our copy is concerned.

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ReportId, StatusId};
use crate::store::accounts::Account;
use crate::store::statuses::{self, Status};
use crate::store::{Tx, media, reports};
use crate::streams::Announcements;

use super::super::post;
use super::{Measure, Staff, Told, log, report, subject, warn};
use crate::clock::Time;

/// How many posts at once.
const MOST: usize = 100;

/// Something to do to posts.
#[derive(Debug, Clone)]
pub struct Act {
    /// [`Measure::DeleteStatuses`] or [`Measure::MarkStatuses`].
    pub measure: Measure,
    /// Which posts, of whomever.
    pub posts: Vec<StatusId>,
    /// What their authors are told.
    pub text: String,
    /// The report that led to it; it is closed.
    pub report: Option<ReportId>,
    /// Whether they are also told by mail.
    pub mail: bool,
}

/// Carries out the act; answers how many posts it found. Boosts and unknown ids are left out.
pub async fn act(app: &App, staff: Staff, act: Act) -> Result<usize> {
    if act.posts.len() > MOST {
        return Err(Error::invalid("status_ids", format!("are more than {MOST}")));
    }
    let (now, deed) = (app.clock.now(), app.clone());
    let (count, files, told) = app.store.write(move |tx| write(tx, &deed, &staff, &act, now)).await?;
    told.announce(app);
    app.media.remove(files).await?;
    Ok(count)
}

fn write(tx: &Tx, app: &App, staff: &Staff, act: &Act, now: Time) -> Result<(usize, Vec<String>, Announcements)> {
    let (mut told, mut files) = (Announcements::default(), Vec::new());
    let mut rows = statuses::by_ids(tx, &act.posts)?;
    rows.retain(|row| row.reblog_of_id.is_none());
    let mut authors: Vec<AccountId> = rows.iter().map(|row| row.account_id).collect();
    authors.sort_unstable();
    authors.dedup();
    for id in authors {
        let author = subject(tx, staff, id)?;
        let theirs: Vec<&Status> = rows.iter().filter(|row| row.account_id == id).collect();
        for status in &theirs {
            told.extend(one(tx, app, &author, status, act.measure, &mut files, now)?);
            log(tx, staff, act.measure.as_str(), &author.uri, Some(status.uri.clone()), &act.text, now)?;
        }
        let posts = Some(theirs.iter().map(|status| status.id).collect());
        let words = Told { measure: act.measure, text: &act.text, report: act.report, posts, mail: act.mail };
        warn(tx, app, staff, &author, words, now, &mut told)?;
    }
    if let Some(id) = act.report {
        let found = reports::by_id(tx, id)?.ok_or(Error::NotFound("report"))?;
        if found.action_taken_at.is_none() {
            report::close(tx, staff, found, now)?;
        }
    }
    Ok((rows.len(), files, told))
}

fn one(
    tx: &Tx,
    app: &App,
    author: &Account,
    status: &Status,
    measure: Measure,
    files: &mut Vec<String>,
    now: Time,
) -> Result<Announcements> {
    match measure {
        Measure::DeleteStatuses => {
            let attached = media::of_status(tx, status.id)?;
            let told = post::write_removal(tx, app, author, status, now)?;
            for media in attached {
                media::delete(tx, media.id)?;
                files.extend(media.file.into_iter().chain(media.thumbnail));
            }
            Ok(told)
        }
        _ => post::write_sensitive(tx, app, author, status, true, now),
    }
}
