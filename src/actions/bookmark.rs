//! Bookmarking a post. (being built)

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::StatusId;
use crate::store::accounts::Account;
use crate::store::statuses::Status;

/// Bookmarks the post; answers it.
pub async fn add(_app: &App, _me: &Account, _id: StatusId) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Takes the bookmark back.
pub async fn remove(_app: &App, _me: &Account, _id: StatusId) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
