//! Lists of accounts: followers, followed, blocked, muted, and those who ask to follow.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use super::known;
use crate::actions::follow;
use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::{Auth, Viewer};
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::accounts::Account;
use crate::store::page::Page;
use crate::store::{Connection, blocks, follows, mutes};

type Listed = Reply<Vec<entities::Account>>;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts/{id}/followers", get(followers))
        .route("/api/v1/accounts/{id}/following", get(following))
        .route("/api/v1/blocks", get(blocked))
        .route("/api/v1/mutes", get(muted))
        .route("/api/v1/follow_requests", get(requests))
        .route("/api/v1/follow_requests/{id}/authorize", post(authorize))
        .route("/api/v1/follow_requests/{id}/reject", post(reject))
}

async fn followers(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<AccountId>,
    uri: Uri,
    params: Params,
) -> Answer<Listed> {
    viewer.needs("read:accounts")?;
    let me = viewer.id();
    let list = move |db: &Connection, page: &Page| {
        if hidden(db, id, me)? { Ok(Vec::new()) } else { follows::followers(db, id, page) }
    };
    let (answer, link) = listed(&app, &uri, &params, list).await?;
    Ok(Reply::to(&viewer, answer).linked(link))
}

async fn following(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<AccountId>,
    uri: Uri,
    params: Params,
) -> Answer<Listed> {
    viewer.needs("read:accounts")?;
    let me = viewer.id();
    let list = move |db: &Connection, page: &Page| {
        if hidden(db, id, me)? { Ok(Vec::new()) } else { follows::following(db, id, page) }
    };
    let (answer, link) = listed(&app, &uri, &params, list).await?;
    Ok(Reply::to(&viewer, answer).linked(link))
}

async fn blocked(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Listed> {
    auth.needs("read:blocks")?;
    let me = auth.id();
    let (answer, link) = listed(&app, &uri, &params, move |db, page| blocks::of(db, me, page)).await?;
    Ok(Reply::own(answer).linked(link))
}

async fn requests(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Listed> {
    auth.needs("read:follows")?;
    let me = auth.id();
    let (answer, link) = listed(&app, &uri, &params, move |db, page| follows::requests(db, me, page)).await?;
    Ok(Reply::own(answer).linked(link))
}

async fn muted(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::MutedAccount>>> {
    auth.needs("read:mutes")?;
    let page = paging::page(&params, 40, 80)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let rows = mutes::of(db, me, &page, now)?;
        let cursors: Vec<i64> = rows.iter().map(|(cursor, ..)| *cursor).collect();
        let rows: Vec<_> = rows.into_iter().map(|(_, account, end)| (account, end)).collect();
        Ok((render::muted_accounts(db, &base, &rows)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::SinceId);
    Ok(Reply::own(answer).linked(link))
}

async fn authorize(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Reply<entities::Relationship>> {
    auth.needs("write:follows")?;
    follow::authorize(&app, &auth.account, id).await?;
    super::relationships::to(&app, &auth, id).await
}

async fn reject(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Reply<entities::Relationship>> {
    auth.needs("write:follows")?;
    follow::reject(&app, &auth.account, id).await?;
    super::relationships::to(&app, &auth, id).await
}

/// A page of what `list` answers, rendered, and its links.
async fn listed(
    app: &App,
    uri: &Uri,
    params: &Params,
    list: impl FnOnce(&Connection, &Page) -> Result<Vec<(i64, Account)>> + Send + 'static,
) -> Result<(Vec<entities::Account>, Option<(&'static str, String)>)> {
    let page = paging::page(params, 40, 80)?;
    let base = Base::new(app);
    let read = app.store.read(move |db| {
        let (cursors, rows): (Vec<i64>, Vec<Account>) = list(db, &page)?.into_iter().unzip();
        Ok((render::accounts(db, &base, &rows)?, cursors))
    });
    let (answer, cursors) = read.await?;
    Ok((answer, paging::link(&app.config.url(""), uri, &page, &cursors, Newer::SinceId)))
}

/// Whether the account keeps its followers and follows from this viewer.
fn hidden(db: &Connection, id: AccountId, viewer: Option<AccountId>) -> Result<bool> {
    let account = known(db, id)?;
    let gone = account.suspended_at.is_some();
    let kept = account.hide_collections == Some(true) && viewer != Some(id);
    Ok(gone || kept || viewer.map_or(Ok(false), |viewer| blocks::exists(db, id, viewer))?)
}
