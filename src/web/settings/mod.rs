//! Settings of somebody who is signed in. What a stolen cookie must not do asks for the password, unless the session is
//! only minutes old.

mod apps;
mod moving;
mod passkeys;
mod security;
mod sessions;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::fields::Fields;
use super::visitor::Resident;
use crate::actions::{moving as deeds, sign_in};
use crate::app::App;
use crate::error::{Error, Result};
use crate::text::locale::Lang;

/// The routes of this family.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/settings/security", get(security::show))
        .route("/settings/security/two_factor", get(security::enrolment).post(security::begin))
        .route("/settings/security/two_factor/confirm", post(security::confirm))
        .route("/settings/security/two_factor/off", post(security::off))
        .route("/settings/security/recovery_codes", post(security::recovery_codes))
        .route("/settings/security/passkeys", get(passkeys::new).post(passkeys::keep))
        .route("/settings/security/passkeys/{id}/rename", post(passkeys::rename))
        .route("/settings/security/passkeys/{id}/delete", post(passkeys::delete))
        .route("/settings/sessions", get(sessions::show).post(sessions::end_others))
        .route("/settings/sessions/{id}", post(sessions::end))
        .route("/oauth/authorized_applications", get(apps::show))
        .route("/oauth/authorized_applications/{id}", post(apps::dismiss).delete(apps::dismiss))
        .route("/settings/aliases", get(moving::show).post(moving::add))
        .route("/settings/aliases/remove", post(moving::remove))
        .route("/settings/move", post(moving::leave))
        .route("/settings/move/redirect", post(moving::redirect))
        .route("/settings/move/cancel", post(moving::cancel))
}

/// Whether what matters still asks for the password.
async fn asks_password(app: &App, resident: &Resident) -> Result<bool> {
    match resident.visitor.session() {
        Some(secret) => Ok(!sign_in::is_fresh(app, secret).await?),
        None => Ok(true),
    }
}

/// Refuses unless the session is new or the form has the right password.
async fn prove(app: &App, resident: &Resident, fields: &Fields) -> Result<()> {
    if asks_password(app, resident).await? {
        sign_in::prove(app, resident.me.id, fields.get("password")).await?;
    }
    Ok(())
}

/// What to say about `error` above the form that caused it; `None`: it is nothing that another try would mend.
fn words(lang: Lang, error: &Error) -> Option<&'static str> {
    let key = match error {
        Error::Invalid { field: "password", .. } => "prove.wrong",
        Error::Invalid { field: "code", .. } => "second.wrong",
        Error::Invalid { field: "credential", .. } => "passkey.refused",
        Error::Invalid { field: "name", .. } => "passkey.name_wrong",
        Error::Invalid { field: "acct", why } => match why.as_str() {
            deeds::ITSELF => "moving.itself",
            deeds::NO_ALIAS => "moving.no_alias",
            deeds::MOVED => "moving.moved",
            deeds::SOON => "moving.soon",
            deeds::FULL => "moving.full",
            _ => "moving.unknown",
        },
        Error::Peer { .. } => "moving.unreachable",
        _ => return None,
    };
    Some(lang.t(key))
}

/// The page again with what went wrong, or the error when the page cannot say it.
async fn again<F>(
    lang: Lang,
    done: Result<Response>,
    page: impl FnOnce(StatusCode, &'static str) -> F,
) -> Result<Response>
where
    F: Future<Output = Result<Response>>,
{
    let Err(error) = done else { return done };
    match words(lang, &error) {
        Some(why) => page(StatusCode::UNPROCESSABLE_ENTITY, why).await,
        None => Err(error),
    }
}
