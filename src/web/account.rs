//! Settings of one's own account: address, password, and leaving. Each asks for the password.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};

use super::attempts::Attempts;
use super::fields::Fields;
use super::page::{self, Page};
use super::sign_up::{message, words};
use super::trouble;
use super::visitor::Visitor;
use crate::actions::join::Flaw;
use crate::actions::{credentials, leave, mail};
use crate::app::App;
use crate::error::Result;
use crate::store::accounts::Account;

#[derive(Template)]
#[template(path = "account.html")]
struct Settings {
    page: Page,
    name: String,
    email: String,
    unconfirmed: Option<String>,
    sends_mail: bool,
    /// What was just done, in words.
    done: Option<&'static str>,
    /// Which form is wrong, and how.
    flaw: Option<(&'static str, &'static str)>,
}

impl Settings {
    fn flaw(&self, form: &str) -> Option<&'static str> {
        self.flaw.filter(|(name, _)| *name == form).map(|(_, why)| why)
    }
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let Some(me) = &visitor.me else { return to_sign_in() };
    trouble::or_page(visitor.lang, settings(&app, &visitor, me, StatusCode::OK, None, None).await)
}

pub(super) async fn email(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    let Some(me) = &visitor.me else { return to_sign_in() };
    let answer = async {
        let (password, email) = (guard(&app, &attempts, &visitor, &fields)?, fields.get("email").unwrap_or_default());
        let changed = credentials::change_email(&app, me.id, password, email).await?;
        let done = if mail::is_configured(&app) { "account.email.sent" } else { "account.email.done" };
        again(&app, &visitor, me, "email", changed, done).await
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn password(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    let Some(me) = &visitor.me else { return to_sign_in() };
    let answer = async {
        let old = guard(&app, &attempts, &visitor, &fields)?;
        let new = fields.get("password").unwrap_or_default().to_owned();
        let changed = credentials::change_password(&app, me.id, visitor.session(), old, new).await?;
        again(&app, &visitor, me, "password", changed, "account.password.done").await
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn delete(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    let Some(me) = &visitor.me else { return to_sign_in() };
    let answer = async {
        let password = guard(&app, &attempts, &visitor, &fields)?;
        if let Err(flaw) = leave::delete(&app, me.id, password).await? {
            return again(&app, &visitor, me, "delete", Err(flaw), "account.delete").await;
        }
        let lang = visitor.lang;
        let text = lang.t("account.deleted").to_owned();
        let mut response = message(&visitor, StatusCode::OK, lang.t("account.deleted.title"), text, None);
        response.headers_mut().extend(visitor.session_cookie("").map(|cookie| (SET_COOKIE, cookie)));
        Ok(response)
    };
    trouble::or_page(visitor.lang, answer.await)
}

/// The old address of the form for passwords.
pub(super) async fn moved() -> Redirect {
    std::future::ready(Redirect::to("/settings/account")).await
}

/// Checks that the form is ours and that passwords are not being guessed; answers the password that was given.
fn guard<'a>(app: &App, attempts: &Attempts, visitor: &Visitor, fields: &'a Fields) -> Result<&'a str> {
    visitor.check(fields)?;
    attempts.count(visitor.ip, app.clock.now())?;
    Ok(fields.get("current_password").unwrap_or_default())
}

async fn again(
    app: &App,
    visitor: &Visitor,
    me: &Account,
    form: &'static str,
    changed: Result<(), Flaw>,
    done: &'static str,
) -> Result<Response> {
    match changed {
        Ok(()) => settings(app, visitor, me, StatusCode::OK, Some(visitor.lang.t(done)), None).await,
        Err(flaw) => {
            let why = Some((form, words(visitor.lang, &flaw)));
            settings(app, visitor, me, StatusCode::UNPROCESSABLE_ENTITY, None, why).await
        }
    }
}

async fn settings(
    app: &App,
    visitor: &Visitor,
    me: &Account,
    status: StatusCode,
    done: Option<&'static str>,
    flaw: Option<(&'static str, &'static str)>,
) -> Result<Response> {
    let mine = credentials::mine(app, me.id).await?;
    let template = Settings {
        page: Page::new(visitor, visitor.lang.t("settings.account").to_owned()),
        name: me.username.clone(),
        email: mine.user.email,
        unconfirmed: mine.unconfirmed,
        sends_mail: mail::is_configured(app),
        done,
        flaw,
    };
    Ok(page::show(visitor, status, &template, true, ""))
}

fn to_sign_in() -> Response {
    Redirect::to("/auth/sign_in?then=%2Fsettings%2Faccount").into_response()
}
