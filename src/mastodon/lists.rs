//! Lists of followed people and their timelines.
//!
//! Spec: https://docs.joinmastodon.org/methods/lists/

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
use crate::actions::list as deed;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ListId};
use crate::store::accounts::Account;
use crate::store::lists::{self, List, Replies};
use crate::store::page::Page;
use crate::store::timelines;

/// The longest title, in characters.
const TITLE: usize = 256;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/lists", get(list).post(create))
        .route("/api/v1/lists/{id}", get(show).put(update).delete(delete))
        .route("/api/v1/lists/{id}/accounts", get(members).post(add).delete(remove))
        .route("/api/v1/accounts/{id}/lists", get(containing))
        .route("/api/v1/timelines/list/{id}", get(timeline))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn list(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::List>>> {
    auth.needs("read:lists")?;
    let me = auth.id();
    let rows = app.store.read(move |db| lists::of(db, me)).await?;
    Ok(Reply::own(rows.into_iter().map(render::list).collect()))
}

async fn show(State(app): State<App>, auth: Auth, Id(id): Id<ListId>) -> Answer<Reply<entities::List>> {
    auth.needs("read:lists")?;
    let me = auth.id();
    Ok(Reply::own(render::list(app.store.read(move |db| deed::known(db, me, id)).await?)))
}

async fn create(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::List>> {
    auth.needs("write:lists")?;
    let row = List {
        id: app.ids.next(app.clock.now()),
        title: title(&params)?.ok_or_else(|| Error::invalid("title", "can't be blank"))?,
        replies_policy: replies(&params)?.unwrap_or(Replies::List),
        exclusive: params.flag("exclusive").unwrap_or(false),
    };
    deed::put(&app, auth.id(), row.clone()).await?;
    Ok(Reply::own(render::list(row)))
}

async fn update(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<ListId>,
    params: Params,
) -> Answer<Reply<entities::List>> {
    auth.needs("write:lists")?;
    let (me, title, replies) = (auth.id(), title(&params)?, replies(&params)?);
    let known = app.store.read(move |db| deed::known(db, me, id)).await?;
    let row = List {
        id,
        title: title.unwrap_or(known.title),
        replies_policy: replies.unwrap_or(known.replies_policy),
        exclusive: params.flag("exclusive").unwrap_or(known.exclusive),
    };
    deed::put(&app, me, row.clone()).await?;
    Ok(Reply::own(render::list(row)))
}

async fn delete(State(app): State<App>, auth: Auth, Id(id): Id<ListId>) -> Answer<Reply<Done>> {
    auth.needs("write:lists")?;
    deed::delete(&app, auth.id(), id).await?;
    Ok(Reply::own(Done {}))
}

/// `limit=0` asks for all members at once.
async fn members(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<ListId>,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Account>>> {
    auth.needs("read:lists")?;
    let mut page = paging::page(&params, 40, 80)?;
    let all = params.text("limit").is_some_and(|limit| limit.trim() == "0");
    if all {
        page = Page::first(i64::MAX);
    }
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        deed::known(db, me, id)?;
        let (cursors, rows): (Vec<i64>, Vec<Account>) = lists::members(db, id, &page)?.into_iter().unzip();
        Ok((render::accounts(db, &base, &rows)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::SinceId).filter(|_| !all);
    Ok(Reply::own(answer).linked(link))
}

async fn add(State(app): State<App>, auth: Auth, Id(id): Id<ListId>, params: Params) -> Answer<Reply<Done>> {
    auth.needs("write:lists")?;
    deed::add(&app, auth.id(), id, params.ids("account_ids").unwrap_or_default()).await?;
    Ok(Reply::own(Done {}))
}

async fn remove(State(app): State<App>, auth: Auth, Id(id): Id<ListId>, params: Params) -> Answer<Reply<Done>> {
    auth.needs("write:lists")?;
    deed::remove(&app, auth.id(), id, params.ids("account_ids").unwrap_or_default()).await?;
    Ok(Reply::own(Done {}))
}

/// One's own lists in which the account is.
async fn containing(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Reply<Vec<entities::List>>> {
    auth.needs("read:lists")?;
    let me = auth.id();
    let read = app.store.read(move |db| {
        super::accounts::known(db, id)?;
        lists::containing(db, me, id)
    });
    Ok(Reply::own(read.await?.into_iter().map(render::list).collect()))
}

async fn timeline(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<ListId>,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Status>>> {
    auth.needs("read:lists")?;
    let page = paging::page(&params, 20, 40)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        deed::known(db, me, id)?;
        render::statuses(db, &base, timelines::list(db, me, id, &page, now)?, Some(me))
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().map(|status| status.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

fn title(params: &Params) -> Result<Option<String>> {
    let Some(text) = params.text("title") else { return Ok(None) };
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("title", "can't be blank"));
    }
    if text.chars().count() > TITLE {
        return Err(Error::invalid("title", format!("is longer than {TITLE} characters")));
    }
    Ok(Some(text.to_owned()))
}

fn replies(params: &Params) -> Result<Option<Replies>> {
    match params.text("replies_policy").filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => {
            let policy = Replies::parse(&text);
            policy.map(Some).ok_or_else(|| Error::invalid("replies_policy", "is none of followed, list, none"))
        }
    }
}
