//! Tells bots what happened, each in a task of its own, so that a slow one holds up nobody else.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::actions::bot;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::plugins::Off;
use crate::plugins::bot::Running;

/// The longest sleep, should the machine's clock be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);
/// How long the worker rests when a mailbox cannot be read.
const MISHAP: Duration = Duration::from_secs(60);

/// Works until `stop` is cancelled. What is under way then is told again after the next start.
pub fn start_bots(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let (mut running, mut busy) = (JoinSet::new(), HashSet::new());
        loop {
            let sleep = match round(&app, &mut running, &mut busy).await {
                Ok(next) => next.map_or(LONGEST_SLEEP, |at| at.since(app.clock.now())).min(LONGEST_SLEEP),
                Err(error) => {
                    tracing::error!(%error, "the mailboxes of bots cannot be read; trying again in a minute");
                    MISHAP
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(ended) = running.join_next() => {
                    if let Ok((id, rested)) = ended {
                        busy.remove(&id);
                        if rested {
                            tokio::select! {
                                () = stop.cancelled() => return,
                                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                            }
                        }
                    }
                }
                () = app.bots_waiting.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    })
}

/// Lets every bot that has something to do begin; answers when to look again.
async fn round(app: &App, running: &mut JoinSet<(String, bool)>, busy: &mut HashSet<String>) -> Result<Option<Time>> {
    let now = app.clock.now();
    while bot::fire(app).await? > 0 {}
    let mut next = vec![bot::next_alarm(app).await?, app.plugins.rest_bots(now)];
    for one in app.plugins.bots() {
        if busy.contains(one.id()) {
            continue;
        }
        match bot::next_due(app, &one).await? {
            Some(due) if due <= now => {
                busy.insert(one.id().to_owned());
                running.spawn(attend(app.clone(), one));
            }
            due => next.push(due),
        }
    }
    // Bots that were switched off for a while.
    next.extend(app.plugins.list().into_iter().map(|loaded| match loaded.off {
        Some(Off::Until(until)) => Some(until),
        _ => None,
    }));
    Ok(next.into_iter().flatten().min())
}

/// Works one mailbox off; whether that went wrong in a way that is not the bot's fault.
async fn attend(app: App, one: Running) -> (String, bool) {
    let id = one.id().to_owned();
    let work = async {
        // A version that was replaced meanwhile stops here; the next round takes the new one.
        while app.plugins.bots().iter().any(|bot| bot.is(&one)) {
            if !bot::work(&app, &one).await? {
                break;
            }
        }
        Ok::<_, crate::error::Error>(())
    };
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => (id, false),
        Ok(Err(error)) => {
            tracing::error!(%error, plugin.id = id, "what the bot {id} did could not be kept");
            (id, true)
        }
        Err(_) => {
            tracing::error!(plugin.id = id, "telling the bot {id} panicked");
            (id, true)
        }
    }
}
