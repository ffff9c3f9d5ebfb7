//! The variable part of an address: an id or a name. What cannot be one is as good as unknown (404).

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::error::Failure;
use crate::app::App;
use crate::error::Error;

/// The id in the address.
#[derive(Debug, Clone, Copy)]
pub struct Id<T>(pub T);

/// The name in the address.
#[derive(Debug, Clone)]
pub struct Name(pub String);

impl<T: From<i64>> FromRequestParts<App> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Name(text) = Name::from_request_parts(parts, app).await?;
        let id: i64 = text.parse().map_err(|_| Failure(Error::NotFound("record")))?;
        Ok(Self(T::from(id)))
    }
}

impl FromRequestParts<App> for Name {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let unknown = || Failure(Error::NotFound("record"));
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| unknown())?;
        let (_, text) = params.iter().next().ok_or_else(unknown)?;
        Ok(Self(text.to_owned()))
    }
}
