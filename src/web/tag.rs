//! Hashtags as pages: the newest public posts under one, as far as the operator lets strangers read them.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::entry::{Post, open_posts};
use super::page::{self, Page};
use super::visitor::{self, Visitor};
use super::{feed, trouble};
use crate::actions::access::{self, Access, Feed};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::page::Page as Part;
use crate::store::tags;
use crate::store::timelines::{self, Place, Tagged};
use crate::text::hashtags;

/// How many posts a page shows at once.
const POSTS: i64 = 20;

#[derive(Template)]
#[template(path = "tag.html")]
struct TagPage {
    page: Page,
    /// As it is written, without `#`.
    name: String,
    posts: Vec<Post>,
    older: Option<String>,
    feed: String,
}

/// A hashtag and the newest posts under it.
pub(super) struct Found {
    /// As it is written, without `#`.
    pub(super) name: String,
    /// As it stands in its address.
    pub(super) key: String,
    pub(super) posts: Vec<Post>,
    pub(super) last: Option<StatusId>,
}

/// `/tags/neighbours`, and its feeds `/tags/neighbours.atom` and so on.
pub(super) async fn show(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap, uri: Uri) -> Response {
    let lang = visitor::lang(&headers, &uri).0;
    let answer = async {
        let (name, form) = feed::split(&name);
        if let Some(form) = form {
            return feed::of_tag(&app, read(&app, name, None).await?, form, lang).await;
        }
        let visitor = Visitor::read(&app, &headers, &uri).await?;
        let before = visitor.query().get("before").and_then(|id| id.parse::<StatusId>().ok());
        let found = read(&app, name, before).await?;
        let feed = format!("/tags/{}", path(&found.key));
        let template = TagPage {
            page: Page::new(&visitor, format!("#{} ({})", found.name, visitor.server)),
            older: found.last.map(|id| format!("{feed}?before={id}")),
            feed,
            name: found.name,
            posts: found.posts,
        };
        Ok(page::show(&visitor, StatusCode::OK, &template, false, ""))
    };
    trouble::or_page(lang, answer.await)
}

/// The address's spelling of a tag.
pub(super) fn path(key: &str) -> String {
    percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The posts under `name`; none under a tag that nobody used, an error where strangers may not look.
async fn read(app: &App, name: &str, before: Option<StatusId>) -> Result<Found> {
    let key = hashtags::normalise(name).ok_or(Error::NotFound("tag"))?;
    let (config, now, written) = (app.config.clone(), app.clock.now(), name.trim_start_matches('#').to_owned());
    let read = app.store.read(move |db| {
        let open = |local| Ok::<_, Error>(access::of(db, Feed::Topic, local)? == Access::Public);
        let place = match (open(true)?, open(false)?) {
            (true, true) => Place::Everywhere,
            (true, false) => Place::Local,
            (false, true) => Place::Remote,
            (false, false) => return Err(Error::Forbidden("hashtags are for members".into())),
        };
        let Some(tag) = tags::by_name(db, &key)? else {
            return Ok(Found { name: written, key, posts: Vec::new(), last: None });
        };
        let wanted = Tagged { any: vec![tag.id], all: Vec::new(), none: Vec::new() };
        let part = Part { max: before.map(|id| id.0), ..Part::first(POSTS) };
        let rows = timelines::tagged(db, None, &wanted, place, false, &part, now)?;
        let last = rows.last().filter(|_| rows.len() as i64 == POSTS).map(|status| status.id);
        Ok(Found { name: tag.display_name, key, posts: open_posts(db, &config, rows)?, last })
    });
    read.await
}
