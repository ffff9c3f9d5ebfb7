//! Filter plugins at work: loading them, asking them before a local post is written and before a received one is stored, the
//! review queue, and what admins do with plugins.

pub mod actors;
mod alarm;
pub mod arrivals;
mod download;
mod hold;
pub mod index;
mod judge;
pub mod late;
mod log;
pub mod manage;
mod marks;
pub mod people;
pub mod replay;
pub mod review;
pub mod simulate;
#[cfg(test)]
mod tests;
mod verbs;
pub mod words;

pub(super) use alarm::raise;
pub use hold::HeldPost;
pub(super) use hold::{held_row, hold_own};
pub use judge::Judged;
pub(super) use judge::{Arrived, judge_incoming, judge_own, plain_html};
pub use marks::{Marks, end_due};
pub use verbs::judge_received;
pub(super) use verbs::{Own, judge_own as judge_deed};

use crate::app::App;
use crate::error::{Error, Result};
use crate::media::{Means, Purpose};
use crate::plugins::InstalledPlugin;
use crate::store::plugins;

/// Loads the enabled plugins from the database; called at start and after each change. One that cannot be loaded is
/// left out and named in the log; the server and the others run.
pub async fn load(app: &App) -> Result<()> {
    let read = app.store.read(|db| {
        let with_grants = |row: plugins::Plugin| {
            let grants = plugins::grants(db, &row.id, &row.publisher_key)?;
            Ok(InstalledPlugin::of(row, grants))
        };
        plugins::enabled(db)?.into_iter().map(with_grants).collect::<Result<Vec<_>>>()
    });
    super::bot::settle(app).await?;
    for error in app.plugins.load(read.await?).await {
        tracing::error!(%error, "a plugin was not loaded");
    }
    app.bots_waiting.notify_one();
    Ok(())
}

/// Refuses when a gate does not let the server fetch this address. `purpose` as in the contract: `actor`, `post`, …
pub async fn pass(app: &App, url: &str, purpose: &'static str) -> Result<()> {
    match app.plugins.gate(url, purpose).await {
        None => Ok(()),
        Some(plugin) => Err(Error::Forbidden(format!(
            "the plugin {plugin} does not let {url} be fetched / プラグイン{plugin}が{url}の取得を許可していません"
        ))),
    }
}

/// The name of our copy of a file of another server, fetched if need be and if the gates let it be.
pub async fn media(app: &App, purpose: Purpose, url: &str) -> Result<String> {
    pass(app, url, "media").await?;
    let means = Means { store: &app.store, outbound: &app.outbound, now: app.clock.now() };
    app.media.remote(means, purpose, url).await
}

/// Loads them at the start of the server. Plugins that were running when the last process died are switched off first.
pub async fn load_at_start(app: &App) -> Result<()> {
    for id in app.plugins.suspects() {
        alarm::suspect(app, id).await?;
    }
    app.plugins.forget_suspects();
    load(app).await
}
