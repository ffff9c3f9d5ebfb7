//! Blocking an account. (being built)

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts::Account;

/// Blocks, and ends follows in both directions.
pub async fn add(_app: &App, _me: &Account, _target: AccountId) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Unblocks.
pub async fn remove(_app: &App, _me: &Account, _target: AccountId) -> Result<()> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
