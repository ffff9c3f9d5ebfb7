//! What one is told, version 1: each by itself. Groups are in `grouped`.
//!
//! Spec: https://docs.joinmastodon.org/methods/notifications/

mod grouped;
mod policy;
mod requests;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};
use serde::Serialize;

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, NotificationId};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{self, Count};
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base, Support};
use crate::store::notifications::Filter;
use crate::store::{Connection, markers, notifications as told};
use crate::text::locale::Lang;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/notifications", get(list))
        .route("/api/v1/notifications/clear", post(clear))
        .route("/api/v1/notifications/unread_count", get(unread_count))
        .route("/api/v1/notifications/{id}", get(show))
        .route("/api/v1/notifications/{id}/dismiss", post(dismiss))
        .merge(grouped::routes())
        .merge(policy::routes())
        .merge(requests::routes())
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Notification>>> {
    auth.needs("read:notifications")?;
    let page = paging::page(&params, 40, 80)?;
    let (filter, support) = (filter(&params)?, support(&auth, &params));
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let rows = told::list(db, me, &filter, &page, now)?;
        let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        Ok((render::notifications(db, &base, &rows, me)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let answer = render::with_fallbacks(answer, support.as_ref());
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn show(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<NotificationId>,
    params: Params,
) -> Answer<Reply<entities::Notification>> {
    auth.needs("read:notifications")?;
    let support = support(&auth, &params);
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let row = told::by_id(db, me, id)?.ok_or(Error::NotFound("notification"))?;
        let shown = render::with_fallbacks(render::notifications(db, &base, &[row], me)?, support.as_ref());
        shown.into_iter().next().ok_or(Error::NotFound("notification"))
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
        let read = last_read(db, me)?;
        told::count(db, me, read, most, now)
    });
    Ok(Reply::own(Count { count: read.await? }))
}

fn last_read(db: &Connection, me: AccountId) -> Result<NotificationId> {
    let marker = markers::of(db, me)?.into_iter().find(|marker| marker.timeline == "notifications");
    Ok(NotificationId(marker.map_or(0, |marker| marker.last_read_id)))
}

/// What the lists of both versions can be narrowed to.
fn filter(params: &Params) -> Result<Filter> {
    Ok(Filter {
        kinds: params.list("types").unwrap_or_default(),
        without: params.list("exclude_types").unwrap_or_default(),
        from: params.id("account_id")?,
        filtered: params.flag("include_filtered").unwrap_or_default(),
    })
}

/// What the client says that it can show; `None`: it says nothing.
fn support(auth: &Auth, params: &Params) -> Option<Support> {
    let kinds = params.list("supported_types")?;
    Some(Support { kinds, lang: Lang::find(&auth.user.locale).unwrap_or_default() })
}

#[cfg(test)]
mod tests;
