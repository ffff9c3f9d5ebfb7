//! Writing, editing and deleting one's own posts.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::quotes::policy;
use super::visible;
use crate::actions::post::compose;
use crate::actions::post::poll::NewPoll;
use crate::actions::post::{self, Draft, Edit, MediaAttributes};
use crate::actions::schedule;
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, StatusId};
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::mastodon::scheduled;
use crate::store::formats::Format;
use crate::store::statuses::Status;

/// The longest `Idempotency-Key` that is remembered, in bytes.
const KEY: usize = 255;

pub(super) async fn create(State(app): State<App>, auth: Auth, headers: HeaderMap, params: Params) -> Answer<Response> {
    auth.needs("write:statuses")?;
    let draft = draft(&params, &auth, &headers)?;
    if let Some(refusal) = unexpected(&app, &auth, &draft).await? {
        return Ok(refusal);
    }
    // A time that has passed means at once.
    if let Some(at) = scheduled::time(&params)?.filter(|at| *at > app.clock.now()) {
        let row = schedule::add(&app, &auth.account, draft, at).await?;
        return Ok(scheduled::shown(&app, row).await?.into_response());
    }
    let status = post::create(&app, &auth.account, draft).await?;
    Ok(shown(&app, &auth, status).await?.into_response())
}

pub(super) async fn edit(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<StatusId>,
    params: Params,
) -> Answer<Reply<entities::Status>> {
    auth.needs("write:statuses")?;
    let edit = Edit {
        text: params.text("status"),
        spoiler_text: params.text("spoiler_text"),
        sensitive: params.flag("sensitive"),
        language: params.text("language").filter(|code| !code.is_empty()),
        media: params.ids("media_ids").unwrap_or_default(),
        poll: poll(&params)?,
        media_attributes: media_attributes(&params)?,
        content_type: content_type(&params)?,
        quote_policy: policy(&params, "quote_approval_policy")?,
    };
    let status = post::edit(&app, &auth.account, id, edit).await?;
    shown(&app, &auth, status).await
}

/// Answers the post as it was typed, so that it can be drafted anew.
pub(super) async fn delete(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<StatusId>,
    params: Params,
) -> Answer<Reply<entities::Status>> {
    auth.needs("write:statuses")?;
    let (base, me) = (Base::new(&app), auth.id());
    // Rendered before, because afterwards nothing hangs on it any more.
    let read = app.store.read(move |db| render::redraft(db, &base, visible(db, id, Some(me))?, me));
    let answer = read.await?;
    post::delete(&app, &auth.account, id, params.flag("delete_media").unwrap_or(false)).await?;
    Ok(Reply::own(answer))
}

/// The post as its author sees it.
pub(in crate::mastodon) async fn shown(app: &App, auth: &Auth, status: Status) -> Answer<Reply<entities::Status>> {
    let (base, me) = (Base::new(app), auth.id());
    Ok(Reply::own(app.store.read(move |db| render::one_status(db, &base, status, Some(me))).await?))
}

fn draft(params: &Params, auth: &Auth, headers: &HeaderMap) -> Result<Draft> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    Ok(Draft {
        text: params.text("status").unwrap_or_default(),
        spoiler_text: params.text("spoiler_text").unwrap_or_default(),
        sensitive: params.flag("sensitive"),
        visibility: visibility(params)?,
        language: params.text("language").filter(|code| !code.is_empty()),
        in_reply_to: params.id("in_reply_to_id")?,
        media: params.ids("media_ids").unwrap_or_default(),
        poll: poll(params)?,
        application: Some(auth.app),
        idempotency_key: key.filter(|key| (1..=KEY).contains(&key.len())).map(str::to_owned),
        scheduled: None,
        quoted: params.id("quoted_status_id")?,
        quote_policy: policy(params, "quote_approval_policy")?,
        allowed_mentions: params
            .list("allowed_mentions")
            .map(|ids| ids.iter().filter_map(|id| id.parse().ok()).map(AccountId).collect()),
        content_type: content_type(params)?.unwrap_or_default(),
        local_only: params.flag("local_only").unwrap_or(false),
        held: None,
        expires_s: None,
    })
}

/// The `poll` that is asked for; no options, no poll.
fn poll(params: &Params) -> Result<Option<NewPoll>> {
    let options = params.list("poll[options]").unwrap_or_default();
    if options.is_empty() {
        return Ok(None);
    }
    let flag = |name: &str| params.flag(name).unwrap_or(false);
    Ok(Some(NewPoll {
        options,
        expires_in: params.number("poll[expires_in]")?,
        multiple: flag("poll[multiple]"),
        hide_totals: flag("poll[hide_totals]"),
    }))
}

/// The `visibility` that is asked for.
pub(super) fn visibility(params: &Params) -> Result<Option<Visibility>> {
    match params.text("visibility").filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => Visibility::parse(&text)
            .map(Some)
            .ok_or_else(|| Error::invalid("visibility", "is none of public, unlisted, private, direct")),
    }
}

/// How the text is written.
fn content_type(params: &Params) -> Result<Option<Format>> {
    match params.text("content_type").filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => Format::parse(&text)
            .map(Some)
            .ok_or_else(|| Error::invalid("content_type", "is neither text/plain nor text/markdown")),
    }
}

/// The refusal of a draft that names people whom its author does not expect.
async fn unexpected(app: &App, auth: &Auth, draft: &Draft) -> Answer<Option<Response>> {
    let accounts = compose::unexpected(app, &auth.account, draft).await?;
    if accounts.is_empty() {
        return Ok(None);
    }
    let base = Base::new(app);
    let body = entities::UnexpectedAccounts {
        error: "Post would be sent to unexpected accounts".into(),
        unexpected_accounts: app.store.read(move |db| render::accounts(db, &base, &accounts)).await?,
    };
    Ok(Some((StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()))
}

fn media_attributes(params: &Params) -> Result<Vec<MediaAttributes>> {
    let mut attributes = Vec::new();
    for set in params.sets("media_attributes").unwrap_or_default() {
        let Some(id) = set.id("id")? else { continue };
        let focus = match set.text("focus").filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(focus(&text).ok_or_else(|| Error::invalid("focus", "is not two numbers from -1 to 1"))?),
        };
        attributes.push((id, set.text("description"), focus));
    }
    Ok(attributes)
}

/// `x,y`, both from -1 to 1.
fn focus(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    let (x, y): (f64, f64) = (x.trim().parse().ok()?, y.trim().parse().ok()?);
    ((-1.0..=1.0).contains(&x) && (-1.0..=1.0).contains(&y)).then_some((x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_focus_is_two_numbers_in_range() {
        for (text, expected) in [
            ("0.5,-1", Some((0.5, -1.0))),
            (" 0 , 1.0 ", Some((0.0, 1.0))),
            ("2,0", None),
            ("0", None),
            ("NaN,0", None),
            ("a,b", None),
        ] {
            assert_eq!(focus(text), expected, "{text}");
        }
    }
}
