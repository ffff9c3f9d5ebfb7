//! People of ours whose suspension nobody took back in time.

use crate::actions::moderation::erase;
use crate::app::App;
use crate::error::Result;

pub(super) async fn run(app: &App) -> Result<usize> {
    erase::due(app).await
}
