//! What this server's OAuth can do. Spec: RFC 8414

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;

use crate::actions::token::SCOPES;
use crate::app::App;
use crate::mastodon::entities::OAuthMetadata;

pub(super) async fn show(State(app): State<App>) -> impl IntoResponse {
    let url = |path: &str| app.config.url(path);
    let body = OAuthMetadata {
        issuer: url("/"),
        service_documentation: "https://docs.joinmastodon.org/".into(),
        authorization_endpoint: url("/oauth/authorize"),
        token_endpoint: url("/oauth/token"),
        revocation_endpoint: url("/oauth/revoke"),
        userinfo_endpoint: url("/oauth/userinfo"),
        app_registration_endpoint: url("/api/v1/apps"),
        scopes_supported: SCOPES.to_vec(),
        response_types_supported: vec!["code"],
        response_modes_supported: vec!["query"],
        code_challenge_methods_supported: vec!["S256"],
        grant_types_supported: vec!["authorization_code", "client_credentials"],
        token_endpoint_auth_methods_supported: vec!["client_secret_basic", "client_secret_post"],
    };
    std::future::ready(([(CACHE_CONTROL, "public, max-age=300")], Json(body))).await
}
