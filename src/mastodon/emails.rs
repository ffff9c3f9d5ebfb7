//! E-mail confirmation as an app sees it: asking for the mail once more, and whether it was confirmed.
//!
//! These are the only calls that a newcomer's token can make before the address is confirmed.
//! Spec: https://docs.joinmastodon.org/methods/emails/

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Serialize;

use super::answer::Reply;
use super::auth::Secret;
use super::error::Answer;
use super::params::Params;
use crate::actions::attempts::Attempts;
use crate::actions::join;
use crate::actions::token::{covers, hash};
use crate::app::{App, ClientIp};
use crate::error::{Error, Result};
use crate::ids::AppId;
use crate::store::users::{self, User};
use crate::store::{accounts, memberships, tokens};

/// The routes of this family.
pub fn routes() -> Router<App> {
    let attempts = Arc::new(Attempts::new(25, Duration::from_secs(5 * 60)));
    Router::new()
        .route("/api/v1/emails/confirmations", post(again).layer(Extension(attempts)))
        .route("/api/v1/emails/check_confirmation", get(check))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn again(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    ip: Option<Extension<ClientIp>>,
    secret: Secret,
    params: Params,
) -> Answer<Json<Done>> {
    let newcomer = newcomer(&app, &secret).await?;
    newcomer.needs(&["write:accounts"])?;
    let ip = ip.map_or(std::net::IpAddr::from([0, 0, 0, 0]), |Extension(ClientIp(ip))| ip);
    attempts.count(ip, app.clock.now())?;
    let id = newcomer.user.account_id;
    let came_by = app.store.read(move |db| memberships::by_account(db, id)).await?.and_then(|row| row.app_id);
    if came_by != Some(newcomer.app) {
        let why = "This method is only available to the application the user originally signed-up with";
        return Err(Error::Forbidden(why.into()).into());
    }
    join::resend(&app, id, params.text("email")).await?;
    Ok(Json(Done {}))
}

async fn check(State(app): State<App>, secret: Secret) -> Answer<Reply<bool>> {
    let newcomer = newcomer(&app, &secret).await?;
    newcomer.needs(&["read:accounts", "write:accounts"])?;
    Ok(Reply::own(newcomer.user.confirmed_at.is_some()))
}

/// A user who may not be in yet.
struct Newcomer {
    user: User,
    app: AppId,
    scopes: Vec<String>,
}

impl Newcomer {
    fn needs(&self, any: &[&str]) -> Result<()> {
        if any.iter().any(|scope| covers(&self.scopes, scope)) {
            return Ok(());
        }
        Err(Error::Forbidden("This action is outside the authorized scopes".into()))
    }
}

/// As the usual way in, save that nobody asks whether the address was confirmed or a moderator said yes.
async fn newcomer(app: &App, secret: &Secret) -> Result<Newcomer> {
    let hash = hash(&secret.0);
    let found = app.store.read(move |db| {
        let Some(token) = tokens::by_hash(db, &hash)? else { return Ok(None) };
        let Some(id) = token.account_id else { return Ok(Some((token, None))) };
        let user = users::by_account(db, id)?.zip(accounts::by_id(db, id)?);
        Ok(user.map(|user| (token, Some(user))))
    });
    let (token, user) = found.await?.ok_or_else(|| Error::Unauthorized("The access token is invalid".into()))?;
    let (user, account) = user.ok_or_else(|| Error::invalid("", "This method requires an authenticated user"))?;
    if user.disabled_at.is_some() || account.suspended_at.is_some() || account.deleted_at.is_some() {
        return Err(Error::Forbidden("Your login is currently disabled".into()));
    }
    Ok(Newcomer { user, app: token.app_id, scopes: token.scopes.split_whitespace().map(str::to_owned).collect() })
}
