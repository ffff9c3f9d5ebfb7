//! The custom emoji of this server: everybody's list, and what staff do with them.
//!
//! Spec: https://docs.joinmastodon.org/methods/custom_emojis/

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};

use super::answer::Reply;
use super::auth::Auth;
use super::entities::{self, Empty};
use super::error::Answer;
use super::params::Params;
use super::path::Id;
use super::render::{self, Base};
use crate::actions::audit;
use crate::actions::emoji::{self, Changes};
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::Error;
use crate::ids::EmojiId;
use crate::store::custom_emojis;

/// A picker asks for it at every start.
const FIVE_MINUTES: &str = "public, max-age=300, stale-while-revalidate=30, stale-if-error=86400";

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/custom_emojis", get(list))
        .route("/api/nagaya/v1/admin/emojis", get(all).post(add))
        .route("/api/nagaya/v1/admin/emojis/{id}", put(edit).delete(remove))
}

async fn list(State(app): State<App>) -> Answer<Response> {
    let base = Base::new(&app);
    let rows = app.store.read(custom_emojis::ours).await?;
    let shown = rows.iter().filter(|row| !row.disabled);
    let emojis: Vec<entities::CustomEmoji> = shown.map(|row| render::custom_emoji(&base, row)).collect();
    Ok(([(CACHE_CONTROL, FIVE_MINUTES)], Json(emojis)).into_response())
}

async fn all(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<entities::AdminEmoji>>> {
    auth.staff("admin:read", Permission::CustomEmojis)?;
    let base = Base::new(&app);
    let rows = app.store.read(custom_emojis::ours).await?;
    Ok(Reply::own(rows.iter().map(|row| render::admin_emoji(&base, row)).collect()))
}

async fn add(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<entities::AdminEmoji>> {
    auth.staff("admin:write", Permission::CustomEmojis)?;
    let image = params.file("image").ok_or_else(|| Error::invalid("image", "is missing"))?;
    let name = params.text("shortcode").unwrap_or_default();
    let made = emoji::add(&app, name.trim_matches(':'), &image.path, changes(&params)).await?;
    audit::after(&app, &auth.as_staff(), "add_emoji", &made.shortcode, "").await?;
    Ok(Reply::own(render::admin_emoji(&Base::new(&app), &made)))
}

async fn edit(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<EmojiId>,
    params: Params,
) -> Answer<Reply<entities::AdminEmoji>> {
    auth.staff("admin:write", Permission::CustomEmojis)?;
    let edited = emoji::edit(&app, id, changes(&params)).await?;
    audit::after(&app, &auth.as_staff(), "edit_emoji", &edited.shortcode, "").await?;
    Ok(Reply::own(render::admin_emoji(&Base::new(&app), &edited)))
}

async fn remove(State(app): State<App>, auth: Auth, Id(id): Id<EmojiId>) -> Answer<Reply<Empty>> {
    auth.staff("admin:write", Permission::CustomEmojis)?;
    let known = app.store.read(move |db| custom_emojis::by_id(db, id)).await?;
    emoji::remove(&app, id).await?;
    let name = known.map(|emoji| emoji.shortcode).unwrap_or_default();
    audit::after(&app, &auth.as_staff(), "remove_emoji", &name, "").await?;
    Ok(Reply::own(Empty {}))
}

fn changes(params: &Params) -> Changes {
    Changes {
        category: params.text("category"),
        visible_in_picker: params.flag("visible_in_picker"),
        disabled: params.flag("disabled"),
    }
}
