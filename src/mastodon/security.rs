//! Sign-in security by the API: two-factor authentication, passkeys, browsers and apps.
//!
//! A token alone must not be enough to take an account over: what would lock its owner out, or let somebody else in for
//! good, asks for the `password` as well.

use axum::Router;
use axum::extract::State;
use axum::routing::{delete, get, patch, post};
use serde_json::Value;

use super::answer::Reply;
use super::auth::Auth;
use super::entities;
use super::error::Answer;
use super::params::Params;
use super::path::{Id, Name};
use crate::actions::entry::{self, Guest};
use crate::actions::{passkey, second_factor, sign_in};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AppId, TokenId};
use crate::passkeys::Place;
use crate::store::passkeys::Passkey;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/security", get(show))
        .route("/api/nagaya/v1/security/two_factor", post(begin).delete(off))
        .route("/api/nagaya/v1/security/two_factor/confirm", post(confirm))
        .route("/api/nagaya/v1/security/recovery_codes", post(recovery_codes))
        .route("/api/nagaya/v1/security/passkeys", get(passkeys).post(keep_passkey))
        .route("/api/nagaya/v1/security/passkeys/options", post(passkey_options))
        .route("/api/nagaya/v1/security/passkeys/{id}", patch(rename_passkey).delete(delete_passkey))
        .route("/api/nagaya/v1/security/sessions", get(sessions).delete(end_sessions))
        .route("/api/nagaya/v1/security/sessions/{id}", delete(end_session))
        .route("/api/nagaya/v1/security/apps", get(apps))
        .route("/api/nagaya/v1/security/apps/{id}", delete(dismiss_app))
        .route("/api/nagaya/v1/security/tokens", delete(revoke_tokens))
        .route("/api/nagaya/v1/security/tokens/{id}", delete(revoke_token))
}

/// Refuses unless the token may write and the request has the password.
async fn prove(app: &App, auth: &Auth, params: &Params) -> Result<()> {
    auth.needs("write:accounts")?;
    sign_in::prove(app, auth.id(), params.text("password").as_deref()).await
}

async fn show(State(app): State<App>, auth: Auth) -> Answer<Reply<entities::Security>> {
    auth.needs("read:accounts")?;
    Ok(Reply::own(standing(&app, &auth).await?))
}

async fn standing(app: &App, auth: &Auth) -> Result<entities::Security> {
    let id = auth.id();
    let standing = app.store.read(move |db| second_factor::standing(db, id)).await?;
    Ok(entities::Security {
        two_factor: standing.on,
        recovery_codes_left: standing.recovery_left,
        passkeys_supported: Place::of(&app.config).is_some(),
        passkeys: passkey::of(app, id).await?.into_iter().map(described).collect(),
    })
}

async fn begin(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Enrolment>> {
    prove(&app, &auth, &params).await?;
    let begun = second_factor::begin(&app, &auth.account).await?;
    Ok(Reply::own(entities::Enrolment { secret: begun.secret, uri: begun.address }))
}

/// Needs no password: only who gave it to [`begin`] knows the secret that the code comes from.
async fn confirm(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::RecoveryCodes>> {
    auth.needs("write:accounts")?;
    let code = params.text("code").ok_or_else(|| Error::invalid("code", "is needed"))?;
    let recovery_codes = second_factor::confirm(&app, &auth.account, &code).await?;
    Ok(Reply::own(entities::RecoveryCodes { recovery_codes }))
}

async fn off(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Security>> {
    prove(&app, &auth, &params).await?;
    second_factor::off(&app, auth.id()).await?;
    Ok(Reply::own(standing(&app, &auth).await?))
}

async fn recovery_codes(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::RecoveryCodes>> {
    prove(&app, &auth, &params).await?;
    let recovery_codes = second_factor::regenerate(&app, &auth.account).await?;
    Ok(Reply::own(entities::RecoveryCodes { recovery_codes }))
}

async fn passkeys(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::Passkey>>> {
    auth.needs("read:accounts")?;
    Ok(Reply::own(passkey::of(&app, auth.id()).await?.into_iter().map(described).collect()))
}

async fn passkey_options(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<entities::PasskeyQuestion>> {
    prove(&app, &auth, &params).await?;
    Ok(Reply::own(entities::PasskeyQuestion { options: passkey::begin(&app, &auth.account).await? }))
}

/// `credential`: what the browser answered, as an object or as JSON text. Asks for the password again, for the question
/// alone may come from a page that somebody left open.
async fn keep_passkey(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Passkey>> {
    prove(&app, &auth, &params).await?;
    let credential = match params.tree.get("credential") {
        Some(Value::String(text)) => text.clone(),
        Some(value @ Value::Object(_)) => value.to_string(),
        _ => return Err(Error::invalid("credential", "is needed").into()),
    };
    let name = params.text("name").unwrap_or_default();
    Ok(Reply::own(described(passkey::keep(&app, &auth.account, &name, &credential).await?)))
}

async fn rename_passkey(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<i64>,
    params: Params,
) -> Answer<Reply<entities::Passkey>> {
    auth.needs("write:accounts")?;
    let name = params.text("name").unwrap_or_default();
    Ok(Reply::own(described(passkey::rename(&app, auth.id(), id, &name).await?)))
}

async fn delete_passkey(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<i64>,
    params: Params,
) -> Answer<Reply<Vec<entities::Passkey>>> {
    prove(&app, &auth, &params).await?;
    passkey::delete(&app, auth.id(), id).await?;
    Ok(Reply::own(passkey::of(&app, auth.id()).await?.into_iter().map(described).collect()))
}

async fn sessions(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::Session>>> {
    auth.needs("read:accounts")?;
    Ok(Reply::own(browsers(&app, &auth).await?))
}

async fn end_session(State(app): State<App>, auth: Auth, Name(id): Name) -> Answer<Reply<Vec<entities::Session>>> {
    auth.needs("write:accounts")?;
    entry::end_browser(&app, auth.id(), &id).await?;
    Ok(Reply::own(browsers(&app, &auth).await?))
}

async fn end_sessions(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::Session>>> {
    auth.needs("write:accounts")?;
    entry::end_browsers(&app, auth.id(), None).await?;
    Ok(Reply::own(browsers(&app, &auth).await?))
}

async fn apps(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::App>>> {
    auth.needs("read:accounts")?;
    guests(&app, &auth).await
}

async fn dismiss_app(State(app): State<App>, auth: Auth, Id(id): Id<AppId>) -> Answer<Reply<Vec<entities::App>>> {
    auth.needs("write:accounts")?;
    entry::dismiss(&app, auth.id(), id).await?;
    guests(&app, &auth).await
}

async fn revoke_token(State(app): State<App>, auth: Auth, Id(id): Id<TokenId>) -> Answer<Reply<Vec<entities::App>>> {
    auth.needs("write:accounts")?;
    entry::take_back(&app, auth.id(), id).await?;
    guests(&app, &auth).await
}

/// All but the token that asks.
async fn revoke_tokens(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::App>>> {
    auth.needs("write:accounts")?;
    entry::take_all_back(&app, auth.id(), Some(auth.token)).await?;
    guests(&app, &auth).await
}

async fn guests(app: &App, auth: &Auth) -> Answer<Reply<Vec<entities::App>>> {
    let all = entry::guests(app, auth.id()).await?;
    Ok(Reply::own(all.into_iter().map(|guest| let_in(guest, auth.token)).collect()))
}

fn let_in(guest: Guest, current: TokenId) -> entities::App {
    let tokens = guest.tokens.into_iter().map(|token| entities::AccessToken {
        id: token.id,
        scopes: token.scopes.split_whitespace().map(str::to_owned).collect(),
        created_at: token.created_at.rfc3339(),
        last_used_at: token.last_used_at.map(Time::rfc3339),
        current: token.id == current,
    });
    entities::App {
        id: guest.app,
        name: guest.name,
        website: guest.website,
        scopes: guest.scopes,
        created_at: guest.since.rfc3339(),
        last_used_at: guest.last_used_at.map(Time::rfc3339),
        tokens: tokens.collect(),
    }
}

async fn browsers(app: &App, auth: &Auth) -> Result<Vec<entities::Session>> {
    let all = entry::browsers(app, auth.id(), None).await?.into_iter();
    Ok(all
        .map(|browser| entities::Session {
            id: browser.id,
            ip: browser.ip,
            user_agent: browser.user_agent,
            created_at: browser.created_at.rfc3339(),
            last_used_at: browser.last_used_at.rfc3339(),
        })
        .collect())
}

fn described(passkey: Passkey) -> entities::Passkey {
    entities::Passkey {
        id: passkey.id.to_string(),
        name: passkey.name,
        created_at: passkey.created_at.rfc3339(),
        last_used_at: passkey.last_used_at.map(Time::rfc3339),
    }
}
