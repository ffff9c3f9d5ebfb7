//! Everybody's invites, for staff: who invited how many, and ending an invite.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{delete, get};

use super::settings::people;
use crate::actions::audit;
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::InviteId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::invites::entity;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::Base;
use crate::store::invites::{self, Invite};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/invites", get(list))
        .route("/api/nagaya/v1/admin/invites/{id}", delete(revoke))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminInvite>>> {
    auth.staff("admin:read", Permission::Invites)?;
    let page = paging::page(&params, 40, 80)?;
    let rows = app.store.read(move |db| invites::all(db, &page)).await?;
    let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(rendered(&app, rows).await?).linked(link))
}

async fn revoke(State(app): State<App>, auth: Auth, Id(id): Id<InviteId>) -> Answer<Reply<entities::AdminInvite>> {
    auth.staff("admin:write", Permission::Invites)?;
    let (now, staff, deed) = (app.clock.now(), auth.as_staff(), app.clone());
    let written = app.store.write(move |tx| {
        let invite = invites::by_id(tx, id)?.ok_or(Error::NotFound("invite"))?;
        invites::revoke(tx, id, now)?;
        audit::note(tx, &deed, &staff, "revoke_invite", &invite.code, "")?;
        invites::by_id(tx, id)?.ok_or(Error::NotFound("invite"))
    });
    let lost = || Error::Bug("an invite was not rendered".into());
    let row = written.await?;
    Ok(Reply::own(rendered(&app, vec![row]).await?.pop().ok_or_else(lost)?))
}

async fn rendered(app: &App, rows: Vec<Invite>) -> Result<Vec<entities::AdminInvite>> {
    let (base, deed, now) = (Base::new(app), app.clone(), app.clock.now());
    let read = app.store.read(move |db| {
        let people = people(db, &base, rows.iter().filter_map(|row| row.account_id))?;
        let render = |row: Invite| entities::AdminInvite {
            account: row.account_id.and_then(|id| people.get(&id).cloned()),
            invite: entity(&deed, row, now),
        };
        Ok(rows.into_iter().map(render).collect())
    });
    read.await
}
