//! Servers that are kept away, and servers that are let in.
//!
//! Spec: https://docs.joinmastodon.org/methods/admin/domain_blocks/ and …/domain_allows/

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::actions::audit;
use crate::actions::border::{self, Blocked, Changes};
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::BlockId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{self, Empty};
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::store::domain_allows::{self, DomainAllow};
use crate::store::domain_blocks::{self, DomainBlock, Severity};

const READ_BLOCKS: &str = "admin:read:domain_blocks";
const WRITE_BLOCKS: &str = "admin:write:domain_blocks";
const READ_ALLOWS: &str = "admin:read:domain_allows";
const WRITE_ALLOWS: &str = "admin:write:domain_allows";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/domain_blocks", get(blocks).post(block))
        .route("/api/v1/admin/domain_blocks/{id}", get(one_block).put(edit).delete(unblock))
        .route("/api/v1/admin/domain_allows", get(allows).post(allow))
        .route("/api/v1/admin/domain_allows/{id}", get(one_allow).delete(disallow))
}

async fn blocks(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminDomainBlock>>> {
    auth.staff(READ_BLOCKS, Permission::Federation)?;
    let page = paging::page(&params, 100, 500)?;
    let rows = app.store.read(move |db| domain_blocks::list(db, &page)).await?;
    let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(rows.iter().map(rendered).collect()).linked(link))
}

async fn one_block(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<BlockId>,
) -> Answer<Reply<entities::AdminDomainBlock>> {
    auth.staff(READ_BLOCKS, Permission::Federation)?;
    let row = app.store.read(move |db| domain_blocks::by_id(db, id)).await?;
    Ok(Reply::own(rendered(&row.ok_or(Error::NotFound("domain block"))?)))
}

async fn block(State(app): State<App>, auth: Auth, params: Params) -> Answer<Response> {
    auth.staff(WRITE_BLOCKS, Permission::Federation)?;
    let domain = params.text("domain").unwrap_or_default();
    match border::block(&app, &domain, changes(&params)?).await? {
        Blocked::Done(row) => {
            audit::after(&app, &auth.as_staff(), "block_domain", &row.domain, row.severity.as_str()).await?;
            Ok(Reply::own(rendered(&row)).into_response())
        }
        Blocked::Existing(row) => {
            let body = entities::AdminDomainBlockConflict {
                error: format!("You have already imposed stricter limits on {}.", row.domain),
                existing_domain_block: rendered(&row),
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response())
        }
    }
}

async fn edit(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<BlockId>,
    params: Params,
) -> Answer<Reply<entities::AdminDomainBlock>> {
    auth.staff(WRITE_BLOCKS, Permission::Federation)?;
    let row = border::edit(&app, id, changes(&params)?).await?;
    audit::after(&app, &auth.as_staff(), "edit_domain_block", &row.domain, row.severity.as_str()).await?;
    Ok(Reply::own(rendered(&row)))
}

async fn unblock(State(app): State<App>, auth: Auth, Id(id): Id<BlockId>) -> Answer<Reply<Empty>> {
    auth.staff(WRITE_BLOCKS, Permission::Federation)?;
    let known = app.store.read(move |db| domain_blocks::by_id(db, id)).await?;
    border::unblock(&app, id).await?;
    let domain = known.map(|row| row.domain).unwrap_or_default();
    audit::after(&app, &auth.as_staff(), "unblock_domain", &domain, "").await?;
    Ok(Reply::own(Empty {}))
}

async fn allows(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminDomainAllow>>> {
    auth.staff(READ_ALLOWS, Permission::Federation)?;
    let page = paging::page(&params, 100, 500)?;
    let rows = app.store.read(move |db| domain_allows::list(db, &page)).await?;
    let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(rows.iter().map(rendered_allow).collect()).linked(link))
}

async fn one_allow(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<BlockId>,
) -> Answer<Reply<entities::AdminDomainAllow>> {
    auth.staff(READ_ALLOWS, Permission::Federation)?;
    let row = app.store.read(move |db| domain_allows::by_id(db, id)).await?;
    Ok(Reply::own(rendered_allow(&row.ok_or(Error::NotFound("domain permission"))?)))
}

async fn allow(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::AdminDomainAllow>> {
    auth.staff(WRITE_ALLOWS, Permission::Federation)?;
    let row = border::allow(&app, &params.text("domain").unwrap_or_default()).await?;
    audit::after(&app, &auth.as_staff(), "allow_domain", &row.domain, "").await?;
    Ok(Reply::own(rendered_allow(&row)))
}

async fn disallow(State(app): State<App>, auth: Auth, Id(id): Id<BlockId>) -> Answer<Reply<Empty>> {
    auth.staff(WRITE_ALLOWS, Permission::Federation)?;
    let known = app.store.read(move |db| domain_allows::by_id(db, id)).await?;
    border::disallow(&app, id).await?;
    let domain = known.map(|row| row.domain).unwrap_or_default();
    audit::after(&app, &auth.as_staff(), "disallow_domain", &domain, "").await?;
    Ok(Reply::own(Empty {}))
}

fn changes(params: &Params) -> Result<Changes> {
    let severity = params.text("severity").filter(|text| !text.is_empty());
    let severity = severity.map(|text| Severity::parse(&text).ok_or_else(|| Error::invalid("severity", "is unknown")));
    Ok(Changes {
        severity: severity.transpose()?,
        reject_media: params.flag("reject_media"),
        reject_reports: params.flag("reject_reports"),
        obfuscate: params.flag("obfuscate"),
        private_comment: params.text("private_comment"),
        public_comment: params.text("public_comment"),
    })
}

fn rendered(row: &DomainBlock) -> entities::AdminDomainBlock {
    entities::AdminDomainBlock {
        id: row.id,
        domain: row.domain.clone(),
        digest: hex::encode(digest(&SHA256, row.domain.as_bytes())),
        created_at: row.created_at.rfc3339(),
        severity: row.severity.as_str(),
        reject_media: row.reject_media,
        reject_reports: row.reject_reports,
        obfuscate: row.obfuscate,
        private_comment: row.private_comment.clone(),
        public_comment: row.public_comment.clone(),
    }
}

fn rendered_allow(row: &DomainAllow) -> entities::AdminDomainAllow {
    entities::AdminDomainAllow { id: row.id, domain: row.domain.clone(), created_at: row.created_at.rfc3339() }
}
