//! Actor documents: people, and the server itself.

use std::net::IpAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::error::Failure;
use super::visitor::{self, Admission};
use crate::actions::{account, translate};
use crate::activitypub::build;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::{self, Account};
use crate::store::{Connection, keys, memberships};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/actor", get(instance))
}

/// The actor document of a local account; a stub for those who have to sign and do not (rule S10). It carries the key
/// that others need to check ours.
pub async fn document(app: &App, name: &str, headers: &HeaderMap, uri: &Uri, from: Option<IpAddr>) -> Response {
    match visitor::admit(app, uri, headers, from).await {
        Ok(admission) => person(app, name, admission).await,
        Err(error) => Failure(error).into_response(),
    }
}

async fn person(app: &App, name: &str, admission: Admission) -> Response {
    let (deed, name) = (app.clone(), name.to_owned());
    let shelf = format!("{admission:?} actor {name}");
    super::shelved(app, shelf, move |db| {
        // Of a suspended account the others learn just that; once it is erased, it is gone.
        let account = known(db, &name)?;
        if account.deleted_at.is_some() {
            return Err(Error::Gone("account"));
        }
        let actor = translate::actor(db, &deed, &account)?;
        Ok(match admission {
            Admission::Open => build::actor(&actor),
            Admission::Stub => build::stub(&actor),
        })
    })
    .await
}

async fn instance(State(app): State<App>) -> Response {
    let answer = async {
        let actor = account::ensure_instance_actor(&app).await?;
        let read = move |db: &Connection| Ok((keys::pair(db, actor.id)?, keys::proof_key(db, actor.id)?));
        let (pair, proof) = app.store.read(read).await?;
        let pair = pair.ok_or(Error::NotFound("signing key"))?;
        let proof = proof.map(|key| key.multibase);
        Ok(build::instance_actor(&app.config.url(""), &app.config.handle_domain, &pair.public_pem, proof.as_deref()))
    };
    super::document(answer.await)
}

/// A local account that is to be shown: not the instance actor, not suspended (403), not deleted (410).
pub(super) fn local(db: &Connection, name: &str) -> Result<Account> {
    let account = known(db, name)?;
    if account.deleted_at.is_some() {
        return Err(Error::Gone("account"));
    }
    if account.suspended_at.is_some() {
        return Err(Error::Forbidden("the account is suspended".into()));
    }
    if memberships::is_waiting(db, account.id)? {
        return Err(Error::NotFound("account"));
    }
    Ok(account)
}

fn known(db: &Connection, name: &str) -> Result<Account> {
    let account = accounts::by_handle(db, name, None)?.filter(|account| account.id != accounts::INSTANCE);
    account.ok_or(Error::NotFound("account"))
}
