//! Post documents, their activities, their replies, and stamps for quotes of them. Only public and unlisted posts; all else is as good as missing.

use std::net::IpAddr;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;

use super::error::Failure;
use super::visitor::{self, Admission, Reader};
use crate::actions::{reblog, translate};
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::statuses::{self, Status};
use crate::store::{Connection, accounts, interactions, quote_stamps, threads, tombstones};

/// How many replies a page names.
const REPLIES: i64 = 60;
/// How many posts of a conversation a page names.
const CONTEXT: i64 = 60;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/users/{name}/statuses/{id}/activity", get(activity))
        .route("/users/{name}/statuses/{id}/replies", get(replies))
        .route("/contexts/{id}", get(context))
        .route("/users/{name}/quote_authorizations/{id}", get(stamp))
        .route("/users/{name}/interaction_authorizations/{id}", get(leave))
}

/// The post as an ActivityStreams document.
pub async fn document(
    app: &App,
    name: &str,
    id: StatusId,
    headers: &HeaderMap,
    uri: &Uri,
    from: Option<IpAddr>,
) -> Response {
    match visitor::admit(app, uri, headers, from).await {
        Ok(Admission::Open) => {}
        Ok(Admission::Stub) => return Failure(visitor::unsigned()).into_response(),
        Err(error) => return Failure(error).into_response(),
    }
    let (deed, name) = (app.clone(), name.to_owned());
    super::shelved(app, format!("status {name} {id}"), move |db| {
        let status = open(db, &deed, &name, id)?;
        if status.reblog_of_id.is_some() {
            return announce(db, &status);
        }
        Ok(build::note(&translate::note(db, &deed, &status)?))
    })
    .await
}

async fn activity(State(app): State<App>, _: Reader, Path((name, id)): Path<(String, i64)>) -> Response {
    let deed = app.clone();
    super::shelved(&app, format!("activity {name} {id}"), move |db| {
        let status = open(db, &deed, &name, StatusId(id))?;
        if status.reblog_of_id.is_some() {
            return announce(db, &status);
        }
        Ok(build::create(&translate::note(db, &deed, &status)?))
    })
    .await
}

#[derive(Deserialize)]
struct Which {
    page: Option<bool>,
    /// Not those of the author.
    only_other_accounts: Option<bool>,
    /// Only later ones.
    min_id: Option<i64>,
}

/// First the author's own answers, since they make one text, then those of others; the first page stands in the
/// collection itself. Spec: rule R13.
async fn replies(
    State(app): State<App>,
    _: Reader,
    Path((name, id)): Path<(String, i64)>,
    Query(which): Query<Which>,
) -> Response {
    let deed = app.clone();
    let answer = app.store.read(move |db| {
        let status = open(db, &deed, &name, StatusId(id))?;
        let others = which.only_other_accounts == Some(true);
        let after = which.min_id.unwrap_or(0);
        let found = statuses::open_replies(db, &status, others, StatusId(after), REPLIES)?;
        let collection = ids::replies(&status.uri);
        let page =
            |others: bool, after: i64| format!("{collection}?page=true&only_other_accounts={others}&min_id={after}");
        let next = match found.last() {
            Some((last, _)) if found.len() as i64 == REPLIES => Some(page(others, last.0)),
            _ => (!others).then(|| page(true, 0)),
        };
        let items = found.into_iter().map(|(_, uri)| uri).collect();
        Ok(match which.page {
            Some(true) => build::replies_page(&page(others, after), &collection, items, next.as_deref()),
            _ => build::replies(&collection, &page(false, 0), items, next.as_deref()),
        })
    });
    super::document(answer.await)
}

#[derive(Deserialize)]
struct PageNumber {
    page: Option<i64>,
}

/// The conversation that begins with a post of ours, oldest post first. Spec: FEP-7888 and FEP-f228, rule R13.
async fn context(State(app): State<App>, _: Reader, Path(id): Path<i64>, Query(number): Query<PageNumber>) -> Response {
    let (base, id) = (app.config.url(""), StatusId(id));
    let answer = app.store.read(move |db| {
        let missing = || Error::NotFound("conversation");
        let root = statuses::by_id(db, id)?.filter(|root| root.local && root.is_open() && root.reblog_of_id.is_none());
        let root = root.ok_or_else(missing)?;
        let author = accounts::by_id(db, root.account_id)?.ok_or_else(missing)?;
        super::actor::local(db, &author.username)?;
        let collection = ids::conversation(&base, id);
        let page = |number: i64| format!("{collection}?page={number}");
        let number = number.page.filter(|number| (1..=1_000).contains(number));
        let (posts, total) = threads::open_posts(db, id, (number.unwrap_or(1) - 1) * CONTEXT, CONTEXT)?;
        let Some(number) = number else {
            let total = u64::try_from(total).unwrap_or(0);
            return Ok(build::conversation(&collection, &author.uri, total, &page(1)));
        };
        let items = posts.into_iter().map(Value::String).collect();
        let next = (number * CONTEXT < total).then(|| page(number + 1));
        let prev = (number > 1).then(|| page(number - 1));
        Ok(build::ordered_collection_page(build::Page { id: page(number), part_of: collection, items, next, prev }))
    });
    super::document(answer.await)
}

/// A stamp that `name` gave to a quote of a post that anybody may read, until it is taken back.
async fn stamp(State(app): State<App>, _: Reader, Path((name, id)): Path<(String, i64)>) -> Response {
    let deed = app.clone();
    let answer = app.store.read(move |db| {
        let stamp = quote_stamps::by_id(db, id)?.ok_or(Error::NotFound("stamp"))?;
        let quoted = open(db, &deed, &name, stamp.quoted_id)?;
        if stamp.revoked_at.is_some() {
            return Err(Error::Gone("stamp"));
        }
        let author = super::actor::local(db, &name)?.uri;
        Ok(build::quote_authorization(&ids::quote_stamp(&author, id), &author, &stamp.quoting_uri, &quoted.uri))
    });
    super::document(answer.await)
}

/// The proof that `name` lets something be done to a post that anybody may read.
async fn leave(State(app): State<App>, Path((name, id)): Path<(String, i64)>) -> Response {
    let deed = app.clone();
    let answer = app.store.read(move |db| {
        let stamp = interactions::stamp(db, id)?.ok_or(Error::NotFound("stamp"))?;
        let status = open(db, &deed, &name, stamp.status_id)?;
        let author = super::actor::local(db, &name)?.uri;
        let id = ids::interaction_stamp(&author, id);
        Ok(build::interaction_authorization(stamp.deed, &id, &author, &stamp.interaction_uri, &status.uri))
    });
    super::document(answer.await)
}

fn announce(db: &Connection, boost: &Status) -> Result<Value> {
    let missing = || Error::NotFound("status");
    let original = boost.reblog_of_id.map(|id| statuses::by_id(db, id)).transpose()?.flatten().ok_or_else(missing)?;
    let booster = accounts::by_id(db, boost.account_id)?.ok_or_else(missing)?;
    let author = accounts::by_id(db, original.account_id)?.ok_or_else(missing)?;
    Ok(reblog::announce_of(boost, &booster, &original, &author))
}

/// A post of the local account `name` that anybody may read.
fn open(db: &Connection, app: &App, name: &str, id: StatusId) -> Result<Status> {
    let account = super::actor::local(db, name)?;
    let found = statuses::by_id(db, id)?.filter(|status| status.account_id == account.id);
    match found {
        Some(status) if status.is_open() => Ok(status),
        Some(_) => Err(Error::NotFound("status")),
        None if tombstones::exists(db, &ids::status(&ids::actor(&app.config.url(""), name), id))? => {
            Err(Error::Gone("status"))
        }
        None => Err(Error::NotFound("status")),
    }
}
