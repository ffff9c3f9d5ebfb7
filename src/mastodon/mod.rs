//! The client door: Mastodon's REST API, OAuth and streaming. One file per route family.

use axum::Router;

use crate::app::App;

pub mod accounts;
pub mod answer;
pub mod apps;
pub mod auth;
pub mod conversations;
pub mod directory;
pub mod domain_blocks;
pub mod entities;
pub mod error;
pub mod files;
pub mod filters;
pub mod instance;
pub mod lists;
pub mod media;
pub mod notifications;
pub mod oauth;
pub mod paging;
pub mod params;
pub mod path;
pub mod polls;
pub mod push;
pub mod reactions;
pub mod render;
pub mod scheduled;
pub mod search;
pub mod statuses;
pub mod streaming;
pub mod tags;
pub mod timelines;

/// Every route of the client API and OAuth.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(accounts::routes())
        .merge(apps::routes())
        .merge(conversations::routes())
        .merge(directory::routes())
        .merge(domain_blocks::routes())
        .merge(files::routes())
        .merge(filters::routes())
        .merge(instance::routes())
        .merge(lists::routes())
        .merge(media::routes())
        .merge(notifications::routes())
        .merge(oauth::routes())
        .merge(polls::routes())
        .merge(push::routes())
        .merge(reactions::routes())
        .merge(scheduled::routes())
        .merge(search::routes())
        .merge(statuses::routes())
        .merge(streaming::routes())
        .merge(tags::routes())
        .merge(timelines::routes())
}

#[cfg(test)]
mod tests;
