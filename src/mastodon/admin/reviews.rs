//! The review queue for moderators, held posts for their authors, and word lists. Ours alone; see docs/api.md.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{delete, get, post, put};

use super::Done;
use super::plugins::words;
use crate::actions::plugin::{self, review};
use crate::actions::role::Permission;
use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::HeldId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{AdminReview, AdminReviewActor, AdminWordList, Bilingual};
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::{Id, Name};
use crate::plugins::manifest::Manifest;
use crate::store::held::{self, Held};
use crate::store::word_lists::{self, WordList};
use crate::store::{Connection, accounts, plugins};

/// Entries of one word list.
const ENTRIES: usize = 10_000;
/// Characters of an entry.
const ENTRY: usize = 500;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/reviews", get(list))
        .route("/api/nagaya/v1/admin/reviews/{id}", get(one))
        .route("/api/nagaya/v1/admin/reviews/{id}/approve", post(approve))
        .route("/api/nagaya/v1/admin/reviews/{id}/reject", post(reject))
        .route("/api/nagaya/v1/held", get(mine))
        .route("/api/nagaya/v1/held/{id}", delete(withdraw))
        .route("/api/nagaya/v1/admin/word_lists", get(word_lists))
        .route("/api/nagaya/v1/admin/word_lists/{name}", put(put_word_list).delete(delete_word_list))
}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, params: Params) -> Answer<Reply<Vec<AdminReview>>> {
    auth.staff("admin:read:reports", Permission::Reports)?;
    let state = params.text("state").unwrap_or_else(|| "open".into());
    if !matches!(state.as_str(), "open" | "approved" | "rejected") {
        return Err(Error::invalid("state", "is open, approved or rejected").into());
    }
    let page = paging::page(&params, 40, 80)?;
    let read = app.store.read(move |db| {
        let rows = held::list(db, &state, &page)?;
        rows.into_iter().map(|row| shown(db, row, true)).collect::<Result<Vec<_>>>()
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().map(|review| review.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn one(State(app): State<App>, auth: Auth, Id(id): Id<HeldId>) -> Answer<Reply<AdminReview>> {
    auth.staff("admin:read:reports", Permission::Reports)?;
    let row = review::one(&app, id).await?;
    show(&app, row).await
}

async fn approve(State(app): State<App>, auth: Auth, Id(id): Id<HeldId>) -> Answer<Reply<AdminReview>> {
    auth.staff("admin:write:reports", Permission::Reports)?;
    let row = review::approve(&app, auth.id(), id).await?;
    show(&app, row).await
}

async fn reject(State(app): State<App>, auth: Auth, Id(id): Id<HeldId>) -> Answer<Reply<AdminReview>> {
    auth.staff("admin:write:reports", Permission::Reports)?;
    let row = review::reject(&app, auth.id(), id).await?;
    show(&app, row).await
}

async fn mine(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<AdminReview>>> {
    auth.needs("read:statuses")?;
    let me = auth.id();
    let read = app.store.read(move |db| held::of(db, me)?.into_iter().map(|row| shown(db, row, false)).collect());
    Ok(Reply::own(read.await?))
}

async fn withdraw(State(app): State<App>, auth: Auth, Id(id): Id<HeldId>) -> Answer<Reply<Done>> {
    auth.needs("write:statuses")?;
    review::withdraw(&app, auth.id(), id).await?;
    Ok(Reply::own(Done {}))
}

async fn show(app: &App, row: Held) -> Answer<Reply<AdminReview>> {
    Ok(Reply::own(app.store.read(move |db| shown(db, row, true)).await?))
}

fn shown(db: &Connection, row: Held, for_staff: bool) -> Result<AdminReview> {
    let author = accounts::by_id(db, row.account_id)?.ok_or(Error::NotFound("account"))?;
    let decider = row.decided_by.map_or(Ok(None), |id| accounts::by_id(db, id))?;
    let plugin = plugins::by_id(db, &row.plugin_id)?;
    let manifest = plugin.map(|plugin| Manifest::parse(&plugin.manifest)).transpose()?;
    let gone = || Bilingual { en: row.plugin_id.clone(), ja: row.plugin_id.clone() };
    Ok(AdminReview {
        id: row.id,
        state: row.state,
        direction: row.direction,
        plugin_name: manifest.map_or_else(gone, |manifest| words(&manifest.name)),
        plugin: row.plugin_id,
        reason: row.reason,
        score: for_staff.then_some(row.score),
        actor: AdminReviewActor {
            id: author.id,
            acct: author.acct(),
            display_name: author.display_name.clone(),
            local: author.is_local(),
        },
        object: row.object_uri,
        text: row.text,
        summary: row.spoiler_text,
        visibility: row.visibility.as_str(),
        attachments: row.attachments,
        created_at: row.created_at.rfc3339(),
        decided_at: row.decided_at.map(Time::rfc3339),
        decided_by: decider.filter(|_| for_staff).map(|decider| decider.acct()),
        status_id: row.status_id,
    })
}

async fn word_lists(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<AdminWordList>>> {
    auth.staff("admin:read", Permission::Settings)?;
    let lists = app.store.read(word_lists::all).await?;
    Ok(Reply::own(lists.into_iter().map(shown_list).collect()))
}

async fn put_word_list(
    State(app): State<App>,
    auth: Auth,
    Name(name): Name,
    params: Params,
) -> Answer<Reply<AdminWordList>> {
    auth.staff("admin:write", Permission::Settings)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if !(1..=50).contains(&name.len()) || !name.bytes().all(plain) {
        return Err(Error::invalid("name", "is 1 to 50 of a-z, 0-9, - and _").into());
    }
    let entries = params.list("entries").unwrap_or_default();
    if entries.len() > ENTRIES || entries.iter().any(|entry| entry.chars().count() > ENTRY) {
        return Err(Error::invalid("entries", format!("are at most {ENTRIES}, of at most {ENTRY} characters")).into());
    }
    let url = params.text("url").filter(|url| !url.is_empty());
    let list = WordList { name, entries, url, fetched_at: None, problem: None };
    Ok(Reply::own(shown_list(plugin::words::put(&app, list).await?)))
}

async fn delete_word_list(State(app): State<App>, auth: Auth, Name(name): Name) -> Answer<Reply<Done>> {
    auth.staff("admin:write", Permission::Settings)?;
    plugin::words::remove(&app, name).await?;
    Ok(Reply::own(Done {}))
}

fn shown_list(list: WordList) -> AdminWordList {
    AdminWordList {
        name: list.name,
        entries: list.entries,
        url: list.url,
        fetched_at: list.fetched_at.map(Time::rfc3339),
        problem: list.problem,
    }
}
