//! What clients leave behind: expired codes, apps that nobody uses, old idempotency keys, uploads that no post used.

use std::time::Duration;

use super::{DAY, HOUR, STEP, in_steps};
use crate::app::App;
use crate::error::Result;
use crate::store::purge;

/// An answer to a repeated post is kept this long.
const IDEMPOTENCY: Duration = Duration::from_secs(HOUR);
/// An app waits this long for somebody to sign in with it.
const UNUSED_APP: Duration = Duration::from_secs(DAY);
/// An upload waits this long for its post.
const UPLOAD: Duration = Duration::from_secs(DAY);

pub(super) async fn run(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let codes = in_steps(app, move |tx, limit| purge::grants(tx, now, limit)).await?;
    let keys = in_steps(app, move |tx, limit| purge::idempotency_keys(tx, now.minus(IDEMPOTENCY), limit)).await?;
    Ok(codes + keys)
}

pub(super) async fn apps(app: &App) -> Result<usize> {
    let before = app.clock.now().minus(UNUSED_APP);
    in_steps(app, move |tx, limit| purge::unused_apps(tx, before, limit)).await
}

pub(super) async fn uploads(app: &App) -> Result<usize> {
    let before = app.clock.now().minus(UPLOAD);
    let mut sum = 0;
    loop {
        let removed = app.store.write(move |tx| purge::unattached_media(tx, before, STEP)).await?;
        let count = removed.len();
        sum += count;
        // The files after the rows: a crash in between leaves files that nobody names, never rows without files.
        app.media.remove(removed.into_iter().flat_map(|(_, files)| files).collect()).await?;
        if count < STEP {
            return Ok(sum);
        }
    }
}
