//! Error pages: what went wrong in the visitor's language, and nothing about our insides.

use askama::Template;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::page::{self, Page};
use super::visitor;
use crate::error::{Error, Result};
use crate::text::locale::Lang;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    code: u16,
    text: &'static str,
}

/// The page for an address where nothing lives.
pub fn not_found(headers: &HeaderMap, uri: &Uri) -> Response {
    page(visitor::lang(headers, uri).0, &Error::NotFound("page"))
}

/// The answer, or the page for its error.
pub(super) fn or_page(lang: Lang, answer: Result<Response>) -> Response {
    answer.unwrap_or_else(|error| page(lang, &error))
}

/// The page for `error`. Our own faults are logged here.
pub(super) fn page(lang: Lang, error: &Error) -> Response {
    let (status, title, text) = translate(lang, error);
    if status.is_server_error() {
        tracing::error!(%error, "a page failed");
    }
    let frame = Page::bare(lang, title.to_owned());
    let mut response = page::bare(status, &ErrorPage { page: frame, code: status.as_u16(), text }, "");
    if let Error::Limited { retry_after } = error {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    }
    response
}

fn translate(lang: Lang, error: &Error) -> (StatusCode, &'static str, &'static str) {
    match error {
        Error::NotFound(_) => (StatusCode::NOT_FOUND, lang.t("error.not_found"), lang.t("error.not_found.text")),
        Error::Gone(_) => (StatusCode::GONE, lang.t("error.gone"), lang.t("error.gone.text")),
        Error::Forbidden(_) | Error::Unauthorized(_) => {
            (StatusCode::FORBIDDEN, lang.t("error.forbidden"), lang.t("error.forbidden.text"))
        }
        Error::Malformed(_) | Error::Invalid { .. } | Error::TooLarge { .. } => {
            (StatusCode::BAD_REQUEST, lang.t("error.malformed"), lang.t("error.malformed.text"))
        }
        Error::Limited { .. } => (StatusCode::TOO_MANY_REQUESTS, lang.t("error.limited"), lang.t("error.limited.text")),
        _ if error.is_disk_full() => (StatusCode::SERVICE_UNAVAILABLE, lang.t("error.full"), lang.t("error.full.text")),
        Error::Busy { .. } => (StatusCode::SERVICE_UNAVAILABLE, lang.t("error.busy"), lang.t("error.busy.text")),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, lang.t("error.broken"), lang.t("error.broken.text")),
    }
}
