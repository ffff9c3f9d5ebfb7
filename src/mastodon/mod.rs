//! The client door: Mastodon's REST API, OAuth and streaming. One file per route family.

use axum::Router;

use crate::app::App;

pub mod accounts;
pub mod answer;
pub mod apps;
pub mod auth;
pub mod entities;
pub mod error;
pub mod files;
pub mod instance;
pub mod media;
pub mod notifications;
pub mod oauth;
pub mod paging;
pub mod params;
pub mod path;
pub mod render;
pub mod search;
pub mod statuses;
pub mod streaming;
pub mod timelines;

/// Every route of the client API and OAuth.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(accounts::routes())
        .merge(apps::routes())
        .merge(files::routes())
        .merge(instance::routes())
        .merge(media::routes())
        .merge(notifications::routes())
        .merge(oauth::routes())
        .merge(search::routes())
        .merge(statuses::routes())
        .merge(streaming::routes())
        .merge(timelines::routes())
}

#[cfg(test)]
mod tests;
