//! Embeds and serves the top-level `web/` files: pages for people. (being built)

use axum::Router;

use crate::app::App;

/// Pages for people.
pub fn routes() -> Router<App> {
    Router::new()
}
