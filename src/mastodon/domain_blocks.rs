//! Servers that one wants to hear nothing of.
//!
//! Spec: https://docs.joinmastodon.org/methods/domain_blocks/

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;
use serde::Serialize;

use super::answer::Reply;
use super::auth::Auth;
use super::entities::DomainBlockPreview;
use super::error::Answer;
use super::paging::{self, Newer};
use super::params::Params;
use crate::actions::domain_block;
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::{follows, user_domain_blocks};
use crate::text::mentions;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/domain_blocks", get(list).post(add).delete(remove))
        .route("/api/v1/domain_blocks/preview", get(preview))
}

/// `{}`.
#[derive(Debug, Serialize)]
struct Done {}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Reply<Vec<String>>> {
    auth.needs("read:blocks")?;
    let page = paging::page(&params, 100, 200)?;
    let me = auth.id();
    let rows = app.store.read(move |db| user_domain_blocks::of(db, me, &page)).await?;
    let (cursors, domains): (Vec<i64>, Vec<String>) = rows.into_iter().unzip();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::SinceId);
    Ok(Reply::own(domains).linked(link))
}

async fn add(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Done>> {
    auth.needs("write:blocks")?;
    domain_block::add(&app, &auth.account, domain(&params)?).await?;
    Ok(Reply::own(Done {}))
}

async fn remove(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Done>> {
    auth.needs("write:blocks")?;
    domain_block::remove(&app, &auth.account, domain(&params)?).await?;
    Ok(Reply::own(Done {}))
}

async fn preview(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<DomainBlockPreview>> {
    auth.needs("write:blocks")?;
    let (me, domain) = (auth.id(), domain(&params)?);
    let bonds = app.store.read(move |db| follows::with_domain(db, me, &domain)).await?;
    let accepted = bonds.iter().filter(|bond| bond.accepted);
    let following = accepted.clone().filter(|bond| bond.account_id == me).count();
    let followers = accepted.count() - following;
    Ok(Reply::own(DomainBlockPreview { following_count: following as i64, followers_count: followers as i64 }))
}

fn domain(params: &Params) -> Result<String> {
    let text = params.text("domain").unwrap_or_default();
    mentions::domain(text.trim()).ok_or_else(|| Error::invalid("domain", "is not a valid domain name"))
}
