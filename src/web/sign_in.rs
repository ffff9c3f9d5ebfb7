//! Signing in and out: password and second factor, or a passkey alone.

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
use super::trouble;
use super::visitor::Visitor;
use crate::actions::passkey;
use crate::actions::sign_in::{self, Incomplete, Opened, Refusal};
use crate::app::App;
use crate::error::Result;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Page,
    then: String,
    login: String,
    refusal: Option<&'static str>,
    /// What the browser is asked if somebody signs in with a passkey.
    question: Option<String>,
}

#[derive(Template)]
#[template(path = "second_step.html")]
struct SecondStep {
    page: Page,
    then: String,
    /// The secret of the half sign-in.
    half: String,
    refusal: Option<&'static str>,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let query = visitor.query();
    let then = local(query.get("then"), visitor.home()).to_owned();
    if visitor.me.is_some() && query.get("force").is_none() {
        return Redirect::to(&then).into_response();
    }
    let page = form(&app, &visitor, StatusCode::OK, then, String::new(), None);
    trouble::or_page(visitor.lang, std::future::ready(page).await)
}

pub(super) async fn submit(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    trouble::or_page(visitor.lang, try_password(&app, &attempts, &visitor, &fields).await)
}

/// The code of the second factor, after the password.
pub(super) async fn second_step(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    trouble::or_page(visitor.lang, try_code(&app, &attempts, &visitor, &fields).await)
}

/// A passkey's answer.
pub(super) async fn passkey(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    trouble::or_page(visitor.lang, try_passkey(&app, &attempts, &visitor, &fields).await)
}

async fn try_password(app: &App, attempts: &Attempts, visitor: &Visitor, fields: &Fields) -> Result<Response> {
    visitor.check(fields)?;
    attempts.count(visitor.ip, app.clock.now())?;
    let then = local(fields.get("then"), visitor.home()).to_owned();
    let login = fields.get("login").unwrap_or_default();
    let password = fields.get("password").unwrap_or_default();
    match sign_in::open(app, login, password, visitor.device()).await? {
        Ok(Opened::Session(secret)) => enter(app, visitor, &then, &secret).await,
        Ok(Opened::Half(half)) => Ok(step(visitor, StatusCode::OK, then, half, None)),
        Err(refusal) => {
            let (status, why) = (StatusCode::UNPROCESSABLE_ENTITY, words(visitor, refusal));
            form(app, visitor, status, then, login.to_owned(), Some(why))
        }
    }
}

async fn try_code(app: &App, attempts: &Attempts, visitor: &Visitor, fields: &Fields) -> Result<Response> {
    visitor.check(fields)?;
    attempts.count(visitor.ip, app.clock.now())?;
    let (then, status) = (local(fields.get("then"), visitor.home()).to_owned(), StatusCode::UNPROCESSABLE_ENTITY);
    let half = fields.get("half").unwrap_or_default();
    let code = fields.get("code").unwrap_or_default();
    match sign_in::complete(app, half, code, visitor.device()).await? {
        Ok(secret) => enter(app, visitor, &then, &secret).await,
        Err(Incomplete::Wrong) => {
            Ok(step(visitor, status, then, half.to_owned(), Some(visitor.lang.t("second.wrong"))))
        }
        Err(Incomplete::Expired) => {
            form(app, visitor, status, then, String::new(), Some(visitor.lang.t("second.expired")))
        }
    }
}

async fn try_passkey(app: &App, attempts: &Attempts, visitor: &Visitor, fields: &Fields) -> Result<Response> {
    visitor.check(fields)?;
    attempts.count(visitor.ip, app.clock.now())?;
    let then = local(fields.get("then"), visitor.home()).to_owned();
    match passkey::sign_in(app, fields.get("credential").unwrap_or_default(), visitor.device()).await? {
        Ok(secret) => enter(app, visitor, &then, &secret).await,
        Err(refusal) => {
            let why =
                if refusal == Refusal::Mismatch { visitor.lang.t("passkey.refused") } else { words(visitor, refusal) };
            form(app, visitor, StatusCode::UNPROCESSABLE_ENTITY, then, String::new(), Some(why))
        }
    }
}

/// Into the house with the session `secret`. Whoever signs in anew leaves no second session behind.
async fn enter(app: &App, visitor: &Visitor, then: &str, secret: &str) -> Result<Response> {
    if let Some(old) = visitor.session() {
        sign_in::close(app, old).await?;
    }
    let mut response = Redirect::to(then).into_response();
    response.headers_mut().extend(visitor.session_cookie(secret).map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}

fn words(visitor: &Visitor, refusal: Refusal) -> &'static str {
    visitor.lang.t(match refusal {
        Refusal::Mismatch => "sign_in.mismatch",
        Refusal::Disabled => "sign_in.disabled",
        Refusal::Unconfirmed => "sign_in.unconfirmed",
        Refusal::Pending => "sign_in.pending",
    })
}

pub(super) async fn leave(State(app): State<App>, visitor: Visitor, fields: Fields) -> Response {
    let left = async {
        visitor.check(&fields)?;
        if let Some(secret) = visitor.session() {
            sign_in::close(&app, secret).await?;
        }
        let mut response = Redirect::to("/").into_response();
        response.headers_mut().extend(visitor.session_cookie("").map(|cookie| (SET_COOKIE, cookie)));
        Ok(response)
    };
    trouble::or_page(visitor.lang, left.await)
}

fn form(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    then: String,
    login: String,
    refusal: Option<&'static str>,
) -> Result<Response> {
    let page = Page::new(visitor, visitor.lang.t("sign_in.title").to_owned());
    let template = SignIn { page, then, login, refusal, question: passkey::question(app)? };
    Ok(page::scripted(page::show(visitor, status, &template, true, "")))
}

fn step(visitor: &Visitor, status: StatusCode, then: String, half: String, refusal: Option<&'static str>) -> Response {
    let page = Page::new(visitor, visitor.lang.t("second.title").to_owned());
    page::show(visitor, status, &SecondStep { page, then, half, refusal }, true, "")
}

/// Where to go afterwards: a page of ours and nothing else.
fn local<'t>(then: Option<&'t str>, home: &'t str) -> &'t str {
    let fine = |then: &&str| {
        then.starts_with('/')
            && !then.starts_with("//")
            && !then.starts_with("/\\")
            && then.chars().all(|letter| letter.is_ascii_graphic())
    };
    then.filter(fine).unwrap_or(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (then, expected) in [
            (None, "/"),
            (Some("/oauth/authorize?a=b"), "/oauth/authorize?a=b"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/a\r\nb"), "/"),
        ] {
            assert_eq!(local(then, "/"), expected, "{then:?}");
        }
    }
}
