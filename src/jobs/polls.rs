//! Polls: their end, and what other servers hear of the votes meanwhile. Spec: rule R1.

use std::time::Duration;

use crate::actions::vote;
use crate::app::App;
use crate::error::Result;

/// How late an end may be noticed.
pub(super) const END: Duration = Duration::from_secs(10);
/// How late new tallies may be noticed; how often they are told at most is the deed's matter.
pub(super) const TELL: Duration = Duration::from_secs(30);

pub(super) async fn end(app: &App) -> Result<usize> {
    vote::end_due(app).await
}

pub(super) async fn tell(app: &App) -> Result<usize> {
    vote::tell_tallies(app).await
}
