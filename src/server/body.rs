//! Small bodies are read before anybody decides about the request.
//!
//! Whoever is refused early (no token, no such address) would otherwise leave an unread body behind, and then the
//! connection is closed without notice: the client's next request on it fails for no reason that it could see.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;

/// What counts as small, in bytes. Larger ones are uploads, which nobody shall send us for nothing.
const SMALL: usize = 64 * 1024;

pub(super) async fn small_first(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if !length.is_some_and(|length| length > 0 && length <= SMALL) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, SMALL).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => super::bare(StatusCode::BAD_REQUEST),
    }
}
