//! Publishes the posts whose time has come.

use std::time::Duration;

use crate::actions::schedule;
use crate::app::App;
use crate::error::Result;

/// How late one may be.
pub(super) const EVERY: Duration = Duration::from_secs(10);

pub(super) async fn run(app: &App) -> Result<usize> {
    schedule::publish_due(app).await
}
