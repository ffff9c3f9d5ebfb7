//! Filters that people choose for what reaches them. Ours alone; see docs/api.md.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};

use super::answer::Reply;
use super::auth::Auth;
use super::entities::{Bilingual, PersonalFilter};
use super::error::Answer;
use super::path::Name;
use crate::actions::plugin::people::{self, Offer};
use crate::app::App;
use crate::plugins::manifest::Words;

/// The routes of this family.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/nagaya/v1/plugins", get(list))
        .route("/api/nagaya/v1/plugins/{id}/opt_in", post(opt_in))
        .route("/api/nagaya/v1/plugins/{id}/opt_out", post(opt_out))
}

async fn list(State(app): State<App>, auth: Auth) -> Answer<Reply<Vec<PersonalFilter>>> {
    auth.needs("read:filters")?;
    let offers = people::offers(&app, auth.id()).await?;
    Ok(Reply::own(offers.into_iter().map(shown).collect()))
}

async fn opt_in(State(app): State<App>, auth: Auth, Name(id): Name) -> Answer<Reply<PersonalFilter>> {
    choose(&app, &auth, &id, true).await
}

async fn opt_out(State(app): State<App>, auth: Auth, Name(id): Name) -> Answer<Reply<PersonalFilter>> {
    choose(&app, &auth, &id, false).await
}

async fn choose(app: &App, auth: &Auth, id: &str, wanted: bool) -> Answer<Reply<PersonalFilter>> {
    auth.needs("write:filters")?;
    Ok(Reply::own(shown(people::choose(app, auth.id(), id, wanted).await?)))
}

fn shown(Offer { manifest, chosen }: Offer) -> PersonalFilter {
    let words = |words: &Words| Bilingual { en: words.en.clone(), ja: words.ja().to_owned() };
    PersonalFilter { name: words(&manifest.name), summary: words(&manifest.summary), id: manifest.id, chosen }
}
