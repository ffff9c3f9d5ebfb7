//! Relays, lists of blocks and traces, for staff: our own extensions, under `/api/nagaya/v1/admin`.
//!
//! `…/relays` (GET; POST `inbox_url`, `tags[]`, `per_second`, `per_day`), `…/relays/:id` (DELETE), `…/relays/:id/enable` and
//! `…/disable` (POST). `…/blocklists` (GET; POST `url`), `…/blocklists/:id` (GET: what applying it changes; DELETE),
//! `…/blocklists/:id/apply` and `…/refresh` (POST). `…/trace` (GET `q`, `lang`). Scopes `admin:read` and `admin:write`.

use axum::Router;
use axum::extract::State;
use axum::routing::{delete, get, post};

use crate::actions::block_list::{self, Difference};
use crate::actions::relay::{self, Options};
use crate::actions::role::Permission;
use crate::actions::trace;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{BlockListId, RelayId};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{self, Empty};
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::store::Connection;
use crate::store::block_lists::{self, BlockList, Listed};
use crate::store::relays::{self, Relay};
use crate::text::locale::Lang;

const READ: &str = "admin:read";
const WRITE: &str = "admin:write";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/relays", get(all_relays).post(add_relay))
        .route("/api/nagaya/v1/admin/relays/{id}", delete(remove_relay))
        .route("/api/nagaya/v1/admin/relays/{id}/enable", post(enable_relay))
        .route("/api/nagaya/v1/admin/relays/{id}/disable", post(disable_relay))
        .route("/api/nagaya/v1/admin/blocklists", get(all_lists).post(add_list))
        .route("/api/nagaya/v1/admin/blocklists/{id}", get(preview).delete(remove_list))
        .route("/api/nagaya/v1/admin/blocklists/{id}/apply", post(apply_list))
        .route("/api/nagaya/v1/admin/blocklists/{id}/refresh", post(refresh_list))
        .route("/api/nagaya/v1/admin/trace", get(follow))
}

async fn all_relays(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::Relay>>> {
    auth.staff(READ, Permission::Federation)?;
    let (rows, now) = (app.store.read(relays::all).await?, app.clock.now());
    Ok(Reply::own(rows.into_iter().map(|row| shown(row, now)).collect()))
}

async fn add_relay(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Relay>> {
    auth.staff(WRITE, Permission::Federation)?;
    let options = Options {
        tags: params.list("tags"),
        per_second: params.number("per_second")?,
        per_day: params.number("per_day")?,
    };
    let row = relay::add(&app, &params.text("inbox_url").unwrap_or_default(), options).await?;
    Ok(Reply::own(shown(row, app.clock.now())))
}

async fn enable_relay(State(app): State<App>, auth: Auth, Id(id): Id<RelayId>) -> Answer<Reply<entities::Relay>> {
    auth.staff(WRITE, Permission::Federation)?;
    Ok(Reply::own(shown(relay::enable(&app, id).await?, app.clock.now())))
}

async fn disable_relay(State(app): State<App>, auth: Auth, Id(id): Id<RelayId>) -> Answer<Reply<entities::Relay>> {
    auth.staff(WRITE, Permission::Federation)?;
    Ok(Reply::own(shown(relay::disable(&app, id).await?, app.clock.now())))
}

async fn remove_relay(State(app): State<App>, auth: Auth, Id(id): Id<RelayId>) -> Answer<Reply<Empty>> {
    auth.staff(WRITE, Permission::Federation)?;
    relay::remove(&app, id).await?;
    Ok(Reply::own(Empty {}))
}

fn shown(row: Relay, now: Time) -> entities::Relay {
    let paused = row.is_paused(now);
    entities::Relay {
        id: row.id,
        today: if row.day == now.midnight() { row.day_count } else { 0 },
        inbox_url: row.inbox,
        actor: row.actor,
        style: row.style.as_str(),
        state: row.state.as_str(),
        tags: row.tags,
        per_second: row.per_second,
        per_day: row.per_day,
        paused_until: row.paused_until.filter(|_| paused).map(Time::rfc3339),
        paused_why: row.paused_why.filter(|_| paused),
        created_at: row.created_at.rfc3339(),
    }
}

async fn all_lists(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::BlockList>>> {
    auth.staff(READ, Permission::Federation)?;
    let rows = app.store.read(block_lists::all).await?;
    Ok(Reply::own(rows.into_iter().map(list).collect()))
}

async fn add_list(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::BlockList>> {
    auth.staff(WRITE, Permission::Federation)?;
    Ok(Reply::own(list(block_list::add(&app, &params.text("url").unwrap_or_default()).await?)))
}

async fn preview(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<BlockListId>,
) -> Answer<Reply<entities::BlockListPreview>> {
    auth.staff(READ, Permission::Federation)?;
    let read = app.store.read(move |db| {
        let (row, found) = block_list::preview(db, id)?;
        rendered(db, row, found)
    });
    Ok(Reply::own(read.await?))
}

async fn apply_list(State(app): State<App>, auth: Auth, Id(id): Id<BlockListId>) -> Answer<Reply<entities::BlockList>> {
    auth.staff(WRITE, Permission::Federation)?;
    Ok(Reply::own(list(block_list::apply(&app, id).await?)))
}

async fn refresh_list(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<BlockListId>,
) -> Answer<Reply<entities::BlockList>> {
    auth.staff(WRITE, Permission::Federation)?;
    Ok(Reply::own(list(block_list::read_again(&app, id).await?)))
}

async fn remove_list(State(app): State<App>, auth: Auth, Id(id): Id<BlockListId>) -> Answer<Reply<Empty>> {
    auth.staff(WRITE, Permission::Federation)?;
    block_list::remove(&app, id).await?;
    Ok(Reply::own(Empty {}))
}

fn list(row: BlockList) -> entities::BlockList {
    entities::BlockList {
        id: row.id,
        url: row.url,
        applied_at: row.applied_at.map(Time::rfc3339),
        fetched_at: row.fetched_at.map(Time::rfc3339),
        last_error: row.last_error,
        domains: row.domains,
        created_at: row.created_at.rfc3339(),
    }
}

fn rendered(db: &Connection, row: BlockList, found: Difference) -> Result<entities::BlockListPreview> {
    let listed = |row: Listed| {
        Ok(entities::ListedBlock {
            lists: block_lists::naming(db, &row.domain)?,
            domain: row.domain,
            severity: row.severity.as_str(),
            reject_media: row.reject_media,
            reject_reports: row.reject_reports,
            obfuscate: row.obfuscate,
            public_comment: row.public_comment,
        })
    };
    Ok(entities::BlockListPreview {
        list: list(row),
        added: found.added.into_iter().map(listed).collect::<Result<_>>()?,
        changed: found.changed.into_iter().map(|(_, row)| listed(row)).collect::<Result<_>>()?,
        removed: found.removed.into_iter().map(|block| block.domain).collect(),
        kept: found.kept.into_iter().map(|row| row.domain).collect(),
    })
}

async fn follow(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::Trace>> {
    auth.staff(READ, Permission::Federation)?;
    let query = params.text("q").filter(|text| !text.trim().is_empty());
    let query = query.ok_or_else(|| Error::Malformed("param is missing or the value is empty: q".into()))?;
    let lang = params.text("lang").unwrap_or_else(|| auth.user.locale.clone());
    let report = trace::report(&app, &query, Lang::find(&lang).unwrap_or_default()).await?;
    let step = |told: trace::Told| entities::TraceStep {
        at: told.event.at.rfc3339(),
        step: told.event.step.as_str(),
        outcome: told.event.outcome.as_str(),
        activity: told.event.activity,
        object: told.event.object,
        actor: told.event.actor,
        peer: told.event.peer,
        detail: told.event.detail,
        text: told.text,
    };
    Ok(Reply::own(entities::Trace {
        query: report.query,
        kind: report.kind,
        summary: report.summary,
        steps: report.steps.into_iter().map(step).collect(),
    }))
}
