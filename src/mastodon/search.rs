//! Search over people, posts and hashtags, and single hashtags.
//!
//! Spec: https://docs.joinmastodon.org/methods/search/ and https://docs.joinmastodon.org/methods/tags/

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::accounts::{Wanted, find, handle};
use super::answer::Reply;
use super::auth::Viewer;
use super::entities;
use super::error::Answer;
use super::params::Params;
use super::path::Name;
use super::render::{self, Base};
use crate::actions::resolve::{self, Found};
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::page::Page;
use crate::store::status_search::{self, Search};
use crate::store::statuses::{self, Status};
use crate::store::{Connection, accounts, search as searching};
use crate::text::hashtags;
use crate::text::inquiry::Inquiry;

/// Characters of a query: more than anybody types, and little enough to look for.
const QUERY: usize = 200;
/// How many of each kind by default, and at most.
const LIMITS: (i64, i64) = (20, 40);

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new().route("/api/v2/search", get(search)).route("/api/v1/tags/{name}", get(tag))
}

async fn tag(State(app): State<App>, viewer: Viewer, Name(name): Name) -> Answer<Reply<entities::Tag>> {
    let name = hashtags::normalise(&name).ok_or(Error::NotFound("tag"))?;
    let (base, me, now) = (Base::new(&app), viewer.id(), app.clock.now());
    let read = app.store.read(move |db| render::tag(db, &base, &name, me, now));
    Ok(Reply::to(&viewer, read.await?))
}

async fn search(State(app): State<App>, viewer: Viewer, params: Params) -> Answer<Reply<entities::Search>> {
    viewer.needs("read:search")?;
    let mut asked = asked(&params, viewer.id())?;
    // The common scheme of links to the fediverse.
    if let Some(rest) = asked.query.strip_prefix("web+ap://") {
        asked.query = format!("{}://{rest}", app.config.scheme());
    }
    let address = ["https://", "http://"].iter().any(|scheme| asked.query.starts_with(scheme));
    let answer = match address {
        true => at_address(&app, &asked).await?,
        false => matching(&app, &asked).await?,
    };
    Ok(Reply::to(&viewer, answer))
}

/// What is asked for.
struct Asked {
    query: String,
    /// `None`: all kinds.
    kind: Option<String>,
    viewer: Option<AccountId>,
    resolve: bool,
    following: bool,
    /// Only hashtags that moderators looked at.
    reviewed: bool,
    author: Option<AccountId>,
    page: Page,
    offset: i64,
}

impl Asked {
    fn wants(&self, kind: &str) -> bool {
        self.kind.as_deref().is_none_or(|wanted| wanted == kind)
    }
}

fn asked(params: &Params, viewer: Option<AccountId>) -> Result<Asked> {
    let query = params.text("q").map(|query| query.trim().to_owned()).filter(|query| !query.is_empty());
    let query = query.ok_or_else(|| Error::Malformed("The parameter q is required".into()))?;
    if query.chars().count() > QUERY {
        return Err(Error::Malformed(format!("The parameter q is longer than {QUERY} characters")));
    }
    let number = |name: &'static str, default: i64| match params.text(name).filter(|text| !text.is_empty()) {
        None => Ok(default),
        Some(text) => text
            .parse::<i64>()
            .ok()
            .filter(|number| *number >= 0)
            .ok_or_else(|| Error::Malformed(format!("The parameter {name} must be a number from 0"))),
    };
    let limit = number("limit", LIMITS.0)?.min(LIMITS.1);
    let kind = params.text("type").filter(|kind| !kind.is_empty());
    let offset = number("offset", 0)?;
    let resolve = params.flag("resolve").unwrap_or(false);
    if viewer.is_none() && resolve {
        return Err(Error::Unauthorized("Search queries that resolve remote resources need a signed-in user".into()));
    }
    if viewer.is_none() && offset > 0 {
        return Err(Error::Unauthorized("Search queries with an offset need a signed-in user".into()));
    }
    Ok(Asked {
        query,
        // An offset counts within one kind.
        offset: if kind.is_some() { offset } else { 0 },
        kind,
        viewer,
        resolve,
        following: params.flag("following").unwrap_or(false) && viewer.is_some(),
        reviewed: params.flag("exclude_unreviewed").unwrap_or(false),
        author: params.id("account_id")?,
        page: Page {
            max: params.id("max_id").unwrap_or_default(),
            since: None,
            min: params.id("min_id").unwrap_or_default(),
            limit,
        },
    })
}

/// The one thing that the address stands for; fetched from its server only if that was asked for. A server that fails
/// us is the same as nothing found.
async fn at_address(app: &App, asked: &Asked) -> Result<entities::Search> {
    if asked.offset > 0 {
        return Ok(entities::Search::default());
    }
    let found = match asked.resolve {
        true => resolve::by_url(app, &asked.query).await.unwrap_or_else(|error| {
            tracing::debug!(%error, url = asked.query, "could not resolve an address");
            None
        }),
        false => {
            let uri = asked.query.clone();
            let read = app.store.read(move |db| {
                let account = accounts::by_uri(db, &uri)?.map(|row| Found::Account(Box::new(row)));
                let status = || Ok(statuses::by_uri(db, &uri)?.map(|row| Found::Status(Box::new(row))));
                account.map_or_else(status, |found| Ok(Some(found)))
            });
            read.await?
        }
    };
    let (base, viewer) = (Base::new(app), asked.viewer);
    let (people, posts) = (asked.wants("accounts"), asked.wants("statuses"));
    let read = app.store.read(move |db| {
        let mut answer = entities::Search::default();
        match found {
            Some(Found::Account(row)) if people && row.deleted_at.is_none() => {
                answer.accounts.push(render::one_account(db, &base, &row)?);
            }
            Some(Found::Status(row)) if posts && statuses::may_see(db, &row, viewer)? => {
                answer.statuses.push(render::one_status(db, &base, *row, viewer)?);
            }
            _ => {}
        }
        Ok(answer)
    });
    read.await
}

async fn matching(app: &App, asked: &Asked) -> Result<entities::Search> {
    let wanted = Wanted {
        viewer: asked.viewer,
        resolve: asked.resolve,
        following: asked.following,
        limit: asked.page.limit,
        offset: asked.offset,
    };
    let is_tag = asked.query.starts_with(['#', '＃']);
    let people = if asked.wants("accounts") && !is_tag { find(app, &asked.query, wanted).await? } else { Vec::new() };
    let (base, viewer, now) = (Base::new(app), asked.viewer, app.clock.now());
    let (page, offset, author, query) = (asked.page, asked.offset, asked.author, asked.query.clone());
    let reviewed = asked.reviewed;
    // A handle is no tag; a tag has no spaces.
    let prefix = Some(&query).filter(|text| !text.contains(['@', ' '])).and_then(|text| hashtags::normalise(text));
    let prefix = prefix.filter(|_| asked.wants("hashtags"));
    // Posts are searched for signed-in people only.
    let reader = viewer.filter(|_| asked.wants("statuses"));
    let inquiry = inquiry(&query, app);
    let read = app.store.read(move |db| {
        let tags =
            prefix.map_or(Ok(Vec::new()), |name| searching::hashtags(db, &name, reviewed, page.limit, offset))?;
        let posts = match reader {
            None => Vec::new(),
            Some(reader) => posts(db, &inquiry, reader, author, page, offset, now)?,
        };
        Ok(entities::Search {
            accounts: render::accounts(db, &base, &people)?,
            statuses: render::statuses(db, &base, posts, viewer)?,
            hashtags: render::tags(db, &base, &tags, viewer, now)?,
            collections: Vec::new(),
        })
    });
    read.await
}

/// What is asked of posts, its handles in the one spelling.
fn inquiry(query: &str, app: &App) -> (Inquiry, Vec<(Option<Handle>, bool)>) {
    let mut inquiry = Inquiry::read(query);
    let mut authors = Vec::new();
    for (who, wanted) in &inquiry.from {
        match who.as_deref().map(|text| handle(text, &app.config)) {
            None => authors.push((None, *wanted)),
            Some(Some(handle)) => authors.push((Some(handle), *wanted)),
            // Nobody wrote it, and nobody is left out.
            Some(None) if *wanted => inquiry.impossible = true,
            Some(None) => {}
        }
    }
    (inquiry, authors)
}

type Handle = (String, Option<String>);

fn posts(
    db: &Connection,
    (inquiry, handles): &(Inquiry, Vec<(Option<Handle>, bool)>),
    viewer: AccountId,
    author: Option<AccountId>,
    page: Page,
    offset: i64,
    now: Time,
) -> Result<Vec<Status>> {
    let mut authors: Vec<(AccountId, bool)> = author.map(|id| (id, true)).into_iter().collect();
    for (handle, wanted) in handles {
        let id = match handle {
            None => Some(viewer),
            Some((name, domain)) => accounts::by_handle(db, name, domain.as_deref())?.map(|row| row.id),
        };
        match id {
            Some(id) => authors.push((id, *wanted)),
            None if *wanted => return Ok(Vec::new()),
            None => {}
        }
    }
    status_search::find(db, &Search { viewer, inquiry, authors, page, offset, now })
}
