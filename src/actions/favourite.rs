//! Favouriting a post. (being built)

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::statuses::Status;

/// Favourites the post; answers it. Doing it twice is fine.
pub async fn add(_app: &App, _me: &Account, _id: StatusId) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Takes the favourite back.
pub async fn remove(_app: &App, _me: &Account, _id: StatusId) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
