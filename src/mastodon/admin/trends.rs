//! Trends for moderators: everything that trends, and their word on it; sites; hashtags.
//!
//! Spec: https://docs.joinmastodon.org/methods/admin/trends/ and https://docs.joinmastodon.org/methods/admin/tags/

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use crate::actions::role::Permission;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId, TagId};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::mastodon::trends::{shown, window};
use crate::store::reviews::{self, TagReview};
use crate::store::tags::Tag;
use crate::store::trends::{self, Shown};
use crate::store::{Connection, Tx, cards, statuses};
use crate::text::hashtags;

const READ: &str = "admin:read";
const WRITE: &str = "admin:write";
/// How many at most.
const MOST: i64 = 200;

pub(super) fn routes() -> Router<App> {
    let mut router = Router::new()
        .route("/api/v1/admin/trends/tags", get(trending_tags))
        .route("/api/v1/admin/trends/statuses", get(trending_statuses))
        .route("/api/v1/admin/trends/links", get(trending_links))
        .route("/api/v1/admin/trends/links/publishers", get(publishers))
        .route("/api/v1/admin/tags", get(tags))
        .route("/api/v1/admin/tags/{id}", get(tag).put(change_tag));
    for (word, verdict) in [("approve", true), ("reject", false)] {
        let path = |kind: &str| format!("/api/v1/admin/trends/{kind}/{{id}}/{word}");
        router = router
            .route(&path("tags"), post(move |app, auth, id| judge_tag(app, auth, id, verdict)))
            .route(&path("statuses"), post(move |app, auth, id| judge_status(app, auth, id, verdict)))
            .route(&path("links"), post(move |app, auth, id| judge_link(app, auth, id, verdict)))
            .route(&path("links/publishers"), post(move |app, auth, id| judge_publisher(app, auth, id, verdict)));
    }
    router
}

async fn trending_tags(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::AdminTag>>> {
    auth.staff(READ, Permission::Taxonomies)?;
    let (limit, offset) = window(&params, 10, MOST)?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| admin_tags(db, &base, &trends::tags(db, Shown::All, limit, offset)?, me));
    Ok(Reply::own(read.await?))
}

async fn trending_statuses(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminTrendsStatus>>> {
    auth.staff(READ, Permission::Taxonomies)?;
    let (limit, offset) = window(&params, 20, MOST)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let rows = trends::statuses(db, Some(me), Shown::All, limit, offset, now)?;
        admin_statuses(db, &base, rows, me)
    });
    Ok(Reply::own(read.await?))
}

async fn trending_links(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminTrendsLink>>> {
    auth.staff(READ, Permission::Taxonomies)?;
    let (limit, offset) = window(&params, 10, MOST)?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| admin_links(db, &base, trends::links(db, Shown::All, limit, offset)?, me));
    Ok(Reply::own(read.await?))
}

async fn publishers(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminPublisher>>> {
    auth.staff(READ, Permission::Taxonomies)?;
    let page = paging::page(&params, 100, MOST)?;
    let read = app.store.read(move |db| Ok((reviews::publishers(db, &page)?, asks(db)?)));
    let (rows, asks) = read.await?;
    let cursors: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(rows.iter().map(|row| render::admin_publisher(row, asks)).collect()).linked(link))
}

async fn tags(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Reply<Vec<entities::AdminTag>>> {
    auth.staff(READ, Permission::Taxonomies)?;
    let page = paging::page(&params, 100, MOST)?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let rows = reviews::tags(db, &page)?;
        let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        Ok((admin_tags(db, &base, &rows, me)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn tag(State(app): State<App>, auth: Auth, Id(id): Id<TagId>) -> Answer<Reply<entities::AdminTag>> {
    auth.staff(READ, Permission::Taxonomies)?;
    let (base, me) = (Base::new(&app), auth.id());
    Ok(Reply::own(app.store.read(move |db| one_tag(db, &base, id, me)).await?))
}

async fn change_tag(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<TagId>,
    params: Params,
) -> Answer<Reply<entities::AdminTag>> {
    auth.staff(WRITE, Permission::Taxonomies)?;
    let display_name = params.text("display_name").filter(|name| !name.is_empty());
    let flags = ["trendable", "usable", "listable"].map(|name| params.flag(name));
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let write = app.store.write(move |tx| {
        let row = reviews::tag(tx, id)?.ok_or(Error::NotFound("tag"))?;
        if let Some(name) = &display_name {
            if hashtags::normalise(name).as_deref() != Some(&row.name) {
                return Err(Error::invalid("display_name", "does not match the name of the tag"));
            }
            reviews::rename_tag(tx, id, name.trim_start_matches('#'))?;
        }
        let before = reviews::of_tags(tx, &[id])?.remove(&id).unwrap_or_default();
        let review = TagReview {
            trendable: flags[0].or(before.trendable),
            usable: flags[1].unwrap_or(before.usable),
            listable: flags[2].unwrap_or(before.listable),
            ..before
        };
        reviews::set_tag(tx, id, review, now)?;
        one_tag(tx, &base, id, me)
    });
    Ok(Reply::own(write.await?))
}

async fn judge_tag(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<TagId>,
    verdict: bool,
) -> Answer<Reply<entities::AdminTag>> {
    auth.staff(WRITE, Permission::Taxonomies)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let write = app.store.write(move |tx: &Tx| {
        reviews::tag(tx, id)?.ok_or(Error::NotFound("tag"))?;
        let before = reviews::of_tags(tx, &[id])?.remove(&id).unwrap_or_default();
        reviews::set_tag(tx, id, TagReview { trendable: Some(verdict), ..before }, now)?;
        one_tag(tx, &base, id, me)
    });
    Ok(Reply::own(write.await?))
}

async fn judge_status(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<StatusId>,
    verdict: bool,
) -> Answer<Reply<entities::AdminTrendsStatus>> {
    auth.staff(WRITE, Permission::Taxonomies)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let write = app.store.write(move |tx| {
        let row = statuses::by_id(tx, id)?.filter(|row| row.reblog_of_id.is_none() && row.visibility.is_open());
        let row = row.ok_or(Error::NotFound("status"))?;
        reviews::set_status(tx, id, verdict, now)?;
        admin_statuses(tx, &base, vec![row], me)?.pop().ok_or(Error::NotFound("status"))
    });
    Ok(Reply::own(write.await?))
}

async fn judge_link(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<i64>,
    verdict: bool,
) -> Answer<Reply<entities::AdminTrendsLink>> {
    auth.staff(WRITE, Permission::Taxonomies)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let write = app.store.write(move |tx| {
        reviews::set_card(tx, id, verdict, now)?;
        let row = cards::by_id(tx, id)?.ok_or(Error::NotFound("link"))?;
        admin_links(tx, &base, vec![row], me)?.pop().ok_or(Error::NotFound("link"))
    });
    Ok(Reply::own(write.await?))
}

async fn judge_publisher(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<i64>,
    verdict: bool,
) -> Answer<Reply<entities::AdminPublisher>> {
    auth.staff(WRITE, Permission::Taxonomies)?;
    let now = app.clock.now();
    let write = app.store.write(move |tx| {
        reviews::set_publisher(tx, id, verdict, now)?;
        let row = reviews::publisher(tx, id)?.ok_or(Error::NotFound("publisher"))?;
        Ok(render::admin_publisher(&row, asks(tx)?))
    });
    Ok(Reply::own(write.await?))
}

/// Whether this server reviews its trends before it shows them.
fn asks(db: &Connection) -> Result<bool> {
    Ok(shown(db)? == Shown::Approved)
}

fn admin_tags(db: &Connection, base: &Base, rows: &[Tag], me: AccountId) -> Result<Vec<entities::AdminTag>> {
    render::admin_tags(db, base, rows, me, asks(db)?)
}

fn one_tag(db: &Connection, base: &Base, id: TagId, me: AccountId) -> Result<entities::AdminTag> {
    let row = reviews::tag(db, id)?.ok_or(Error::NotFound("tag"))?;
    admin_tags(db, base, &[row], me)?.pop().ok_or(Error::NotFound("tag"))
}

fn admin_statuses(
    db: &Connection,
    base: &Base,
    rows: Vec<statuses::Status>,
    me: AccountId,
) -> Result<Vec<entities::AdminTrendsStatus>> {
    let ids: Vec<StatusId> = rows.iter().map(|row| row.id).collect();
    let (judged, asks) = (reviews::judged_statuses(db, &ids)?, asks(db)?);
    let posts = render::statuses(db, base, rows, Some(me))?.into_iter();
    let with = |status: entities::Status| entities::AdminTrendsStatus {
        requires_review: asks && !judged.contains(&status.id),
        status,
    };
    Ok(posts.map(with).collect())
}

fn admin_links(
    db: &Connection,
    base: &Base,
    rows: Vec<cards::Card>,
    me: AccountId,
) -> Result<Vec<entities::AdminTrendsLink>> {
    let asks = asks(db)?;
    let links = render::trends_links(db, base, &rows, Some(me))?;
    let with = |(row, link): (&cards::Card, _)| entities::AdminTrendsLink {
        id: row.id.to_string(),
        requires_review: asks && row.reviewed_at.is_none(),
        link,
    };
    Ok(rows.iter().zip(links).map(with).collect())
}
