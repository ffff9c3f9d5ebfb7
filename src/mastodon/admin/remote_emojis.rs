//! Custom emoji of other servers: finding one, and taking a copy for ours.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};

use crate::actions::audit;
use crate::actions::emoji::{self, Changes};
use crate::actions::role::Permission;
use crate::app::App;
use crate::ids::EmojiId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::custom_emojis::{self, CustomEmoji};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/admin/emojis/remote", get(list))
        .route("/api/nagaya/v1/admin/emojis/{id}/copy", post(copy))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminRemoteEmoji>>> {
    auth.staff("admin:read", Permission::CustomEmojis)?;
    let page = paging::page(&params, 60, 200)?;
    let text = |name: &str| params.text(name).map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let (name, domain, base) = (text("q"), text("domain"), Base::new(&app));
    let read = app.store.read(move |db| {
        let rows = custom_emojis::theirs(db, name.as_deref(), domain.as_deref(), &page)?;
        let render = |(row, taken): (CustomEmoji, bool)| render::remote_emoji(&base, row, taken);
        Ok(rows.into_iter().map(render).collect::<Vec<_>>())
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().map(|emoji| emoji.id.0).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}

async fn copy(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<EmojiId>,
    params: Params,
) -> Answer<Reply<entities::AdminEmoji>> {
    auth.staff("admin:write", Permission::CustomEmojis)?;
    let name = params.text("shortcode").map(|name| name.trim().trim_matches(':').to_owned());
    let changes = Changes { category: params.text("category"), ..Changes::default() };
    let made = emoji::copy(&app, id, name.filter(|name| !name.is_empty()), changes).await?;
    audit::after(&app, &auth.as_staff(), "copy_emoji", &made.shortcode, "").await?;
    Ok(Reply::own(render::admin_emoji(&Base::new(&app), &made)))
}
