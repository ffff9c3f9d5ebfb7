//! Two-factor authentication: switching it on with an authenticator, off again, and recovery codes.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use qrcode::QrCode;
use qrcode::render::svg;

use super::{again, asks_password, prove};
use crate::actions::second_factor::{self, Enrolment, Standing};
use crate::actions::{passkey, sign_in};
use crate::app::App;
use crate::error::{Error, Result};
use crate::store::passkeys::Passkey;
use crate::web::fields::Fields;
use crate::web::page::{self, Page};
use crate::web::trouble;
use crate::web::visitor::Resident;

#[derive(Template)]
#[template(path = "security.html")]
struct Security {
    page: Page,
    standing: Standing,
    passkeys: Vec<Passkey>,
    /// Whether this server can have passkeys at all.
    has_passkeys: bool,
    asks_password: bool,
    refusal: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "two_factor.html")]
struct TwoFactor {
    page: Page,
    /// An SVG picture.
    picture: String,
    enrolment: Enrolment,
    refusal: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryCodes {
    page: Page,
    codes: Vec<String>,
}

pub(super) async fn show(State(app): State<App>, resident: Resident) -> Response {
    trouble::or_page(resident.visitor.lang, page(&app, &resident, StatusCode::OK, None).await)
}

/// The page; also where other settings of this family come back to.
pub(super) async fn page(
    app: &App,
    resident: &Resident,
    status: StatusCode,
    refusal: Option<&'static str>,
) -> Result<Response> {
    let (visitor, id) = (&resident.visitor, resident.me.id);
    let template = Security {
        page: Page::new(visitor, visitor.lang.t("settings.security").to_owned()),
        standing: app.store.read(move |db| second_factor::standing(db, id)).await?,
        passkeys: passkey::of(app, id).await?,
        has_passkeys: crate::passkeys::Place::of(&app.config).is_some(),
        asks_password: asks_password(app, resident).await?,
        refusal,
    };
    Ok(page::show(visitor, status, &template, true, ""))
}

pub(super) async fn begin(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        prove(&app, &resident, &fields).await?;
        second_factor::begin(&app, &resident.me).await?;
        Ok(Redirect::to("/settings/security/two_factor").into_response())
    };
    let lang = resident.visitor.lang;
    let answer = again(lang, done.await, |status, why| page(&app, &resident, status, Some(why)));
    trouble::or_page(lang, answer.await)
}

pub(super) async fn enrolment(State(app): State<App>, resident: Resident) -> Response {
    trouble::or_page(resident.visitor.lang, picture(&app, &resident, StatusCode::OK, None).await)
}

async fn picture(
    app: &App,
    resident: &Resident,
    status: StatusCode,
    refusal: Option<&'static str>,
) -> Result<Response> {
    let Some(enrolment) = second_factor::pending(app, &resident.me).await? else {
        return Ok(Redirect::to("/settings/security").into_response());
    };
    let code = QrCode::new(enrolment.address.as_bytes())
        .map_err(|why| Error::Bug(format!("an authenticator's address as a picture: {why}")))?;
    let drawn = code.render::<svg::Color>().min_dimensions(220, 220).build();
    // Inside a page it is no document of its own.
    let picture = drawn.find("<svg").map_or(String::new(), |at| drawn[at..].to_owned());
    let visitor = &resident.visitor;
    let page = Page::new(visitor, visitor.lang.t("second.enrol.title").to_owned());
    Ok(page::show(visitor, status, &TwoFactor { page, picture, enrolment, refusal }, true, ""))
}

pub(super) async fn confirm(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        let codes = second_factor::confirm(&app, &resident.me, fields.get("code").unwrap_or_default()).await?;
        Ok(shown_once(&resident, codes))
    };
    let lang = resident.visitor.lang;
    let answer = again(lang, done.await, |status, why| picture(&app, &resident, status, Some(why)));
    trouble::or_page(lang, answer.await)
}

/// Always asks for the password: whoever sits down at an open browser must not.
pub(super) async fn off(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        sign_in::prove(&app, resident.me.id, fields.get("password")).await?;
        second_factor::off(&app, resident.me.id).await?;
        Ok(Redirect::to("/settings/security").into_response())
    };
    let lang = resident.visitor.lang;
    let answer = again(lang, done.await, |status, why| page(&app, &resident, status, Some(why)));
    trouble::or_page(lang, answer.await)
}

pub(super) async fn recovery_codes(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        prove(&app, &resident, &fields).await?;
        Ok(shown_once(&resident, second_factor::regenerate(&app, &resident.me).await?))
    };
    let lang = resident.visitor.lang;
    let answer = again(lang, done.await, |status, why| page(&app, &resident, status, Some(why)));
    trouble::or_page(lang, answer.await)
}

fn shown_once(resident: &Resident, codes: Vec<String>) -> Response {
    let visitor = &resident.visitor;
    let page = Page::new(visitor, visitor.lang.t("recovery.title").to_owned());
    page::show(visitor, StatusCode::OK, &RecoveryCodes { page, codes }, true, "")
}
