//! Errors as the client API writes them: `{"error": …}` with the right status.
//!
//! Details of our own faults stay in the log; the client only learns that something broke. This is the one place where
//! a failed client request is logged. Spec: Mastodon API, entity Error, https://docs.joinmastodon.org/entities/Error/

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::Error;

const OUR_FAULT: &str = "Something went wrong on our side; the log of this server says what";

/// A failed client request. `?` turns any [`Error`] into it.
#[derive(Debug)]
pub struct Failure(pub Error);

/// What a handler answers.
pub type Answer<T> = Result<T, Failure>;

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, body) = translate(&self.0);
        log(status, &self.0);
        let mut headers = HeaderMap::new();
        if let Some(seconds) = wait(&self.0) {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        (status, headers, Json(body)).into_response()
    }
}

/// What an unknown address under `/api` or `/oauth` answers.
pub fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "There is no such endpoint"}))).into_response()
}

/// What is answered when a handler panicked; the caller logs it.
pub fn internal() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"error": OUR_FAULT}))).into_response()
}

/// A validation error one level deeper, as Mastodon writes those of collections.
pub(super) fn nested(error: &Error) -> Response {
    let (status, body) = translate(error);
    (status, Json(json!({"error": body}))).into_response()
}

fn translate(error: &Error) -> (StatusCode, Value) {
    let says = |status: StatusCode, text: &str| (status, json!({"error": text}));
    match error {
        Error::NotFound(_) => says(StatusCode::NOT_FOUND, "Record not found"),
        Error::Gone(_) => says(StatusCode::GONE, "This resource is gone"),
        Error::Unauthorized(why) => says(StatusCode::UNAUTHORIZED, why),
        Error::Forbidden(why) => says(StatusCode::FORBIDDEN, why),
        // Without a field it is not a validation but a sentence of its own.
        Error::Invalid { field: "", why } => says(StatusCode::UNPROCESSABLE_ENTITY, why),
        Error::Invalid { field, why } => {
            let body = json!({
                "error": format!("Validation failed: {} {why}", title(field)),
                "details": {*field: [{"error": "ERR_INVALID", "description": why}]},
            });
            (StatusCode::UNPROCESSABLE_ENTITY, body)
        }
        Error::Rejected { reason, .. } => says(StatusCode::UNPROCESSABLE_ENTITY, reason),
        Error::Held { id, reason } => {
            (StatusCode::UNPROCESSABLE_ENTITY, json!({"error": reason, "held_id": id.to_string()}))
        }
        Error::Malformed(why) => says(StatusCode::BAD_REQUEST, why),
        Error::Conflict(why) => says(StatusCode::CONFLICT, why),
        Error::TooLarge { .. } => says(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()),
        Error::Limited { .. } => says(StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        Error::Busy { .. } => says(StatusCode::SERVICE_UNAVAILABLE, "The server is busy; please try again in a moment"),
        Error::Peer { host, .. } => {
            says(StatusCode::SERVICE_UNAVAILABLE, &format!("Remote data could not be fetched from {host}"))
        }
        _ if error.is_disk_full() => says(
            StatusCode::SERVICE_UNAVAILABLE,
            "The disk of this server is full; nothing was saved. Its operator must make room",
        ),
        Error::Plugin { .. } | Error::Store(_) | Error::Io { .. } | Error::Bug(_) => says(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side; the log of this server says what",
        ),
    }
}

fn log(status: StatusCode, error: &Error) {
    match error {
        _ if error.is_disk_full() => tracing::error!(%error, "the disk is full; a client request could not be saved"),
        _ if status == StatusCode::INTERNAL_SERVER_ERROR => tracing::error!(%error, "a client request failed"),
        Error::Peer { .. } => tracing::debug!(%error, "another server failed a client request"),
        Error::Busy { .. } => tracing::warn!(%error, "a client was sent away"),
        _ => {}
    }
}

/// Whole seconds, at least one.
fn wait(error: &Error) -> Option<u64> {
    match error {
        Error::Limited { retry_after } | Error::Busy { retry_after, .. } => Some(retry_after.as_secs().max(1)),
        _ => None,
    }
}

/// `media_ids` → `Media ids`.
fn title(field: &str) -> String {
    let words = field.replace(['_', '[', ']', '.'], " ");
    let mut letters = words.trim().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Fault;

    #[test]
    fn every_error_has_its_status_and_text() {
        let peer = Error::peer("far.example", Fault::Unreachable("10.0.0.1 timed out".into()));
        let secret = Error::Bug("path /home/secret".into());
        for (error, status, text) in [
            (Error::NotFound("status"), 404, "Record not found"),
            (Error::Unauthorized("The access token is invalid".into()), 401, "The access token is invalid"),
            (Error::Forbidden("This action is not allowed".into()), 403, "This action is not allowed"),
            (Error::invalid("media_ids", "are too many"), 422, "Validation failed: Media ids are too many"),
            (Error::invalid("", "A sentence."), 422, "A sentence."),
            (Error::Malformed("Broken".into()), 400, "Broken"),
            (Error::Conflict("Try again".into()), 409, "Try again"),
            (Error::TooLarge { limit: 7 }, 413, "the body is larger than 7 bytes"),
            (Error::Limited { retry_after: Duration::from_secs(9) }, 429, "Too many requests"),
            (peer, 503, "Remote data could not be fetched from far.example"),
            (Error::Rejected { plugin: "p".into(), reason: "No spam".into() }, 422, "No spam"),
            (secret, 500, OUR_FAULT),
        ] {
            let (code, body) = translate(&error);
            assert_eq!((code.as_u16(), body["error"].as_str()), (status, Some(text)), "{error:?}");
        }
    }

    #[test]
    fn a_full_disk_is_said_plainly() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let (status, body) = translate(&Error::io("writing")(full));
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body["error"].as_str().is_some_and(|text| text.contains("full")));
    }
}
