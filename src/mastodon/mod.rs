//! The client door: Mastodon's REST API, OAuth and streaming. One file per route family.

use axum::Router;

use crate::app::App;

pub mod accounts;
pub mod admin;
pub mod announcements;
pub mod answer;
pub mod apps;
pub mod auth;
pub mod collections;
pub mod conversations;
pub mod custom_emojis;
pub mod directory;
pub mod domain_blocks;
pub mod emails;
pub mod entities;
pub mod error;
pub mod files;
pub mod filters;
pub mod freshness;
pub mod health;
pub mod instance;
pub mod invites;
pub mod limits;
pub mod lists;
pub mod media;
pub mod moving;
pub mod neighbours;
pub mod notifications;
pub mod oauth;
pub mod oembed;
pub mod openapi;
pub mod paging;
pub mod params;
pub mod path;
pub mod plugins;
pub mod polls;
pub mod push;
pub mod reactions;
pub mod render;
pub mod reports;
pub mod scheduled;
pub mod search;
pub mod security;
pub mod sign_up;
pub mod statuses;
pub mod streaming;
pub mod tags;
pub mod timelines;
pub mod trends;
pub mod warnings;

/// Every route of the client API and OAuth.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(accounts::routes())
        .merge(announcements::routes())
        .merge(admin::routes())
        .merge(apps::routes())
        .merge(collections::routes())
        .merge(conversations::routes())
        .merge(custom_emojis::routes())
        .merge(directory::routes())
        .merge(domain_blocks::routes())
        .merge(emails::routes())
        .merge(files::routes())
        .merge(filters::routes())
        .merge(health::routes())
        .merge(instance::routes())
        .merge(invites::routes())
        .merge(lists::routes())
        .merge(media::routes())
        .merge(moving::routes())
        .merge(neighbours::routes())
        .merge(notifications::routes())
        .merge(oauth::routes())
        .merge(openapi::routes())
        .merge(oembed::routes())
        .merge(plugins::routes())
        .merge(polls::routes())
        .merge(push::routes())
        .merge(reactions::routes())
        .merge(reports::routes())
        .merge(scheduled::routes())
        .merge(search::routes())
        .merge(security::routes())
        .merge(sign_up::routes())
        .merge(statuses::routes())
        .merge(streaming::routes())
        .merge(tags::routes())
        .merge(timelines::routes())
        .merge(warnings::routes())
        .merge(trends::routes())
}

#[cfg(test)]
mod tests;
