//! Boosting a post. (being built)

use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::statuses::Status;

/// Boosts the post; answers the boost (the wrapping status).
pub async fn add(_app: &App, _me: &Account, _id: StatusId, _visibility: Option<Visibility>) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Takes the boost back; answers the original, also when it was not boosted.
pub async fn remove(_app: &App, _me: &Account, _id: StatusId) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
