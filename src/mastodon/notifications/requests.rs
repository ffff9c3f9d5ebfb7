//! Senders whose notifications were put aside: to be accepted or dismissed.
//!
//! Spec: https://docs.joinmastodon.org/methods/notifications/#get-requests

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use super::Done;
use crate::actions::notify;
use crate::app::App;
use crate::error::Error;
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{self, Merged};
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::notification_requests as requests;

/// The routes of this family.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/notifications/requests", get(list))
        .route("/api/v1/notifications/requests/merged", get(merged))
        .route("/api/v1/notifications/requests/accept", post(accept_all))
        .route("/api/v1/notifications/requests/dismiss", post(dismiss_all))
        .route("/api/v1/notifications/requests/{id}", get(show))
        .route("/api/v1/notifications/requests/{id}/accept", post(accept))
        .route("/api/v1/notifications/requests/{id}/dismiss", post(dismiss))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::NotificationRequest>>> {
    auth.needs("read:notifications")?;
    let page = paging::page(&params, 40, 80)?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let rows = requests::list(db, me, &page)?;
        let cursors: Vec<i64> = rows.iter().map(|row| row.id).collect();
        Ok((render::notification_requests(db, &base, &rows, me)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinIdWhenFull);
    Ok(Reply::own(answer).linked(link))
}

async fn show(State(app): State<App>, auth: Auth, Id(id): Id<i64>) -> Answer<Reply<entities::NotificationRequest>> {
    auth.needs("read:notifications")?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let row = requests::by_id(db, me, id)?.ok_or(Error::NotFound("notification request"))?;
        let shown = render::notification_requests(db, &base, &[row], me)?;
        shown.into_iter().next().ok_or(Error::NotFound("notification request"))
    });
    Ok(Reply::own(read.await?))
}

/// Accepting shows what was put aside in the same transaction, so nothing is ever under way.
async fn merged(auth: Auth) -> Answer<Reply<Merged>> {
    auth.needs("read:notifications")?;
    std::future::ready(Ok(Reply::own(Merged { merged: true }))).await
}

async fn accept(State(app): State<App>, auth: Auth, Id(id): Id<i64>) -> Answer<Reply<Done>> {
    let me = writer(&auth)?;
    known(notify::accept_requests(&app, me, vec![id]).await?)
}

async fn dismiss(State(app): State<App>, auth: Auth, Id(id): Id<i64>) -> Answer<Reply<Done>> {
    let me = writer(&auth)?;
    known(notify::dismiss_requests(&app, me, vec![id]).await?)
}

async fn accept_all(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Done>> {
    let me = writer(&auth)?;
    notify::accept_requests(&app, me, params.ids("id").unwrap_or_default()).await?;
    Ok(Reply::own(Done {}))
}

async fn dismiss_all(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Done>> {
    let me = writer(&auth)?;
    notify::dismiss_requests(&app, me, params.ids("id").unwrap_or_default()).await?;
    Ok(Reply::own(Done {}))
}

fn writer(auth: &Auth) -> Answer<AccountId> {
    auth.needs("write:notifications")?;
    Ok(auth.id())
}

fn known(count: usize) -> Answer<Reply<Done>> {
    if count == 0 { Err(Error::NotFound("notification request").into()) } else { Ok(Reply::own(Done {})) }
}
