//! Timelines, and how far one has read them.
//!
//! Spec: https://docs.joinmastodon.org/methods/timelines/ and https://docs.joinmastodon.org/methods/markers/

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;

use super::answer::Reply;
use super::auth::{Auth, Viewer};
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::Name;
use super::render::{self, Base};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, TagId};
use crate::store::page::Page;
use crate::store::statuses::Status;
use crate::store::timelines::{self, Place, Tagged};
use crate::store::{Connection, markers, tags};
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
        .route("/api/v1/markers", get(read_markers).post(set_markers))
}

async fn home(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Posts> {
    auth.needs("read:statuses")?;
    let (me, now) = (auth.id(), app.clock.now());
    let list = move |db: &Connection, page: &Page| timelines::home(db, me, page, now);
    let (answer, link) = listed(&app, Some(me), &uri, &params, list).await?;
    Ok(Reply::own(answer).linked(link))
}

async fn public(State(app): State<App>, viewer: Viewer, uri: Uri, params: Params) -> Answer<Posts> {
    viewer.needs("read:statuses")?;
    let (me, now, place, only_media) = (viewer.id(), app.clock.now(), place(&params), only_media(&params));
    let list = move |db: &Connection, page: &Page| timelines::public(db, me, place, only_media, page, now);
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

async fn read_markers(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<BTreeMap<String, entities::Marker>>> {
    auth.needs("read:statuses")?;
    let wanted = params.list("timeline").unwrap_or_default();
    let me = auth.id();
    let rows = app.store.read(move |db| markers::of(db, me)).await?;
    let rows = rows.into_iter().filter(|row| wanted.contains(&row.timeline));
    Ok(Reply::own(rows.map(|row| (row.timeline.clone(), render::marker(&row))).collect()))
}

async fn set_markers(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<BTreeMap<String, entities::Marker>>> {
    auth.needs("write:statuses")?;
    let mut set: Vec<(&str, i64)> = Vec::new();
    for timeline in MARKED {
        if let Some(text) = params.text(&format!("{timeline}[last_read_id]")) {
            let id = text.parse().map_err(|_| Error::invalid("last_read_id", "is not an id"))?;
            set.push((timeline, id));
        }
    }
    let (me, now) = (auth.id(), app.clock.now());
    let write = app.store.write(move |tx| {
        set.into_iter().map(|(timeline, id)| markers::set(tx, me, timeline, id, now)).collect::<Result<Vec<_>>>()
    });
    let rows = write.await?;
    Ok(Reply::own(rows.into_iter().map(|row| (row.timeline.clone(), render::marker(&row))).collect()))
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
