//! Emoji under posts, as Akkoma and Pleroma have them.
//!
//! Spec: https://docs.akkoma.dev/stable/development/API/pleroma_api/#emoji-reactions

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::answer::Reply;
use super::auth::{Auth, Viewer};
use super::entities;
use super::error::Answer;
use super::path::Id;
use super::render::{self, Base};
use super::statuses::{shown, visible};
use crate::actions::react;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/pleroma/statuses/{id}/reactions", get(all))
        .route("/api/v1/pleroma/statuses/{id}/reactions/{emoji}", get(one).put(add).delete(remove))
}

type Listed = Reply<Vec<entities::Reactors>>;

async fn all(State(app): State<App>, viewer: Viewer, Id(id): Id<StatusId>) -> Answer<Listed> {
    list(&app, &viewer, id, None).await
}

async fn one(State(app): State<App>, viewer: Viewer, Path((id, emoji)): Path<(String, String)>) -> Answer<Listed> {
    list(&app, &viewer, status(&id)?, Some(emoji)).await
}

async fn list(app: &App, viewer: &Viewer, id: StatusId, only: Option<String>) -> Answer<Listed> {
    viewer.needs("read:statuses")?;
    let (base, me) = (Base::new(app), viewer.id());
    let read = app.store.read(move |db| {
        let row = visible(db, id, me)?;
        let mut reactors = render::reactors(db, &base, row.reblog_of_id.unwrap_or(row.id), me)?;
        reactors.retain(|reactor| only.as_ref().is_none_or(|only| *only == reactor.name));
        Ok(reactors)
    });
    Ok(Reply::to(viewer, read.await?))
}

async fn add(
    State(app): State<App>,
    auth: Auth,
    Path((id, emoji)): Path<(String, String)>,
) -> Answer<Reply<entities::Status>> {
    auth.needs("write:favourites")?;
    let status = react::add(&app, &auth.account, status(&id)?, &emoji).await?;
    shown(&app, &auth, status).await
}

async fn remove(
    State(app): State<App>,
    auth: Auth,
    Path((id, emoji)): Path<(String, String)>,
) -> Answer<Reply<entities::Status>> {
    auth.needs("write:favourites")?;
    let status = react::remove(&app, &auth.account, status(&id)?, &emoji).await?;
    shown(&app, &auth, status).await
}

fn status(text: &str) -> Result<StatusId> {
    text.parse().map_err(|_| Error::NotFound("record"))
}
