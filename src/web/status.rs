//! Posts as pages, with the conversation around them.
//!
//! They show what a stranger may see, whoever looks. Spec: https://microformats.org/wiki/h-entry, https://ogp.me/

use askama::Template;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::entry::{Post, open_posts, post, shorten};
use super::page::{self, Page};
use super::profile::local;
use super::trouble;
use super::visitor::{self, Visitor};
use crate::app::App;
use crate::error::Error;
use crate::ids::StatusId;
use crate::store::statuses;
use crate::store::threads::{self, Reach};

/// How much of the conversation a page shows.
const REACH: Reach = Reach { ancestors: 40, descendants: 100, depth: 20 };

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    page: Page,
    post: Post,
    summary: String,
    /// What the post answers, the root first.
    above: Vec<Post>,
    /// The answers, depth first.
    below: Vec<Post>,
    oembed: String,
    indexable: bool,
}

/// The page of a post by the local account `name`.
pub async fn status_page(app: &App, name: &str, id: StatusId, headers: &HeaderMap, uri: &Uri) -> Response {
    let answer = async {
        let account = local(app, name).await?;
        let visitor = Visitor::read(app, headers, uri).await?;
        let (config, author, now) = (app.config.clone(), account.clone(), app.clock.now());
        let found = app.store.read(move |db| {
            let status = statuses::by_id(db, id)?
                .filter(|status| status.account_id == author.id && status.reblog_of_id.is_none() && status.is_open());
            let Some(status) = status else { return Ok(None) };
            let above = open_posts(db, &config, threads::ancestors(db, status.id, None, REACH, now)?)?;
            let below = open_posts(db, &config, threads::descendants(db, &status, None, REACH, now)?)?;
            Ok(Some((post(db, &config, &author, status)?, above, below)))
        });
        let (post, above, below) = found.await?.ok_or(Error::NotFound("status"))?;
        let what = if post.spoiler.is_empty() { shorten(&post.text, 60) } else { post.spoiler.clone() };
        let title = format!("{}: {what} ({})", post.author.name, visitor.server);
        let summary = if post.spoiler.is_empty() { shorten(&post.text, 200) } else { post.spoiler.clone() };
        let page = Page::new(&visitor, title);
        let address: String = url::form_urlencoded::byte_serialize(post.url.as_bytes()).collect();
        let oembed = app.config.url(&format!("/api/oembed?url={address}"));
        let template = StatusPage { page, post, summary, above, below, oembed, indexable: account.indexable };
        Ok(page::show(&visitor, StatusCode::OK, &template, false, ""))
    };
    trouble::or_page(visitor::lang(headers, uri).0, answer.await)
}
