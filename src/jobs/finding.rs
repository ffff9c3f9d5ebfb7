//! Keeps up what people find things by: the search index, trends, and the proof of links on profiles.

use std::time::Duration;

use super::{DAY, MINUTE, STEP};
use crate::actions::verify;
use crate::app::App;
use crate::error::Result;
use crate::store::trends::{self, Kind};
use crate::store::{cards, link_checks, search_waiting};

/// How often what waits for the index is looked for.
pub(super) const INDEX: Duration = Duration::from_secs(5 * MINUTE);
/// How often trends are found anew.
pub(super) const TRENDS: Duration = Duration::from_secs(5 * MINUTE);
/// How often changed profiles are looked for.
pub(super) const LINKS: Duration = Duration::from_secs(MINUTE);
/// Rows of the index in one write, which people wait behind.
const ROWS: usize = 100;
/// Profiles that are checked in one go.
const PROFILES: usize = 20;
/// Pages that nobody links to any more are kept for so long.
const FORGOTTEN: Duration = Duration::from_secs(30 * DAY);

/// Indexes what waits: after an upgrade everything.
pub(super) async fn index(app: &App) -> Result<usize> {
    if !app.store.read(search_waiting::any).await? {
        return Ok(0);
    }
    let mut sum = 0;
    loop {
        let count = app.store.write(|tx| search_waiting::take(tx, ROWS)).await?;
        sum += count;
        if count < ROWS {
            return Ok(sum);
        }
    }
}

/// Finds what trends; answers how many things do.
pub(super) async fn trends(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let mut sum = 0;
    for kind in [Kind::Tag, Kind::Status, Kind::Link] {
        let found = app.store.read(move |db| trends::current(db, kind, now)).await?;
        sum += found.len();
        app.store.write(move |tx| trends::set(tx, kind, &found)).await?;
    }
    Ok(sum)
}

/// Checks the links of changed profiles.
pub(super) async fn links(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let due = app.store.read(move |db| link_checks::due(db, now, PROFILES)).await?;
    for (account, attempts) in &due {
        verify::links_of(app, *account, *attempts).await?;
    }
    Ok(due.len())
}

/// Forgets pages that no post links to.
pub(super) async fn pages(app: &App) -> Result<usize> {
    let before = app.clock.now().minus(FORGOTTEN);
    super::in_steps(app, move |tx, _| cards::forget(tx, before, STEP)).await
}
