//! Posts: reading them here, writing and dealing with them in the files beside this one.
//!
//! Spec: https://docs.joinmastodon.org/methods/statuses/

mod deal;
mod quotes;
mod translate;
mod write;

pub(super) use quotes::policy as quote_policy;
pub(super) use translate::languages as translation_languages;
pub(super) use write::shown;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};

use super::answer::Reply;
use super::auth::{Auth, Viewer};
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::actions::backfill;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::store::accounts::Account;
use crate::store::page::Page;
use crate::store::statuses::{self, Status};
use crate::store::threads::{self, Reach};
use crate::store::{Connection, favourites, timelines};

/// How many posts are answered to a list of ids at most.
const MANY: usize = 20;
/// How far strangers see into a thread.
const STRANGER: Reach = Reach { ancestors: 40, descendants: 60, depth: 20 };
/// How far those who live here do.
const MEMBER: Reach = Reach { ancestors: 4096, descendants: 4096, depth: 4096 };

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/statuses", get(many).post(write::create))
        .route("/api/v1/statuses/{id}", get(show).put(write::edit).delete(write::delete))
        .route("/api/v1/statuses/{id}/context", get(context))
        .route("/api/v1/statuses/{id}/history", get(history))
        .route("/api/v1/statuses/{id}/source", get(source))
        .route("/api/v1/statuses/{id}/reblogged_by", get(reblogged_by))
        .route("/api/v1/statuses/{id}/favourited_by", get(favourited_by))
        .route("/api/v1/statuses/{id}/quotes", get(quotes::list))
        .route("/api/v1/statuses/{id}/quotes/{quoting}/revoke", post(quotes::revoke))
        .route("/api/v1/statuses/{id}/interaction_policy", put(quotes::set_policy))
        .route("/api/v1/statuses/{id}/translate", post(translate::translate))
        .route("/api/v1/statuses/{id}/favourite", post(deal::favourite))
        .route("/api/v1/statuses/{id}/unfavourite", post(deal::unfavourite))
        .route("/api/v1/statuses/{id}/reblog", post(deal::reblog))
        .route("/api/v1/statuses/{id}/unreblog", post(deal::unreblog))
        .route("/api/v1/statuses/{id}/bookmark", post(deal::bookmark))
        .route("/api/v1/statuses/{id}/unbookmark", post(deal::unbookmark))
        .route("/api/v1/statuses/{id}/pin", post(deal::pin))
        .route("/api/v1/statuses/{id}/unpin", post(deal::unpin))
        .route("/api/v1/statuses/{id}/mute", post(deal::mute))
        .route("/api/v1/statuses/{id}/unmute", post(deal::unmute))
        .route("/api/nagaya/v1/statuses/{id}/backfill", post(load_all))
        .route("/api/v1/favourites", get(deal::favourites))
        .route("/api/v1/bookmarks", get(deal::bookmarks))
}

async fn show(State(app): State<App>, viewer: Viewer, Id(id): Id<StatusId>) -> Answer<Reply<entities::Status>> {
    viewer.needs("read:statuses")?;
    let (base, me) = (Base::new(&app), viewer.id());
    let read = app.store.read(move |db| render::one_status(db, &base, visible(db, id, me)?, me));
    Ok(Reply::to(&viewer, read.await?))
}

async fn many(State(app): State<App>, viewer: Viewer, params: Params) -> Answer<Reply<Vec<entities::Status>>> {
    viewer.needs("read:statuses")?;
    let mut ids: Vec<StatusId> = params.ids("id").unwrap_or_default();
    ids.truncate(MANY);
    let (base, me) = (Base::new(&app), viewer.id());
    let read = app.store.read(move |db| {
        let mut rows = Vec::new();
        for id in ids {
            match visible(db, id, me) {
                Ok(row) => rows.push(row),
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        render::statuses(db, &base, rows, me)
    });
    Ok(Reply::to(&viewer, read.await?))
}

async fn context(State(app): State<App>, viewer: Viewer, Id(id): Id<StatusId>) -> Answer<Response> {
    viewer.needs("read:statuses")?;
    let (base, me, now) = (Base::new(&app), viewer.id(), app.clock.now());
    let reach = if me.is_some() { MEMBER } else { STRANGER };
    let read = app.store.read(move |db| {
        let row = visible(db, id, me)?;
        let mut thread = threads::ancestors(db, row.id, me, reach, now)?;
        let above: std::collections::HashSet<StatusId> = thread.iter().map(|row| row.id).collect();
        thread.extend(threads::descendants(db, &row, me, reach, now)?);
        // Rendered as one page, then parted again.
        let thread = render::statuses(db, &base, thread, me)?;
        let (ancestors, descendants) = thread.into_iter().partition(|status| above.contains(&status.id));
        Ok((entities::Context { ancestors, descendants }, row))
    });
    let (answer, row) = read.await?;
    // Whoever lives here makes us look for the rest of it, and is told where to ask how far that is.
    let work = if me.is_some() { backfill::opened(&app, &row).await? } else { None };
    let mut response = Reply::to(&viewer, answer).into_response();
    if let Some(work) = work.filter(|work| work.due_at.is_some()) {
        let value = format!("id=\"{}\", retry=5, result_count={}", work.id, work.found);
        response.headers_mut().insert("mastodon-async-refresh", HeaderValue::try_from(value).expect("is ASCII"));
    }
    Ok(response)
}

/// Asks for the whole conversation from other servers: our own extension. `GET /api/v1_alpha/async_refreshes/:id` tells how
/// far it is.
async fn load_all(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<StatusId>,
) -> Answer<Reply<entities::AsyncRefreshAnswer>> {
    auth.needs("read:statuses")?;
    let work = backfill::ask(&app, id, Some(auth.id())).await?;
    Ok(Reply::own(render::refresh(&work)))
}

async fn history(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<StatusId>,
) -> Answer<Reply<Vec<entities::StatusEdit>>> {
    viewer.needs("read:statuses")?;
    let (base, me) = (Base::new(&app), viewer.id());
    let read = app.store.read(move |db| render::history(db, &base, &visible(db, id, me)?, me));
    Ok(Reply::to(&viewer, read.await?))
}

async fn source(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Reply<entities::StatusSource>> {
    auth.needs("read:statuses")?;
    let me = auth.id();
    let read = app.store.read(move |db| render::source(db, &visible(db, id, Some(me))?));
    Ok(Reply::own(read.await?))
}

async fn reblogged_by(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<StatusId>,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Account>>> {
    let me = viewer.id();
    who(&app, &viewer, id, &uri, &params, move |db, page| timelines::reblogged_by(db, id, me, page)).await
}

async fn favourited_by(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<StatusId>,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Account>>> {
    who(&app, &viewer, id, &uri, &params, move |db, page| favourites::accounts_of(db, id, page)).await
}

/// A page of people who did something with a post that the viewer may see.
async fn who(
    app: &App,
    viewer: &Viewer,
    id: StatusId,
    uri: &Uri,
    params: &Params,
    list: impl FnOnce(&Connection, &Page) -> Result<Vec<(i64, Account)>> + Send + 'static,
) -> Answer<Reply<Vec<entities::Account>>> {
    viewer.needs("read:accounts")?;
    let page = paging::page(params, 40, 80)?;
    let (base, me) = (Base::new(app), viewer.id());
    let read = app.store.read(move |db| {
        visible(db, id, me)?;
        let (cursors, rows): (Vec<i64>, Vec<Account>) = list(db, &page)?.into_iter().unzip();
        Ok((render::accounts(db, &base, &rows)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), uri, &page, &cursors, Newer::SinceId);
    Ok(Reply::to(viewer, answer).linked(link))
}

/// The post or boost, if `viewer` may see it (and, of a boost, what it boosts).
pub(super) fn visible(db: &Connection, id: StatusId, viewer: Option<AccountId>) -> Result<Status> {
    let unknown = || Error::NotFound("status");
    let row = statuses::by_id(db, id)?.ok_or_else(unknown)?;
    let original = row.reblog_of_id.map_or(Ok(None), |id| statuses::by_id(db, id))?;
    for row in std::iter::once(&row).chain(&original) {
        if !statuses::may_see(db, row, viewer)? {
            return Err(unknown());
        }
    }
    Ok(row)
}
