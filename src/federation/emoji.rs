//! Documents of our custom emoji.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use crate::actions::emoji;
use crate::activitypub::build;
use crate::app::App;
use crate::error::Error;
use crate::store::custom_emojis;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/emojis/{shortcode}", get(document))
}

async fn document(State(app): State<App>, Path(shortcode): Path<String>) -> Response {
    let deed = app.clone();
    let answer = app.store.read(move |db| {
        let found = custom_emojis::by_name(db, &shortcode, None)?.filter(|emoji| !emoji.disabled);
        let found = found.ok_or(Error::NotFound("emoji"))?;
        Ok(build::emoji(&emoji::on_the_wire(&deed.config, &found)))
    });
    super::document(answer.await)
}
