//! Answers with a body: JSON, the `Link` to more of it, and who may keep a copy.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, LINK, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::auth::Viewer;

/// A JSON answer.
#[derive(Debug)]
pub struct Reply<T> {
    body: T,
    link: Option<String>,
    /// Whether a stranger asked, so that caches between us may keep it for a moment.
    open: bool,
}

impl<T: Serialize> Reply<T> {
    /// For whoever asked; strangers' answers may be cached.
    pub fn to(viewer: &Viewer, body: T) -> Self {
        Self { body, link: None, open: viewer.0.is_none() }
    }

    /// For one person only.
    pub fn own(body: T) -> Self {
        Self { body, link: None, open: false }
    }

    /// With the links that [`super::paging::link`] made.
    pub fn linked(self, link: Option<(&'static str, String)>) -> Self {
        Self { link: link.map(|(_, value)| value), ..self }
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let control = if self.open {
            "public, max-age=15, stale-while-revalidate=30, stale-if-error=86400"
        } else {
            "private, no-store"
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(control));
        headers.insert(VARY, HeaderValue::from_static("Authorization"));
        if let Some(link) = self.link.and_then(|link| HeaderValue::try_from(link).ok()) {
            headers.insert(LINK, link);
        }
        (headers, Json(self.body)).into_response()
    }
}
