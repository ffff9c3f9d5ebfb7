//! What one keeps about people: notes, endorsements, and which friends know them.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use super::known;
use crate::app::App;
use crate::error::Error;
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::{Auth, Viewer};
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::accounts::{self, Account};
use crate::store::page::Page;
use crate::store::{endorsements, follows, notes, people};

/// The longest note, in characters.
const NOTE: usize = 2000;
/// About how many people one may ask at once.
const MANY: usize = 40;

type Relationship = Reply<entities::Relationship>;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts/familiar_followers", get(familiar_followers))
        .route("/api/v1/accounts/{id}/note", post(note))
        .route("/api/v1/accounts/{id}/endorse", post(endorse))
        .route("/api/v1/accounts/{id}/pin", post(endorse))
        .route("/api/v1/accounts/{id}/unendorse", post(unendorse))
        .route("/api/v1/accounts/{id}/unpin", post(unendorse))
        .route("/api/v1/accounts/{id}/endorsements", get(endorsed_by))
        .route("/api/v1/accounts/{id}/identity_proofs", get(identity_proofs))
        .route("/api/v1/endorsements", get(own_endorsements))
}

async fn note(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>, params: Params) -> Answer<Relationship> {
    auth.needs("write:accounts")?;
    let comment = params.text("comment").unwrap_or_default().trim().to_owned();
    if comment.chars().count() > NOTE {
        return Err(Error::invalid("comment", format!("is longer than {NOTE} characters")).into());
    }
    let me = auth.id();
    let write = app.store.write(move |tx| {
        known(tx, id)?;
        notes::put(tx, me, id, &comment)
    });
    write.await?;
    super::relationships::to(&app, &auth, id).await
}

async fn endorse(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Relationship> {
    auth.needs("write:accounts")?;
    let (me, new) = (auth.id(), app.ids.next::<i64>(app.clock.now()));
    let write = app.store.write(move |tx| {
        known(tx, id)?;
        if !follows::between(tx, me, id)?.is_some_and(|follow| follow.accepted) {
            return Err(Error::invalid("", "Only people whom you follow can be endorsed"));
        }
        endorsements::insert(tx, new, me, id)
    });
    write.await?;
    super::relationships::to(&app, &auth, id).await
}

async fn unendorse(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Relationship> {
    auth.needs("write:accounts")?;
    let me = auth.id();
    let write = app.store.write(move |tx| {
        known(tx, id)?;
        endorsements::delete(tx, me, id)
    });
    write.await?;
    super::relationships::to(&app, &auth, id).await
}

async fn own_endorsements(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Account>>> {
    auth.needs("read:accounts")?;
    let of = auth.id();
    endorsed(&app, &Viewer(Some(auth)), of, &uri, &params).await
}

async fn endorsed_by(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<AccountId>,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Account>>> {
    viewer.needs("read:accounts")?;
    endorsed(&app, &viewer, id, &uri, &params).await
}

/// `limit=0` asks for all of them.
async fn endorsed(
    app: &App,
    viewer: &Viewer,
    of: AccountId,
    uri: &Uri,
    params: &Params,
) -> Answer<Reply<Vec<entities::Account>>> {
    let all = params.text("limit").is_some_and(|limit| limit.trim() == "0");
    let page = if all { Page::first(i64::MAX) } else { paging::page(params, 40, 80)? };
    let base = Base::new(app);
    let read = app.store.read(move |db| {
        if known(db, of)?.suspended_at.is_some() {
            return Ok((Vec::new(), Vec::new()));
        }
        let (cursors, rows): (Vec<i64>, Vec<Account>) = endorsements::of(db, of, &page)?.into_iter().unzip();
        Ok((render::accounts(db, &base, &rows)?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), uri, &page, &cursors, Newer::SinceId).filter(|_| !all);
    Ok(Reply::to(viewer, answer).linked(link))
}

async fn familiar_followers(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<Vec<entities::FamiliarFollowers>>> {
    auth.needs("read:follows")?;
    let mut ids: Vec<AccountId> = params.ids("id").unwrap_or_default();
    ids.truncate(MANY);
    let (base, me) = (Base::new(&app), auth.id());
    let read = app.store.read(move |db| {
        let pairs = people::familiar_followers(db, me, &ids)?;
        let friends: Vec<AccountId> = pairs.iter().map(|(_, friend)| *friend).collect();
        let friends = render::accounts(db, &base, &accounts::by_ids(db, &friends)?)?;
        let of = |id: &AccountId| entities::FamiliarFollowers {
            id: *id,
            accounts: pairs
                .iter()
                .filter(|(whom, _)| whom == id)
                .filter_map(|(_, friend)| friends.iter().find(|account| account.id == *friend).cloned())
                .collect(),
        };
        Ok(ids.iter().map(of).collect())
    });
    Ok(Reply::own(read.await?))
}

/// There are none anywhere any more.
async fn identity_proofs(auth: Auth, Id(_): Id<AccountId>) -> Answer<Reply<[entities::IdentityProof; 0]>> {
    auth.needs("read:accounts")?;
    std::future::ready(Ok(Reply::own([]))).await
}
