//! The late stage for posts of other servers: stored where nobody sees them and nobody is told, judged by filters that may
//! wait for other servers, then shown, held or dropped. The inbox goes on meanwhile. What a crash interrupts is judged again.

use crate::actions::fetch::Budget;
use crate::actions::receive::{self, Incoming};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::plugins::Early;
use crate::plugins::envelope::Direction;
use crate::store::pending_arrivals::{self, Arrival};
use crate::store::statuses::{self, Status};
use crate::store::{Tx, accounts};
use crate::streams::Announcements;

use super::judge::{self, Arrived};
use super::late::{self, STEP};

/// Whether the post `uri` is hidden while late filters judge it: whoever needs it comes again.
pub async fn waits(app: &App, uri: &str) -> Result<bool> {
    let uri = uri.to_owned();
    app.store
        .read(move |db| match statuses::by_uri(db, &uri)? {
            Some(status) => pending_arrivals::waits(db, status.id),
            None => Ok(false),
        })
        .await
}

/// Stores the post hidden, and lets the late filters judge in the background. `None`: it is there already, from when
/// somebody asked for it.
pub async fn hide(app: &App, incoming: &Incoming, early: &Early) -> Result<Option<Status>> {
    let now = app.clock.now();
    let row = Arrival {
        status_id: incoming.status.id,
        object: incoming.raw.to_string(),
        early: serde_json::to_string(early).map_err(|error| Error::Bug(error.to_string()))?,
        direction: incoming.direction.as_str().to_owned(),
        recipient_id: incoming.recipient,
        created_at: now,
    };
    let hidden = late::hidden(&incoming.status);
    let write = app.store.write(move |tx| {
        if !statuses::insert(tx, &hidden)? {
            return Ok(None);
        }
        pending_arrivals::insert(tx, &row)?;
        Ok(Some(hidden))
    });
    let hidden = write.await?;
    if let Some(hidden) = &hidden {
        begin(app, hidden.id);
    }
    Ok(hidden)
}

fn begin(app: &App, id: StatusId) {
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = settle(&app, id).await {
            tracing::warn!(%error, %id, "a post of another server that late filters judge has to wait");
        }
    });
}

/// Takes up what has waited since before `before`: an earlier run of the server left it. Answers how many.
pub async fn resume(app: &App, before: Time) -> Result<usize> {
    let waiting = app.store.read(move |db| pending_arrivals::older(db, before, STEP)).await?;
    let count = waiting.len();
    for id in waiting {
        settle(app, id).await?;
    }
    Ok(count)
}

/// Judges one that waits, and does what the verdict says. One that is gone meanwhile is left alone.
async fn settle(app: &App, id: StatusId) -> Result<()> {
    let read = app.store.read(move |db| {
        let Some(arrival) = pending_arrivals::by_status(db, id)? else { return Ok(None) };
        let status = statuses::by_id(db, id)?.ok_or(Error::NotFound("status"))?;
        let author = accounts::by_id(db, status.account_id)?.ok_or(Error::NotFound("account"))?;
        Ok(Some((arrival, author)))
    });
    let Some((arrival, author)) = read.await? else { return Ok(()) };
    let unreadable = |error: serde_json::Error| Error::Bug(format!("a waiting post is unreadable: {error}"));
    let object = serde_json::from_str(&arrival.object).map_err(unreadable)?;
    let early: Early = serde_json::from_str(&arrival.early).map_err(unreadable)?;
    let direction: Direction = serde_json::from_value(arrival.direction.clone().into()).map_err(unreadable)?;
    let mut budget = Budget::default();
    let gathered = receive::regather(app, &object, author, arrival.recipient_id, direction, id, &mut budget).await;
    let judged = match gathered {
        Ok(incoming) => judge::judge_incoming_late(app, incoming, early).await,
        Err(error) => Err(error),
    };
    let deed = app.clone();
    match judged {
        Ok(Arrived::Pass(incoming) | Arrived::Late(incoming, _)) => {
            let now = app.clock.now();
            let told = app.store.write(move |tx| {
                // Deleted by its author meanwhile.
                if !remove(tx, id)? {
                    return Ok(Announcements::default());
                }
                receive::write(tx, &deed, &incoming, now)
            });
            told.await?.announce(app);
            Ok(())
        }
        Ok(Arrived::Gone) => app.store.write(move |tx| remove(tx, id).map(drop)).await,
        Err(error) if error.is_retryable() => Err(error),
        Err(error) => {
            tracing::info!(%error, %id, "a post that late filters were to judge is dropped");
            app.store.write(move |tx| remove(tx, id).map(drop)).await
        }
    }
}

/// Takes the hidden row away; `false`: it does not wait any more.
fn remove(tx: &Tx, id: StatusId) -> Result<bool> {
    let Some(status) = statuses::by_id(tx, id)? else { return Ok(false) };
    if !pending_arrivals::waits(tx, id)? {
        return Ok(false);
    }
    statuses::delete(tx, &status)?;
    Ok(true)
}
