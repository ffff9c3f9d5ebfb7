//! A submitted form.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::response::Response;

use super::trouble;
use crate::app::App;
use crate::error::Error;

/// The largest form, in bytes.
const LIMIT: usize = 64 << 10;

/// The fields of an `application/x-www-form-urlencoded` body, in order.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields of a query string or form.
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first field called `name`, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

impl FromRequest<App> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, _app: &App) -> Result<Self, Response> {
        let lang = super::visitor::lang(request.headers(), request.uri()).0;
        match to_bytes(request.into_body(), LIMIT).await {
            Ok(body) => Ok(Self::parse(&body)),
            Err(_) => Err(trouble::page(lang, &Error::Malformed("the form is too large or broke off".into()))),
        }
    }
}
