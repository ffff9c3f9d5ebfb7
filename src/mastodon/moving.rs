//! Moving house by the API: aliases, Move, redirect. Leaving asks for the password; only a person knows it.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};

use super::answer::Reply;
use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::params::Params;
use super::render::{self, Base};
use crate::actions::{moving, sign_in};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::accounts;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/aliases", get(aliases).post(add_alias).delete(remove_alias))
        .route("/api/nagaya/v1/migration", get(show).post(leave).delete(come_back))
        .route("/api/nagaya/v1/migration/redirect", post(redirect))
}

async fn aliases(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::Alias>>> {
    auth.needs("read:accounts")?;
    listed(&app, &auth).await
}

async fn add_alias(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::Alias>>> {
    auth.needs("write:accounts")?;
    moving::add_alias(&app, &auth.account, &acct(&params)?).await?;
    listed(&app, &auth).await
}

async fn remove_alias(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::Alias>>> {
    auth.needs("write:accounts")?;
    let uri = params.text("uri").ok_or_else(|| Error::invalid("uri", "is needed"))?;
    moving::remove_alias(&app, &auth.account, &uri).await?;
    listed(&app, &auth).await
}

async fn listed(app: &App, auth: &Auth) -> Answer<Reply<Vec<entities::Alias>>> {
    let (base, aliases) = (Base::new(app), moving::aliases(app, auth.id()).await?);
    let read = app.store.read(move |db| {
        let alias = |alias: moving::Alias| {
            let account = alias.account.map(|row| render::one_account(db, &base, &row)).transpose()?;
            Ok(entities::Alias { uri: alias.uri, account })
        };
        aliases.into_iter().map(alias).collect::<Result<Vec<_>>>()
    });
    Ok(Reply::own(read.await?))
}

async fn show(State(app): State<App>, auth: Auth) -> Answer<Reply<entities::Migration>> {
    auth.needs("read:accounts")?;
    standing(&app, &auth).await
}

async fn leave(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Migration>> {
    auth.needs("write:accounts")?;
    let acct = acct(&params)?;
    sign_in::prove(&app, auth.id(), params.text("password").as_deref()).await?;
    moving::leave(&app, &auth.account, &acct).await?;
    standing(&app, &auth).await
}

async fn redirect(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Migration>> {
    auth.needs("write:accounts")?;
    let acct = acct(&params)?;
    sign_in::prove(&app, auth.id(), params.text("password").as_deref()).await?;
    moving::redirect(&app, &auth.account, &acct).await?;
    standing(&app, &auth).await
}

async fn come_back(State(app): State<App>, auth: Auth) -> Answer<Reply<entities::Migration>> {
    auth.needs("write:accounts")?;
    moving::come_back(&app, &auth.account).await?;
    standing(&app, &auth).await
}

async fn standing(app: &App, auth: &Auth) -> Answer<Reply<entities::Migration>> {
    let (base, id) = (Base::new(app), auth.id());
    let last = moving::last(app, id).await?;
    let read = app.store.read(move |db| {
        let target = accounts::by_id(db, id)?.and_then(|me| me.moved_to_uri);
        let target = target.map_or(Ok(None), |uri| accounts::by_uri(db, &uri))?;
        target.map(|row| render::one_account(db, &base, &row)).transpose()
    });
    Ok(Reply::own(entities::Migration {
        moved_to: read.await?,
        moved_at: last.map(|(at, _)| at.rfc3339()),
        cooldown_until: last.and_then(|(_, until)| until).map(Time::rfc3339),
    }))
}

fn acct(params: &Params) -> Result<String> {
    let acct = params.text("acct").filter(|acct| !acct.trim().is_empty());
    acct.ok_or_else(|| Error::invalid("acct", "is needed"))
}
