//! Streaming: what happens reaches open clients at once, by WebSocket or server-sent events.
//!
//! A listener hears every happening of the server, but shows only what its viewer would find in the timeline of the same
//! name: each post is asked for again by the timeline's own query, so blocks, mutes and visibility have one home. A
//! reader that is too slow is told so and dropped; a revoked token ends its connections. Announcements
//! come later. Spec: Mastodon API, streaming, https://docs.joinmastodon.org/methods/streaming/

mod channel;
mod listener;
mod socket;
mod sse;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::get;

use crate::app::App;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/streaming", get(socket::open))
        .route("/api/v1/streaming/", get(socket::open))
        .route("/api/v1/streaming/health", get(async || "OK"))
        .route("/api/v1/streaming/{channel}", get(sse::open))
        .route("/api/v1/streaming/{channel}/{part}", get(sse::open_part))
}
