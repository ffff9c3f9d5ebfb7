//! Hashtags that one follows, and those that one shows on the profile.
//!
//! Spec: https://docs.joinmastodon.org/methods/tags/ and https://docs.joinmastodon.org/methods/featured_tags/

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{delete, get, post};
use serde::Serialize;

use super::answer::Reply;
use super::auth::{Auth, Viewer};
use super::entities;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use super::path::{Id, Name};
use super::render::{self, Base};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, FeaturedTagId};
use crate::store::tags::{self, Tag};
use crate::store::{Tx, featured_tags, tag_follows};
use crate::text::hashtags;

/// How many tags one may feature.
pub(super) const FEATURED: usize = 10;
/// Among how many of one's newest posts tags to feature are looked for.
const RECENT: i64 = 200;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/followed_tags", get(followed))
        .route("/api/v1/tags/{name}/follow", post(follow))
        .route("/api/v1/tags/{name}/unfollow", post(unfollow))
        .route("/api/v1/tags/{name}/feature", post(feature))
        .route("/api/v1/tags/{name}/unfeature", post(unfeature))
        .route("/api/v1/featured_tags", get(own_featured).post(add_featured))
        .route("/api/v1/featured_tags/suggestions", get(suggestions))
        .route("/api/v1/featured_tags/{id}", delete(remove_featured))
        .route("/api/v1/accounts/{id}/featured_tags", get(featured_by))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn followed(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Reply<Vec<entities::Tag>>> {
    auth.needs("read:follows")?;
    let page = paging::page(&params, 100, 200)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let (cursors, rows): (Vec<i64>, Vec<Tag>) = tag_follows::of(db, me, &page)?.into_iter().unzip();
        Ok((render::tags(db, &base, &rows, Some(me), now)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::SinceId);
    Ok(Reply::own(answer).linked(link))
}

async fn follow(State(app): State<App>, auth: Auth, Name(name): Name) -> Answer<Reply<entities::Tag>> {
    auth.needs("write:follows")?;
    let (me, id) = (auth.id(), app.ids.next::<i64>(app.clock.now()));
    deal(&app, me, &name, move |tx, tag| tag_follows::insert(tx, id, me, tag.id).map(drop)).await
}

async fn unfollow(State(app): State<App>, auth: Auth, Name(name): Name) -> Answer<Reply<entities::Tag>> {
    auth.needs("write:follows")?;
    let me = auth.id();
    deal(&app, me, &name, move |tx, tag| tag_follows::delete(tx, me, tag.id)).await
}

async fn feature(State(app): State<App>, auth: Auth, Name(name): Name) -> Answer<Reply<entities::Tag>> {
    auth.needs("write:accounts")?;
    let (me, id) = (auth.id(), app.ids.next::<FeaturedTagId>(app.clock.now()));
    deal(&app, me, &name, move |tx, tag| write_featured(tx, id, me, tag)).await
}

async fn unfeature(State(app): State<App>, auth: Auth, Name(name): Name) -> Answer<Reply<entities::Tag>> {
    auth.needs("write:accounts")?;
    let me = auth.id();
    deal(&app, me, &name, move |tx, tag| featured_tags::delete(tx, me, tag.id)).await
}

/// Does something with the tag called `name`, which is made if nobody used it yet; answers it as it is afterwards.
async fn deal(
    app: &App,
    me: AccountId,
    name: &str,
    work: impl FnOnce(&Tx, &Tag) -> Result<()> + Send + 'static,
) -> Answer<Reply<entities::Tag>> {
    let (base, now) = (Base::new(app), app.clock.now());
    let (name, display) = spellings(name).ok_or(Error::NotFound("tag"))?;
    let write = app.store.write(move |tx| {
        let tag = tags::ensure(tx, &name, &display)?;
        work(tx, &tag)?;
        render::tag(tx, &base, &name, Some(me), now)
    });
    Ok(Reply::own(write.await?))
}

async fn own_featured(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::FeaturedTag>>> {
    auth.needs("read:accounts")?;
    let (base, me) = (Base::new(&app), auth.id());
    let rows = app.store.read(move |db| featured_tags::of(db, me)).await?;
    Ok(Reply::own(rows.iter().map(|row| render::featured_tag(&base, row)).collect()))
}

async fn featured_by(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<AccountId>,
) -> Answer<Reply<Vec<entities::FeaturedTag>>> {
    viewer.needs("read:accounts")?;
    let base = Base::new(&app);
    let read = app.store.read(move |db| {
        let account = super::accounts::known(db, id)?;
        if account.suspended_at.is_some() { Ok(Vec::new()) } else { featured_tags::of(db, id) }
    });
    let rows = read.await?;
    Ok(Reply::to(&viewer, rows.iter().map(|row| render::featured_tag(&base, row)).collect()))
}

async fn add_featured(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::FeaturedTag>> {
    auth.needs("write:accounts")?;
    let typed = params.text("name").unwrap_or_default();
    let (name, display) = spellings(&typed).ok_or_else(|| Error::invalid("name", "is no hashtag"))?;
    let (base, me, id) = (Base::new(&app), auth.id(), app.ids.next::<FeaturedTagId>(app.clock.now()));
    let write = app.store.write(move |tx| {
        let tag = tags::ensure(tx, &name, &display)?;
        write_featured(tx, id, me, &tag)?;
        featured_tags::of(tx, me)?.into_iter().find(|row| row.tag.id == tag.id).ok_or(Error::NotFound("tag"))
    });
    Ok(Reply::own(render::featured_tag(&base, &write.await?)))
}

async fn remove_featured(State(app): State<App>, auth: Auth, Id(id): Id<FeaturedTagId>) -> Answer<Reply<Done>> {
    auth.needs("write:accounts")?;
    let me = auth.id();
    let write = app.store.write(move |tx| {
        let tag = featured_tags::tag_of(tx, me, id)?.ok_or(Error::NotFound("featured tag"))?;
        featured_tags::delete(tx, me, tag)
    });
    write.await?;
    Ok(Reply::own(Done {}))
}

async fn suggestions(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::Tag>>> {
    auth.needs("read:accounts")?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let rows = featured_tags::suggestions(db, me, RECENT, FEATURED as i64)?;
        render::tags(db, &base, &rows, Some(me), now)
    });
    Ok(Reply::own(read.await?))
}

/// The name by which a tag is known, and as it is shown if nobody wrote it before.
pub(super) fn spellings(typed: &str) -> Option<(String, String)> {
    let name = hashtags::normalise(typed)?;
    let shown = typed.trim().trim_start_matches(['#', '＃']);
    let clean = shown.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    let shown = if clean { shown.to_owned() } else { name.clone() };
    Some((name, shown))
}

fn write_featured(tx: &Tx, id: FeaturedTagId, me: AccountId, tag: &Tag) -> Result<()> {
    if featured_tags::insert(tx, id, me, tag.id)? && featured_tags::of(tx, me)?.len() > FEATURED {
        return Err(Error::invalid("", format!("Nobody can feature more than {FEATURED} hashtags")));
    }
    Ok(())
}
