//! Posts in another language.

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use crate::actions::translation::{self, Translated};
use crate::app::App;
use crate::ids::StatusId;
use crate::mastodon::answer::Reply;
use crate::mastodon::auth::Auth;
use crate::mastodon::entities;
use crate::mastodon::error::Answer;
use crate::mastodon::params::Params;
use crate::mastodon::path::Id;

pub(super) async fn translate(
    State(app): State<App>,
    auth: Auth,
    Id(id): Id<StatusId>,
    params: Params,
) -> Answer<Reply<entities::Translation>> {
    auth.needs("read:statuses")?;
    let wanted = params.text("lang").filter(|code| !code.is_empty()).unwrap_or_else(|| auth.user.locale.clone());
    Ok(Reply::own(entity(translation::translate(&app, auth.id(), id, &wanted).await?)))
}

/// Changes when the operator changes the service, so it is cached for minutes only.
pub(in crate::mastodon) async fn languages(State(app): State<App>) -> Answer<Response> {
    let languages = translation::languages(&app).await?;
    Ok(([(CACHE_CONTROL, "public, max-age=300")], Json(languages)).into_response())
}

fn entity(translated: Translated) -> entities::Translation {
    let poll = translated.poll.map(|(id, options)| entities::TranslatedPoll {
        id,
        options: options.into_iter().map(|title| entities::TranslatedOption { title }).collect(),
    });
    let described = translated.media.into_iter();
    entities::Translation {
        content: translated.content,
        spoiler_text: translated.spoiler_text,
        language: translated.language,
        detected_source_language: translated.detected_source_language,
        provider: translated.provider.to_owned(),
        poll,
        media_attachments: described
            .map(|(id, description)| entities::TranslatedAttachment { id, description })
            .collect(),
    }
}
