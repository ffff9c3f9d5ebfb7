//! Invites for the web app and whoever else wants to make them: our own extension, under `/api/nagaya/v1`.
//!
//! `GET /api/nagaya/v1/invites` (read:accounts; `limit`, `max_id`, `since_id`, `min_id`): one's own, newest first.
//! `POST` there (write:accounts; `max_uses`, `expires_in` seconds, `autofollow`, `comment`): makes one; 403 where only staff
//! may. `DELETE /api/nagaya/v1/invites/:id` (write:accounts): nobody comes by it any more; answers it as it is then.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{delete, get};

use super::answer::Reply;
use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::Id;
use crate::actions::invite::{self, Wish};
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::ids::InviteId;
use crate::store::invites::{self, Invite};

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/invites", get(list).post(create))
        .route("/api/nagaya/v1/invites/{id}", delete(revoke))
}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Reply<Vec<entities::Invite>>> {
    auth.needs("read:accounts")?;
    let (me, page) = (auth.id(), paging::page(&params, 40, 80)?);
    let rows = app.store.read(move |db| invites::of_account(db, me, &page)).await?;
    let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    let now = app.clock.now();
    Ok(Reply::own(rows.into_iter().map(|row| entity(&app, row, now)).collect()).linked(link))
}

async fn create(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Invite>> {
    auth.needs("write:accounts")?;
    let seconds = params.number("expires_in")?.map(|seconds| u64::try_from(seconds).unwrap_or(0));
    let wish = Wish {
        max_uses: params.number("max_uses")?,
        lasts: seconds.map(Duration::from_secs),
        autofollow: params.flag("autofollow").unwrap_or(false),
        comment: params.text("comment").unwrap_or_default(),
    };
    let made = invite::create(&app, Some(auth.id()), wish).await?;
    let now = app.clock.now();
    Ok(Reply::own(entity(&app, made, now)))
}

async fn revoke(State(app): State<App>, auth: Auth, Id(id): Id<InviteId>) -> Answer<Reply<entities::Invite>> {
    auth.needs("write:accounts")?;
    invite::revoke(&app, auth.id(), id).await?;
    let row = app.store.read(move |db| invites::by_id(db, id)).await?.ok_or(Error::NotFound("invite"))?;
    let now = app.clock.now();
    Ok(Reply::own(entity(&app, row, now)))
}

pub(super) fn entity(app: &App, row: Invite, now: Time) -> entities::Invite {
    entities::Invite {
        id: row.id,
        url: invite::address(app, &row.code),
        usable: row.is_open(now),
        code: row.code,
        comment: row.comment,
        max_uses: row.max_uses,
        uses: row.uses,
        autofollow: row.autofollow,
        expires_at: row.expires_at.map(Time::rfc3339),
        created_at: row.created_at.rfc3339(),
    }
}
