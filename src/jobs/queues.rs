//! Queue rows that nobody needs any more. Spec: rules P8, D5.

use std::time::Duration;

use super::{DAY, in_steps};
use crate::app::App;
use crate::error::Result;
use crate::store::{backfills, bot_events, deliveries, events, ip_blocks, purge};

/// Processed activities recognise repeats for this long; parked and dropped ones wait for the admin as long.
const KEPT: Duration = Duration::from_secs(7 * DAY);
/// An activity whose delivery rows are all gone belongs to a deed that ended long before.
const ORPHANED: Duration = Duration::from_secs(DAY);
/// A server that we had nothing to do with for this long is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(60 * DAY);
/// A dead letter that nobody looked at for this long is thrown away.
const LETTERS: Duration = Duration::from_secs(30 * DAY);

pub(super) async fn run(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let mut count = in_steps(app, move |tx, limit| deliveries::drop_old(tx, now, limit)).await?;
    count += in_steps(app, move |tx, limit| purge::dropped_deliveries(tx, now.minus(KEPT), limit)).await?;
    count += in_steps(app, move |tx, limit| purge::activities(tx, now.minus(ORPHANED), limit)).await?;
    count += in_steps(app, move |tx, limit| purge::inbox(tx, now.minus(KEPT), limit)).await?;
    count += in_steps(app, move |tx, limit| purge::peers(tx, now.minus(FORGOTTEN), limit)).await?;
    count += in_steps(app, move |tx, limit| ip_blocks::delete_expired(tx, now, limit)).await?;
    count += in_steps(app, move |tx, limit| events::forget(tx, now.minus(KEPT), limit)).await?;
    count += in_steps(app, move |tx, limit| bot_events::drop_old(tx, now.minus(LETTERS), limit)).await?;
    count += in_steps(app, move |tx, limit| backfills::forget(tx, now.minus(ORPHANED), limit)).await?;
    Ok(count)
}
