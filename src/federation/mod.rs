//! The server door: what other servers read from us and send to us.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::App;
use crate::error::Result;
use crate::store::Connection;
use error::Failure;

pub mod accept;
pub mod actor;
pub mod collections;
pub mod discovery;
mod emoji;
pub mod error;
mod forwarding;
pub mod inbox;
pub mod status;
mod synchronization;
#[cfg(test)]
mod tests;
pub mod verbs;
mod verify;
mod visitor;
pub mod worker;

pub use accept::wants_activity;

/// Every route that other servers call, save those that people share (see `server/negotiate.rs`).
pub fn routes() -> Router<App> {
    inbox::routes()
        .merge(actor::routes())
        .merge(collections::routes())
        .merge(discovery::routes())
        .merge(emoji::routes())
        .merge(status::routes())
        .merge(synchronization::routes())
}

/// The content type of our documents. Rule F6.
const ACTIVITY_JSON: &str = "application/activity+json; charset=utf-8";

/// The document `name`, which anybody may read: from the shelf, or made anew by `make`. Herds are kept waiting, and
/// when there are too many of them asked to come back (rule V12).
async fn shelved(
    app: &App,
    name: String,
    make: impl FnOnce(&Connection) -> Result<Value> + Send + 'static,
) -> Response {
    let (version, now) = (app.store.version(), app.clock.now());
    if let Some(text) = app.shelf.take(&name, version, now) {
        return text_of(Ok(text));
    }
    let answer = async {
        let _place = app.shelf.wait()?;
        let text = Bytes::from(app.store.read(make).await?.to_string());
        app.shelf.put(&name, version, now, text.clone());
        Ok(text)
    };
    text_of(answer.await)
}

/// An ActivityStreams document, or the right status without one.
fn document(answer: Result<Value>) -> Response {
    text_of(answer.map(|document| document.to_string().into()))
}

fn text_of(answer: Result<Bytes>) -> Response {
    match answer {
        Ok(text) => {
            let mut response = text.into_response();
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
