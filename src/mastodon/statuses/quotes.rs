//! Who quotes a post, and who may.

use axum::extract::{Path, State};
use axum::http::Uri;

use super::visible;
use super::write::shown;
use crate::actions::quote;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::paging::{self, Newer};
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;
use crate::mastodon::render::{self, Base};
use crate::store::quote_policies::Choice;
use crate::store::quotes;

pub(super) async fn list(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<StatusId>,
    uri: Uri,
    params: Params,
) -> Answer<Reply<Vec<entities::Status>>> {
    auth.needs("read:statuses")?;
    let page = paging::page(&params, 20, 40)?;
    let (base, me, now) = (Base::new(&app), auth.id(), app.clock.now());
    let read = app.store.read(move |db| {
        let row = visible(db, id, Some(me))?;
        let rows = quotes::list(db, row.reblog_of_id.unwrap_or(row.id), me, &page, now)?;
        let cursors: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        Ok((render::statuses(db, &base, rows, Some(me))?, cursors))
    });
    let (answer, cursors) = read.await?;
    let link = paging::link(&app.config.url(""), &uri, &page, &cursors, Newer::SinceId);
    Ok(Reply::own(answer).linked(link))
}

pub(super) async fn revoke(
    State(app): State<App>,
    auth: Auth,
    Path((id, quoting)): Path<(String, String)>,
) -> Answer<Reply<entities::Status>> {
    auth.needs("write:statuses")?;
    let number = |text: &str| text.parse().map(StatusId).map_err(|_| Error::NotFound("status"));
    let status = quote::revoke(&app, &auth.account, number(&id)?, number(&quoting)?).await?;
    shown(&app, &auth, status).await
}

pub(super) async fn set_policy(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<StatusId>,
    params: Params,
) -> Answer<Reply<entities::Status>> {
    auth.needs("write:statuses")?;
    let choice = policy(&params, "quote_approval_policy")?;
    let choice = choice.ok_or_else(|| Error::invalid("quote_approval_policy", "is missing"))?;
    let status = quote::set_policy(&app, &auth.account, id, choice).await?;
    shown(&app, &auth, status).await
}

/// Who may quote, as the parameter `name` says.
pub(in crate::mastodon) fn policy(params: &Params, name: &'static str) -> Result<Option<Choice>> {
    match params.text(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match Choice::parse(&text) {
            Some(choice) => Ok(Some(choice)),
            None => Err(Error::invalid(name, "is none of public, followers, nobody")),
        },
    }
}
