//! Publishes announcements when their time has come, and takes them away when it is over.

use std::time::Duration;

use crate::actions::announcement;
use crate::app::App;
use crate::error::Result;

/// How late one may be.
pub(super) const EVERY: Duration = Duration::from_secs(30);

pub(super) async fn run(app: &App) -> Result<usize> {
    announcement::turn_over(app).await
}
