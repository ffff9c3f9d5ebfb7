//! A post alone, to be framed by any page: no scripts, no forms, nothing of whoever looks.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, X_FRAME_OPTIONS};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::entry::{Post, post};
use super::page::{self, Page};
use super::profile::local;
use super::{trouble, visitor};
use crate::app::App;
use crate::error::Error;
use crate::ids::StatusId;
use crate::store::statuses;

/// As for every page, but anybody may frame it.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; \
    frame-ancestors *; form-action 'none'";

#[derive(Template)]
#[template(path = "embed.html")]
struct EmbedPage {
    page: Page,
    post: Post,
}

/// The post `id` of the local account `name`, if a stranger may read it.
pub(super) async fn show(
    State(app): State<App>,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let lang = visitor::lang(&headers, &uri).0;
    let answer = async {
        let id: StatusId = id.parse().map_err(|_| Error::NotFound("status"))?;
        let author = local(&app, &name).await?;
        let config = app.config.clone();
        let read = app.store.read(move |db| {
            let status = statuses::by_id(db, id)?.filter(|status| {
                status.account_id == author.id && status.reblog_of_id.is_none() && status.visibility.is_open()
            });
            post(db, &config, &author, status.ok_or(Error::NotFound("status"))?)
        });
        let post = read.await?;
        let template = EmbedPage { page: Page::bare(lang, post.author.name.clone()), post };
        let mut response = page::bare(StatusCode::OK, &template, "");
        let headers = response.headers_mut();
        headers.remove(X_FRAME_OPTIONS);
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        Ok(response)
    };
    trouble::or_page(lang, answer.await)
}
