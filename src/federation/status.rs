//! Post documents, their activities and their replies. Only public and unlisted posts; all else is as good as missing.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use crate::actions::{reblog, translate};
use crate::activitypub::{build, ids};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::statuses::{self, Status};
use crate::store::{Connection, accounts, tombstones};

/// How many replies a page names.
const REPLIES: i64 = 60;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/users/{name}/statuses/{id}/activity", get(activity))
        .route("/users/{name}/statuses/{id}/replies", get(replies))
}

/// The post as an ActivityStreams document.
pub async fn document(app: &App, name: &str, id: StatusId, _headers: &HeaderMap, _uri: &Uri) -> Response {
    let (deed, name) = (app.clone(), name.to_owned());
    let answer = app.store.read(move |db| {
        let status = open(db, &deed, &name, id)?;
        if status.reblog_of_id.is_some() {
            return announce(db, &status);
        }
        Ok(build::note(&translate::note(db, &deed, &status)?))
    });
    super::document(answer.await)
}

async fn activity(State(app): State<App>, Path((name, id)): Path<(String, i64)>) -> Response {
    let deed = app.clone();
    let answer = app.store.read(move |db| {
        let status = open(db, &deed, &name, StatusId(id))?;
        if status.reblog_of_id.is_some() {
            return announce(db, &status);
        }
        Ok(build::create(&translate::note(db, &deed, &status)?))
    });
    super::document(answer.await)
}

async fn replies(State(app): State<App>, Path((name, id)): Path<(String, i64)>) -> Response {
    let deed = app.clone();
    let answer = app.store.read(move |db| {
        let status = open(db, &deed, &name, StatusId(id))?;
        Ok(build::replies(&ids::replies(&status.uri), statuses::open_replies(db, status.id, REPLIES)?, None))
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
        Some(status) if status.visibility.is_open() => Ok(status),
        Some(_) => Err(Error::NotFound("status")),
        None if tombstones::exists(db, &ids::status(&ids::actor(&app.config.url(""), name), id))? => {
            Err(Error::Gone("status"))
        }
        None => Err(Error::NotFound("status")),
    }
}
