//! Writing, editing and deleting a post. (being built)

use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AppId, MediaId, StatusId};
use crate::store::accounts::Account;
use crate::store::statuses::Status;

/// What an author asks to post. Absent values fall back to the author's preferences.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Draft {
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: Option<bool>,
    pub visibility: Option<Visibility>,
    pub language: Option<String>,
    pub in_reply_to: Option<StatusId>,
    pub media: Vec<MediaId>,
    pub application: Option<AppId>,
    pub idempotency_key: Option<String>,
}

/// What an author changes; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "as in the Mastodon API")]
pub struct Edit {
    pub text: Option<String>,
    pub spoiler_text: Option<String>,
    pub sensitive: Option<bool>,
    pub language: Option<String>,
    /// All media of the edited post; absent means none.
    pub media: Vec<MediaId>,
    /// New descriptions and focal points of attached media.
    pub media_attributes: Vec<(MediaId, Option<String>, Option<(f64, f64)>)>,
}

/// Publishes a post (or answers the earlier one with the same idempotency key).
pub async fn create(_app: &App, _me: &Account, _draft: Draft) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Edits a post of one's own.
pub async fn edit(_app: &App, _me: &Account, _id: StatusId, _edit: Edit) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}

/// Deletes a post of one's own; answers it as it was. Media stay for reuse unless `delete_media`.
pub async fn delete(_app: &App, _me: &Account, _id: StatusId, _delete_media: bool) -> Result<Status> {
    std::future::ready(Err(Error::Bug("being built".into()))).await
}
