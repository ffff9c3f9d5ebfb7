//! What moderators did to oneself, and answering it. Ours alone: Mastodon has pages for this and no API.
//!
//! `GET /api/nagaya/v1/warnings`, `POST /api/nagaya/v1/warnings/:id/appeal` with `text`. People who are suspended or
//! cannot sign in may do this with a token that they still hold, and nothing else.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use super::answer::Reply;
use super::auth::Concerned;
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::actions::moderation::appeal;
use crate::app::App;
use crate::error::Error;
use crate::ids::WarningId;
use crate::store::warnings;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new().route("/api/nagaya/v1/warnings", get(list)).route("/api/nagaya/v1/warnings/{id}/appeal", post(submit))
}

async fn list(
    State(app): State<App>,
    Concerned(auth): Concerned,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AccountWarning>>> {
    auth.needs("read:accounts")?;
    let page = paging::page(&params, 20, 40)?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let rows = warnings::of(db, me, &page)?;
        render::warnings(db, &base, &rows)
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().map(|warning| warning.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn submit(
    State(app): State<App>,
    Concerned(auth): Concerned,
    Id(id): Id<WarningId>,
    params: Params,
) -> Answer<Reply<entities::AccountWarning>> {
    auth.needs("write:accounts")?;
    let warning = appeal::submit(&app, auth.id(), id, &params.text("text").unwrap_or_default()).await?;
    let base = Base::new(&app);
    let lost = || Error::NotFound("warning");
    let read = app.store.read(move |db| render::warnings(db, &base, &[warning])?.pop().ok_or_else(lost));
    Ok(Reply::own(read.await?))
}
