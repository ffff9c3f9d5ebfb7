//! Who asks: bearer tokens, users and scopes. (being built)

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::Failure;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, TokenId};
use crate::store::accounts::Account;
use crate::store::users::User;

/// A signed-in user. As an extractor it demands a user token (401 without one, 422 for an app token).
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Auth {
    pub account: Account,
    pub user: User,
    pub token: TokenId,
    pub app: AppId,
    pub scopes: Vec<String>,
}

impl Auth {
    /// Refuses (403) unless the token carries `scope` or a parent of it (`read` covers `read:statuses`).
    pub fn needs(&self, _scope: &str) -> Result<()> {
        Err(Error::Bug("being built".into()))
    }

    /// The account's id.
    pub fn id(&self) -> AccountId {
        self.account.id
    }
}

impl FromRequestParts<App> for Auth {
    type Rejection = Failure;

    async fn from_request_parts(_parts: &mut Parts, _app: &App) -> std::result::Result<Self, Failure> {
        std::future::ready(Err(Failure(Error::Bug("being built".into())))).await
    }
}

/// Somebody who may be a stranger: without a token, or with an app token, `None`. A bad token is still refused (401).
#[derive(Debug, Clone)]
pub struct Viewer(pub Option<Auth>);

impl Viewer {
    /// The viewer's account id.
    pub fn id(&self) -> Option<AccountId> {
        self.0.as_ref().map(Auth::id)
    }

    /// Refuses (403) when a token is presented that lacks `scope`; strangers pass.
    pub fn needs(&self, scope: &str) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |auth| auth.needs(scope))
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Failure;

    async fn from_request_parts(_parts: &mut Parts, _app: &App) -> std::result::Result<Self, Failure> {
        std::future::ready(Ok(Self(None))).await
    }
}
