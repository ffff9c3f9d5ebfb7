//! Telling the moderators.
//!
//! Spec: https://docs.joinmastodon.org/methods/reports/

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::admin::rule_ids;
use super::answer::Reply;
use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::params::Params;
use super::render::{self, Base};
use crate::actions::moderation::report::{self, New};
use crate::app::App;
use crate::error::Error;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new().route("/api/v1/reports", post(file))
}

async fn file(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Report>> {
    auth.needs("write:reports")?;
    let ids = params.list("status_ids").unwrap_or_default();
    let statuses = ids.iter().filter(|id| !id.is_empty()).map(|id| id.parse().map_err(|_| Error::NotFound("status")));
    let words = |name: &str| params.list(name).unwrap_or_default();
    let new = New {
        target: params.id("account_id")?.ok_or(Error::NotFound("account"))?,
        statuses: statuses.collect::<Result<_, _>>()?,
        comment: params.text("comment").unwrap_or_default(),
        category: params.text("category").filter(|word| !word.is_empty()),
        rules: rule_ids(&words("rule_ids"))?,
        forward: params.flag("forward").unwrap_or(false),
        domains: words("forward_to_domains").into_iter().map(|domain| domain.to_lowercase()).collect(),
    };
    let report = report::file(&app, &auth.account, new).await?;
    let base = Base::new(&app);
    let lost = || Error::NotFound("account");
    let read = app.store.read(move |db| render::reports(db, &base, &[report])?.pop().ok_or_else(lost));
    Ok(Reply::own(read.await?))
}
