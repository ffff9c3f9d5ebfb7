//! The late stage for posts of ours: stored for their author only, judged by filters that may wait for other servers, then
//! published, held or dropped. The POST that brought them does not wait. What a crash interrupts is judged again. Those of
//! other servers: `arrivals.rs`.

use std::time::Duration;

use crate::actions::post::{self, Draft};
use crate::actions::schedule::Kept;
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::plugins::Early;
use crate::store::accounts::Account;
use crate::store::statuses::{self, Status};
use crate::store::{Tx, accounts, media, pending_posts, timelines};
use crate::streams::{Announcements, Happening};

use super::judge::{self, Judged};
use super::{arrivals, hold};

/// A judgement that takes longer died with an earlier run of the server.
pub(super) const DEAD: Duration = Duration::from_secs(60);
/// How many one round takes up again.
pub(super) const STEP: i64 = 50;

/// What `status` looks like while nobody but its author may know it: existing rules keep everybody else away.
pub fn hidden(status: &Status) -> Status {
    Status { visibility: Visibility::Direct, local_only: true, ..status.clone() }
}

/// Notes that the post (written as [`hidden`]) waits.
pub fn write(tx: &Tx, me: &Account, status: &Status, draft: &Draft, early: &Early, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    let bug = |error: serde_json::Error| Error::Bug(error.to_string());
    let kept = serde_json::to_string(&Kept::of(draft)).map_err(bug)?;
    pending_posts::insert(tx, status.id, &kept, &serde_json::to_string(early).map_err(bug)?, now)?;
    timelines::home_add(tx, me.id, status.id, me.id)?;
    told.push(Happening::Posted { status: status.id, homes: vec![me.id], listed: false });
    Ok(told)
}

/// Lets the late filters judge in the background.
pub fn begin(app: &App, id: StatusId) {
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = settle(&app, id).await {
            tracing::warn!(%error, %id, "a post that late filters judge has to wait");
        }
    });
}

/// Takes up what an earlier run of the server left. Answers how many.
pub async fn resume(app: &App) -> Result<usize> {
    let before = app.clock.now().minus(DEAD);
    let waiting = app.store.read(move |db| pending_posts::older(db, before, STEP)).await?;
    let count = waiting.len();
    for id in waiting {
        settle(app, id).await?;
    }
    Ok(count + arrivals::resume(app, before).await?)
}

/// Judges a post that waits, and does what the verdict says. One that is gone meanwhile is left alone.
pub async fn settle(app: &App, id: StatusId) -> Result<()> {
    let read = app.store.read(move |db| {
        let Some(draft) = pending_posts::draft(db, id)? else { return Ok(None) };
        let status = statuses::by_id(db, id)?.ok_or(Error::NotFound("status"))?;
        Ok(accounts::by_id(db, status.account_id)?.map(|author| (draft, author)))
    });
    let Some(((draft, early), author)) = read.await? else { return Ok(()) };
    let early: Early = serde_json::from_str(&early).unwrap_or_default();
    let kept: Kept =
        serde_json::from_str(&draft).map_err(|error| Error::Bug(format!("a waiting post is unreadable: {error}")))?;
    let draft = Draft { held: Some(id), ..kept.draft() };
    let now = app.clock.now();
    let judged = match post::composed(app, &author, &draft, now).await {
        Ok(composed) => judge::judge_own_late(app, &author, composed, early, now).await,
        Err(error) => Err(error),
    };
    let deed = app.clone();
    match judged {
        Ok(Judged::Held(post)) => {
            // First into the queue, then away: a crash in between holds it again, which changes nothing.
            let told = hold::hold_own(app, *post, &draft, now).await?;
            app.store.write(move |tx| remove(tx, id).map(drop)).await?;
            tracing::debug!(%told, %id, "a late filter holds a post");
            Ok(())
        }
        Ok(Judged::Pass(composed) | Judged::Late(composed, _)) => {
            let told = app.store.write(move |tx| {
                if !remove(tx, id)? {
                    return Ok(Announcements::default());
                }
                post::write(tx, &deed, &author, &composed, now)
            });
            told.await?.announce(app);
            Ok(())
        }
        Err(error) if error.is_retryable() => Err(error),
        Err(error) => {
            tracing::info!(%error, %id, "a late filter drops a post");
            let homes = vec![author.id];
            app.store.write(move |tx| remove(tx, id).map(drop)).await?;
            let mut told = Announcements::default();
            told.push(Happening::Deleted { status: id, homes, listed: false });
            told.announce(app);
            Ok(())
        }
    }
}

/// Takes the hidden row away; `false`: its author was faster.
fn remove(tx: &Tx, id: StatusId) -> Result<bool> {
    let Some(status) = statuses::by_id(tx, id)? else { return Ok(false) };
    if pending_posts::draft(tx, id)?.is_none() {
        return Ok(false);
    }
    media::detach(tx, id)?;
    statuses::delete(tx, &status)?;
    Ok(true)
}
