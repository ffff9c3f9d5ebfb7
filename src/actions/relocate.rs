//! Where an inbox went that is no longer there: its owner's document, read again, says. Spec: rules S9 and D6

use crate::app::App;
use crate::error::Result;
use crate::store::accounts;
use crate::store::deliveries;

use super::fetch::{self, Budget};

/// The inbox that took the place of `inbox`, if its owner's server names another one now; asked at most once in ten
/// minutes for each owner.
pub async fn inbox(app: &App, inbox: &str) -> Result<Option<String>> {
    let old = inbox.to_owned();
    let Some(before) = app.store.read(move |db| accounts::by_inbox(db, &old)).await? else { return Ok(None) };
    if !app.fetches.may_refresh(&before.uri, app.clock.now()) {
        return Ok(None);
    }
    // It may be gone altogether; then nothing took its place.
    let Ok(after) = fetch::refreshed(app, &before.uri, &mut Budget::default()).await else { return Ok(None) };
    let shared = before.inbox != inbox;
    let new = if shared { deliveries::shared_inbox(&after) } else { deliveries::personal_inbox(&after) };
    let Some(new) = new.filter(|new| *new != inbox).map(str::to_owned) else { return Ok(None) };
    if shared && after.shared_inbox.as_deref() == Some(&new) {
        tell_neighbours(app, inbox, &new).await?;
    }
    Ok(Some(new))
}

/// Everybody else who had that shared inbox has the new one, too.
async fn tell_neighbours(app: &App, old: &str, new: &str) -> Result<()> {
    let (old, new) = (old.to_owned(), new.to_owned());
    app.store.write(move |tx| accounts::replace_shared_inbox(tx, &old, &new)).await
}
