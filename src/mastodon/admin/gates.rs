//! Who may not come in, or not sign up: addresses, providers of e-mail, mailboxes.
//!
//! Spec: https://docs.joinmastodon.org/methods/admin/ip_blocks/, …/email_domain_blocks/, …/canonical_email_blocks/

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use crate::actions::gate::{self, Changes};
use crate::actions::role::Permission;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::BlockId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{self, Empty};
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::store::email_blocks::{self, AddressBlock, DomainBlock, Uses};
use crate::store::ip_blocks::{self, IpBlock, Severity};
use crate::store::{Connection, Tx};

/// How many days of a block's history are told.
const DAYS: i64 = 7;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/ip_blocks", get(ips).post(block_ip))
        .route("/api/v1/admin/ip_blocks/{id}", get(one_ip).put(edit_ip).delete(unblock_ip))
        .route("/api/v1/admin/email_domain_blocks", get(providers).post(block_provider))
        .route("/api/v1/admin/email_domain_blocks/{id}", get(one_provider).delete(unblock_provider))
        .route("/api/v1/admin/canonical_email_blocks", get(mailboxes).post(block_mailbox))
        .route("/api/v1/admin/canonical_email_blocks/test", post(test_mailbox))
        .route("/api/v1/admin/canonical_email_blocks/{id}", get(one_mailbox).delete(unblock_mailbox))
}

async fn ips(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminIpBlock>>> {
    auth.staff("admin:read:ip_blocks", Permission::Blocks)?;
    let page = paging::page(&params, 100, 200)?;
    let rows = app.store.read(move |db| ip_blocks::list(db, &page)).await?;
    let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(rows.iter().map(ip).collect()).linked(link))
}

async fn one_ip(State(app): State<App>, auth: Auth, Id(id): Id<BlockId>) -> Answer<Reply<entities::AdminIpBlock>> {
    auth.staff("admin:read:ip_blocks", Permission::Blocks)?;
    let row = app.store.read(move |db| ip_blocks::by_id(db, id)).await?;
    Ok(Reply::own(ip(&row.ok_or(Error::NotFound("address block"))?)))
}

async fn block_ip(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::AdminIpBlock>> {
    auth.staff("admin:write:ip_blocks", Permission::Blocks)?;
    Ok(Reply::own(ip(&gate::put_ip(&app, None, changes(&app, &params)?).await?)))
}

async fn edit_ip(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<BlockId>,
    params: Params,
) -> Answer<Reply<entities::AdminIpBlock>> {
    auth.staff("admin:write:ip_blocks", Permission::Blocks)?;
    Ok(Reply::own(ip(&gate::put_ip(&app, Some(id), changes(&app, &params)?).await?)))
}

async fn unblock_ip(State(app): State<App>, auth: Auth, Id(id): Id<BlockId>) -> Answer<Reply<Empty>> {
    auth.staff("admin:write:ip_blocks", Permission::Blocks)?;
    let write = move |tx: &Tx| {
        ip_blocks::by_id(tx, id)?.ok_or(Error::NotFound("address block"))?;
        ip_blocks::delete(tx, id)
    };
    app.store.write(write).await?;
    Ok(Reply::own(Empty {}))
}

fn changes(app: &App, params: &Params) -> Result<Changes> {
    let severity = params.text("severity").filter(|text| !text.is_empty());
    let severity = severity.map(|text| Severity::parse(&text).ok_or_else(|| Error::invalid("severity", "is unknown")));
    let blank = params.text("expires_in").is_some_and(|text| text.trim().is_empty());
    let expires_at = match params.number("expires_in")? {
        Some(seconds) => {
            let seconds = u64::try_from(seconds).map_err(|_| Error::invalid("expires_in", "lies in the past"))?;
            Some(Some(app.clock.now().plus(Duration::from_secs(seconds))))
        }
        None => blank.then_some(None),
    };
    Ok(Changes {
        ip: params.text("ip").filter(|text| !text.is_empty()),
        severity: severity.transpose()?,
        comment: params.text("comment"),
        expires_at,
    })
}

fn ip(row: &IpBlock) -> entities::AdminIpBlock {
    entities::AdminIpBlock {
        id: row.id,
        ip: row.ip.clone(),
        severity: row.severity.as_str(),
        comment: row.comment.clone(),
        created_at: row.created_at.rfc3339(),
        expires_at: row.expires_at.map(Time::rfc3339),
    }
}

async fn providers(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminEmailDomainBlock>>> {
    auth.staff("admin:read:email_domain_blocks", Permission::Blocks)?;
    let (page, now) = (paging::page(&params, 100, 200)?, app.clock.now());
    let rows = app.store.read(move |db| rendered(db, &email_blocks::domains(db, &page)?, now)).await?;
    let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(rows).linked(link))
}

async fn one_provider(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<BlockId>,
) -> Answer<Reply<entities::AdminEmailDomainBlock>> {
    auth.staff("admin:read:email_domain_blocks", Permission::Blocks)?;
    Ok(Reply::own(provider(&app, id).await?))
}

async fn provider(app: &App, id: BlockId) -> Result<entities::AdminEmailDomainBlock> {
    let now = app.clock.now();
    let read = app.store.read(move |db| rendered(db, email_blocks::domain_by_id(db, id)?.as_slice(), now));
    read.await?.pop().ok_or(Error::NotFound("e-mail domain block"))
}

async fn block_provider(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<entities::AdminEmailDomainBlock>> {
    auth.staff("admin:write:email_domain_blocks", Permission::Blocks)?;
    let domain = params.text("domain").unwrap_or_default();
    let approval = params.flag("allow_with_approval").unwrap_or(false);
    let row = gate::block_provider(&app, &domain, approval).await?;
    Ok(Reply::own(provider(&app, row.id).await?))
}

async fn unblock_provider(State(app): State<App>, auth: Auth, Id(id): Id<BlockId>) -> Answer<Reply<Empty>> {
    auth.staff("admin:write:email_domain_blocks", Permission::Blocks)?;
    let write = move |tx: &Tx| {
        email_blocks::domain_by_id(tx, id)?.ok_or(Error::NotFound("e-mail domain block"))?;
        email_blocks::delete_domain(tx, id)
    };
    app.store.write(write).await?;
    Ok(Reply::own(Empty {}))
}

fn rendered(db: &Connection, rows: &[DomainBlock], now: Time) -> Result<Vec<entities::AdminEmailDomainBlock>> {
    let ids: Vec<BlockId> = rows.iter().map(|row| row.id).collect();
    let uses = email_blocks::uses(db, &ids, now.minus(DAY * DAYS as u32))?;
    let render = |row: &DomainBlock| entities::AdminEmailDomainBlock {
        id: row.id,
        domain: row.domain.clone(),
        created_at: row.created_at.rfc3339(),
        history: history(row.id, &uses, now),
        allow_with_approval: row.allow_with_approval,
    };
    Ok(rows.iter().map(render).collect())
}

/// The last days, today first.
fn history(id: BlockId, uses: &[Uses], now: Time) -> Vec<entities::History> {
    let of_day = |back: i64| {
        let day = now.midnight().minus(DAY * back as u32);
        let found = uses.iter().find(|uses| uses.block == id && uses.day == day);
        entities::History {
            day: day.seconds().to_string(),
            accounts: found.map_or(0, |uses| uses.addresses).to_string(),
            uses: found.map_or(0, |uses| uses.uses).to_string(),
        }
    };
    (0..DAYS).map(of_day).collect()
}

async fn mailboxes(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminCanonicalEmailBlock>>> {
    auth.staff("admin:read:canonical_email_blocks", Permission::Blocks)?;
    let page = paging::page(&params, 100, 200)?;
    let rows = app.store.read(move |db| email_blocks::addresses(db, &page)).await?;
    let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(rows.into_iter().map(mailbox).collect()).linked(link))
}

async fn one_mailbox(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<BlockId>,
) -> Answer<Reply<entities::AdminCanonicalEmailBlock>> {
    auth.staff("admin:read:canonical_email_blocks", Permission::Blocks)?;
    let row = app.store.read(move |db| email_blocks::address_by_id(db, id)).await?;
    Ok(Reply::own(mailbox(row.ok_or(Error::NotFound("e-mail block"))?)))
}

async fn block_mailbox(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<entities::AdminCanonicalEmailBlock>> {
    auth.staff("admin:write:canonical_email_blocks", Permission::Blocks)?;
    let (email, hash) = (params.text("email"), params.text("canonical_email_hash"));
    Ok(Reply::own(mailbox(gate::block_address(&app, email.as_deref(), hash.as_deref()).await?)))
}

async fn test_mailbox(
    State(app): State<App>,
    auth: Auth,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminCanonicalEmailBlock>>> {
    auth.staff("admin:read:canonical_email_blocks", Permission::Blocks)?;
    let email = params.text("email").filter(|text| !text.trim().is_empty());
    let email = email.ok_or_else(|| Error::Malformed("param is missing or the value is empty: email".into()))?;
    let found = app.store.read(move |db| email_blocks::address_by_hash(db, &gate::hash(&email))).await?;
    Ok(Reply::own(found.into_iter().map(mailbox).collect()))
}

async fn unblock_mailbox(State(app): State<App>, auth: Auth, Id(id): Id<BlockId>) -> Answer<Reply<Empty>> {
    auth.staff("admin:write:canonical_email_blocks", Permission::Blocks)?;
    let write = move |tx: &Tx| {
        email_blocks::address_by_id(tx, id)?.ok_or(Error::NotFound("e-mail block"))?;
        email_blocks::delete_address(tx, id)
    };
    app.store.write(write).await?;
    Ok(Reply::own(Empty {}))
}

fn mailbox(row: AddressBlock) -> entities::AdminCanonicalEmailBlock {
    entities::AdminCanonicalEmailBlock { id: row.id, canonical_email_hash: row.hash }
}
