//! Handing out and taking back tokens.

use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::actions::grant::{self, Issued, Refusal};
use crate::app::App;
use crate::mastodon::entities::OAuthToken;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;

pub(super) async fn issue(State(app): State<App>, headers: HeaderMap, params: Params) -> Answer<Response> {
    let Some(client) = client(&headers, &params) else { return Ok(refused(Refusal::InvalidClient)) };
    let text = |name: &str| params.text(name).filter(|text| !text.is_empty());
    let issued = match params.text("grant_type").as_deref() {
        Some("authorization_code") => {
            let Some(code) = text("code") else { return Ok(refused(Refusal::InvalidRequest)) };
            grant::exchange(&app, client, &code, text("redirect_uri"), text("code_verifier")).await?
        }
        Some("client_credentials") => grant::for_client(&app, client, text("scope")).await?,
        Some(_) => Err(Refusal::UnsupportedGrantType),
        None => Err(Refusal::InvalidRequest),
    };
    Ok(issued.map_or_else(refused, handed_out))
}

pub(super) async fn revoke(State(app): State<App>, headers: HeaderMap, params: Params) -> Answer<Response> {
    let Some(client) = client(&headers, &params) else { return Ok(refused(Refusal::UnauthorizedClient)) };
    let secret = params.text("token").unwrap_or_default();
    let done = grant::revoke(&app, client, &secret).await?;
    Ok(done.map_or_else(refused, |()| Json(json!({})).into_response()))
}

/// Id and secret of the client: by HTTP Basic, or in the body. Spec: RFC 6749 §2.3.1
fn client(headers: &HeaderMap, params: &Params) -> Option<(String, String)> {
    let basic = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(basic);
    basic.or_else(|| Some((params.text("client_id")?, params.text("client_secret")?)))
}

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).ok();
    Some((plain(id)?, plain(secret)?))
}

fn handed_out(issued: Issued) -> Response {
    let body = OAuthToken {
        access_token: issued.secret,
        token_type: "Bearer",
        scope: issued.scopes,
        created_at: issued.created_at.seconds(),
    };
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn refused(refusal: Refusal) -> Response {
    let status = match refusal {
        Refusal::InvalidClient => StatusCode::UNAUTHORIZED,
        Refusal::UnauthorizedClient => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = Json(json!({"error": refusal.code(), "error_description": refusal.description()}));
    let mut response = (status, [(CACHE_CONTROL, "no-store")], body).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"OAuth\""));
    }
    response
}
