//! Errors as the client API writes them: `{"error": …}` with the right status. (being built)

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::error::Error;

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
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
