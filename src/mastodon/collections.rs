//! Collections: people whom somebody recommends to everybody.
//!
//! Also under `/api/v1_alpha`, where they stood before Mastodon 4.6, and deprecated there.
//! Spec: https://docs.joinmastodon.org/methods/collections/

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete as removing, get, post};

use super::answer::Reply;
use super::auth::{Auth, Viewer};
use super::entities::{CollectionWithAccounts, Collections, WrappedCollection, WrappedCollectionItem};
use super::error::{Answer, Failure};
use super::paging;
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use super::tags::spellings;
use crate::actions::collection::{self as deed, Draft};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, CollectionId, CollectionItemId};
use crate::store::collections::{self, Collection};
use crate::store::{Connection, accounts, blocks};

/// An empty answer, with the type that Mastodon gives it: some clients take none without a type.
type Nothing = (StatusCode, [(HeaderName, &'static str); 1]);
const NOTHING: Nothing = (StatusCode::OK, [(CONTENT_TYPE, "text/html")]);

/// The routes of this family.
pub fn routes() -> Router<App> {
    family("/api/v1").merge(family("/api/v1_alpha").layer(middleware::from_fn(deprecated)))
}

fn family(root: &str) -> Router<App> {
    let at = |path: &str| format!("{root}{path}");
    Router::new()
        .route(&at("/accounts/{id}/collections"), get(of))
        .route(&at("/accounts/{id}/in_collections"), get(with))
        .route(&at("/collections"), post(create))
        .route(&at("/collections/{id}"), get(show).patch(update).put(update).delete(delete))
        .route(&at("/collections/{id}/items"), post(add))
        .route(&at("/collections/{id}/items/{item}"), removing(remove))
        .route(&at("/collections/{id}/items/{item}/revoke"), post(leave))
}

/// Deprecated with Mastodon 4.6, 1 June 2026. Spec: RFC 9745
async fn deprecated(request: axum::extract::Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    answer.headers_mut().insert("deprecation", axum::http::HeaderValue::from_static("@1780272000"));
    answer
}

async fn of(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<AccountId>,
    params: Params,
) -> Answer<Reply<Collections>> {
    viewer.needs("read:collections")?;
    let (limit, offset) = window(&params, 100)?;
    let (base, me) = (Base::new(&app), viewer.id());
    let read = app.store.read(move |db| {
        let owner = super::accounts::known(db, id)?;
        if owner.suspended_at.is_some() || shut_out(db, owner.id, me)? {
            return Err(Error::NotFound("account"));
        }
        render::collections(db, &base, &collections::of(db, id, me == Some(id), limit, offset)?, me)
    });
    Ok(Reply::to(&viewer, Collections { collections: read.await? }))
}

/// In which collections one stands oneself; what others stand in is theirs to know.
async fn with(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>, params: Params) -> Answer<Reply<Collections>> {
    auth.needs("read:collections")?;
    let (limit, offset) = window(&params, 80)?;
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        if super::accounts::known(db, id)?.id != me {
            return Err(Error::Forbidden("This action is not allowed".into()));
        }
        render::collections(db, &base, &collections::with(db, me, limit, offset)?, Some(me))
    });
    Ok(Reply::own(Collections { collections: read.await? }))
}

async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<CollectionId>,
) -> Answer<Reply<CollectionWithAccounts>> {
    viewer.needs("read:collections")?;
    let (base, me) = (Base::new(&app), viewer.id());
    let read = app.store.read(move |db| {
        let row = collections::by_id(db, id)?.ok_or(Error::NotFound("collection"))?;
        let owner = super::accounts::known(db, row.account_id)?;
        if owner.suspended_at.is_some() || shut_out(db, owner.id, me)? {
            return Err(Error::NotFound("collection"));
        }
        let collection = one(db, &base, &row, me)?;
        let mut ids = vec![owner.id];
        ids.extend(collection.items.iter().filter_map(|item| item.account_id).filter(|id| *id != owner.id));
        let mut people = accounts::by_ids(db, &ids)?;
        people.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
        Ok(CollectionWithAccounts { collection, accounts: render::accounts(db, &base, &people)? })
    });
    Ok(Reply::to(&viewer, read.await?))
}

async fn create(State(app): State<App>, auth: Auth, params: Params) -> Result<Reply<WrappedCollection>, Nested> {
    auth.needs("write:collections")?;
    let people = params.ids("account_ids").unwrap_or_default();
    let row = deed::create(&app, &auth.account, draft(&params)?, people).await?;
    wrapped(&app, &auth, row).await
}

async fn update(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<CollectionId>,
    params: Params,
) -> Result<Reply<WrappedCollection>, Nested> {
    auth.needs("write:collections")?;
    let row = deed::update(&app, auth.id(), id, draft(&params)?).await?;
    wrapped(&app, &auth, row).await
}

async fn delete(State(app): State<App>, auth: Auth, Id(id): Id<CollectionId>) -> Answer<Nothing> {
    auth.needs("write:collections")?;
    deed::delete(&app, auth.id(), id).await?;
    Ok(NOTHING)
}

async fn add(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<CollectionId>,
    params: Params,
) -> Result<Reply<WrappedCollectionItem>, Nested> {
    auth.needs("write:collections")?;
    let person = params.id("account_id")?.ok_or(Error::NotFound("account"))?;
    let item = deed::add(&app, auth.id(), id, person).await?;
    Ok(Reply::own(WrappedCollectionItem { collection_item: render::collection_item(&item) }))
}

async fn remove(State(app): State<App>, auth: Auth, Path(ids): Path<(String, String)>) -> Answer<Nothing> {
    auth.needs("write:collections")?;
    let (id, item) = both(&ids)?;
    deed::remove(&app, auth.id(), id, item).await?;
    Ok(NOTHING)
}

async fn leave(State(app): State<App>, auth: Auth, Path(ids): Path<(String, String)>) -> Answer<Nothing> {
    auth.needs("write:collections")?;
    let (id, item) = both(&ids)?;
    deed::leave(&app, auth.id(), id, item).await?;
    Ok(NOTHING)
}

async fn wrapped(app: &App, auth: &Auth, row: Collection) -> Result<Reply<WrappedCollection>, Nested> {
    let (base, me) = (Base::new(app), auth.id());
    let collection = app.store.read(move |db| one(db, &base, &row, Some(me))).await?;
    Ok(Reply::own(WrappedCollection { collection }))
}

fn one(
    db: &Connection,
    base: &Base,
    row: &Collection,
    viewer: Option<AccountId>,
) -> Result<super::entities::Collection> {
    let mut all = render::collections(db, base, std::slice::from_ref(row), viewer)?;
    all.pop().ok_or(Error::NotFound("collection"))
}

/// Whether `owner` shuts `viewer` out.
fn shut_out(db: &Connection, owner: AccountId, viewer: Option<AccountId>) -> Result<bool> {
    viewer.map_or(Ok(false), |viewer| blocks::exists(db, owner, viewer))
}

fn draft(params: &Params) -> Result<Draft> {
    let tag = match params.text("tag_name") {
        None => None,
        Some(text) if text.trim().is_empty() => Some(None),
        Some(text) => Some(Some(spellings(&text).ok_or_else(|| Error::invalid("tag_name", "is no hashtag"))?)),
    };
    Ok(Draft {
        name: params.text("name"),
        description: params.text("description"),
        language: params.text("language"),
        tag,
        sensitive: params.flag("sensitive"),
        discoverable: params.flag("discoverable"),
    })
}

fn window(params: &Params, most: i64) -> Result<(i64, i64)> {
    Ok((paging::limit(params, 40, most), params.number("offset")?.unwrap_or(0).max(0)))
}

fn both((collection, item): &(String, String)) -> Result<(CollectionId, CollectionItemId)> {
    let unknown = |_| Error::NotFound("record");
    Ok((collection.parse().map_err(unknown)?, item.parse().map_err(unknown)?))
}

/// A failure whose validation errors stand one level deeper than elsewhere, as Mastodon writes them here.
#[derive(Debug)]
struct Nested(Error);

impl From<Error> for Nested {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Nested {
    fn into_response(self) -> Response {
        match self.0 {
            Error::Invalid { field, .. } if !field.is_empty() => super::error::nested(&self.0),
            error => Failure(error).into_response(),
        }
    }
}
