//! Private conversations.
//!
//! Spec: https://docs.joinmastodon.org/methods/conversations/

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{delete, get, post};
use serde::Serialize;

use super::answer::Reply;
use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::app::App;
use crate::error::Error;
use crate::ids::ConversationId;
use crate::store::conversations;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/conversations", get(list))
        .route("/api/v1/conversations/{id}", delete(remove))
        .route("/api/v1/conversations/{id}/read", post(read))
        .route("/api/v1/conversations/{id}/unread", post(unread))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Conversation>>> {
    auth.needs("read:statuses")?;
    let page = paging::page(&params, 20, 40)?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let rows = conversations::of(db, me, &page)?;
        let cursors: Vec<i64> = rows.iter().map(|row| row.last_status_id.0).collect();
        Ok((render::conversations(db, &base, &rows, me)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinIdWhenFull);
    Ok(Reply::own(answer).linked(link))
}

async fn read(State(app): State<App>, auth: Auth, Id(id): Id<ConversationId>) -> Answer<Reply<entities::Conversation>> {
    mark(&app, &auth, id, false).await
}

async fn unread(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<ConversationId>,
) -> Answer<Reply<entities::Conversation>> {
    mark(&app, &auth, id, true).await
}

async fn mark(app: &App, auth: &Auth, id: ConversationId, unread: bool) -> Answer<Reply<entities::Conversation>> {
    auth.needs("write:conversations")?;
    let (base, me) = (Base::new(app), auth.id());
    let write = app.store.write(move |tx| {
        let mut row = conversations::by_id(tx, me, id)?.ok_or(Error::NotFound("conversation"))?;
        conversations::mark(tx, id, unread)?;
        row.unread = unread;
        render::conversations(tx, &base, &[row], me)?.pop().ok_or(Error::NotFound("conversation"))
    });
    Ok(Reply::own(write.await?))
}

async fn remove(State(app): State<App>, auth: Auth, Id(id): Id<ConversationId>) -> Answer<Reply<Done>> {
    auth.needs("write:conversations")?;
    let me = auth.id();
    let write = app.store.write(move |tx| {
        conversations::by_id(tx, me, id)?.ok_or(Error::NotFound("conversation"))?;
        conversations::delete(tx, id)
    });
    write.await?;
    Ok(Reply::own(Done {}))
}
