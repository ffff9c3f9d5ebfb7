//! Favouriting, boosting, bookmarking and pinning posts, muting their threads, and the lists of what one kept.

use axum::extract::State;
use axum::http::Uri;

use super::write::{shown, visibility};
use crate::actions::{bookmark as bookmarking, favourite as favouriting, pin as pinning, quiet, reblog as reblogging};
use crate::app::App;
use crate::error::Result;
use crate::ids::StatusId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::page::Page;
use crate::store::statuses::Status;
use crate::store::{Connection, timelines};

type Shown = Reply<entities::Status>;

pub(super) async fn favourite(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:favourites")?;
    let status = favouriting::add(&app, &auth.account, id).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn unfavourite(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:favourites")?;
    let status = favouriting::remove(&app, &auth.account, id).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn reblog(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>, params: Params) -> Answer<Shown> {
    auth.needs("write:statuses")?;
    let boost = reblogging::add(&app, &auth.account, id, visibility(&params)?).await?;
    shown(&app, &auth, boost).await
}

pub(super) async fn unreblog(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:statuses")?;
    let original = reblogging::remove(&app, &auth.account, id).await?;
    shown(&app, &auth, original).await
}

pub(super) async fn bookmark(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:bookmarks")?;
    let status = bookmarking::add(&app, &auth.account, id).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn unbookmark(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:bookmarks")?;
    let status = bookmarking::remove(&app, &auth.account, id).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn pin(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:accounts")?;
    let status = pinning::add(&app, &auth.account, id).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn unpin(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:accounts")?;
    let status = pinning::remove(&app, &auth.account, id).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn mute(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:mutes")?;
    let status = quiet::add(&app, &auth.account, id).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn unmute(State(app): State<App>, auth: Auth, Id(id): Id<StatusId>) -> Answer<Shown> {
    auth.needs("write:mutes")?;
    let status = quiet::remove(&app, &auth.account, id).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn favourites(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Status>>> {
    auth.needs("read:favourites")?;
    let me = auth.id();
    kept(&app, &auth, &uri, &params, move |db, page| timelines::favourited(db, me, page)).await
}

pub(super) async fn bookmarks(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Status>>> {
    auth.needs("read:bookmarks")?;
    let me = auth.id();
    kept(&app, &auth, &uri, &params, move |db, page| timelines::bookmarked(db, me, page)).await
}

async fn kept(
    app: &App,
    auth: &Auth,
    uri: &Uri,
    params: &Params,
    list: impl FnOnce(&Connection, &Page) -> Result<Vec<(i64, Status)>> + Send + 'static,
) -> Answer<Reply<Vec<entities::Status>>> {
    let page = paging::page(params, 20, 40)?;
    let (base, me) = (Base::new(app), auth.id());
    let read = app.store.read(move |db| {
        let (cursors, rows): (Vec<i64>, Vec<Status>) = list(db, &page)?.into_iter().unzip();
        Ok((render::statuses(db, &base, rows, Some(me))?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), uri, &page, &cursors, Newer::MinIdWhenFull);
    Ok(Reply::own(answer).linked(link))
}
