//! Editing one's own profile. (being built)

use crate::app::App;
use crate::error::{Error, Result};
use crate::store::accounts::Account;

/// What to change; `None` leaves it as it is. Files are names in the media folder; an empty name removes.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Changes {
    pub display_name: Option<String>,
    pub note: Option<String>,
    pub avatar_file: Option<String>,
    pub avatar_description: Option<String>,
    pub header_file: Option<String>,
    pub header_description: Option<String>,
    pub locked: Option<bool>,
    pub bot: Option<bool>,
    pub discoverable: Option<bool>,
    pub hide_collections: Option<bool>,
    pub indexable: Option<bool>,
    pub fields: Option<Vec<(String, String)>>,
}

/// Changes the profile and tells the followers' servers.
pub async fn update(_app: &App, _me: &Account, _changes: Changes) -> Result<Account> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
