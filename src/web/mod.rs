//! Pages for people, rendered here so that they work without JavaScript: front page, profiles, posts, about, sign-in,
//! consent, settings, errors. Only passkeys need a script, and without it passwords do. Embeds and serves the top-level `web/` files.
//!
//! Every page is English or Japanese (`?lang=`, cookie, `Accept-Language`), carries a strict content security policy and
//! asks nothing of any other server. Forms carry a token that only the page's own visitor can know.

mod about;
mod account;
mod assets;
mod authorize;
mod embed;
mod entry;
mod feed;
mod fields;
mod interaction;
mod invites;
mod origin;
mod page;
mod profile;
mod recovery;
mod settings;
mod sign_in;
mod sign_up;
mod status;
mod tag;
mod trouble;
mod visitor;
mod webapp;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::actions::attempts;
use crate::app::App;

pub use origin::{allow_media, of_media};
pub use profile::profile_page;
pub use status::status_page;
pub use trouble::not_found;
pub use webapp::is_embedded;

/// The addresses that are pages and nothing else. Profiles and posts share theirs with documents for servers; `server`
/// chooses between [`profile_page`], [`status_page`] and those.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(about::front))
        .route("/about", get(about::show))
        .route("/privacy", get(about::privacy))
        .route("/terms", get(about::terms))
        .route("/auth/sign_in", get(sign_in::show).post(sign_in::submit))
        .route("/auth/second_step", post(sign_in::second_step))
        .route("/auth/passkey", post(sign_in::passkey))
        .route("/auth/sign_out", post(sign_in::leave))
        .route("/auth/sign_up", get(sign_up::show).post(sign_up::submit))
        .route("/invite/{code}", get(sign_up::invited))
        .route("/auth/confirmation", get(recovery::confirmation).post(recovery::confirm))
        .route("/auth/reset", get(recovery::reset).post(recovery::submit))
        .route("/settings/account", get(account::show))
        .route("/settings/account/email", post(account::email))
        .route("/settings/account/password", post(account::password))
        .route("/settings/account/delete", post(account::delete))
        .route("/settings/password", get(account::moved))
        .route("/settings/invites", get(invites::show).post(invites::create))
        .route("/settings/invites/{id}/revoke", post(invites::revoke))
        .route("/oauth/authorize", get(authorize::show).post(authorize::decide).delete(authorize::deny))
        .route("/oauth/authorize/native", get(authorize::code))
        .route("/authorize_interaction", get(interaction::show).post(interaction::submit))
        .route("/remote_interaction", get(interaction::ask).post(interaction::lead))
        .merge(settings::routes())
        .route("/@{name}/{id}/embed", get(embed::show))
        .route("/tags/{name}", get(tag::show))
        .route("/static/{file}", get(assets::serve))
        .route("/app", get(webapp::slash))
        .route("/app/", get(webapp::serve))
        .route("/app/{*path}", get(webapp::serve))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(assets::robots))
        .layer(Extension(Arc::new(attempts::Attempts::default())))
}

#[cfg(test)]
mod tests;
