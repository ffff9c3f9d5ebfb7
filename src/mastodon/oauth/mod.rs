//! OAuth for programs: tokens, revocation, user info, metadata. The pages where a person says yes are in `web/`.
//!
//! Spec: RFC 6749, RFC 7009, RFC 8414, https://docs.joinmastodon.org/methods/oauth/

mod metadata;
mod token;
mod userinfo;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/oauth/token", post(token::issue))
        .route("/oauth/revoke", post(token::revoke))
        .route("/oauth/userinfo", get(userinfo::show).post(userinfo::show))
        .route("/.well-known/oauth-authorization-server", get(metadata::show))
}
