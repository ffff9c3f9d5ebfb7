//! What one is told, version 2: in groups.
//!
//! Spec: https://docs.joinmastodon.org/methods/grouped_notifications/

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use super::Done;
use crate::app::App;
use crate::error::{Error, Result};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{self, Count};
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Name;
use crate::mastodon::render::{self, Base, Expand};
use crate::store::{accounts, notification_groups as groups};

/// The routes of this family.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v2/notifications", get(list))
        .route("/api/v2/notifications/clear", post(super::clear))
        .route("/api/v2/notifications/unread_count", get(unread_count))
        .route("/api/v2/notifications/{key}", get(show))
        .route("/api/v2/notifications/{key}/accounts", get(members))
        .route("/api/v2/notifications/{key}/dismiss", post(dismiss))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<entities::GroupedNotifications>> {
    auth.needs("read:notifications")?;
    let (page, expand) = (paging::page(&params, 40, 80)?, expand(&params)?);
    let (filter, grouped, support) = (super::filter(&params)?, merged(&params), super::support(&auth, &params));
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let rows = groups::list(db, me, &filter, &grouped, &page, now)?;
        let cursors: Vec<i64> = rows.iter().map(|group| group.newest.id.0).collect();
        Ok((render::groups(db, &base, &rows, me, expand, true, support.as_ref())?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn show(
    State(app): State<App>,
    auth: Auth,
    Name(key): Name,
    params: Params,
) -> Answer<Reply<entities::GroupedNotifications>> {
    auth.needs("read:notifications")?;
    let (expand, support) = (expand(&params)?, super::support(&auth, &params));
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let group = groups::by_key(db, me, &key, now)?.ok_or(Error::NotFound("notification"))?;
        let answer = render::groups(db, &base, &[group], me, expand, false, support.as_ref())?;
        if answer.notification_groups.is_empty() { Err(Error::NotFound("notification")) } else { Ok(answer) }
    });
    Ok(Reply::own(read.await?))
}

/// Everybody behind a group. The cursors are ids of notifications, so only the `Link` header is of use.
async fn members(
    State(app): State<App>,
    auth: Auth,
    Name(key): Name,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Account>>> {
    auth.needs("read:notifications")?;
    let page = paging::page(&params, 40, 80)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let rows = groups::accounts(db, me, &key, &page, now)?;
        let (cursors, ids): (Vec<i64>, Vec<_>) = rows.into_iter().map(|(id, account)| (id.0, account)).unzip();
        let mut known = render::accounts(db, &base, &accounts::by_ids(db, &ids)?)?;
        known.sort_by_key(|account| ids.iter().position(|id| *id == account.id));
        Ok((known, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinIdWhenFull);
    Ok(Reply::own(answer).linked(link))
}

async fn dismiss(State(app): State<App>, auth: Auth, Name(key): Name) -> Answer<Reply<Done>> {
    auth.needs("write:notifications")?;
    let me = auth.id();
    app.store.write(move |tx| groups::delete(tx, me, &key)).await?;
    Ok(Reply::own(Done {}))
}

async fn unread_count(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Count>> {
    auth.needs("read:notifications")?;
    let most = paging::limit(&params, 100, 1000);
    let (filter, grouped) = (super::filter(&params)?, merged(&params));
    let (me, now) = (auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let read = super::last_read(db, me)?;
        groups::count(db, me, &filter, &grouped, read, most, now)
    });
    Ok(Reply::own(Count { count: read.await? }))
}

/// Which kinds the client wants merged: all that can be, or those of them that it names.
fn merged(params: &Params) -> Vec<String> {
    let wanted = params.list("grouped_types");
    let kinds = groups::KINDS.iter().map(|kind| (*kind).to_owned());
    kinds.filter(|kind| wanted.as_ref().is_none_or(|wanted| wanted.contains(kind))).collect()
}

fn expand(params: &Params) -> Result<Expand> {
    match params.text("expand_accounts").as_deref() {
        None | Some("" | "full") => Ok(Expand::Full),
        Some("partial_avatars") => Ok(Expand::PartialAvatars),
        Some(other) => Err(Error::Malformed(format!("Invalid value for 'expand_accounts': '{other}'"))),
    }
}
