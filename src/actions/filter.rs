//! Changing one's filters: private, but every open client is told to judge anew what it shows.

use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;
use crate::store::Tx;
use crate::streams::{Announcements, Happening};

/// Makes one change to the filters of `me`; on an error nothing was changed and nobody is told.
pub async fn change<T: Send + 'static>(
    app: &App,
    me: AccountId,
    work: impl FnOnce(&Tx) -> Result<T> + Send + 'static,
) -> Result<T> {
    let answer = app.store.write(work).await?;
    let mut told = Announcements::default();
    told.push(Happening::FiltersChanged { account: me });
    told.announce(app);
    Ok(answer)
}
