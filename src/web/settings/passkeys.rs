//! Passkeys: making one in the browser, naming and deleting it. The list stands on the page of `security.rs`.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{again, asks_password, prove, security};
use crate::actions::passkey;
use crate::app::App;
use crate::error::{Error, Result};
use crate::web::fields::Fields;
use crate::web::page::{self, Page};
use crate::web::trouble;
use crate::web::visitor::Resident;

#[derive(Template)]
#[template(path = "passkey.html")]
struct New {
    page: Page,
    /// What the browser is asked.
    question: String,
    asks_password: bool,
    refusal: Option<&'static str>,
}

pub(super) async fn new(State(app): State<App>, resident: Resident) -> Response {
    trouble::or_page(resident.visitor.lang, form(&app, &resident, StatusCode::OK, None).await)
}

async fn form(app: &App, resident: &Resident, status: StatusCode, refusal: Option<&'static str>) -> Result<Response> {
    let visitor = &resident.visitor;
    let template = New {
        page: Page::new(visitor, visitor.lang.t("passkey.new.title").to_owned()),
        question: passkey::begin(app, &resident.me).await?,
        asks_password: asks_password(app, resident).await?,
        refusal,
    };
    Ok(page::scripted(page::show(visitor, status, &template, true, "")))
}

pub(super) async fn keep(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        prove(&app, &resident, &fields).await?;
        let (name, credential) = (fields.get("name").unwrap_or_default(), fields.get("credential"));
        passkey::keep(&app, &resident.me, name, credential.unwrap_or_default()).await?;
        Ok(Redirect::to("/settings/security").into_response())
    };
    let lang = resident.visitor.lang;
    let answer = again(lang, done.await, |status, why| form(&app, &resident, status, Some(why)));
    trouble::or_page(lang, answer.await)
}

pub(super) async fn rename(
    State(app): State<App>,
    Path(id): Path<String>,
    resident: Resident,
    fields: Fields,
) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        passkey::rename(&app, resident.me.id, number(&id)?, fields.get("name").unwrap_or_default()).await?;
        Ok(Redirect::to("/settings/security").into_response())
    };
    let lang = resident.visitor.lang;
    let answer = again(lang, done.await, |status, why| security::page(&app, &resident, status, Some(why)));
    trouble::or_page(lang, answer.await)
}

pub(super) async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
    resident: Resident,
    fields: Fields,
) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        prove(&app, &resident, &fields).await?;
        passkey::delete(&app, resident.me.id, number(&id)?).await?;
        Ok(Redirect::to("/settings/security").into_response())
    };
    let lang = resident.visitor.lang;
    let answer = again(lang, done.await, |status, why| security::page(&app, &resident, status, Some(why)));
    trouble::or_page(lang, answer.await)
}

fn number(id: &str) -> Result<i64> {
    id.parse().map_err(|_| Error::NotFound("passkey"))
}
