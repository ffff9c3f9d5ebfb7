//! Outbox, followers, following and featured: totals for everybody, pages where the account allows.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;

use super::visitor::Reader;
use crate::actions::{pin, translate};
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::error::Result;
use crate::ids::StatusId;
use crate::store::page::Page;
use crate::store::{follows, pins, statuses};

/// Posts on a page of an outbox.
const POSTS: i64 = 20;
/// Accounts on a page of followers or following.
const PEOPLE: i64 = 40;

#[derive(Deserialize)]
struct Which {
    page: Option<bool>,
    max_id: Option<i64>,
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/users/{name}/outbox", get(outbox))
        .route("/users/{name}/followers", get(followers))
        .route("/users/{name}/following", get(following))
        .route("/users/{name}/collections/featured", get(featured))
        .route("/actor/outbox", get(instance_outbox))
}

async fn outbox(State(app): State<App>, _: Reader, Path(name): Path<String>, Query(which): Query<Which>) -> Response {
    let deed = app.clone();
    let answer = app.store.read(move |db| {
        let account = super::actor::local(db, &name)?;
        let id = ids::outbox(&account.uri);
        if which.page != Some(true) {
            return Ok(build::ordered_collection(&id, count(account.statuses_count), Some(&format!("{id}?page=true"))));
        }
        let posts = statuses::open_by(db, account.id, which.max_id.map(StatusId), POSTS)?;
        let next = posts
            .last()
            .filter(|_| posts.len() as i64 == POSTS)
            .map(|last| format!("{id}?page=true&max_id={}", last.id));
        let items = posts
            .iter()
            .map(|post| Ok(build::create(&translate::note(db, &deed, post)?)))
            .collect::<Result<Vec<_>>>()?;
        let page = which.max_id.map_or_else(|| format!("{id}?page=true"), |max| format!("{id}?page=true&max_id={max}"));
        Ok(build::ordered_collection_page(build::Page { id: page, part_of: id, items, next, prev: None }))
    });
    super::document(answer.await)
}

async fn followers(
    State(app): State<App>,
    _: Reader,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Response {
    super::document(people(&app, name, which, true).await)
}

async fn following(
    State(app): State<App>,
    _: Reader,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Response {
    super::document(people(&app, name, which, false).await)
}

/// Totals always; who they are only where the account does not hide it.
async fn people(app: &App, name: String, which: Which, followers: bool) -> Result<Value> {
    let answer = app.store.read(move |db| {
        let account = super::actor::local(db, &name)?;
        let (id, total) = if followers {
            (ids::followers(&account.uri), account.followers_count)
        } else {
            (ids::following(&account.uri), account.following_count)
        };
        let hidden = account.hide_collections == Some(true);
        if hidden || which.page != Some(true) {
            let first = format!("{id}?page=true");
            return Ok(build::ordered_collection(&id, count(total), (!hidden).then_some(first.as_str())));
        }
        let page = Page { max: which.max_id, since: None, min: None, limit: PEOPLE };
        let people = if followers {
            follows::followers(db, account.id, &page)?
        } else {
            follows::following(db, account.id, &page)?
        };
        let next = people
            .last()
            .filter(|_| people.len() as i64 == PEOPLE)
            .map(|(last, _)| format!("{id}?page=true&max_id={last}"));
        let this = which.max_id.map_or_else(|| format!("{id}?page=true"), |max| format!("{id}?page=true&max_id={max}"));
        let items = people.into_iter().map(|(_, account)| Value::String(account.uri)).collect();
        Ok(build::ordered_collection_page(build::Page { id: this, part_of: id, items, next, prev: None }))
    });
    answer.await
}

/// Pinned posts, the latest pin first: open ones whole, those for followers by their ids.
async fn featured(State(app): State<App>, _: Reader, Path(name): Path<String>) -> Response {
    let deed = app.clone();
    let answer = app.store.read(move |db| {
        let account = super::actor::local(db, &name)?;
        let posts = pins::of(db, account.id, pin::MOST)?.into_iter().filter(|post| !post.local_only);
        let items = posts.map(|post| {
            if post.is_open() {
                return Ok(build::note(&translate::note(db, &deed, &post)?));
            }
            Ok(Value::String(post.uri))
        });
        let items = items.collect::<Result<Vec<_>>>()?;
        Ok(build::ordered_collection_of(&ids::featured(&account.uri), items))
    });
    super::document(answer.await)
}

async fn instance_outbox(State(app): State<App>) -> Response {
    super::document(Ok(build::ordered_collection_of(&app.config.url("/actor/outbox"), Vec::new())))
}

fn count(total: i64) -> u64 {
    u64::try_from(total).unwrap_or(0)
}
