//! Telling those who look after the server that something waits for them.

use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, ReportId};
use crate::store::{Tx, users};
use crate::streams::Announcements;

use super::super::notify;
use super::super::role::{Permission, Role};

/// Tells everybody who may look after reports that there is a new one from `reporter`.
pub fn reported(
    tx: &Tx,
    app: &App,
    reporter: AccountId,
    report: ReportId,
    now: Time,
    told: &mut Announcements,
) -> Result<()> {
    for person in users::with_roles(tx, &Role::that_may(Permission::Reports))? {
        notify::tell_about(tx, app, "admin.report", person, reporter, report.0, now, told)?;
    }
    Ok(())
}

/// Tells everybody who may look after people that `newcomer` signed up.
pub fn signed_up(tx: &Tx, app: &App, newcomer: AccountId, now: Time, told: &mut Announcements) -> Result<()> {
    for person in users::with_roles(tx, &Role::that_may(Permission::Users))? {
        notify::tell(tx, app, "admin.sign_up", person, newcomer, None, now, told)?;
    }
    Ok(())
}
