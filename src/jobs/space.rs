//! Keeps the disk free: pictures of others beyond the budget go, empty pages of the database file go back, a few at a time.

use super::STEP;
use crate::app::App;
use crate::error::Result;
use crate::media::BUDGET;
use crate::store::purge;

/// Pages (of 4 kB) that may stay empty: they will be needed again soon.
const SPARE: usize = 1_000;
/// Steps in one go; the rest waits for the next hour.
const STEPS: usize = 100;

/// Lets the least looked at pictures of other servers go.
pub(super) async fn cache(app: &App) -> Result<usize> {
    app.media.evict(&app.store, BUDGET).await
}

pub(super) async fn run(app: &App) -> Result<usize> {
    let mut freed = 0;
    for _ in 0..STEPS {
        let (before, after) = app.store.write(|tx| Ok((purge::free_pages(tx)?, step(tx)?))).await?;
        freed += before.saturating_sub(after);
        if after >= before {
            break;
        }
    }
    Ok(freed)
}

fn step(tx: &crate::store::Tx) -> Result<usize> {
    let free = purge::free_pages(tx)?;
    if free <= SPARE {
        return Ok(free);
    }
    purge::vacuum(tx, STEP.min(free - SPARE))?;
    purge::free_pages(tx)
}
