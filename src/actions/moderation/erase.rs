//! The end of a suspension: all that was a person's of ours goes, other servers are told by a Delete, and the name stays
//! taken for good.
//!
//! In steps, each its own write: whoever wrote a lot is not erased in one transaction.

use crate::activitypub::build;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::store::accounts;
use crate::store::suspensions;
use crate::streams::Announcements;

use super::super::outbox::{self, Recipients};
use super::{Staff, log, subject};

/// Posts and media removed in one write.
const STEP: usize = 200;

/// Erases a suspended person of ours, or forgets a suspended stranger, now. Refuses (403) when they are not suspended.
pub async fn now(app: &App, staff: Staff, target: AccountId) -> Result<()> {
    let at = app.clock.now();
    let local = app.store.write(move |tx| {
        let target = subject(tx, &staff, target)?;
        if target.suspended_at.is_none() {
            return Err(Error::Forbidden("This action is not allowed".into()));
        }
        log(tx, &staff, "destroy", &target.uri, None, "", at)?;
        if target.is_local() {
            suspensions::set_erasure(tx, target.id, Some(at))?;
        } else {
            accounts::delete_remote(tx, target.id)?;
        }
        Ok(target.is_local())
    });
    if local.await? { erase(app, target).await } else { Ok(()) }
}

/// Erases everybody whose time has come; answers how many.
pub async fn due(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let due = app.store.read(move |db| suspensions::due(db, now, 100)).await?;
    let count = due.len();
    for account in due {
        erase(app, account).await?;
    }
    Ok(count)
}

async fn erase(app: &App, id: AccountId) -> Result<()> {
    let (now, deed) = (app.clock.now(), app.clone());
    let told = app
        .store
        .write(move |tx| {
            let mut told = Announcements::default();
            let Some(account) = accounts::by_id(tx, id)?.filter(|row| row.deleted_at.is_none()) else {
                return Ok(told);
            };
            // Before the followers go: they are the ones to tell.
            let delete = build::delete_actor(&account.uri);
            told.deliveries |= outbox::send(tx, &deed, &account, &delete, &Recipients::followers_and(Vec::new()), now)?;
            suspensions::mark_deleted(tx, id, now)?;
            Ok(told)
        })
        .await?;
    told.announce(app);
    loop {
        let (count, files) = app.store.write(move |tx| suspensions::erase_some(tx, id, STEP)).await?;
        app.media.remove(files).await?;
        if count == 0 {
            break;
        }
    }
    let files = app.store.write(move |tx| suspensions::scrub(tx, id)).await?;
    app.media.remove(files).await
}
