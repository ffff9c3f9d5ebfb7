//! Reports, for moderators.
//!
//! Spec: https://docs.joinmastodon.org/methods/admin/reports/

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use crate::actions::about;
use crate::actions::moderation::report::{self, Change};
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::ReportId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::reports::{self, Filter};
use crate::text::locale::Lang;

const READ: &str = "admin:read:reports";
const WRITE: &str = "admin:write:reports";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/reports", get(list))
        .route("/api/v1/admin/reports/{id}", get(show).put(sort))
        .route("/api/v1/admin/reports/{id}/assign_to_self", post(assign))
        .route("/api/v1/admin/reports/{id}/unassign", post(unassign))
        .route("/api/v1/admin/reports/{id}/resolve", post(resolve))
        .route("/api/v1/admin/reports/{id}/reopen", post(reopen))
}

type Shown = Answer<Reply<entities::AdminReport>>;

/// Only open ones, unless `resolved` or `unresolved` says otherwise.
async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminReport>>> {
    auth.staff(READ, Permission::Reports)?;
    let page = paging::page(&params, 100, 200)?;
    let resolved = match (params.flag("resolved"), params.flag("unresolved")) {
        (Some(true), Some(true)) => None,
        (Some(true), _) => Some(true),
        _ => Some(false),
    };
    let filter = Filter { resolved, account: params.id("account_id")?, target: params.id("target_account_id")? };
    let rules = about::read(&app, Lang::ENGLISH).await?.rules;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let rows = reports::list(db, filter, &page)?;
        render::admin_reports(db, &base, &rows, &rules, me)
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().map(|report| report.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn show(State(app): State<App>, auth: Auth, Id(id): Id<ReportId>) -> Shown {
    auth.staff(READ, Permission::Reports)?;
    shown(&app, &auth, id).await
}

async fn sort(State(app): State<App>, auth: Auth, Id(id): Id<ReportId>, params: Params) -> Shown {
    let category = params.text("category").filter(|word| !word.is_empty());
    let rules = params.list("rule_ids").map(|ids| rule_ids(&ids)).transpose()?;
    change(&app, &auth, id, Change::Sort { category, rules }).await
}

async fn assign(State(app): State<App>, auth: Auth, Id(id): Id<ReportId>) -> Shown {
    change(&app, &auth, id, Change::Assign).await
}

async fn unassign(State(app): State<App>, auth: Auth, Id(id): Id<ReportId>) -> Shown {
    change(&app, &auth, id, Change::Unassign).await
}

async fn resolve(State(app): State<App>, auth: Auth, Id(id): Id<ReportId>) -> Shown {
    change(&app, &auth, id, Change::Resolve).await
}

async fn reopen(State(app): State<App>, auth: Auth, Id(id): Id<ReportId>) -> Shown {
    change(&app, &auth, id, Change::Reopen).await
}

async fn change(app: &App, auth: &Auth, id: ReportId, change: Change) -> Shown {
    auth.staff(WRITE, Permission::Reports)?;
    report::change(app, auth.as_staff(), id, change).await?;
    shown(app, auth, id).await
}

async fn shown(app: &App, auth: &Auth, id: ReportId) -> Shown {
    let rules = about::read(app, Lang::ENGLISH).await?.rules;
    let (base, me) = (Base::new(app), auth.id());
    let read = app.store.read(move |db| {
        let row = reports::by_id(db, id)?.ok_or(Error::NotFound("report"))?;
        let lost = || Error::Bug("a report was not rendered".into());
        render::admin_reports(db, &base, &[row], &rules, me)?.pop().ok_or_else(lost)
    });
    Ok(Reply::own(read.await?))
}

/// The numbers of rules; 422 when one is none.
pub(in crate::mastodon) fn rule_ids(ids: &[String]) -> Result<Vec<i64>> {
    let read = |id: &String| id.parse().map_err(|_| Error::invalid("rule_ids", "does not reference valid rules"));
    ids.iter().filter(|id| !id.is_empty()).map(read).collect()
}
