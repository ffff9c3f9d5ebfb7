//! Signing up by an app, which gets a token for the newcomer at once; it works once they are in.
//!
//! `time_zone` is taken and not kept: nothing here depends on it. At most five tries in half an hour by address.
//! Spec: https://docs.joinmastodon.org/methods/accounts/#create

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};

use super::answer::Reply;
use super::auth::AppAuth;
use super::entities::{ErrorDetail, OAuthToken, ValidationError};
use super::error::Answer;
use super::params::Params;
use crate::actions::attempts::Attempts;
use crate::actions::join::{self, Application, Flaw};
use crate::app::{App, ClientIp};
use crate::error::Error;
use crate::store::apps;

/// The routes of this family.
pub fn routes() -> Router<App> {
    let attempts = Arc::new(Attempts::new(5, Duration::from_secs(30 * 60)));
    Router::new().route("/api/v1/accounts", post(create).layer(Extension(attempts)))
}

async fn create(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    ip: Option<Extension<ClientIp>>,
    caller: AppAuth,
    params: Params,
) -> Answer<Response> {
    caller.needs("write:accounts")?;
    if caller.user.is_some() {
        return Err(Error::Forbidden("This method requires an client credentials authentication".into()).into());
    }
    let ip = ip.map(|Extension(ClientIp(ip))| ip);
    attempts.count(ip.unwrap_or(std::net::IpAddr::from([0, 0, 0, 0])), app.clock.now())?;
    let client = app.store.read(move |db| apps::by_id(db, caller.app)).await?.ok_or(Error::NotFound("app"))?;
    let scopes = client.scopes.clone();
    let ip = ip.map(|ip| ip.to_string()).unwrap_or_default();
    let joined = match join::join(&app, application(&params), Some((client.id, scopes.clone())), ip).await? {
        Ok(joined) => joined,
        Err(flaws) => return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(wrong(&flaws))).into_response()),
    };
    let token = OAuthToken {
        access_token: joined.token.ok_or_else(|| Error::Bug("a sign-up by an app gives a token".into()))?,
        token_type: "Bearer",
        scope: scopes,
        created_at: joined.user.created_at.seconds(),
    };
    Ok(Reply::own(token).into_response())
}

fn application(params: &Params) -> Application {
    let text = |name: &str| params.text(name).unwrap_or_default();
    let maybe = |name: &str| params.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Application {
        username: text("username"),
        email: text("email"),
        password: text("password"),
        agreement: params.flag("agreement").unwrap_or(false),
        locale: text("locale"),
        reason: text("reason"),
        invite_code: maybe("invite_code"),
        date_of_birth: maybe("date_of_birth"),
    }
}

/// All that is wrong, as a sentence for each and by field.
fn wrong(flaws: &[Flaw]) -> ValidationError {
    let sentences: Vec<String> = flaws.iter().map(|flaw| format!("{} {}", title(flaw.field), flaw.why)).collect();
    let mut details: BTreeMap<&'static str, Vec<ErrorDetail>> = BTreeMap::new();
    for flaw in flaws {
        let detail = ErrorDetail { error: flaw.code.to_owned(), description: flaw.why.clone() };
        details.entry(flaw.field).or_default().push(detail);
    }
    ValidationError { error: format!("Validation failed: {}", sentences.join(", ")), details }
}

fn title(field: &str) -> &'static str {
    match field {
        "username" => "Username",
        "email" => "E-mail address",
        "password" => "Password",
        "agreement" => "Service agreement",
        "reason" => "Reason",
        "date_of_birth" => "Date of birth",
        _ => "Invite code",
    }
}
