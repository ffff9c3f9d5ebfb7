//! Reads the pages behind links, a few at a time, when they are due.
//!
//! The queue is the rows themselves: a crash repeats at most the pages that were being read.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::actions::card;
use crate::app::App;
use crate::error::Result;
use crate::store::cards;
use crate::streams::Happening;

/// How many pages are read at once.
const PLACES: usize = 4;
/// The longest sleep, should the machine's clock be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);
/// How long the worker rests when the queue cannot be read.
const MISHAP: Duration = Duration::from_secs(60);

/// Reads pages until `stop` is cancelled.
pub fn start_pages(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut hearing = app.streams.subscribe();
        loop {
            let round = async {
                pages_until_idle(&app).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "the queue of pages cannot be read; trying again in a minute");
                    MISHAP
                })
            };
            let sleep = tokio::select! {
                () = stop.cancelled() => return,
                sleep = round => sleep,
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = news(&mut hearing) => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    })
}

/// Reads every page that is due by the app's clock; answers how long there is nothing more to do.
pub async fn pages_until_idle(app: &App) -> Result<Duration> {
    loop {
        let now = app.clock.now();
        let due = app.store.read(move |db| cards::due(db, now, PLACES)).await?;
        if due.is_empty() {
            let next = app.store.read(cards::next_due).await?;
            return Ok(next.map_or(LONGEST_SLEEP, |next| next.since(now)).min(LONGEST_SLEEP));
        }
        for done in join_all(due.into_iter().map(|row| card::fetch(app, row))).await {
            done?;
        }
    }
}

/// Waits until a post was written.
async fn news(hearing: &mut tokio::sync::broadcast::Receiver<Happening>) {
    loop {
        match hearing.recv().await {
            Ok(Happening::Posted { .. } | Happening::Edited { .. }) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
