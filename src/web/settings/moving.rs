//! Moving here (aliases) and away (Move, redirect).

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::again;
use crate::actions::{moving, sign_in};
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::store::accounts;
use crate::web::fields::Fields;
use crate::web::page::{self, Page};
use crate::web::trouble;
use crate::web::visitor::Resident;

/// Where all of these forms lead back to.
const HERE: &str = "/settings/aliases";

#[derive(Template)]
#[template(path = "moving.html")]
struct Moving {
    page: Page,
    /// The account's own handle, to be named elsewhere.
    acct: String,
    /// The address and the handle (or the address again) of each alias.
    aliases: Vec<(String, String)>,
    /// Where this account leads.
    target: Option<String>,
    /// Before when nobody moves again.
    until: Option<Time>,
    refusal: Option<&'static str>,
}

pub(super) async fn show(State(app): State<App>, resident: Resident) -> Response {
    trouble::or_page(resident.visitor.lang, page(&app, &resident, StatusCode::OK, None).await)
}

async fn page(app: &App, resident: &Resident, status: StatusCode, refusal: Option<&'static str>) -> Result<Response> {
    let (visitor, me) = (&resident.visitor, &resident.me);
    let handle = |account: &accounts::Account| {
        format!("@{}@{}", account.username, account.domain.as_deref().unwrap_or(&app.config.handle_domain))
    };
    let aliases = moving::aliases(app, me.id).await?.into_iter().map(|alias| {
        let shown = alias.account.as_ref().map_or_else(|| alias.uri.clone(), handle);
        (alias.uri, shown)
    });
    let target = match me.moved_to_uri.clone() {
        Some(uri) => {
            let wanted = uri.clone();
            let known = app.store.read(move |db| accounts::by_uri(db, &wanted)).await?;
            Some(known.as_ref().map_or(uri, handle))
        }
        None => None,
    };
    let template = Moving {
        page: Page::new(visitor, visitor.lang.t("settings.moving").to_owned()),
        acct: handle(me),
        aliases: aliases.collect(),
        target,
        until: moving::last(app, me.id).await?.and_then(|(_, until)| until),
        refusal,
    };
    Ok(page::show(visitor, status, &template, true, ""))
}

pub(super) async fn add(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        moving::add_alias(&app, &resident.me, fields.get("acct").unwrap_or_default()).await?;
        Ok(Redirect::to(HERE).into_response())
    };
    answer(&app, &resident, done.await).await
}

pub(super) async fn remove(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        moving::remove_alias(&app, &resident.me, fields.get("uri").unwrap_or_default()).await?;
        Ok(Redirect::to(HERE).into_response())
    };
    answer(&app, &resident, done.await).await
}

pub(super) async fn leave(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        sign_in::prove(&app, resident.me.id, fields.get("password")).await?;
        moving::leave(&app, &resident.me, fields.get("acct").unwrap_or_default()).await?;
        Ok(Redirect::to(HERE).into_response())
    };
    answer(&app, &resident, done.await).await
}

pub(super) async fn redirect(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        sign_in::prove(&app, resident.me.id, fields.get("password")).await?;
        moving::redirect(&app, &resident.me, fields.get("acct").unwrap_or_default()).await?;
        Ok(Redirect::to(HERE).into_response())
    };
    answer(&app, &resident, done.await).await
}

pub(super) async fn cancel(State(app): State<App>, resident: Resident, fields: Fields) -> Response {
    let done = async {
        resident.visitor.check(&fields)?;
        moving::come_back(&app, &resident.me).await?;
        Ok(Redirect::to(HERE).into_response())
    };
    answer(&app, &resident, done.await).await
}

async fn answer(app: &App, resident: &Resident, done: Result<Response>) -> Response {
    let lang = resident.visitor.lang;
    let answer = again(lang, done, |status, why| page(app, resident, status, Some(why)));
    trouble::or_page(lang, answer.await)
}
