//! Announcements: what people read and answer with emoji, and what staff write.
//!
//! Spec: https://docs.joinmastodon.org/methods/announcements/

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post, put};

use super::answer::Reply;
use super::auth::Auth;
use super::entities::{self, Empty};
use super::error::Answer;
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::actions::announcement::{self, Changes};
use crate::actions::audit;
use crate::actions::role::Permission;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::AnnouncementId;
use crate::store::announcements;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/announcements", get(list))
        .route("/api/v1/announcements/{id}/dismiss", post(dismiss))
        .route("/api/v1/announcements/{id}/reactions/{name}", put(react).delete(unreact))
        .route("/api/nagaya/v1/admin/announcements", get(all).post(create))
        .route("/api/nagaya/v1/admin/announcements/{id}", get(one).put(edit).delete(delete))
        .route("/api/nagaya/v1/admin/announcements/{id}/publish", post(publish))
        .route("/api/nagaya/v1/admin/announcements/{id}/unpublish", post(unpublish))
}

async fn list(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::Announcement>>> {
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| render::announcements(db, &base, &announcements::published(db)?, me));
    Ok(Reply::own(read.await?))
}

async fn dismiss(State(app): State<App>, auth: Auth, Id(id): Id<AnnouncementId>) -> Answer<Reply<Empty>> {
    auth.needs("write:accounts")?;
    announcement::dismiss(&app, &auth.account, id).await?;
    Ok(Reply::own(Empty {}))
}

async fn react(State(app): State<App>, auth: Auth, Path((id, name)): Path<(String, String)>) -> Answer<Reply<Empty>> {
    auth.needs("write:favourites")?;
    announcement::react(&app, &auth.account, numbered(&id)?, &name).await?;
    Ok(Reply::own(Empty {}))
}

async fn unreact(State(app): State<App>, auth: Auth, Path((id, name)): Path<(String, String)>) -> Answer<Reply<Empty>> {
    auth.needs("write:favourites")?;
    announcement::unreact(&app, &auth.account, numbered(&id)?, &name).await?;
    Ok(Reply::own(Empty {}))
}

fn numbered(text: &str) -> Result<AnnouncementId> {
    text.parse().map_err(|_| Error::NotFound("record"))
}

type Kept = Reply<entities::AdminAnnouncement>;

async fn all(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::AdminAnnouncement>>> {
    auth.staff("admin:read", Permission::Announcements)?;
    let rows = app.store.read(announcements::all).await?;
    Ok(Reply::own(rows.iter().map(render::admin_announcement).collect()))
}

async fn one(State(app): State<App>, auth: Auth, Id(id): Id<AnnouncementId>) -> Answer<Kept> {
    auth.staff("admin:read", Permission::Announcements)?;
    let row = app.store.read(move |db| announcements::by_id(db, id)).await?;
    Ok(Reply::own(render::admin_announcement(&row.ok_or(Error::NotFound("announcement"))?)))
}

async fn create(State(app): State<App>, auth: Auth, params: Params) -> Answer<Kept> {
    auth.staff("admin:write", Permission::Announcements)?;
    let mut changes = changes(&params)?;
    if params.flag("draft") == Some(true) {
        changes.publish_at = Some(None);
    }
    let made = announcement::create(&app, changes).await?;
    audit::after(&app, &auth.as_staff(), "announce", &made.id.to_string(), &beginning(&made.text)).await?;
    Ok(Reply::own(render::admin_announcement(&made)))
}

async fn edit(State(app): State<App>, auth: Auth, Id(id): Id<AnnouncementId>, params: Params) -> Answer<Kept> {
    auth.staff("admin:write", Permission::Announcements)?;
    let edited = announcement::edit(&app, id, changes(&params)?).await?;
    audit::after(&app, &auth.as_staff(), "edit_announcement", &id.to_string(), &beginning(&edited.text)).await?;
    Ok(Reply::own(render::admin_announcement(&edited)))
}

async fn delete(State(app): State<App>, auth: Auth, Id(id): Id<AnnouncementId>) -> Answer<Reply<Empty>> {
    auth.staff("admin:write", Permission::Announcements)?;
    announcement::delete(&app, id).await?;
    audit::after(&app, &auth.as_staff(), "remove_announcement", &id.to_string(), "").await?;
    Ok(Reply::own(Empty {}))
}

async fn publish(State(app): State<App>, auth: Auth, Id(id): Id<AnnouncementId>) -> Answer<Kept> {
    auth.staff("admin:write", Permission::Announcements)?;
    let published = announcement::publish(&app, id).await?;
    audit::after(&app, &auth.as_staff(), "publish_announcement", &id.to_string(), "").await?;
    Ok(Reply::own(render::admin_announcement(&published)))
}

async fn unpublish(State(app): State<App>, auth: Auth, Id(id): Id<AnnouncementId>) -> Answer<Kept> {
    auth.staff("admin:write", Permission::Announcements)?;
    let hidden = announcement::unpublish(&app, id).await?;
    audit::after(&app, &auth.as_staff(), "unpublish_announcement", &id.to_string(), "").await?;
    Ok(Reply::own(render::admin_announcement(&hidden)))
}

/// What an announcement says, in short.
fn beginning(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}

fn changes(params: &Params) -> Result<Changes> {
    let time = |name: &'static str| match params.text(name) {
        None => Ok(None),
        Some(text) if text.trim().is_empty() => Ok(Some(None)),
        Some(text) => Time::parse(&text).map(|time| Some(Some(time))).ok_or_else(|| Error::invalid(name, "is no time")),
    };
    Ok(Changes {
        text: params.text("text"),
        markdown: params.flag("markdown"),
        starts_at: time("starts_at")?,
        ends_at: time("ends_at")?,
        all_day: params.flag("all_day"),
        publish_at: time("scheduled_at")?,
    })
}
