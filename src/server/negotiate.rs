//! Addresses with two faces: a page for people, a document for servers. Chosen by `Accept`.

use std::any::Any;

use axum::Router;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::bare;
use crate::app::{App, ClientIp};
use crate::ids::StatusId;
use crate::{federation, mastodon, web};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/users/{name}", get(actor))
        .route("/@{name}", get(actor))
        .route("/users/{name}/statuses/{id}", get(status))
        .route("/@{name}/{id}", get(status))
}

async fn actor(
    State(app): State<App>,
    Path(name): Path<String>,
    from: Option<Extension<ClientIp>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if federation::wants_activity(&headers) {
        return federation::actor::document(&app, &name, &headers, &uri, from.map(|ip| ip.0.0)).await;
    }
    if uri.path().starts_with("/users/") && is_name(&name) {
        return Redirect::to(&format!("/@{name}")).into_response();
    }
    web::profile_page(&app, &name, &headers, &uri).await
}

async fn status(
    State(app): State<App>,
    Path((name, id)): Path<(String, String)>,
    from: Option<Extension<ClientIp>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Ok(id) = id.parse::<StatusId>() else { return fallback(Method::GET, uri, headers).await };
    if federation::wants_activity(&headers) {
        return federation::status::document(&app, &name, id, &headers, &uri, from.map(|ip| ip.0.0)).await;
    }
    if uri.path().starts_with("/users/") && is_name(&name) {
        return Redirect::to(&format!("/@{name}/{id}")).into_response();
    }
    web::status_page(&app, &name, id, &headers, &uri).await
}

/// Nothing lives here: JSON for programs, a page for people.
pub(super) async fn fallback(_method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if is_api(uri.path()) || federation::wants_activity(&headers) {
        return mastodon::error::not_found();
    }
    web::not_found(&headers, &uri)
}

/// Something lives here, but not for this method. In the API that is an address like any unknown one, as in Mastodon.
pub(super) async fn method_not_allowed(uri: Uri) -> Response {
    if is_api(uri.path()) { mastodon::error::not_found() } else { bare(StatusCode::METHOD_NOT_ALLOWED) }
}

/// A handler panicked: a bug, logged, and nobody else is hurt.
#[allow(clippy::needless_pass_by_value, reason = "the shape that the layer asks for")]
pub(super) fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let what = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    tracing::error!(what, "a request panicked; please report this");
    mastodon::error::internal()
}

/// What may stand in a redirect: the letters of local names.
fn is_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_api(path: &str) -> bool {
    ["/api", "/oauth", "/.well-known", "/nodeinfo", "/inbox"].iter().any(|prefix| path.starts_with(prefix))
}
