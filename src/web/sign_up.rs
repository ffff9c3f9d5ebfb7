//! Signing up by a page, with or without an invite. What was typed stays when something is wrong, the password excepted.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, HeaderMap};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;

use super::about::in_language;
use super::attempts::Attempts;
use super::fields::Fields;
use super::page::{self, Page};
use super::trouble;
use super::visitor::Visitor;
use crate::actions::join::{self, Application, Flaw, Registrations};
use crate::actions::{about, invite};
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts;
use crate::text::locale::Lang;

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUp {
    page: Page,
    /// Rules in the page's language, with their hints.
    rules: Vec<(String, String)>,
    said: Application,
    host: Option<String>,
    asks_reason: bool,
    min_age: Option<i64>,
    contact: String,
    flaws: Vec<(&'static str, &'static str)>,
}

impl SignUp {
    /// What is wrong with a field, in words.
    fn flaw(&self, field: &str) -> Option<&&'static str> {
        self.flaws.iter().find(|(name, _)| *name == field).map(|(_, why)| why)
    }
}

#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct Message {
    pub(super) page: Page,
    pub(super) text: String,
    /// HTML that the operator wrote.
    pub(super) more: Option<String>,
    /// Where to go on, and what that is called.
    pub(super) next: Option<(&'static str, &'static str)>,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    if visitor.me.is_some() {
        return Redirect::to("/").into_response();
    }
    let code = visitor.query().get("invite").map(str::to_owned);
    let said = Application { invite_code: code, ..Application::default() };
    trouble::or_page(visitor.lang, form(&app, &visitor, StatusCode::OK, said, &[]).await)
}

/// An invite as Mastodon's apps know it: its code, and where to sign up with it.
#[derive(Serialize)]
struct Invited {
    invite_code: String,
    instance_api_url: String,
}

#[derive(Serialize)]
struct Over {
    error: &'static str,
}

/// The page of an invite; apps get what they need to sign somebody up themselves.
pub(super) async fn invited(
    State(app): State<App>,
    Path(code): Path<String>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("application/json") && !accept.contains("text/html") {
        return match invite::usable(&app, &code).await {
            Ok(Some(found)) => {
                let instance_api_url = app.config.url("/api/v2/instance");
                axum::Json(Invited { invite_code: found.code, instance_api_url }).into_response()
            }
            Ok(None) => {
                let over = Over { error: "This invite is not valid" };
                (StatusCode::UNAUTHORIZED, axum::Json(over)).into_response()
            }
            Err(error) => trouble::page(visitor.lang, &error),
        };
    }
    let said = Application { invite_code: Some(code), ..Application::default() };
    trouble::or_page(visitor.lang, form(&app, &visitor, StatusCode::OK, said, &[]).await)
}

pub(super) async fn submit(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    let answer = async {
        visitor.check(&fields)?;
        attempts.count(visitor.ip, app.clock.now())?;
        let said = application(&visitor, &fields);
        let joined = match join::join(&app, said.clone(), None, visitor.ip.to_string()).await {
            Ok(Ok(joined)) => joined,
            Ok(Err(flaws)) => {
                return form(&app, &visitor, StatusCode::UNPROCESSABLE_ENTITY, said, &flaws).await;
            }
            Err(Error::Forbidden(_)) => return closed(&app, &visitor).await,
            Err(error) => return Err(error),
        };
        let lang = visitor.lang;
        let (title, text) = if joined.user.confirmed_at.is_none() {
            (lang.t("sign_up.mail.title"), lang.fill("sign_up.mail.text", &[("email", &joined.user.email)]))
        } else if joined.user.approved_at.is_none() {
            (lang.t("sign_up.waits.title"), lang.t("sign_up.waits.text").to_owned())
        } else {
            (lang.t("sign_up.done.title"), lang.fill("sign_up.done.text", &[("name", &joined.account.username)]))
        };
        let next = joined.user.approved_at.map(|_| ("/auth/sign_in", lang.t("nav.sign_in")));
        let next = next.filter(|_| joined.user.confirmed_at.is_some());
        Ok(message(&visitor, StatusCode::OK, title, text, next))
    };
    trouble::or_page(visitor.lang, answer.await)
}

/// A page with one thing to say.
pub(super) fn message(
    visitor: &Visitor,
    status: StatusCode,
    title: &str,
    text: String,
    next: Option<(&'static str, &'static str)>,
) -> Response {
    let page = Page::new(visitor, title.to_owned());
    page::show(visitor, status, &Message { page, text, more: None, next }, true, "")
}

/// What is wrong with a field of any form of ours, in words.
pub(super) fn words(lang: Lang, flaw: &Flaw) -> &'static str {
    lang.t(match (flaw.code, flaw.field) {
        ("ERR_TAKEN", "username") => "flaw.name_taken",
        ("ERR_TAKEN", _) => "flaw.address_taken",
        ("ERR_RESERVED", _) => "flaw.reserved",
        ("ERR_TOO_LONG", _) => "flaw.too_long",
        ("ERR_TOO_SHORT", _) => "flaw.too_short",
        ("ERR_ACCEPTED", _) => "flaw.agreement",
        ("ERR_BLOCKED", _) => "flaw.blocked",
        ("ERR_LAST_OWNER", _) => "flaw.last_owner",
        ("ERR_BELOW_LIMIT", _) => "flaw.too_young",
        ("ERR_INVALID", "username") => "flaw.name",
        ("ERR_INVALID", "email") => "flaw.address",
        ("ERR_INVALID", "date_of_birth") => "flaw.date",
        ("ERR_INVALID", "invite_code") => "flaw.invite",
        ("ERR_INVALID", "current_password") => "flaw.password",
        _ => "flaw.blank",
    })
}

fn application(visitor: &Visitor, fields: &Fields) -> Application {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    Application {
        username: text("username"),
        email: text("email"),
        password: text("password"),
        agreement: fields.get("agreement").is_some(),
        locale: visitor.lang.code().to_owned(),
        reason: text("reason"),
        invite_code: fields.get("invite").map(str::to_owned),
        date_of_birth: fields.get("date_of_birth").map(str::to_owned),
    }
}

async fn form(app: &App, visitor: &Visitor, status: StatusCode, said: Application, flaws: &[Flaw]) -> Result<Response> {
    let door = app.store.read(join::registrations).await?;
    let invite = match &said.invite_code {
        Some(code) => invite::usable(app, code).await?,
        None => None,
    };
    if said.invite_code.is_some() && invite.is_none() && !door.mode.is_public() {
        let (title, text) = (visitor.lang.t("sign_up.over.title"), visitor.lang.t("sign_up.over.text"));
        return Ok(message(visitor, StatusCode::GONE, title, text.to_owned(), None));
    }
    if invite.is_none() && !door.mode.is_public() {
        return closed(app, visitor).await;
    }
    let host = match invite.as_ref().and_then(|invite| invite.account_id) {
        Some(id) => app.store.read(move |db| accounts::by_id(db, id)).await?.map(|host| host.username),
        None => None,
    };
    let about = about::read(app, visitor.lang).await?;
    let Registrations { mode, min_age, .. } = door;
    let template = SignUp {
        page: Page::new(visitor, visitor.lang.fill("sign_up.title", &[("server", &about.title)])),
        rules: about.rules.iter().map(|rule| in_language(rule, visitor.lang)).collect(),
        host,
        asks_reason: mode == join::Mode::Approval && invite.is_none(),
        min_age,
        contact: about.email,
        flaws: flaws.iter().map(|flaw| (flaw.field, words(visitor.lang, flaw))).collect(),
        said: Application { invite_code: invite.map(|invite| invite.code).or(said.invite_code), ..said },
    };
    Ok(page::show(visitor, status, &template, true, ""))
}

/// Nobody may sign up, or not without an invite.
async fn closed(app: &App, visitor: &Visitor) -> Result<Response> {
    let door = app.store.read(join::registrations).await?;
    let text = if door.mode == join::Mode::Closed { "sign_up.closed.text" } else { "sign_up.invite.text" };
    let page = Page::new(visitor, visitor.lang.t("sign_up.closed.title").to_owned());
    let text = visitor.lang.t(text).to_owned();
    let next = Some(("/about", visitor.lang.t("front.more")));
    Ok(page::show(visitor, StatusCode::FORBIDDEN, &Message { page, text, more: door.message, next }, true, ""))
}
