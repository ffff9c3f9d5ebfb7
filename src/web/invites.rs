//! Making invites and taking them back, for members who may.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::fields::Fields;
use super::page::{self, Page};
use super::trouble;
use super::visitor::Visitor;
use crate::actions::invite::{self, Wish};
use crate::actions::join;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, InviteId};
use crate::store::invites::{self, Invite};
use crate::store::{page as part, users};

/// How many are shown.
const SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "invites.html")]
struct Invites {
    page: Page,
    rows: Vec<Row>,
    may: bool,
}

/// An invite as its maker sees it.
struct Row {
    invite: Invite,
    address: String,
    usable: bool,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let Some(me) = &visitor.me else { return to_sign_in() };
    trouble::or_page(visitor.lang, list(&app, &visitor, me.id).await)
}

pub(super) async fn create(State(app): State<App>, visitor: Visitor, fields: Fields) -> Response {
    let Some(me) = &visitor.me else { return to_sign_in() };
    let answer = async {
        visitor.check(&fields)?;
        let number =
            |name: &str| fields.get(name).and_then(|text| text.parse::<u64>().ok()).filter(|number| *number > 0);
        let wish = Wish {
            max_uses: number("max_uses").and_then(|number| i64::try_from(number).ok()),
            lasts: number("days").map(|days| Duration::from_secs(days.saturating_mul(86_400))),
            autofollow: fields.get("autofollow").is_some(),
            comment: fields.get("comment").unwrap_or_default().to_owned(),
        };
        invite::create(&app, Some(me.id), wish).await?;
        Ok(Redirect::to("/settings/invites").into_response())
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn revoke(
    State(app): State<App>,
    Path(id): Path<String>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    let Some(me) = &visitor.me else { return to_sign_in() };
    let answer = async {
        visitor.check(&fields)?;
        let id: InviteId = id.parse().map_err(|_| Error::NotFound("invite"))?;
        invite::revoke(&app, me.id, id).await?;
        Ok(Redirect::to("/settings/invites").into_response())
    };
    trouble::or_page(visitor.lang, answer.await)
}

async fn list(app: &App, visitor: &Visitor, me: AccountId) -> Result<Response> {
    let read = app.store.read(move |db| {
        let user = users::by_account(db, me)?.ok_or(Error::NotFound("user"))?;
        Ok((invites::of_account(db, me, &part::Page::first(SHOWN))?, join::may_invite(db, &user).is_ok()))
    });
    let (rows, may) = read.await?;
    let now = app.clock.now();
    let rows = rows.into_iter().map(|invite| Row {
        address: invite::address(app, &invite.code),
        usable: invite.is_open(now),
        invite,
    });
    let page = Page::new(visitor, visitor.lang.t("settings.invites").to_owned());
    Ok(page::show(visitor, StatusCode::OK, &Invites { page, rows: rows.collect(), may }, true, ""))
}

fn to_sign_in() -> Response {
    Redirect::to("/auth/sign_in?then=%2Fsettings%2Finvites").into_response()
}
