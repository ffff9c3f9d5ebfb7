//! Posts that moderators delete or mark as sensitive. Ours alone: Mastodon has pages for this and no API.
//!
//! `POST /api/nagaya/v1/admin/statuses` with `status_ids[]`, `type` (`delete_statuses` or `mark_statuses_as_sensitive`),
//! and, as for people, `report_id`, `text` and `send_email_notification`.

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use crate::actions::moderation::Measure;
use crate::actions::moderation::statuses::{self, Act};
use crate::actions::role::Permission;
use crate::app::App;
use crate::error::Error;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities::Count;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/nagaya/v1/admin/statuses", post(act))
}

/// Answers how many posts it was done to.
async fn act(State(app): State<App>, auth: Auth, params: Params) -> Answer<Reply<Count>> {
    auth.staff_any("admin:write:reports", &[Permission::Reports, Permission::Users])?;
    let word = params.text("type").unwrap_or_default();
    let measure = [Measure::DeleteStatuses, Measure::MarkStatuses].into_iter().find(|known| known.as_str() == word);
    let measure =
        measure.ok_or_else(|| Error::invalid("type", "is one of delete_statuses, mark_statuses_as_sensitive"))?;
    let act = Act {
        measure,
        posts: params.ids("status_ids").unwrap_or_default(),
        text: params.text("text").unwrap_or_default(),
        report: params.id("report_id")?,
        mail: params.flag("send_email_notification").unwrap_or(false),
    };
    let count = statuses::act(&app, auth.as_staff(), act).await?;
    Ok(Reply::own(Count { count: i64::try_from(count).unwrap_or(i64::MAX) }))
}
