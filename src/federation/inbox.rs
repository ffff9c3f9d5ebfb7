//! (being built)

use axum::Router;

use crate::app::App;

/// The inboxes.
pub fn routes() -> Router<App> {
    Router::new()
}
