//! Polls: looking at them and voting. They are made and edited with their posts.
//!
//! Spec: https://docs.joinmastodon.org/methods/polls/

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};

use super::answer::Reply;
use super::auth::{Auth, Viewer};
use super::entities;
use super::error::Answer;
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::actions::vote;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::PollId;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new().route("/api/v1/polls/{id}", get(show)).route("/api/v1/polls/{id}/votes", post(cast))
}

/// For those who live here, the tallies of a remote poll are asked for again.
async fn show(State(app): State<App>, viewer: Viewer, Id(id): Id<PollId>) -> Answer<Reply<entities::Poll>> {
    viewer.needs("read:statuses")?;
    let me = viewer.id();
    let (poll, status) = app.store.read(move |db| vote::readable(db, id, me)).await?;
    if me.is_some() {
        vote::refresh(&app, &poll, &status).await?;
    }
    let base = Base::new(&app);
    let read = app.store.read(move |db| {
        let (poll, status) = vote::readable(db, id, me)?;
        render::one_poll(db, &base, poll, &status, me)
    });
    Ok(Reply::to(&viewer, read.await?))
}

async fn cast(State(app): State<App>, auth: Auth, Id(id): Id<PollId>, params: Params) -> Answer<Reply<entities::Poll>> {
    auth.needs("write:statuses")?;
    let me = Some(auth.id());
    vote::cast(&app, &auth.account, id, choices(&params)?).await?;
    let base = Base::new(&app);
    let read = app.store.read(move |db| {
        let (poll, status) = vote::readable(db, id, me)?;
        render::one_poll(db, &base, poll, &status, me)
    });
    Ok(Reply::own(read.await?))
}

fn choices(params: &Params) -> Result<Vec<i64>> {
    let read = |text: String| text.trim().parse().map_err(|_| Error::invalid("choices", "are positions of options"));
    params.list("choices").unwrap_or_default().into_iter().map(read).collect()
}
