//! Actor documents: people, and the server itself.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use crate::actions::{account, translate};
use crate::activitypub::build;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::{self, Account};
use crate::store::{Connection, keys};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/actor", get(instance))
}

/// The actor document of a local account. Without a signature, too: it carries the key that others need to check ours.
pub async fn document(app: &App, name: &str, _headers: &HeaderMap, _uri: &Uri) -> Response {
    super::document(person(app, name).await)
}

async fn person(app: &App, name: &str) -> Result<Value> {
    let (deed, name) = (app.clone(), name.to_owned());
    app.store
        .read(move |db| {
            let account = local(db, &name)?;
            Ok(build::actor(&translate::actor(db, &deed, &account)?))
        })
        .await
}

async fn instance(State(app): State<App>) -> Response {
    let answer = async {
        let actor = account::ensure_instance_actor(&app).await?;
        let pair = app.store.read(move |db| keys::pair(db, actor.id)).await?.ok_or(Error::NotFound("signing key"))?;
        Ok(build::instance_actor(&app.config.url(""), &app.config.handle_domain, &pair.public_pem))
    };
    super::document(answer.await)
}

/// A local account that is to be shown: not the instance actor, not suspended, not deleted.
pub(super) fn local(db: &Connection, name: &str) -> Result<Account> {
    let account = accounts::by_handle(db, name, None)?.filter(|account| account.id != accounts::INSTANCE);
    let account = account.ok_or(Error::NotFound("account"))?;
    if account.suspended_at.is_some() || account.deleted_at.is_some() {
        return Err(Error::Gone("account"));
    }
    Ok(account)
}
