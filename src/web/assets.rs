//! Embedded files: style sheets, pictures and one script. Their addresses carry a hash, so browsers keep them for good.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use rust_embed::{Embed, EmbeddedFile};

use super::trouble;

#[derive(Embed)]
#[folder = "web/static/"]
struct Files;

/// `/static/style.css?v=…`.
pub(super) fn address(name: &str) -> String {
    let version = Files::get(name).map(|file| format!("?v={}", version(&file)));
    format!("/static/{name}{}", version.unwrap_or_default())
}

pub(super) async fn serve(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    std::future::ready(()).await;
    let Some(file) = Files::get(&name) else { return trouble::not_found(&headers, &uri) };
    let version = version(&file);
    let current = query.is_some_and(|query| query == format!("v={version}"));
    let cache = if current { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    let tag = format!("\"{version}\"");
    let known =
        headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| tags.contains(&tag));
    let (status, body) = if known {
        (StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        (StatusCode::OK, Body::from(file.data.into_owned()))
    };
    let mut response = (status, body).into_response();
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(kind(&name)));
    out.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    out.extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    response
}

/// Browsers ask for this without being told to.
pub(super) async fn favicon() -> Redirect {
    std::future::ready(Redirect::permanent("/static/icon-192.png")).await
}

/// For robots that ask (RFC 9309): profiles and posts say themselves whether they may be found; what has no words of people
/// in it, or only works for somebody signed in, is not worth a visit.
pub(super) async fn robots() -> impl IntoResponse {
    const ROBOTS: &str = "User-agent: *\nDisallow: /api/\nDisallow: /app/\nDisallow: /auth/\nDisallow: /authorize_interaction\n\
        Disallow: /oauth/\nDisallow: /remote_interaction\nDisallow: /settings/\n";
    std::future::ready(([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], ROBOTS))
        .await
}

fn version(file: &EmbeddedFile) -> String {
    hex::encode(&file.metadata.sha256_hash()[..6])
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
