//! Signing in and out with a password.

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
use crate::actions::sign_in::{self, Refusal};
use crate::app::App;
use crate::error::Result;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Page,
    then: String,
    login: String,
    refusal: Option<&'static str>,
}

pub(super) async fn show(visitor: Visitor) -> Response {
    let query = visitor.query();
    let then = local(query.get("then")).to_owned();
    if visitor.me.is_some() && query.get("force").is_none() {
        return Redirect::to(&then).into_response();
    }
    std::future::ready(form(&visitor, StatusCode::OK, then, String::new(), None)).await
}

pub(super) async fn submit(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    trouble::or_page(visitor.lang, try_password(&app, &attempts, &visitor, &fields).await)
}

async fn try_password(app: &App, attempts: &Attempts, visitor: &Visitor, fields: &Fields) -> Result<Response> {
    visitor.check(fields)?;
    attempts.count(visitor.ip, app.clock.now())?;
    let then = local(fields.get("then"));
    let login = fields.get("login").unwrap_or_default();
    let password = fields.get("password").unwrap_or_default();
    let opened = sign_in::open(app, login, password, visitor.ip.to_string(), visitor.agent.clone()).await?;
    let secret = match opened {
        Ok(secret) => secret,
        Err(refusal) => {
            let why = visitor.lang.t(match refusal {
                Refusal::Mismatch => "sign_in.mismatch",
                Refusal::Disabled => "sign_in.disabled",
                Refusal::Unconfirmed => "sign_in.unconfirmed",
                Refusal::Pending => "sign_in.pending",
            });
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(form(visitor, status, then.to_owned(), login.to_owned(), Some(why)));
        }
    };
    // Whoever signs in anew leaves no second session behind.
    if let Some(old) = visitor.session() {
        sign_in::close(app, old).await?;
    }
    let mut response = Redirect::to(then).into_response();
    response.headers_mut().extend(visitor.session_cookie(&secret).map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
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

fn form(visitor: &Visitor, status: StatusCode, then: String, login: String, refusal: Option<&'static str>) -> Response {
    let page = Page::new(visitor, visitor.lang.t("sign_in.title").to_owned());
    page::show(visitor, status, &SignIn { page, then, login, refusal }, true, "")
}

/// Where to go afterwards: a page of ours and nothing else.
fn local(then: Option<&str>) -> &str {
    let fine = |then: &&str| {
        then.starts_with('/')
            && !then.starts_with("//")
            && !then.starts_with("/\\")
            && then.chars().all(|letter| letter.is_ascii_graphic())
    };
    then.filter(fine).unwrap_or("/")
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
            assert_eq!(local(then), expected, "{then:?}");
        }
    }
}
