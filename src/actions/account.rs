//! Making a local account. (being built)

use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::Account;

/// What a new account needs.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub password: String,
    /// `owner`, `admin`, `moderator` or `member`.
    pub role: String,
    pub locale: String,
}

/// Makes a local account with its key pair and user row.
pub async fn create(_app: &App, _new: NewAccount) -> Result<Account> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Makes the instance actor if it is missing.
pub async fn ensure_instance_actor(_app: &App) -> Result<Account> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
