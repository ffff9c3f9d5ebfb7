//! Finding someone or something by URL or handle, remote if need be. (being built)

use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::Account;
use crate::store::statuses::Status;

/// What a URL turned out to be.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Found {
    Account(Box<Account>),
    Status(Box<Status>),
}

/// What `url` (a page or an id) is, fetched if we do not know it; `None`: nothing we understand.
pub async fn by_url(_app: &App, _url: &str) -> Result<Option<Found>> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// The account `username@domain` (`None`: local), by WebFinger if we do not know it.
pub async fn by_handle(_app: &App, _username: &str, _domain: Option<&str>) -> Result<Option<Account>> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
