//! Posts for later: looking at them, moving and giving them up. They are made at `POST /api/v1/statuses`.
//!
//! Spec: https://docs.joinmastodon.org/methods/scheduled_statuses/

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;
use serde::Serialize;

use super::answer::Reply;
use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::actions::schedule;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::ScheduledId;
use crate::store::scheduled::{self, Scheduled};

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/scheduled_statuses", get(list))
        .route("/api/v1/scheduled_statuses/{id}", get(show).put(change).delete(remove))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::ScheduledStatus>>> {
    auth.needs("read:statuses")?;
    let page = paging::page(&params, 20, 40)?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let rows = scheduled::of(db, me, &page)?;
        let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        Ok((render::scheduled(db, &base, &rows)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinIdWhenFull);
    Ok(Reply::own(answer).linked(link))
}

async fn show(State(app): State<App>, auth: Auth, Id(id): Id<ScheduledId>) -> Answer<Reply<entities::ScheduledStatus>> {
    auth.needs("read:statuses")?;
    Ok(shown(&app, known(&app, &auth, id).await?).await?)
}

async fn change(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<ScheduledId>,
    params: Params,
) -> Answer<Reply<entities::ScheduledStatus>> {
    auth.needs("write:statuses")?;
    let row = known(&app, &auth, id).await?;
    let row = match time(&params)? {
        Some(at) => schedule::set_time(&app, &auth.account, id, at).await?,
        None => row,
    };
    Ok(shown(&app, row).await?)
}

async fn remove(State(app): State<App>, auth: Auth, Id(id): Id<ScheduledId>) -> Answer<Reply<Done>> {
    auth.needs("write:statuses")?;
    schedule::remove(&app, &auth.account, id).await?;
    Ok(Reply::own(Done {}))
}

async fn known(app: &App, auth: &Auth, id: ScheduledId) -> Result<Scheduled> {
    let me = auth.id();
    app.store.read(move |db| scheduled::by_id(db, me, id)).await?.ok_or(Error::NotFound("scheduled status"))
}

/// The post for later as its author sees it.
pub(super) async fn shown(app: &App, row: Scheduled) -> Result<Reply<entities::ScheduledStatus>> {
    let base = Base::new(app);
    let read = app.store.read(move |db| render::scheduled(db, &base, &[row])?.pop().ok_or(Error::NotFound("record")));
    Ok(Reply::own(read.await?))
}

/// The `scheduled_at` that is asked for.
pub(super) fn time(params: &Params) -> Result<Option<Time>> {
    let Some(text) = params.text("scheduled_at").filter(|text| !text.is_empty()) else { return Ok(None) };
    Time::parse(&text)
        .map(Some)
        .ok_or_else(|| Error::invalid("scheduled_at", "is not a time such as 2026-08-07T14:00:00Z"))
}
