//! Timelines, and how far one has read them.
//!
//! Spec: https://docs.joinmastodon.org/methods/timelines/ and https://docs.joinmastodon.org/methods/markers/

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::answer::Reply;
use super::auth::{Auth, Viewer};
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::{Id, Name};
use super::render::{self, Base};
use crate::actions::access::{self, Feed};
use crate::actions::timeline;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, TagId};
use crate::store::page::Page;
use crate::store::statuses::Status;
use crate::store::timelines::{self, Place, Tagged};
use crate::store::{Connection, async_refreshes, backfills, markers, tags};
use crate::text::hashtags;

/// The timelines that have a marker.
const MARKED: [&str; 2] = ["home", "notifications"];
/// How many further tags may be named in `any`, `all` and `none` each.
const MORE_TAGS: usize = 4;

type Posts = Reply<Vec<entities::Status>>;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/timelines/home", get(home))
        .route("/api/v1/timelines/public", get(public))
        .route("/api/v1/timelines/tag/{name}", get(tag))
        .route("/api/v1_alpha/async_refreshes/{id}", get(async_refresh))
        .route("/api/v1/markers", get(read_markers).post(set_markers))
}

async fn home(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Response> {
    auth.needs("read:statuses")?;
    let (me, now) = (auth.id(), app.clock.now());
    let list = move |db: &Connection, page: &Page| timelines::home(db, me, page, now);
    let (answer, link) = listed(&app, Some(me), &uri, &params, list).await?;
    let beginning = ["max_id", "since_id", "min_id"].iter().all(|cursor| params.text(cursor).is_none());
    let lost = match answer.is_empty() && beginning {
        true => timeline::regain(&app, me).await?,
        false => None,
    };
    let mut response = Reply::own(answer).linked(link).into_response();
    if let Some(refresh) = lost {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let value = format!("id=\"{}\", retry=1", refresh.id);
        response.headers_mut().insert("mastodon-async-refresh", HeaderValue::try_from(value).expect("is ASCII"));
    }
    Ok(response)
}

async fn async_refresh(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<i64>,
) -> Answer<Reply<entities::AsyncRefreshAnswer>> {
    auth.needs("read")?;
    let me = auth.id();
    let (found, work) =
        app.store.read(move |db| Ok((async_refreshes::by_id(db, id)?, backfills::by_id(db, id)?))).await?;
    if let Some(work) = work {
        return Ok(Reply::own(render::refresh(&work)));
    }
    let refresh = found.filter(|refresh| refresh.account_id == me).ok_or(Error::NotFound("refresh"))?;
    let status = if refresh.result_count.is_some() { "finished" } else { "running" };
    Ok(Reply::own(entities::AsyncRefreshAnswer {
        async_refresh: entities::AsyncRefresh {
            id: refresh.id.to_string(),
            status,
            result_count: refresh.result_count,
        },
    }))
}

async fn public(State(app): State<App>, viewer: Viewer, uri: Uri, params: Params) -> Answer<Posts> {
    viewer.needs("read:statuses")?;
    let (me, now, place, only_media) = (viewer.id(), app.clock.now(), place(&params), only_media(&params));
    let list = move |db: &Connection, page: &Page| match access::place(db, Feed::Live, place, me.is_some())? {
        Some(place) => timelines::public(db, me, place, only_media, page, now),
        None => Ok(Vec::new()),
    };
    let (answer, link) = listed(&app, me, &uri, &params, list).await?;
    Ok(Reply::to(&viewer, answer).linked(link))
}

async fn tag(State(app): State<App>, viewer: Viewer, Name(name): Name, uri: Uri, params: Params) -> Answer<Posts> {
    viewer.needs("read:statuses")?;
    let (me, now, place, only_media) = (viewer.id(), app.clock.now(), place(&params), only_media(&params));
    let names = |which: &str| {
        let mut names = params.list(which).unwrap_or_default();
        names.truncate(MORE_TAGS);
        names
    };
    let (mut any, all, none) = (names("any"), names("all"), names("none"));
    any.insert(0, name);
    let list = move |db: &Connection, page: &Page| {
        let Some(place) = access::place(db, Feed::Topic, place, me.is_some())? else { return Ok(Vec::new()) };
        let all_of_them: Option<Vec<TagId>> = known_tags(db, &all)?.into_iter().collect();
        // With a tag that nobody ever used, nothing can have all of them.
        let Some(all) = all_of_them else { return Ok(Vec::new()) };
        let any = known_tags(db, &any)?.into_iter().flatten().collect();
        let none = known_tags(db, &none)?.into_iter().flatten().collect();
        timelines::tagged(db, me, &Tagged { any, all, none }, place, only_media, page, now)
    };
    let (answer, link) = listed(&app, me, &uri, &params, list).await?;
    Ok(Reply::to(&viewer, answer).linked(link))
}

async fn read_markers(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Markers>> {
    auth.needs("read:statuses")?;
    let wanted = params.list("timeline").unwrap_or_default();
    let me = auth.id();
    let rows = app.store.read(move |db| markers::of(db, me)).await?;
    let rows = rows.into_iter().filter(|row| wanted.contains(&row.timeline));
    Ok(Reply::own(marked(rows)))
}

async fn set_markers(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Markers>> {
    auth.needs("write:statuses")?;
    let mut set: Vec<(&str, i64, Option<i64>)> = Vec::new();
    for timeline in MARKED {
        if let Some(text) = params.text(&format!("{timeline}[last_read_id]")) {
            let id = text.parse().map_err(|_| Error::invalid("last_read_id", "is not an id"))?;
            // A client that says which version it changes is told when another was faster.
            let version = params.text(&format!("{timeline}[version]")).and_then(|version| version.parse().ok());
            set.push((timeline, id, version));
        }
    }
    let (me, now) = (auth.id(), app.clock.now());
    let write = app.store.write(move |tx| {
        let before = markers::of(tx, me)?;
        let mut rows = Vec::new();
        for (timeline, id, version) in set {
            let present = before.iter().find(|marker| marker.timeline == timeline).map(|marker| marker.version);
            if version.is_some_and(|version| present.is_some_and(|present| present != version)) {
                return Err(Error::Conflict("Conflict during update, please try again".into()));
            }
            rows.push(markers::set(tx, me, timeline, id, now)?);
        }
        Ok(rows)
    });
    let rows = write.await?;
    Ok(Reply::own(marked(rows.into_iter())))
}

fn marked(rows: impl Iterator<Item = markers::Marker>) -> entities::Markers {
    let mut all = entities::Markers::default();
    for row in rows {
        match row.timeline.as_str() {
            "home" => all.home = Some(render::marker(&row)),
            _ => all.notifications = Some(render::marker(&row)),
        }
    }
    all
}

/// Each of the tags, or `None` for one that nobody ever used.
fn known_tags(db: &Connection, names: &[String]) -> Result<Vec<Option<TagId>>> {
    let find = |name: &String| {
        let tag = hashtags::normalise(name).map_or(Ok(None), |name| tags::by_name(db, &name))?;
        Ok(tag.map(|tag| tag.id))
    };
    names.iter().map(find).collect()
}

fn place(params: &Params) -> Place {
    let flag = |name: &str| params.flag(name) == Some(true);
    match (flag("local"), flag("remote")) {
        (true, _) => Place::Local,
        (_, true) => Place::Remote,
        _ => Place::Everywhere,
    }
}

fn only_media(params: &Params) -> bool {
    params.flag("only_media") == Some(true)
}

/// A page of what `list` answers, rendered, and its links.
async fn listed(
    app: &App,
    viewer: Option<AccountId>,
    uri: &Uri,
    params: &Params,
    list: impl FnOnce(&Connection, &Page) -> Result<Vec<Status>> + Send + 'static,
) -> Result<(Vec<entities::Status>, Option<(&'static str, String)>)> {
    let page = paging::page(params, 20, 40)?;
    let base = Base::new(app);
    let answer = app.store.read(move |db| render::statuses(db, &base, list(db, &page)?, viewer)).await?;
    let cursors: Vec<i64> = answer.iter().map(|status| status.id.0).collect();
    let link = paging::link(&app.config.url(""), uri, &page, &cursors, Newer::MinId);
    Ok((answer, link))
}
