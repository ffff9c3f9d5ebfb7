//! Media may lie at an address of their own (`s3_public_url`): the policy of every page lets browsers show them from there.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::config::Config;

/// The origin, as policies write it (`https://media.example`), if media are shown from elsewhere.
pub fn of_media(config: &Config) -> Option<Arc<str>> {
    let address = config.bucket.as_ref()?.public_url.as_ref()?;
    Some(address.origin().ascii_serialization().into())
}

/// Adds the origin of the media to what a page may show; a layer around everything that answers pages.
pub async fn allow_media(State(origin): State<Option<Arc<str>>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(origin) = origin
        && let Some(policy) = response.headers_mut().get_mut(CONTENT_SECURITY_POLICY)
        && let Ok(text) = policy.to_str()
    {
        let with = ["img-src 'self'", "media-src 'self'"]
            .iter()
            .fold(text.to_owned(), |text, source| text.replace(source, &format!("{source} {origin}")));
        if let Ok(with) = HeaderValue::try_from(with) {
            *policy = with;
        }
    }
    response
}
