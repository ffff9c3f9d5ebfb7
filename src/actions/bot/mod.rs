//! Bots at work: the account that each acts through, the mailbox that deeds fill, and what comes of what is in it.
//!
//! A deed puts an event into the mailbox in its own transaction ([`event`]). Later the bot is told, outside of any
//! transaction; what it wants done, its memory, its alarms and the end of the events are then one transaction ([`carry`]).
//! A crash in between means that the bot is told again, and that nothing of the first time happened.

mod account;
mod carry;
pub mod event;
pub mod letters;
mod prepare;
mod tell;
#[cfg(test)]
mod tests;
mod timer;

use std::time::Duration;

pub(super) use account::settle;
pub use timer::fire;

use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::plugins::bot::{Failed, Running};
use crate::plugins::{Failure, FailureKind};
use crate::store::bot_events::{self, Event};
use crate::store::bot_timers;

/// How long an event rests after its first, second and third failure; after one more it is a dead letter.
const RESTS: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300)];

/// Tells a bot of what is due, once, and does what it wants. `false`: nothing is due.
pub async fn work(app: &App, bot: &Running) -> Result<bool> {
    let Some(told) = tell::gather(app, bot).await? else { return Ok(false) };
    let tell::Told { account, row, events, caller, occasion } = told;
    let Some(occasion) = occasion else {
        // Nothing of it is for the bot to know (any more).
        let (plugin, ids) = (row.plugin_id, events.iter().map(|event| event.id).collect::<Vec<_>>());
        app.store.write(move |tx| bot_events::done(tx, &plugin, &ids)).await?;
        return Ok(true);
    };
    match app.plugins.call_bot(bot, caller, occasion).await {
        Ok(done) => match carry::out(app, bot, account, &events, done).await {
            Ok(()) => drop(bot.note(None)),
            Err(error) => {
                let failure =
                    Failure { plugin: bot.id().to_owned(), kind: FailureKind::Returned, why: error.to_string() };
                let alarm = bot.note(Some(&failure));
                fail(app, events, Failed { failure, alarm }).await?;
            }
        },
        Err(failed) => fail(app, events, failed).await?,
    }
    Ok(true)
}

/// After a failure each event is tried again by itself.
async fn fail(app: &App, events: Vec<Event>, failed: Failed) -> Result<()> {
    let Failed { failure, alarm } = failed;
    tracing::warn!(plugin.id = failure.plugin, "bot {} failed: {}", failure.plugin, failure.why);
    let (now, alone, why) = (app.clock.now(), events.len() == 1, failure.why);
    app.store
        .write(move |tx| {
            for event in &events {
                let rest = usize::try_from(event.attempts).ok().and_then(|failures| RESTS.get(failures));
                let again = if alone { rest.map(|rest| now.plus(*rest)) } else { Some(now) };
                bot_events::failed(tx, event.id, &why, again)?;
            }
            Ok(())
        })
        .await?;
    match alarm {
        Some(alarm) => super::plugin::raise(app, &alarm).await,
        None => Ok(()),
    }
}

/// Deals with everything that is due by the app's clock, one bot after the other; for tests and commands.
pub async fn until_idle(app: &App) -> Result<()> {
    loop {
        let mut more = fire(app).await? > 0;
        for bot in app.plugins.bots() {
            more |= work(app, &bot).await?;
        }
        if !more {
            return Ok(());
        }
    }
}

/// When this bot has something to do next; never while its account is suspended.
pub async fn next_due(app: &App, bot: &Running) -> Result<Option<Time>> {
    let plugin = bot.id().to_owned();
    app.store
        .read(move |db| match tell::actor(db, &plugin)? {
            Some(_) => bot_events::next_due(db, &plugin),
            None => Ok(None),
        })
        .await
}

/// When the next alarm goes off.
pub async fn next_alarm(app: &App) -> Result<Option<Time>> {
    app.store.read(bot_timers::next).await
}
