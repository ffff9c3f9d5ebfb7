//! The moderation log: what staff and plugins did, to whom and why; nothing is ever taken out of it by hand.

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;

use super::settings::people;
use crate::actions::role::Permission;
use crate::app::App;
use crate::ids::AccountId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::render::Base;
use crate::store::moderation::{self, Filter};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/nagaya/v1/admin/log", get(list))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::AdminLogEntry>>> {
    auth.staff("admin:read", Permission::AuditLog)?;
    let page = paging::page(&params, 40, 200)?;
    let text = |name: &str| params.text(name).filter(|text| !text.is_empty());
    let filter = Filter {
        source: params.id::<AccountId>("account_id")?.map(|id| format!("account:{id}")),
        kind: match text("source").as_deref() {
            Some("account") => Some("account:".into()),
            Some("plugin") => Some("plugin:".into()),
            Some("command") => Some("command".into()),
            _ => None,
        },
        action: text("action"),
        actor_uri: text("actor_uri"),
    };
    let base = Base::new(&app);
    let read = app.store.read(move |db| {
        let rows = moderation::list(db, &filter, &page)?;
        let staff = |source: &str| source.strip_prefix("account:")?.parse::<AccountId>().ok();
        let people = people(db, &base, rows.iter().filter_map(|(_, row)| staff(&row.source)))?;
        let render = |(id, row): (i64, moderation::Entry)| entities::AdminLogEntry {
            id: id.to_string(),
            account: staff(&row.source).and_then(|id| people.get(&id).cloned()),
            plugin: row.source.strip_prefix("plugin:").map(str::to_owned),
            source: row.source.split(':').next().unwrap_or_default().to_owned(),
            action: row.action,
            direction: row.direction,
            actor_uri: row.actor_uri,
            object_uri: row.object_uri,
            reason: row.reason,
            excerpt: row.excerpt,
            created_at: row.at.rfc3339(),
        };
        Ok(rows.into_iter().map(render).collect::<Vec<_>>())
    });
    let answer = read.await?;
    let cursors: Vec<i64> = answer.iter().filter_map(|entry| entry.id.parse().ok()).collect();
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::MinId);
    Ok(Reply::own(answer).linked(link))
}
