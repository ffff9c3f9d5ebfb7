//! Dead letters: what a bot could not deal with, to be looked at, tried again, or thrown away.

use crate::actions::plugin::manage;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::bot_events::{self, Event};
use crate::store::bots::{self, Bot};

/// Letters of one answer.
pub const PAGE: u32 = 100;

/// What is in a bot's mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Mailbox {
    pub bot: Bot,
    pub waiting: i64,
    pub dead: i64,
}

/// The mailbox of a bot, by the plugin's name; `None`: the plugin is no bot.
pub async fn mailbox(app: &App, name: &str) -> Result<Option<Mailbox>> {
    let name = name.to_owned();
    app.store
        .read(move |db| {
            let id = manage::find(db, &name)?.id;
            let Some(bot) = bots::of_plugin(db, &id)? else { return Ok(None) };
            let (waiting, dead) = (bot_events::waiting(db, &id)?, bot_events::dead_count(db, &id)?);
            Ok(Some(Mailbox { bot, waiting, dead }))
        })
        .await
}

/// Dead letters of a bot, newest first, below this id.
pub async fn list(app: &App, name: &str, below: Option<i64>) -> Result<Vec<Event>> {
    let name = name.to_owned();
    app.store
        .read(move |db| {
            let id = manage::find(db, &name)?.id;
            bot_events::dead(db, &id, below, PAGE)
        })
        .await
}

/// Tries one again, or (`None`) all; answers how many.
pub async fn replay(app: &App, name: &str, letter: Option<i64>) -> Result<usize> {
    let (name, now) = (name.to_owned(), app.clock.now());
    let write = app.store.write(move |tx| {
        let id = manage::find(tx, &name)?.id;
        bot_events::replay(tx, &id, letter, now)
    });
    let count = write.await?;
    if letter.is_some() && count == 0 {
        return Err(Error::NotFound("letter"));
    }
    app.bots_waiting.notify_one();
    Ok(count)
}

/// Throws one away.
pub async fn discard(app: &App, name: &str, letter: i64) -> Result<()> {
    let name = name.to_owned();
    let write = app.store.write(move |tx| {
        let id = manage::find(tx, &name)?.id;
        bot_events::drop_dead(tx, &id, letter)
    });
    if write.await? { Ok(()) } else { Err(Error::NotFound("letter")) }
}
