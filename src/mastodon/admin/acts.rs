//! What moderators do to people.
//!
//! Spec: https://docs.joinmastodon.org/methods/admin/accounts/#action

use axum::Router;
use axum::extract::State;
use axum::routing::{delete, post};

use super::Done;
use super::accounts::shown;
use crate::actions::moderation::{self, Act, Lift, Measure, erase, join};
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::Error;
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;

const WRITE: &str = "admin:write:accounts";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/accounts/{id}", delete(destroy))
        .route("/api/v1/admin/accounts/{id}/action", post(act))
        .route("/api/v1/admin/accounts/{id}/approve", post(approve))
        .route("/api/v1/admin/accounts/{id}/reject", post(reject))
        .route("/api/v1/admin/accounts/{id}/enable", post(enable))
        .route("/api/v1/admin/accounts/{id}/unsilence", post(unsilence))
        .route("/api/v1/admin/accounts/{id}/unsuspend", post(unsuspend))
        .route("/api/v1/admin/accounts/{id}/unsensitive", post(unsensitive))
}

type Shown = Answer<Reply<entities::AdminAccount>>;

async fn act(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>, params: Params) -> Answer<Reply<Done>> {
    auth.staff(WRITE, Permission::Users)?;
    let word = params.text("type").unwrap_or_default();
    let measure = Measure::parse(&word)
        .ok_or_else(|| Error::invalid("type", "is one of none, sensitive, disable, silence, suspend"))?;
    let act = Act {
        measure,
        text: params.text("text").unwrap_or_default(),
        report: params.id("report_id")?,
        mail: params.flag("send_email_notification").unwrap_or(false),
    };
    moderation::act(&app, auth.as_staff(), id, act).await?;
    Ok(Reply::own(Done {}))
}

async fn destroy(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Reply<Done>> {
    auth.staff(WRITE, Permission::DeleteUserData)?;
    erase::now(&app, auth.as_staff(), id).await?;
    Ok(Reply::own(Done {}))
}

async fn approve(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Shown {
    auth.staff(WRITE, Permission::Users)?;
    join::approve(&app, auth.as_staff(), id).await?;
    shown(&app, id).await
}

async fn reject(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Reply<Done>> {
    auth.staff(WRITE, Permission::Users)?;
    join::reject(&app, auth.as_staff(), id).await?;
    Ok(Reply::own(Done {}))
}

async fn enable(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Shown {
    lift(&app, &auth, id, Lift::Enable).await
}

async fn unsilence(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Shown {
    lift(&app, &auth, id, Lift::Unsilence).await
}

async fn unsuspend(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Shown {
    lift(&app, &auth, id, Lift::Unsuspend).await
}

async fn unsensitive(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Shown {
    lift(&app, &auth, id, Lift::Unsensitive).await
}

async fn lift(app: &App, auth: &Auth, id: AccountId, lift: Lift) -> Shown {
    auth.staff(WRITE, Permission::Users)?;
    moderation::lift(app, auth.as_staff(), id, lift).await?;
    shown(app, id).await
}
