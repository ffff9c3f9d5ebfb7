//! (being built)

use axum::Router;

use crate::app::App;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
}
