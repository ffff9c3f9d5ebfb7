//! Tombstones and undo markers that have served their time. Spec: rule P3.

use std::time::Duration;

use super::{DAY, in_steps};
use crate::app::App;
use crate::error::Result;
use crate::store::purge;

/// Tombstones of posts by people somebody here follows, and by ourselves.
const TOMBSTONES: Duration = Duration::from_secs(365 * DAY);
/// Tombstones of anybody else's posts.
const STRANGERS: Duration = Duration::from_secs(7 * DAY);
/// Undo markers.
const UNDONE: Duration = Duration::from_secs(30 * DAY);
/// The most rows that each table may keep, whatever their age: strangers can make us write them.
const MOST: usize = 200_000;

pub(super) async fn run(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let old = in_steps(app, move |tx, limit| purge::tombstones(tx, now.minus(TOMBSTONES), now.minus(STRANGERS), limit));
    let mut count = old.await?;
    count += in_steps(app, |tx, limit| purge::surplus_tombstones(tx, MOST, limit)).await?;
    count += in_steps(app, move |tx, limit| purge::undone(tx, now.minus(UNDONE), limit)).await?;
    count += in_steps(app, |tx, limit| purge::surplus_undone(tx, MOST, limit)).await?;
    Ok(count)
}
