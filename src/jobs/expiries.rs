//! What filters left to be done by the clock: deletes posts whose end has come, fetches shared word lists again.

use std::time::Duration;

use crate::actions::plugin;
use crate::app::App;
use crate::error::Result;

/// How late one may be.
pub(super) const EVERY: Duration = Duration::from_secs(60);

pub(super) async fn run(app: &App) -> Result<usize> {
    plugin::end_due(app).await
}

/// Takes up posts that late filters were judging when an earlier run of the server ended.
pub(super) async fn late(app: &App) -> Result<usize> {
    plugin::late::resume(app).await
}

/// How often word lists are looked at; each is fetched once a day.
pub(super) const LISTS: Duration = Duration::from_secs(3_600);

pub(super) async fn lists(app: &App) -> Result<usize> {
    plugin::words::refresh(app).await
}
