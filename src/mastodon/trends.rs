//! What many talk about: hashtags, posts, links; and posts with a link that many share.
//!
//! Spec: https://docs.joinmastodon.org/methods/trends/ and https://docs.joinmastodon.org/methods/timelines/#link

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;

use super::answer::Reply;
use super::auth::Viewer;
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::render::{self, Base};
use crate::actions::access::{self, Feed};
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::timelines::Place;
use crate::store::trends::{self, Shown};
use crate::store::{Connection, cards, settings, timelines};

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/trends", get(tags))
        .route("/api/v1/trends/tags", get(tags))
        .route("/api/v1/trends/statuses", get(statuses))
        .route("/api/v1/trends/links", get(links))
        .route("/api/v1/timelines/link", get(linked))
}

/// What everybody is shown: on a server that reviews its trends only what was approved.
pub(super) fn shown(db: &Connection) -> Result<Shown> {
    let reviews = settings::get(db, settings::TRENDS_REVIEW)?.is_some_and(|value| value == "yes");
    Ok(if reviews { Shown::Approved } else { Shown::NotRejected })
}

async fn tags(State(app): State<App>, viewer: Viewer, params: Params) -> Answer<Reply<Vec<entities::Tag>>> {
    let (limit, offset) = window(&params, 10, 20)?;
    let (base, me, now) = (Base::new(&app), viewer.id(), app.clock.now());
    let read =
        app.store.read(move |db| render::tags(db, &base, &trends::tags(db, shown(db)?, limit, offset)?, me, now));
    Ok(Reply::to(&viewer, read.await?))
}

async fn statuses(State(app): State<App>, viewer: Viewer, params: Params) -> Answer<Reply<Vec<entities::Status>>> {
    let (limit, offset) = window(&params, 20, 40)?;
    let (base, me, now) = (Base::new(&app), viewer.id(), app.clock.now());
    let read = app
        .store
        .read(move |db| render::statuses(db, &base, trends::statuses(db, me, shown(db)?, limit, offset, now)?, me));
    Ok(Reply::to(&viewer, read.await?))
}

async fn links(State(app): State<App>, viewer: Viewer, params: Params) -> Answer<Reply<Vec<entities::TrendsLink>>> {
    let (limit, offset) = window(&params, 10, 20)?;
    let (base, me) = (Base::new(&app), viewer.id());
    let read =
        app.store.read(move |db| render::trends_links(db, &base, &trends::links(db, shown(db)?, limit, offset)?, me));
    Ok(Reply::to(&viewer, read.await?))
}

/// Public posts with a link; only while many share it, as a way to their talk and not a search for whoever named a page.
async fn linked(
    State(app): State<App>,
    viewer: Viewer,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Status>>> {
    viewer.needs("read:statuses")?;
    let url = params.text("url").unwrap_or_default();
    let page = paging::page(&params, 20, 40)?;
    let (base, me, now) = (Base::new(&app), viewer.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let Some(place) = access::place(db, Feed::Link, Place::Everywhere, me.is_some())? else {
            return Ok(Vec::new());
        };
        let card = cards::by_url(db, &url)?.ok_or(Error::NotFound("link"))?;
        if !trends::is_link(db, card.id, shown(db)?)? {
            return Err(Error::NotFound("link"));
        }
        render::statuses(db, &base, timelines::linked(db, me, place, card.id, &page, now)?, me)
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().map(|status| status.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::to(&viewer, answer).linked(link))
}

pub(super) fn window(params: &Params, default: i64, most: i64) -> Result<(i64, i64)> {
    Ok((paging::limit(params, default, most), params.number("offset")?.unwrap_or(0).max(0)))
}
