//! Whether the server is alive, and (Mastodon asks it of itself) whether it wants donations: it does not.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use super::auth::Auth;
use super::error::Answer;
use crate::app::App;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new().route("/health", get(health)).route("/api/v1/donation_campaigns", get(donation_campaigns))
}

async fn health() -> &'static str {
    std::future::ready("OK").await
}

async fn donation_campaigns(_auth: Auth) -> Answer<StatusCode> {
    std::future::ready(Ok(StatusCode::NO_CONTENT)).await
}
