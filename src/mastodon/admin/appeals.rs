//! Appeals against warnings, for moderators. Ours alone: Mastodon has pages for this and no API.
//!
//! `GET /api/nagaya/v1/admin/appeals` (`pending=false`: decided ones too), `POST …/:id/approve`, `POST …/:id/reject`;
//! the id is the warning's.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use crate::actions::moderation::appeal;
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::Error;
use crate::ids::WarningId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::warnings;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/appeals", get(list))
        .route("/api/nagaya/v1/admin/appeals/{id}/approve", post(approve))
        .route("/api/nagaya/v1/admin/appeals/{id}/reject", post(reject))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AccountWarning>>> {
    auth.staff("admin:read:accounts", Permission::Appeals)?;
    let page = paging::page(&params, 100, 200)?;
    let (base, open) = (Base::new(&app), params.flag("pending").unwrap_or(true));
    let read = app.store.read(move |db| {
        let rows = warnings::appealed(db, open, &page)?;
        render::warnings(db, &base, &rows)
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().map(|warning| warning.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn approve(State(app): State<App>, auth: Auth, Id(id): Id<WarningId>) -> Answer<Reply<entities::AccountWarning>> {
    decide(&app, &auth, id, true).await
}

async fn reject(State(app): State<App>, auth: Auth, Id(id): Id<WarningId>) -> Answer<Reply<entities::AccountWarning>> {
    decide(&app, &auth, id, false).await
}

async fn decide(app: &App, auth: &Auth, id: WarningId, approved: bool) -> Answer<Reply<entities::AccountWarning>> {
    auth.staff("admin:write:accounts", Permission::Appeals)?;
    let warning = appeal::decide(app, auth.as_staff(), id, approved).await?;
    let base = Base::new(app);
    let lost = || Error::NotFound("warning");
    let read = app.store.read(move |db| render::warnings(db, &base, &[warning])?.pop().ok_or_else(lost));
    Ok(Reply::own(read.await?))
}
