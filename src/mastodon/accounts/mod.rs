//! Accounts: looking at them, finding them, and (in the files beside this one) dealing with them.
//!
//! Spec: https://docs.joinmastodon.org/methods/accounts/

mod circle;
mod credentials;
mod lists;
mod relationships;

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
use super::path::Id;
use super::render::{self, Base};
use crate::actions::{pin, resolve};
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::{self, Account};
use crate::store::page::Page;
use crate::store::statuses::{self as posts, Status};
use crate::store::timelines::OfAccount;
use crate::store::{Connection, memberships, pins, search as searching, tags, timelines};
use crate::text::{hashtags, mentions};

/// How many accounts are answered to a list of ids at most.
const MANY: usize = 40;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts", get(many))
        .route("/api/v1/accounts/lookup", get(lookup))
        .route("/api/v1/accounts/search", get(search))
        .route("/api/v1/accounts/{id}", get(show))
        .route("/api/v1/accounts/{id}/statuses", get(statuses))
        .merge(circle::routes())
        .merge(credentials::routes())
        .merge(lists::routes())
        .merge(relationships::routes())
}

async fn show(State(app): State<App>, viewer: Viewer, Id(id): Id<AccountId>) -> Answer<Reply<entities::Account>> {
    viewer.needs("read:accounts")?;
    let base = Base::new(&app);
    let account = app.store.read(move |db| render::one_account(db, &base, &known(db, id)?)).await?;
    Ok(Reply::to(&viewer, account))
}

async fn many(State(app): State<App>, viewer: Viewer, params: Params) -> Answer<Reply<Vec<entities::Account>>> {
    viewer.needs("read:accounts")?;
    let base = Base::new(&app);
    let mut ids: Vec<AccountId> = params.ids("id").unwrap_or_default();
    ids.truncate(MANY);
    let answer = app.store.read(move |db| {
        let mut rows = accounts::by_ids(db, &ids)?;
        rows.retain(|row| row.deleted_at.is_none());
        rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
        render::accounts(db, &base, &rows)
    });
    Ok(Reply::to(&viewer, answer.await?))
}

/// Finds somebody whom we know by handle; never asks another server.
async fn lookup(State(app): State<App>, viewer: Viewer, params: Params) -> Answer<Reply<entities::Account>> {
    viewer.needs("read:accounts")?;
    let (username, domain) =
        params.text("acct").and_then(|text| handle(&text, &app.config)).ok_or(Error::NotFound("account"))?;
    let base = Base::new(&app);
    let answer = app.store.read(move |db| {
        let row = accounts::by_handle(db, &username, domain.as_deref())?;
        let row = row.ok_or(Error::NotFound("account"))?;
        render::one_account(db, &base, &known(db, row.id)?)
    });
    Ok(Reply::to(&viewer, answer.await?))
}

async fn search(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Vec<entities::Account>>> {
    auth.needs("read:accounts")?;
    let query = params.text("q").unwrap_or_default();
    let wanted = Wanted {
        viewer: Some(auth.id()),
        resolve: params.flag("resolve").unwrap_or(false),
        following: params.flag("following").unwrap_or(false),
        limit: paging::limit(&params, 40, 80),
        offset: params.number("offset")?.unwrap_or(0).max(0),
    };
    let rows = find(&app, &query, wanted).await?;
    let base = Base::new(&app);
    Ok(Reply::own(app.store.read(move |db| render::accounts(db, &base, &rows)).await?))
}

async fn statuses(
    State(app): State<App>,
    viewer: Viewer,
    Id(id): Id<AccountId>,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Status>>> {
    viewer.needs("read:statuses")?;
    let page = paging::page(&params, 20, 40)?;
    let flag = |name: &str| params.flag(name).unwrap_or(false);
    let pinned = flag("pinned");
    let which = OfAccount {
        exclude_replies: flag("exclude_replies"),
        exclude_reblogs: flag("exclude_reblogs"),
        exclude_direct: flag("exclude_direct"),
        only_media: flag("only_media"),
        tagged: None,
    };
    let tagged = params.text("tagged").filter(|name| !name.is_empty());
    let (base, me, now) = (Base::new(&app), viewer.id(), app.clock.now());
    let answer = app.store.read(move |db| {
        let account = known(db, id)?;
        if account.suspended_at.is_some() {
            return Ok(Vec::new());
        }
        if pinned {
            return render::statuses(db, &base, pinned_by(db, id, me, &page)?, me);
        }
        let which = match tagged {
            None => which,
            Some(name) => {
                let tag = hashtags::normalise(&name).map_or(Ok(None), |name| tags::by_name(db, &name))?;
                let Some(tag) = tag else { return Ok(Vec::new()) };
                OfAccount { tagged: Some(tag.id), ..which }
            }
        };
        let rows = timelines::of_account(db, id, which, me, &page, now)?;
        render::statuses(db, &base, rows, me)
    });
    let answer = answer.await?;
    let cursors: Vec<i64> = answer.iter().map(|status| status.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinIdWhenFull);
    Ok(Reply::to(&viewer, answer).linked(link))
}

/// What `account` pinned and `viewer` may see, the latest pin first. There are so few that cursors only cut the list.
fn pinned_by(db: &Connection, account: AccountId, viewer: Option<AccountId>, page: &Page) -> Result<Vec<Status>> {
    let mut rows = Vec::new();
    for row in pins::of(db, account, pin::MOST_REMOTE)? {
        let above = page.since.max(page.min).is_none_or(|id| row.id.0 > id);
        let below = page.max.is_none_or(|id| row.id.0 < id);
        if above && below && posts::may_see(db, &row, viewer)? {
            rows.push(row);
        }
    }
    rows.truncate(usize::try_from(page.limit).unwrap_or(0));
    Ok(rows)
}

/// The account with this id, unless it was deleted or is not in yet.
pub(super) fn known(db: &Connection, id: AccountId) -> Result<Account> {
    let found = accounts::by_id(db, id)?.filter(|row| row.deleted_at.is_none()).ok_or(Error::NotFound("account"))?;
    if found.is_local() && memberships::is_waiting(db, id)? {
        return Err(Error::NotFound("account"));
    }
    Ok(found)
}

/// Username and domain (`None`: ours) of a handle with or without a leading `@`; `None` when it is no handle.
pub(super) fn handle(text: &str, config: &Config) -> Option<(String, Option<String>)> {
    let (username, domain) = mentions::parse(text)?;
    let domain = domain.filter(|domain| *domain != config.handle_domain && *domain != config.domain);
    Some((username, domain))
}

/// Whom to look for, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Who asks.
    pub viewer: Option<AccountId>,
    /// Whether another server may be asked about a whole handle.
    pub resolve: bool,
    /// Only whom the viewer follows.
    pub following: bool,
    /// How many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

/// People by handle or name. A whole handle that we do not know is looked up on its server if `resolve` allows it; a
/// server that fails us is the same as nobody found.
pub(super) async fn find(app: &App, query: &str, wanted: Wanted) -> Result<Vec<Account>> {
    let text = query.trim().to_owned();
    let whole = text.trim_start_matches('@').contains('@').then(|| handle(&text, &app.config)).flatten();
    let exact = match whole {
        Some((username, domain)) if wanted.resolve && wanted.offset == 0 => {
            resolve::by_handle(app, &username, domain.as_deref()).await.unwrap_or_else(|error| {
                tracing::debug!(%error, "could not look up a handle");
                None
            })
        }
        _ => None,
    };
    let Wanted { viewer, following, limit, offset, .. } = wanted;
    let mut rows = app.store.read(move |db| searching::accounts(db, viewer, &text, following, limit, offset)).await?;
    if let Some(exact) = exact.filter(|_| !following && limit > 0) {
        rows.retain(|row| row.id != exact.id);
        rows.insert(0, exact);
        rows.truncate(usize::try_from(limit).unwrap_or(0));
    }
    Ok(rows)
}
