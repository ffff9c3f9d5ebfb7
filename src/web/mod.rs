//! Pages for people, rendered here so that they work without JavaScript: front page, profiles, posts, about, sign-in,
//! consent, errors. Embeds and serves the top-level `web/` files.
//!
//! Every page is English or Japanese (`?lang=`, cookie, `Accept-Language`), carries a strict content security policy and
//! asks nothing of any other server. Forms carry a token that only the page's own visitor can know.

mod about;
mod assets;
mod attempts;
mod authorize;
mod fields;
mod page;
mod profile;
mod sign_in;
mod trouble;
mod visitor;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::app::App;

pub use profile::{profile_page, status_page};
pub use trouble::not_found;

/// The addresses that are pages and nothing else. Profiles and posts share theirs with documents for servers; `server`
/// chooses between [`profile_page`], [`status_page`] and those.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(about::front))
        .route("/about", get(about::show))
        .route("/privacy", get(about::privacy))
        .route("/auth/sign_in", get(sign_in::show).post(sign_in::submit))
        .route("/auth/sign_out", post(sign_in::leave))
        .route("/oauth/authorize", get(authorize::show).post(authorize::decide).delete(authorize::deny))
        .route("/oauth/authorize/native", get(authorize::code))
        .route("/static/{file}", get(assets::serve))
        .route("/favicon.ico", get(assets::favicon))
        .layer(Extension(Arc::new(attempts::Attempts::default())))
}

#[cfg(test)]
mod tests;
