//! The server door: what other servers read from us and send to us.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::App;
use crate::error::Result;
use error::Failure;

pub mod accept;
pub mod actor;
pub mod collections;
pub mod discovery;
pub mod error;
pub mod inbox;
pub mod status;
#[cfg(test)]
mod tests;
mod throttle;
pub mod verbs;
mod verify;
pub mod worker;

pub use accept::wants_activity;

/// Every route that other servers call, save those that people share (see `server/negotiate.rs`).
pub fn routes() -> Router<App> {
    inbox::routes()
        .merge(actor::routes())
        .merge(collections::routes())
        .merge(discovery::routes())
        .merge(status::routes())
}

/// The content type of our documents. Rule F6.
const ACTIVITY_JSON: &str = "application/activity+json; charset=utf-8";

/// An ActivityStreams document, or the right status without one.
fn document(answer: Result<Value>) -> Response {
    match answer {
        Ok(document) => {
            let mut response = document.to_string().into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(ACTIVITY_JSON));
            headers.insert(header::VARY, HeaderValue::from_static("Accept, Signature"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=180, public"));
            response
        }
        Err(error) => Failure(error).into_response(),
    }
}

/// The header `name` as text.
fn text_header<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
