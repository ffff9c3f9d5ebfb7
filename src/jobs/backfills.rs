//! Reads from other servers what waits in the queues for it: followers that differ, conversations, new acquaintances.
//!
//! One thing at a time, for these reads wait for strangers; the queues are rows, so a crash repeats at most one of them.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::actions::{backfill, followers};
use crate::app::App;
use crate::error::Result;

/// The longest sleep, should the machine's clock be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);
/// How long the worker rests when the queue cannot be read.
const MISHAP: Duration = Duration::from_secs(60);

/// Reads until `stop` is cancelled.
pub fn start_backfills(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let round = async {
                backfills_until_idle(&app).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "the queue of conversations cannot be read; trying again in a minute");
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
                () = app.backfills_waiting.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    })
}

/// Reads everything that is due by the app's clock; answers how long there is nothing more to do.
pub async fn backfills_until_idle(app: &App) -> Result<Duration> {
    while followers::work(app).await? {}
    while backfill::work(app).await? {}
    let next = backfill::next_due(app).await?;
    Ok(next.map_or(LONGEST_SLEEP, |due| due.since(app.clock.now())).min(LONGEST_SLEEP))
}
