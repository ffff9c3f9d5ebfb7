//! Links from mail or a moderator: confirming an address, and setting a new password.
//!
//! A link only shows a page; the button on it does the deed, so that programs which look at every link in a mail do not
//! use it up. Whoever asks for a new password hears the same whether the address is known or not.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::attempts::Attempts;
use super::fields::Fields;
use super::page::{self, Page};
use super::sign_up::{message, words};
use super::trouble;
use super::visitor::Visitor;
use crate::actions::{about, credentials, join, mail};
use crate::app::App;
use crate::error::{Error, Result};

#[derive(Template)]
#[template(path = "confirmation.html")]
struct Confirmation {
    page: Page,
    secret: String,
    email: String,
}

#[derive(Template)]
#[template(path = "forgotten.html")]
struct Forgotten {
    page: Page,
    sends_mail: bool,
    contact: String,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct Reset {
    page: Page,
    secret: String,
    name: String,
    flaw: Option<&'static str>,
}

pub(super) async fn confirmation(State(app): State<App>, visitor: Visitor) -> Response {
    let answer = async {
        let query = visitor.query();
        let secret = query.get("token").unwrap_or_default().to_owned();
        let Some((_, email)) = join::confirm_by_link(&app, &secret).await? else { return Ok(over(&visitor)) };
        let page = Page::new(&visitor, visitor.lang.t("confirm.title").to_owned());
        Ok(page::show(&visitor, StatusCode::OK, &Confirmation { page, secret, email }, true, ""))
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn confirm(State(app): State<App>, visitor: Visitor, fields: Fields) -> Response {
    let answer = async {
        visitor.check(&fields)?;
        let lang = visitor.lang;
        let user = match join::confirm(&app, fields.get("secret").unwrap_or_default()).await {
            Ok(user) => user,
            Err(Error::Gone(_) | Error::Conflict(_)) => return Ok(over(&visitor)),
            Err(error) => return Err(error),
        };
        let waits = user.approved_at.is_none();
        let text = lang.t(if waits { "confirm.waits" } else { "confirm.done" });
        let next = (!waits).then(|| ("/auth/sign_in", lang.t("nav.sign_in")));
        Ok(message(&visitor, StatusCode::OK, lang.t("confirm.done.title"), text.to_owned(), next))
    };
    trouble::or_page(visitor.lang, answer.await)
}

/// The form for a new password, or, without a link, how to come by one.
pub(super) async fn reset(State(app): State<App>, visitor: Visitor) -> Response {
    let answer = async {
        match visitor.query().get("token") {
            Some(secret) => new_password(&app, &visitor, secret, StatusCode::OK, None).await,
            None => {
                let contact = about::read(&app, visitor.lang).await?.email;
                let page = Page::new(&visitor, visitor.lang.t("forgotten.title").to_owned());
                let template = Forgotten { page, sends_mail: mail::is_configured(&app), contact };
                Ok(page::show(&visitor, StatusCode::OK, &template, true, ""))
            }
        }
    };
    trouble::or_page(visitor.lang, answer.await)
}

/// Either of the two forms.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(attempts): Extension<Arc<Attempts>>,
    visitor: Visitor,
    fields: Fields,
) -> Response {
    let answer = async {
        visitor.check(&fields)?;
        attempts.count(visitor.ip, app.clock.now())?;
        let lang = visitor.lang;
        let Some(secret) = fields.get("secret") else {
            credentials::forgotten(&app, fields.get("email").unwrap_or_default()).await?;
            let text = lang.t("forgotten.sent").to_owned();
            return Ok(message(&visitor, StatusCode::OK, lang.t("forgotten.sent.title"), text, None));
        };
        let password = fields.get("password").unwrap_or_default().to_owned();
        match credentials::reset(&app, secret, password).await {
            Ok(Ok(())) => {
                let next = Some(("/auth/sign_in", lang.t("nav.sign_in")));
                let text = lang.t("reset.done").to_owned();
                Ok(message(&visitor, StatusCode::OK, lang.t("reset.done.title"), text, next))
            }
            Ok(Err(flaw)) => {
                let why = words(lang, &flaw);
                new_password(&app, &visitor, secret, StatusCode::UNPROCESSABLE_ENTITY, Some(why)).await
            }
            Err(Error::Gone(_)) => Ok(over(&visitor)),
            Err(error) => Err(error),
        }
    };
    trouble::or_page(visitor.lang, answer.await)
}

async fn new_password(
    app: &App,
    visitor: &Visitor,
    secret: &str,
    status: StatusCode,
    flaw: Option<&'static str>,
) -> Result<Response> {
    let Some(name) = credentials::reset_of(app, secret).await? else { return Ok(over(visitor)) };
    let page = Page::new(visitor, visitor.lang.t("reset.title").to_owned());
    Ok(page::show(visitor, status, &Reset { page, secret: secret.to_owned(), name, flaw }, true, ""))
}

/// The link was used, ran out, or never was.
fn over(visitor: &Visitor) -> Response {
    let lang = visitor.lang;
    let next = Some(("/auth/reset", lang.t("forgotten.title")));
    message(visitor, StatusCode::GONE, lang.t("link.over.title"), lang.t("link.over.text").to_owned(), next)
}
