//! Actors that their own server did not find: asked for again when it is time. Spec: rule P7.

use crate::actions::{absence, border};
use crate::app::App;
use crate::error::Result;

pub(super) async fn run(app: &App) -> Result<usize> {
    absence::recheck(app).await
}

/// People of servers that were blocked long ago. Spec: rule R9.
pub(super) async fn blocked(app: &App) -> Result<usize> {
    border::purge(app).await
}
