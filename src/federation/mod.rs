//! The server door: what other servers read from us and send to us.

use axum::Router;

use crate::app::App;

pub mod inbox;
pub mod verbs;

/// Every route that other servers call.
pub fn routes() -> Router<App> {
    inbox::routes()
}
