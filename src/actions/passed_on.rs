//! Posts that somebody else than their author handed to us. Only their ids count: the origin is asked (rule A8).

use crate::activitypub::{ids, note};
use crate::app::App;
use crate::error::Result;
use crate::store::{accounts, follows, statuses, threads};

use super::fetch::{self, Budget};
use super::receive;

/// Takes in the post `uri` that `by` passed on: as if its author had delivered it, and else if it stands below a post of
/// `by`, whom somebody here follows (ActivityPub §7.1.2). Answers what became of it, for the trace.
pub async fn post(app: &App, uri: &str, by: &str, budget: &mut Budget) -> Result<String> {
    let wanted = uri.to_owned();
    let known = app.store.read(move |db| statuses::by_uri(db, &wanted)).await?.is_some();
    if known || ids::parse(&app.config.url(""), uri).is_some() {
        return Ok("known already".into());
    }
    let document = fetch::gated(app, uri, "post", budget).await?;
    if !note::is_post(&document) {
        return Ok("ignored: not a post".into());
    }
    let note = note::read(&document, app.config.development)?;
    let author = fetch::actor(app, &note.attributed_to, budget).await?;
    if author.suspended_at.is_some() {
        return Ok("ignored: the author is suspended".into());
    }
    let outcome = receive::delivered(app, &document, author, None, budget).await?;
    let (by, parent) = (by.to_owned(), note.in_reply_to);
    if outcome != receive::UNRELATED {
        return Ok(outcome);
    }
    let wanted = app.store.read(move |db| {
        let Some(parent) = parent.map_or(Ok(None), |uri| statuses::by_uri(db, &uri))? else { return Ok(false) };
        let Some(by) = accounts::by_uri(db, &by)? else { return Ok(false) };
        Ok(!follows::local_followers(db, by.id)?.is_empty() && threads::wrote_above(db, parent.id, by.id)?)
    });
    if !wanted.await? {
        return Ok(outcome);
    }
    match receive::fetched(app, &document, budget).await? {
        Some(status) => Ok(format!("stored as {}, below a post of who passed it on", status.id)),
        None => Ok("rejected by a filter".into()),
    }
}
