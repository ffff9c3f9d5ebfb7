//! What bots could not deal with. Ours alone; the shapes stand in docs/api.md.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};

use super::Done;
use crate::actions::bot::letters;
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::{Error, Result};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::{AdminPluginLetter, AdminPluginMailbox};
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Name;
use crate::store::bot_events::Event;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/plugins/{id}/letters", get(mailbox))
        .route("/api/nagaya/v1/admin/plugins/{id}/letters/replay", post(replay))
        .route("/api/nagaya/v1/admin/plugins/{id}/letters/discard", post(discard))
}

async fn mailbox(
    State(app): State<App>,
    auth: Auth,
    Name(id): Name,
    params: Params,
) -> Answer<Reply<AdminPluginMailbox>> {
    auth.staff("admin:read", Permission::Settings)?;
    show(&app, &id, params.number("max_id")?).await
}

async fn replay(
    State(app): State<App>,
    auth: Auth,
    Name(id): Name,
    params: Params,
) -> Answer<Reply<AdminPluginMailbox>> {
    auth.staff("admin:write", Permission::Settings)?;
    letters::replay(&app, &id, params.number("letter")?).await?;
    show(&app, &id, None).await
}

async fn discard(State(app): State<App>, auth: Auth, Name(id): Name, params: Params) -> Answer<Reply<Done>> {
    auth.staff("admin:write", Permission::Settings)?;
    let letter = params.number("letter")?.ok_or_else(|| Error::invalid("letter", "must be given"))?;
    letters::discard(&app, &id, letter).await?;
    Ok(Reply::own(Done {}))
}

async fn show(app: &App, id: &str, below: Option<i64>) -> Answer<Reply<AdminPluginMailbox>> {
    let mailbox = letters::mailbox(app, id).await?.ok_or(Error::NotFound("bot"))?;
    let found: Result<Vec<Event>> = letters::list(app, id, below).await;
    let shown = |letter: Event| AdminPluginLetter {
        id: letter.id.to_string(),
        at: letter.created_at.rfc3339(),
        kind: letter.what.kind,
        name: letter.what.name,
        account: letter.what.account_id,
        status: letter.what.status_id,
        tries: letter.attempts,
        error: letter.last_error.unwrap_or_default(),
    };
    Ok(Reply::own(AdminPluginMailbox {
        account: mailbox.bot.account_id,
        waiting: mailbox.waiting,
        missed: mailbox.bot.missed,
        dead: mailbox.dead,
        letters: found?.into_iter().map(shown).collect(),
    }))
}
