//! Letting people in who wait at the door, or sending them away.

use crate::actions::join;
use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;

use super::{Staff, log, subject};

/// Lets somebody in. Refuses (403) when they are in already.
pub async fn approve(app: &App, staff: Staff, target: AccountId) -> Result<()> {
    let (now, deed) = (app.clock.now(), app.clone());
    let written = app.store.write(move |tx| {
        let target = subject(tx, &staff, target)?;
        let told = join::approve(tx, &deed, target.id, now)?;
        log(tx, &staff, "approve", &target.uri, None, "", now)?;
        Ok(told)
    });
    written.await?.announce(app);
    Ok(())
}

/// Sends somebody away who was not let in yet; nothing of them is kept. Refuses (403) when they are in already.
pub async fn reject(app: &App, staff: Staff, target: AccountId) -> Result<()> {
    let (now, deed) = (app.clock.now(), app.clone());
    let written = app.store.write(move |tx| {
        let target = subject(tx, &staff, target)?;
        let told = join::reject(tx, &deed, target.id)?;
        log(tx, &staff, "reject", &target.uri, None, "", now)?;
        Ok(told)
    });
    written.await?.announce(app);
    Ok(())
}
