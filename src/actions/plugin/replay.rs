//! What a plugin would say about posts that this server holds: before it may act, or after a change of its settings.

use crate::actions::translate;
use crate::app::App;
use crate::error::Result;
use crate::plugins::envelope::{Decision, Envelope};
use crate::plugins::{Failure, InstalledPlugin, facts};
use crate::store::{plugins, replay};

use super::manage;

/// The most posts that are looked at.
pub const MOST: u32 = 5_000;

/// What it would say about one post.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Line {
    pub envelope: Envelope,
    pub said: std::result::Result<Decision, Failure>,
}

/// Runs the plugin over the newest `last` stored posts, newest first; nothing is changed, and nothing counted.
pub async fn run(app: &App, name: &str, last: u32) -> Result<Vec<Line>> {
    let (name, last, now) = (name.to_owned(), last.min(MOST), app.clock.now());
    let ground = translate::ground(app);
    let read = app.store.read(move |db| {
        let row = manage::find(db, &name)?;
        let grants = plugins::grants(db, &row.id, &row.publisher_key)?;
        let mut envelopes = Vec::new();
        for status in replay::newest(db, last.into())? {
            envelopes.extend(facts::stored(db, &ground, &status, now)?);
        }
        Ok((InstalledPlugin::of(row, grants), envelopes))
    });
    let (row, envelopes) = read.await?;
    let said = app.plugins.try_one(row, envelopes.clone()).await?;
    Ok(envelopes.into_iter().zip(said).map(|(envelope, said)| Line { envelope, said }).collect())
}
