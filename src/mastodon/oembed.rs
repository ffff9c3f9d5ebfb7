//! How other sites show a post of ours: a frame around its own small page.
//!
//! Spec: https://oembed.com/ and https://docs.joinmastodon.org/methods/oembed/

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::answer::Reply;
use super::auth::Viewer;
use super::entities;
use super::error::Answer;
use super::params::Params;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::{accounts, statuses};
use crate::text::render::escape;

/// Pixels when nothing is asked for; the frame must have some height.
const WIDTH: i64 = 400;
const HEIGHT: i64 = 320;
/// Seconds that the answer holds.
const CACHE: i64 = 86_400;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new().route("/api/oembed", get(oembed))
}

async fn oembed(State(app): State<App>, params: Params) -> Answer<Reply<entities::OEmbed>> {
    let url = params.text("url").unwrap_or_default();
    let size =
        |name: &'static str| -> Result<Option<i64>> { Ok(params.number(name)?.map(|size| size.clamp(1, 4_096))) };
    let (width, height) = (size("maxwidth")?.unwrap_or(WIDTH), size("maxheight")?);
    // A page address may end in a slash or carry what a browser added.
    let url = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
    let read = app.store.read(move |db| {
        let status = statuses::by_uri_or_url(db, &url)?;
        let status = status.filter(|row| row.local && row.reblog_of_id.is_none() && row.visibility.is_open());
        let status = status.ok_or(Error::NotFound("status"))?;
        let author = accounts::by_id(db, status.account_id)?.filter(|row| row.suspended_at.is_none());
        Ok((author.ok_or(Error::NotFound("account"))?, status))
    });
    let (author, status) = read.await?;
    let page = status.url.unwrap_or(status.uri);
    let name = if author.display_name.is_empty() { author.username.clone() } else { author.display_name.clone() };
    let html = format!(
        "<iframe src=\"{}/embed\" title=\"{}\" width=\"{width}\" height=\"{}\" style=\"max-width: 100%; border: 0\" \
         loading=\"lazy\" allowfullscreen=\"allowfullscreen\"></iframe>",
        escape(&page),
        escape(&name),
        height.unwrap_or(HEIGHT)
    );
    Ok(Reply::to(
        &Viewer(None),
        entities::OEmbed {
            kind: "rich",
            version: "1.0",
            author_name: name,
            author_url: author.url,
            provider_name: app.config.handle_domain.clone(),
            provider_url: app.config.url("/"),
            cache_age: CACHE,
            html,
            width,
            height,
        },
    ))
}
