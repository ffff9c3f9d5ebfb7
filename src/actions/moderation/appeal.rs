//! Answering a warning, and judging the answer. One appeal for each warning, within [`WINDOW`].

use std::time::Duration;

use crate::app::App;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, WarningId};
use crate::store::accounts::{self, Account};
use crate::store::warnings::{self, Warning};
use crate::store::{Tx, statuses};
use crate::streams::Announcements;

use super::super::post;
use super::{Lift, Staff, log, subject, write_lift};

/// How long a warning can be appealed against.
pub const WINDOW: Duration = Duration::from_secs(20 * 24 * 60 * 60);
/// The longest appeal, in characters.
const TEXT: usize = 2000;

/// Appeals against a warning to `me`.
pub async fn submit(app: &App, me: AccountId, id: WarningId, text: &str) -> Result<Warning> {
    let text = text.trim().to_owned();
    if text.is_empty() || text.chars().count() > TEXT {
        return Err(Error::invalid("text", format!("needs 1 to {TEXT} characters")));
    }
    let now = app.clock.now();
    let written = app.store.write(move |tx| {
        let warning = warnings::by_id(tx, id)?.filter(|row| row.target_id == me).ok_or(Error::NotFound("warning"))?;
        if now.since(warning.created_at) > WINDOW {
            return Err(Error::invalid("", "It is too late to appeal against this"));
        }
        if !warnings::appeal(tx, id, &text, now)? {
            return Err(Error::invalid("", "There is an appeal against this already"));
        }
        warnings::by_id(tx, id)?.ok_or(Error::NotFound("warning"))
    });
    written.await
}

/// Decides an appeal; an approved one undoes what was done, as far as it can be.
pub async fn decide(app: &App, staff: Staff, id: WarningId, approved: bool) -> Result<Warning> {
    let (now, deed) = (app.clock.now(), app.clone());
    let (warning, told) = app
        .store
        .write(move |tx| {
            let warning = warnings::by_id(tx, id)?.filter(|row| row.appeal.is_some());
            let warning = warning.ok_or(Error::NotFound("appeal"))?;
            let target = subject(tx, &staff, warning.target_id)?;
            if !warnings::decide(tx, id, approved, staff.account.id, now)? {
                return Err(Error::Forbidden("This action is not allowed".into()));
            }
            let told = if approved { undo(tx, &deed, &target, &warning, now)? } else { Announcements::default() };
            let word = if approved { "approve_appeal" } else { "reject_appeal" };
            log(tx, &staff, word, &target.uri, Some(id.to_string()), "", now)?;
            Ok((warnings::by_id(tx, id)?.ok_or(Error::NotFound("warning"))?, told))
        })
        .await?;
    told.announce(app);
    Ok(warning)
}

/// Deleted posts do not come back, and words stay said.
fn undo(tx: &Tx, app: &App, target: &Account, warning: &Warning, now: Time) -> Result<Announcements> {
    let lift = match warning.action.as_str() {
        "disable" => Lift::Enable,
        "sensitive" => Lift::Unsensitive,
        "silence" => Lift::Unsilence,
        "suspend" => Lift::Unsuspend,
        "mark_statuses_as_sensitive" => return unmark(tx, app, warning, now),
        _ => return Ok(Announcements::default()),
    };
    write_lift(tx, app, target, lift, now)
}

fn unmark(tx: &Tx, app: &App, warning: &Warning, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    for status in statuses::by_ids(tx, warning.status_ids.as_deref().unwrap_or_default())? {
        if let Some(author) = accounts::by_id(tx, status.account_id)? {
            told.extend(post::write_sensitive(tx, app, &author, &status, false, now)?);
        }
    }
    Ok(told)
}
