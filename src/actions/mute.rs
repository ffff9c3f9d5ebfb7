//! Muting an account. (being built)

use crate::app::App;
use crate::error::{Error, Result};
use std::time::Duration;

use crate::ids::AccountId;
use crate::store::accounts::Account;

/// Mutes; `duration` `None` is for ever.
pub async fn add(
    _app: &App,
    _me: &Account,
    _target: AccountId,
    _notifications: bool,
    _duration: Option<Duration>,
) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Unmutes.
pub async fn remove(_app: &App, _me: &Account, _target: AccountId) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
