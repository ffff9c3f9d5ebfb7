//! What a client has already, it need not load again: weak entity tags on JSON documents.
//!
//! Only for what anybody may keep (answers to strangers, and documents about the server), and only for bodies that are
//! in memory anyway; answers for one person are kept by nobody. Spec: RFC 9110 §8.8.3 and §13.1.2

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Longer documents go without a tag, in bytes.
const LONGEST: u64 = 1 << 20;

/// Puts the tag on the answer, or answers 304 when the client has it.
pub async fn tag(request: Request, next: Next) -> Response {
    let asks = request.method() == Method::GET && request.uri().path().starts_with("/api/");
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let json =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let open = response.headers().get(CACHE_CONTROL).is_some_and(|control| control.as_bytes().starts_with(b"public"));
    let whole = response.body().size_hint().exact().is_some_and(|length| length <= LONGEST);
    if !asks || !open || !json || !whole || response.status() != StatusCode::OK {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::try_from(LONGEST).expect("a megabyte")).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let etag = format!("W/\"{}\"", hex::encode(&digest(&SHA256, &bytes).as_ref()[..16]));
    let fresh = known.as_ref().and_then(|known| known.to_str().ok()).is_some_and(|known| holds(known, &etag));
    head.headers.insert(ETAG, HeaderValue::try_from(etag).expect("is ASCII"));
    if !fresh {
        return Response::from_parts(head, Body::from(bytes));
    }
    head.status = StatusCode::NOT_MODIFIED;
    head.headers.remove(CONTENT_TYPE);
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::empty())
}

/// Whether `If-None-Match` names the tag; weak and strong ones are compared alike.
fn holds(known: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|tag| bare(tag) == bare(etag))
}
