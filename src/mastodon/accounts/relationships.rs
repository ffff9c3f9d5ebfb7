//! How one stands to others: following, blocking, muting. Each answers the relationship as it is afterwards.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};

use super::known;
use crate::actions::{block, follow, mute};
use crate::app::App;
use crate::error::Error;
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render;
use crate::store::relationships;

type Relationship = Reply<entities::Relationship>;

/// How many are answered at most.
const MANY: usize = 100;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts/relationships", get(many))
        .route("/api/v1/accounts/{id}/follow", post(add_follow))
        .route("/api/v1/accounts/{id}/unfollow", post(remove_follow))
        .route("/api/v1/accounts/{id}/remove_from_followers", post(remove_follower))
        .route("/api/v1/accounts/{id}/block", post(add_block))
        .route("/api/v1/accounts/{id}/unblock", post(remove_block))
        .route("/api/v1/accounts/{id}/mute", post(add_mute))
        .route("/api/v1/accounts/{id}/unmute", post(remove_mute))
}

async fn many(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::Relationship>>> {
    auth.needs("read:follows")?;
    let mut ids: Vec<AccountId> = params.ids("id").unwrap_or_default();
    ids.truncate(MANY);
    let (me, now) = (auth.id(), app.clock.now());
    let rows = app.store.read(move |db| relationships::of(db, me, &ids, now)).await?;
    Ok(Reply::own(rows.into_iter().map(render::relationship).collect()))
}

async fn add_follow(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>, params: Params) -> Answer<Relationship> {
    auth.needs("write:follows")?;
    exists(&app, id).await?;
    // A null clears the choice of languages; an absent one leaves it.
    let cleared = params.tree.get("languages").is_some_and(serde_json::Value::is_null);
    let options = follow::Options {
        reblogs: params.flag("reblogs"),
        notify: params.flag("notify"),
        languages: params
            .list("languages")
            .map(|languages| languages.into_iter().filter(|code| !code.trim().is_empty()).collect())
            .or_else(|| cleared.then(Vec::new)),
    };
    follow::add(&app, &auth.account, id, options).await?;
    to(&app, &auth, id).await
}

async fn remove_follow(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Relationship> {
    auth.needs("write:follows")?;
    exists(&app, id).await?;
    follow::remove(&app, &auth.account, id).await?;
    to(&app, &auth, id).await
}

async fn remove_follower(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Relationship> {
    auth.needs("write:follows")?;
    exists(&app, id).await?;
    follow::remove_follower(&app, &auth.account, id).await?;
    to(&app, &auth, id).await
}

async fn add_block(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Relationship> {
    auth.needs("write:blocks")?;
    exists(&app, id).await?;
    block::add(&app, &auth.account, id).await?;
    to(&app, &auth, id).await
}

async fn remove_block(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Relationship> {
    auth.needs("write:blocks")?;
    exists(&app, id).await?;
    block::remove(&app, &auth.account, id).await?;
    to(&app, &auth, id).await
}

async fn add_mute(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>, params: Params) -> Answer<Relationship> {
    auth.needs("write:mutes")?;
    exists(&app, id).await?;
    let notifications = params.flag("notifications").unwrap_or(true);
    let seconds = params.number("duration")?.and_then(|seconds| u64::try_from(seconds).ok());
    let duration = seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs);
    mute::add(&app, &auth.account, id, notifications, duration).await?;
    to(&app, &auth, id).await
}

async fn remove_mute(State(app): State<App>, auth: Auth, Id(id): Id<AccountId>) -> Answer<Relationship> {
    auth.needs("write:mutes")?;
    exists(&app, id).await?;
    mute::remove(&app, &auth.account, id).await?;
    to(&app, &auth, id).await
}

/// How the caller stands to the account now.
pub(super) async fn to(app: &App, auth: &Auth, id: AccountId) -> Answer<Relationship> {
    let (me, now) = (auth.id(), app.clock.now());
    let row = app.store.read(move |db| Ok(relationships::of(db, me, &[id], now)?.pop())).await?;
    Ok(Reply::own(render::relationship(row.ok_or(Error::NotFound("account"))?)))
}

async fn exists(app: &App, id: AccountId) -> Answer<()> {
    app.store.read(move |db| known(db, id)).await?;
    Ok(())
}
