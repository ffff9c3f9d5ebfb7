//! People to discover: the directory, and suggestions whom to follow.
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
use crate::store::suggestions::{self, Source};

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
    Ok(Reply::own(suggested(&app, &auth, &params).await?))
}

/// Deprecated since version 2 came with Mastodon 3.4, on 2021-05-16.
async fn suggestions_v1(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<([(&'static str, &'static str); 1], Reply<Vec<entities::Account>>)> {
    let rows = suggested(&app, &auth, &params).await?;
    Ok(([("deprecation", "@1621123200")], Reply::own(rows.into_iter().map(|row| row.account).collect())))
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

async fn suggested(app: &App, auth: &Auth, params: &Params) -> Result<Vec<entities::Suggestion>> {
    auth.needs("read:accounts")?;
    let (limit, offset) = window(params)?;
    let (base, me, now) = (Base::new(app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let rows = suggestions::of(db, me, limit, offset, now)?;
        let (people, sources): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let people = render::accounts(db, &base, &people)?.into_iter();
        Ok(people.zip(sources).map(|(account, sources)| suggestion(account, &sources)).collect())
    });
    read.await
}

fn suggestion(account: entities::Account, sources: &[Source]) -> entities::Suggestion {
    let near = sources.iter().any(|source| matches!(source, Source::FriendsOfFriends | Source::Similar));
    entities::Suggestion {
        source: if near { "past_interactions" } else { "global" },
        sources: sources.iter().map(|source| source.as_str()).collect(),
        account,
    }
}

fn window(params: &Params) -> Result<(i64, i64)> {
    Ok((paging::limit(params, 40, 80), params.number("offset")?.unwrap_or(0).max(0)))
}
