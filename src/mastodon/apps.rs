//! Registering an app, and an app asking who it is. Spec: https://docs.joinmastodon.org/methods/apps/

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::auth::AppAuth;
use super::entities::{CredentialApplication, RegisteredApp};
use super::error::Answer;
use super::params::Params;
use crate::actions::grant::{self, Registration};
use crate::actions::push;
use crate::app::App;
use crate::error::Error;
use crate::store::apps::{self, Client};

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new().route("/api/v1/apps", post(create)).route("/api/v1/apps/verify_credentials", get(verify_credentials))
}

async fn create(State(app): State<App>, params: Params) -> Answer<Json<CredentialApplication>> {
    // One text may hold several addresses, one a line; a list holds one each.
    let redirects = params.list("redirect_uris").or_else(|| params.list("redirect_uri")).unwrap_or_default();
    let registration = Registration {
        name: params.text("client_name").unwrap_or_default(),
        website: params.text("website").filter(|text| !text.trim().is_empty()),
        redirect_uris: redirects.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect(),
        scopes: params.text("scopes").filter(|text| !text.trim().is_empty()).unwrap_or_else(|| "read".into()),
    };
    let (client, client_secret) = grant::register(&app, registration).await?;
    let client_id = client.client_id.clone();
    let app = entity(client, push::vapid(&app).await?.public());
    Ok(Json(CredentialApplication { app, client_id, client_secret, client_secret_expires_at: 0 }))
}

async fn verify_credentials(State(app): State<App>, caller: AppAuth) -> Answer<Json<RegisteredApp>> {
    let client = app.store.read(move |db| apps::by_id(db, caller.app)).await?.ok_or(Error::NotFound("app"))?;
    Ok(Json(entity(client, push::vapid(&app).await?.public())))
}

/// The entity Application. `redirect_uri` and `vapid_key` are deprecated, but some clients cannot decode without them.
fn entity(client: Client, vapid_key: &str) -> RegisteredApp {
    RegisteredApp {
        id: client.id,
        name: client.name,
        website: client.website,
        scopes: client.scopes.split(' ').map(str::to_owned).collect(),
        redirect_uri: client.redirect_uris.join("\n"),
        redirect_uris: client.redirect_uris,
        vapid_key: vapid_key.to_owned(),
    }
}
