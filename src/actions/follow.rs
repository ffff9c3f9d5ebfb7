//! Following, being followed. (being built)

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::Account;

/// How to follow; `None` leaves an existing follow's option as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Options {
    pub reblogs: Option<bool>,
    pub notify: Option<bool>,
    pub languages: Option<Vec<String>>,
}

/// Asks to follow, or changes the options of an existing follow.
pub async fn add(_app: &App, _me: &Account, _target: AccountId, _options: Options) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Unfollows, or withdraws the request.
pub async fn remove(_app: &App, _me: &Account, _target: AccountId) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Removes a follower.
pub async fn remove_follower(_app: &App, _me: &Account, _follower: AccountId) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Accepts the follow request of `follower`.
pub async fn authorize(_app: &App, _me: &Account, _follower: AccountId) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Rejects the follow request of `follower`.
pub async fn reject(_app: &App, _me: &Account, _follower: AccountId) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
