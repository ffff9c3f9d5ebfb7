//! People to discover: the directory, and suggestions whom to follow (friends of friends).
//!
//! Spec: https://docs.joinmastodon.org/methods/directory/ and https://docs.joinmastodon.org/methods/suggestions/

use axum::Router;
use axum::extract::State;
use axum::routing::{delete, get};
use serde::Serialize;

use super::answer::Reply;
use super::auth::{Auth, Viewer};
use super::entities;
use super::error::Answer;
use super::paging;
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;
use crate::store::people::{self, Order};

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/directory", get(directory))
        .route("/api/v2/suggestions", get(suggestions))
        .route("/api/v1/suggestions", get(suggestions_v1))
        .route("/api/v1/suggestions/{id}", delete(dismiss))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn directory(State(app): State<App>, viewer: Viewer, params: Params) -> Answer<Reply<Vec<entities::Account>>> {
    let (limit, offset) = window(&params)?;
    let order = if params.text("order").as_deref() == Some("new") { Order::New } else { Order::Active };
    let local = params.flag("local") == Some(true);
    let (base, me, now) = (Base::new(&app), viewer.id(), app.clock.now());
    let read = app
        .store
        .read(move |db| render::accounts(db, &base, &people::directory(db, me, order, local, limit, offset, now)?));
    Ok(Reply::to(&viewer, read.await?))
}

async fn suggestions(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::Suggestion>>> {
    let suggestion =
        |account| entities::Suggestion { source: "past_interactions", sources: ["friends_of_friends"], account };
    Ok(Reply::own(suggested(&app, &auth, &params).await?.into_iter().map(suggestion).collect()))
}

async fn suggestions_v1(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::Account>>> {
    Ok(Reply::own(suggested(&app, &auth, &params).await?))
}

async fn dismiss(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Reply<Done>> {
    auth.needs("write:accounts")?;
    let me = auth.id();
    let write = app.store.write(move |tx| {
        super::accounts::known(tx, id)?;
        people::dismiss(tx, me, id)
    });
    write.await?;
    Ok(Reply::own(Done {}))
}

async fn suggested(app: &App, auth: &Auth, params: &Params) -> Result<Vec<entities::Account>> {
    auth.needs("read:accounts")?;
    let (limit, offset) = window(params)?;
    let (base, me, now) = (Base::new(app), auth.id(), app.clock.now());
    let read =
        app.store.read(move |db| render::accounts(db, &base, &people::friends_of_friends(db, me, limit, offset, now)?));
    read.await
}

fn window(params: &Params) -> Result<(i64, i64)> {
    Ok((paging::limit(params, 40, 80), params.number("offset")?.unwrap_or(0).max(0)))
}
