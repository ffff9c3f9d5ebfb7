//! Errors as other servers read them: a status that tells them whether to try again, and a short JSON body.
//!
//! Spec: rule V12; 4xx only for what will not work later either.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::Error;

/// A failed request of another server. `?` turns any [`Error`] into it.
#[derive(Debug)]
pub struct Failure(pub Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = status(&self.0);
        let text = if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self.0, "a request of another server failed");
            "something went wrong here".to_owned()
        } else {
            self.0.to_string()
        };
        let body = json!({"error": text}).to_string();
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        let seconds = match &self.0 {
            Error::Limited { retry_after } | Error::Busy { retry_after, .. } => retry_after.as_secs().max(1),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => 60,
            _ => return response,
        };
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        response
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::Gone(_) => StatusCode::GONE,
        Error::Unauthorized(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) | Error::Held { .. } | Error::Rejected { .. } => StatusCode::FORBIDDEN,
        Error::Invalid { field: "content-type", .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::Invalid { .. } | Error::Malformed(_) => StatusCode::BAD_REQUEST,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Busy { .. } | Error::Store(_) | Error::Peer { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Plugin { .. } | Error::Io { .. } | Error::Bug(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn v12_the_status_says_whether_to_try_again() {
        for (error, code, retry_after) in [
            (Error::Unauthorized("who?".into()), 401, None),
            (Error::Forbidden("no".into()), 403, None),
            (Error::Malformed("{".into()), 400, None),
            (Error::invalid("content-type", "text"), 415, None),
            (Error::TooLarge { limit: 1 }, 413, None),
            (Error::NotFound("account"), 404, None),
            (Error::Busy { why: "full", retry_after: Duration::from_secs(30) }, 503, Some("30")),
            (Error::Limited { retry_after: Duration::ZERO }, 429, Some("1")),
            (Error::Bug("secret".into()), 500, None),
        ] {
            let response = Failure(error).into_response();
            let wait = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            assert_eq!((response.status().as_u16(), wait), (code, retry_after));
        }
    }
}
