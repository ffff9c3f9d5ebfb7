//! The apps that somebody let in. Spec: https://docs.joinmastodon.org/spec/oauth/ (authorized applications)

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::actions::entry::{self, Guest};
use crate::app::App;
use crate::error::Error;
use crate::ids::AppId;
use crate::web::authorize::wish;
use crate::web::fields::Fields;
use crate::web::page::{self, Page};
use crate::web::trouble;
use crate::web::visitor::Resident;

#[derive(Template)]
#[template(path = "apps.html")]
struct Apps {
    page: Page,
    /// With what each may do, in words.
    guests: Vec<(Guest, Vec<String>)>,
}

pub(super) async fn show(State(app): State<App>, Resident { visitor, me }: Resident) -> Response {
    let answer = async {
        let page = Page::new(&visitor, visitor.lang.t("settings.apps").to_owned());
        let guests = entry::guests(&app, me.id).await?.into_iter().map(|guest| {
            let wishes = guest.scopes.iter().map(|scope| wish(visitor.lang, scope)).collect();
            (guest, wishes)
        });
        Ok(page::show(&visitor, StatusCode::OK, &Apps { page, guests: guests.collect() }, true, ""))
    };
    trouble::or_page(visitor.lang, answer.await)
}

pub(super) async fn dismiss(
    State(app): State<App>,
    Path(id): Path<String>,
    Resident { visitor, me }: Resident,
    fields: Fields,
) -> Response {
    let done = async {
        visitor.check(&fields)?;
        let guest: AppId = id.parse().map_err(|_| Error::NotFound("app"))?;
        entry::dismiss(&app, me.id, guest).await?;
        Ok(Redirect::to("/oauth/authorized_applications").into_response())
    };
    trouble::or_page(visitor.lang, done.await)
}
