//! What one is told, version 1: each by itself. The grouped version comes with `/api/v2/notifications`.
//!
//! Spec: https://docs.joinmastodon.org/methods/notifications/

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};
use serde::Serialize;

use super::answer::Reply;
use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::app::App;
use crate::error::Error;
use crate::ids::NotificationId;
use crate::store::notifications::Filter;
use crate::store::{markers, notifications as told};

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/notifications", get(list))
        .route("/api/v1/notifications/clear", post(clear))
        .route("/api/v1/notifications/unread_count", get(unread_count))
        .route("/api/v1/notifications/{id}", get(show))
        .route("/api/v1/notifications/{id}/dismiss", post(dismiss))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

/// How many are unread.
#[derive(Debug, Serialize)]
struct Count {
    count: i64,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Notification>>> {
    auth.needs("read:notifications")?;
    let page = paging::page(&params, 40, 80)?;
    let filter = Filter {
        kinds: params.list("types").unwrap_or_default(),
        without: params.list("exclude_types").unwrap_or_default(),
        from: params.id("account_id")?,
    };
    let (base, me, now) = (Base::new(&app.config), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let rows = told::list(db, me, &filter, &page, now)?;
        let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        Ok((render::notifications(db, &base, &rows, me)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn show(State(app): State<App>, auth: Auth, Id(id): Id<NotificationId>) -> Answer<Reply<entities::Notification>> {
    auth.needs("read:notifications")?;
    let (base, me) = (Base::new(&app.config), auth.id());
    let read = app.store.read(move |db| {
        let row = told::by_id(db, me, id)?.ok_or(Error::NotFound("notification"))?;
        render::notifications(db, &base, &[row], me)?.pop().ok_or(Error::NotFound("notification"))
    });
    Ok(Reply::own(read.await?))
}

async fn clear(State(app): State<App>, auth: Auth) -> Answer<Reply<Done>> {
    auth.needs("write:notifications")?;
    let me = auth.id();
    app.store.write(move |tx| told::clear(tx, me)).await?;
    Ok(Reply::own(Done {}))
}

async fn dismiss(State(app): State<App>, auth: Auth, Id(id): Id<NotificationId>) -> Answer<Reply<Done>> {
    auth.needs("write:notifications")?;
    let me = auth.id();
    if !app.store.write(move |tx| told::delete(tx, me, id)).await? {
        return Err(Error::NotFound("notification").into());
    }
    Ok(Reply::own(Done {}))
}

/// Unread is what came after the marker of the notifications.
async fn unread_count(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Count>> {
    auth.needs("read:notifications")?;
    let most = paging::limit(&params, 100, 1000);
    let (me, now) = (auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let marker = markers::of(db, me)?.into_iter().find(|marker| marker.timeline == "notifications");
        told::count(db, me, NotificationId(marker.map_or(0, |marker| marker.last_read_id)), most, now)
    });
    Ok(Reply::own(Count { count: read.await? }))
}
