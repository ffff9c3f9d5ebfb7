//! The browsers that somebody is signed in with.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::actions::entry::{self, Browser};
use crate::app::App;
use crate::web::fields::Fields;
use crate::web::page::{self, Page};
use crate::web::trouble;
use crate::web::visitor::Resident;

#[derive(Template)]
#[template(path = "sessions.html")]
struct Sessions {
    page: Page,
    browsers: Vec<Browser>,
}

pub(super) async fn show(State(app): State<App>, Resident { visitor, me }: Resident) -> Response {
    let answer = async {
        let page = Page::new(&visitor, visitor.lang.t("settings.sessions").to_owned());
        let browsers = entry::browsers(&app, me.id, visitor.session()).await?;
        Ok(page::show(&visitor, StatusCode::OK, &Sessions { page, browsers }, true, ""))
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn end(
    State(app): State<App>,
    Path(id): Path<String>,
    Resident { visitor, me }: Resident,
    fields: Fields,
) -> Response {
    let done = async {
        visitor.check(&fields)?;
        entry::end_browser(&app, me.id, &id).await?;
        Ok(Redirect::to("/settings/sessions").into_response())
    };
    trouble::or_page(visitor.lang, done.await)
}

pub(super) async fn end_others(State(app): State<App>, Resident { visitor, me }: Resident, fields: Fields) -> Response {
    let done = async {
        visitor.check(&fields)?;
        entry::end_browsers(&app, me.id, visitor.session()).await?;
        Ok(Redirect::to("/settings/sessions").into_response())
    };
    trouble::or_page(visitor.lang, done.await)
}
