//! Who asks: bearer tokens, users and scopes.
//!
//! A token travels in `Authorization: Bearer …` or as `access_token` in the query string. It is looked up by its
//! hash. Spec: https://docs.joinmastodon.org/client/token/ and RFC 6750 §2.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};

use super::error::Failure;
use crate::actions::sign_in::may_sign_in;
use crate::actions::token::{covers, hash};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, TokenId};
use crate::store::accounts::{self, Account};
use crate::store::tokens::{self, Token};
use crate::store::users::{self, User};
use crate::store::visits;

/// How exact "last used" is kept, so that reading does not write all the time.
const TOUCH: Duration = Duration::from_secs(24 * 60 * 60);
const ALONE: &str = "This method requires an authenticated user";

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
    pub fn needs(&self, scope: &str) -> Result<()> {
        self.needs_any(&[scope])
    }

    /// Refuses (403) unless the token carries one of `scopes` or a parent of it.
    pub fn needs_any(&self, scopes: &[&str]) -> Result<()> {
        allows(&self.scopes, scopes)
    }

    /// The account's id.
    pub fn id(&self) -> AccountId {
        self.account.id
    }
}

/// Any valid token, of a user or of an app alone. As an extractor it demands one (401).
#[derive(Debug, Clone)]
pub struct AppAuth {
    /// Which token.
    pub token: TokenId,
    /// Whose token.
    pub app: AppId,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Who stands behind it, if anybody does.
    pub user: Option<Auth>,
}

impl AppAuth {
    /// Refuses (403) unless the token carries `scope` or a parent of it.
    pub fn needs(&self, scope: &str) -> Result<()> {
        allows(&self.scopes, &[scope])
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

/// Somebody with a user token, even if they are suspended or cannot sign in: for what concerns just that.
#[derive(Debug, Clone)]
pub struct Concerned(pub Auth);

impl FromRequestParts<App> for Concerned {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Failure> {
        let secret = presented(&parts.headers, &parts.uri).ok_or_else(|| Error::Unauthorized(ALONE.into()))?;
        let (_, caller) = holder(app, &secret).await?;
        Ok(Self(caller.user.ok_or_else(|| Error::invalid("", ALONE))?))
    }
}

impl FromRequestParts<App> for Auth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Failure> {
        let caller = AppAuth::from_request_parts(parts, app).await?;
        Ok(caller.user.ok_or_else(|| Error::invalid("", ALONE))?)
    }
}

impl FromRequestParts<App> for AppAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Failure> {
        let secret = presented(&parts.headers, &parts.uri).ok_or_else(|| Error::Unauthorized(ALONE.into()))?;
        Ok(authenticate(app, &secret).await?)
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Failure> {
        match presented(&parts.headers, &parts.uri) {
            None => Ok(Self(None)),
            Some(secret) => Ok(Self(authenticate(app, &secret).await?.user)),
        }
    }
}

/// Whoever presents the token `secret`; 401 when nobody does, 403 when they may not sign in.
pub async fn authenticate(app: &App, secret: &str) -> Result<AppAuth> {
    let (token, caller) = holder(app, secret).await?;
    if let Some(auth) = &caller.user {
        may_sign_in(&auth.account, &auth.user).map_err(|why| Error::Forbidden(why.text().into()))?;
    }
    touch(app, &token, caller.user.as_ref().map(|auth| &auth.user)).await;
    Ok(caller)
}

/// Whoever holds the token `secret`, be it that they may not sign in any more.
async fn holder(app: &App, secret: &str) -> Result<(Token, AppAuth)> {
    let hash = hash(secret);
    let found = app.store.read(move |db| {
        let Some(token) = tokens::by_hash(db, &hash)? else { return Ok(None) };
        let Some(id) = token.account_id else { return Ok(Some((token, None))) };
        let (Some(account), Some(user)) = (accounts::by_id(db, id)?, users::by_account(db, id)?) else {
            return Ok(None);
        };
        Ok(Some((token, Some((account, user)))))
    });
    let (token, person) = found.await?.ok_or_else(|| Error::Unauthorized("The access token is invalid".into()))?;
    let scopes: Vec<String> = token.scopes.split_whitespace().map(str::to_owned).collect();
    let user = person.map(|(account, user)| Auth {
        account,
        user,
        token: token.id,
        app: token.app_id,
        scopes: scopes.clone(),
    });
    let caller = AppAuth { token: token.id, app: token.app_id, scopes, user };
    Ok((token, caller))
}

/// Notes at most once a day that the token was used; failing to is no reason to refuse anybody.
async fn touch(app: &App, token: &Token, user: Option<&User>) {
    let now = app.clock.now();
    let stale = |at: Option<crate::clock::Time>| at.is_none_or(|at| now.since(at) >= TOUCH);
    // Who was here is counted by the day.
    let unseen = |user: &&User| user.last_active_at.is_none_or(|at| at.midnight() != now.midnight());
    let (id, account) = (token.id, user.filter(unseen).map(|user| user.account_id));
    let token_is_stale = stale(token.last_used_at);
    if !token_is_stale && account.is_none() {
        return;
    }
    let written = app.store.write(move |tx| {
        if token_is_stale {
            tokens::touch(tx, id, now)?;
        }
        account.map_or(Ok(()), |account| {
            visits::note(tx, account, now)?;
            users::touch(tx, account, now)
        })
    });
    if let Err(error) = written.await {
        tracing::warn!(%error, "could not note that a token was used");
    }
}

fn allows(held: &[String], wanted: &[&str]) -> Result<()> {
    if wanted.iter().any(|scope| covers(held, scope)) {
        return Ok(());
    }
    Err(Error::Forbidden("This action is outside the authorized scopes".into()))
}

/// The secret of the token, as it was presented; the extractor [`Auth`] judges it.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl FromRequestParts<App> for Secret {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Failure> {
        let secret = presented(&parts.headers, &parts.uri).map(Self);
        std::future::ready(secret.ok_or_else(|| Error::Unauthorized("The access token is invalid".into()).into())).await
    }
}

/// The secret of the token that comes with a request, wherever it stands.
pub(super) fn presented(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim().to_owned());
    }
    let query = uri.query()?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, value)| name == "access_token" && !value.is_empty()).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;
    use crate::actions::token::{grant, issue_token};
    use crate::app::tests::{local_account, test_app};
    use crate::mastodon::error::Answer;

    fn router(app: &App) -> Router {
        async fn user(auth: Auth) -> Answer<String> {
            auth.needs("read:statuses")?;
            Ok(auth.account.username)
        }
        async fn any(caller: AppAuth) -> Answer<String> {
            caller.needs("read")?;
            Ok(caller.app.to_string())
        }
        async fn viewer(viewer: Viewer) -> Answer<String> {
            viewer.needs("read:statuses")?;
            Ok(viewer.0.map_or("stranger".into(), |auth| auth.account.username))
        }
        Router::new()
            .route("/user", get(user))
            .route("/any", get(any))
            .route("/viewer", get(viewer))
            .with_state(app.clone())
    }

    async fn ask(app: &App, uri: &str, bearer: &str) -> u16 {
        let mut request = Request::get(uri);
        if !bearer.is_empty() {
            request = request.header("authorization", bearer);
        }
        let request = request.body(Body::empty()).expect("a request");
        router(app).oneshot(request).await.expect("answers").status().as_u16()
    }

    #[tokio::test]
    async fn every_kind_of_caller_gets_the_right_status() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "owner").await;
        let reader = issue_token(&app, alice.id, "read", "t").await.expect("a token");
        let writer = issue_token(&app, alice.id, "write", "t").await.expect("a token");
        let (now, reader_hash) = (app.clock.now(), hash(&reader));
        let id = app.ids.next(now);
        let made = app.store.write(move |tx| {
            let of = tokens::by_hash(tx, &reader_hash)?.expect("stored").app_id;
            grant(tx, id, of, None, "read", "app-token", now)
        });
        made.await.expect("writes");
        let bearer = |secret: &str| format!("Bearer {secret}");
        for (uri, header, status) in [
            ("/user", String::new(), 401),
            ("/user", bearer("wrong"), 401),
            ("/user", "Basic abc".into(), 401),
            ("/user", bearer(&reader), 200),
            ("/user", format!("bearer {reader}"), 200),
            ("/user", bearer(&writer), 403),
            ("/user", bearer("app-token"), 422),
            ("/any", bearer("app-token"), 200),
            ("/any", bearer(&reader), 200),
            ("/any", String::new(), 401),
            ("/viewer", String::new(), 200),
            ("/viewer", bearer("app-token"), 200),
            ("/viewer", bearer("wrong"), 401),
            ("/viewer", bearer(&writer), 403),
        ] {
            assert_eq!(ask(&app, uri, &header).await, status, "{uri} {header}");
        }
        assert_eq!(ask(&app, &format!("/user?access_token={reader}"), "").await, 200);
        let id = alice.id;
        let disabled = app.store.write(move |tx| users::disable(tx, id, now));
        disabled.await.expect("writes");
        assert_eq!(ask(&app, "/user", &bearer(&reader)).await, 403);
    }

    #[tokio::test]
    async fn use_is_noted_once_a_day() {
        let (_folder, app) = test_app();
        let alice = local_account(&app, "alice", "owner").await;
        let secret = issue_token(&app, alice.id, "read", "t").await.expect("a token");
        let seen = || async {
            authenticate(&app, &secret).await.expect("valid");
            let id = alice.id;
            app.store.read(move |db| users::by_account(db, id)).await.expect("reads").expect("there").last_active_at
        };
        let first = seen().await;
        app.clock.advance(Duration::from_secs(3600));
        assert_eq!(seen().await, first);
        app.clock.advance(TOUCH);
        assert_eq!(seen().await, Some(app.clock.now()));
    }
}
