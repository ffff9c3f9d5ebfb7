//! Flag: another server's moderators, or their people, tell ours what they saw.
//!
//! The object is an id, an object or a list (Mastodon: the actor and posts; Misskey: the actor; Lemmy: one post, and the
//! reason in `summary`). Anybody may report anybody, so there is nothing to verify but the sender.

use serde_json::Value;

use super::Deed;
use crate::actions::moderation::report;
use crate::app::App;
use crate::error::Result;

pub(super) async fn receive(app: &App, deed: Deed) -> Result<String> {
    let objects = report::objects(&deed.activity.raw);
    let comment = comment(&deed.activity.raw);
    report::receive(app, &deed.actor, deed.activity.id.clone(), objects, comment).await
}

fn comment(flag: &Value) -> String {
    let said = ["content", "summary"].into_iter().filter_map(|key| flag.get(key)?.as_str());
    said.map(str::trim).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}
