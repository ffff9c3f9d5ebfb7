//! Editing a post of one's own, and telling of edits.

use crate::activitypub::build;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::store::accounts::Account;
use crate::store::edits::{self, Edit as Former};
use crate::store::statuses::{self, Status};
use crate::store::{Tx, formats, media, mentions, polls, quotes};
use crate::streams::Announcements;

use super::super::plugin::Judged;
use super::super::{notify, outbox, plugin, quote, relay, translate};
use super::compose::{self, Composed};
use super::{Edit, attach, known, poll, recipients};

/// Edits a post of one's own. An edit that changes nothing is silently ignored.
pub async fn edit(app: &App, me: &Account, id: StatusId, edit: Edit) -> Result<Status> {
    let now = app.clock.now();
    let composed = compose::edit(app, me, id, &edit, now).await?;
    let composed = match Box::pin(plugin::judge_own(app, me, composed, now)).await? {
        Judged::Pass(composed) | Judged::Late(composed, _) => composed,
        // The post is out already; a new version that must be looked at first is not published, and the client keeps it.
        Judged::Held(held) => return Err(held.refused()),
    };
    let (me, deed) = (me.clone(), app.clone());
    let (status, told) = app
        .store
        .write(move |tx| {
            let told = write_edit(tx, &deed, &me, &composed, &edit, now)?;
            Ok((known(tx, id)?, told))
        })
        .await?;
    told.announce(app);
    Ok(status)
}

/// Writes the new version, unless it is the old one.
pub(in crate::actions) fn write_edit(
    tx: &Tx,
    app: &App,
    me: &Account,
    composed: &Composed,
    edit: &Edit,
    now: Time,
) -> Result<Announcements> {
    let mut told = Announcements::default();
    let (before, after) = (known(tx, composed.status.id)?, &composed.status);
    if let Some(choice) = composed.quote_policy {
        told.extend(quote::write_policy(tx, app, &before, choice, now)?);
    }
    let same_format = formats::of(tx, before.id)? == composed.format;
    let former_media = media::of_status(tx, before.id)?;
    let same_media = former_media.iter().map(|media| media.id).eq(composed.media.iter().copied());
    let unchanged = before.text == after.text
        && before.spoiler_text == after.spoiler_text
        && before.sensitive == after.sensitive
        && before.language == after.language;
    let former_poll = polls::of_status(tx, before.id)?;
    let same_poll = poll::unchanged(former_poll.as_ref(), composed.poll.as_ref());
    if unchanged && same_format && same_media && same_poll && edit.media_attributes.is_empty() {
        return Ok(told);
    }
    edits::insert(
        tx,
        &Former {
            status_id: before.id,
            created_at: before.edited_at.unwrap_or(before.created_at),
            content: before.content.clone(),
            text: before.text.clone(),
            spoiler_text: before.spoiler_text.clone(),
            sensitive: before.sensitive,
            media: former_media.into_iter().map(|media| (media.id, media.description)).collect(),
            poll: former_poll.as_ref().map(edits::titles),
        },
    )?;
    statuses::update(tx, after)?;
    formats::set(tx, after.id, composed.format)?;
    poll::write_edit(tx, after.id, former_poll.as_ref(), composed.poll.as_ref())?;
    media::detach(tx, after.id)?;
    for (id, description, focus) in &edit.media_attributes {
        if media::by_id(tx, *id)?.is_some_and(|media| media.account_id == me.id) {
            if let Some(description) = description {
                media::update_description(tx, *id, Some(description))?;
            }
            if let Some(focus) = focus {
                media::update_focus(tx, *id, *focus)?;
            }
        }
    }
    let already: Vec<AccountId> = mentions::of(tx, after.id)?.into_iter().map(|(account, _)| account).collect();
    attach(tx, composed)?;
    for account in composed.mentioned.iter().filter(|account| !already.contains(account)) {
        notify::tell(tx, app, "mention", *account, me.id, Some(after.id), now, &mut told)?;
    }
    told.extend(write_edited(tx, app, after, now)?);
    crate::actions::find::written(tx, app, after, now)?;
    composed.marks.write_card(tx, after.id)?;
    let note = translate::note(tx, app, after)?;
    let mut recipients = recipients(tx, after)?;
    recipients.accounts.extend(statuses::interested(tx, after.id)?);
    let update = build::update_note(&note);
    told.deliveries |= outbox::send(tx, app, me, &update, &recipients, now)?;
    told.deliveries |= relay::publish(tx, app, me, after, &update, now)?;
    Ok(told)
}

/// Tells streams, boosters and those who quote it that a post, ours or another server's, was edited.
pub fn write_edited(tx: &Tx, app: &App, status: &Status, now: Time) -> Result<Announcements> {
    let mut told = Announcements::default();
    for booster in statuses::local_boosters(tx, status.id)? {
        notify::tell(tx, app, "update", booster, status.account_id, Some(status.id), now, &mut told)?;
    }
    for (quoting, author) in quotes::local_quoting(tx, status.id)? {
        notify::tell(tx, app, "quoted_update", author, status.account_id, Some(quoting), now, &mut told)?;
    }
    super::tell_changed(tx, status, &mut told)?;
    Ok(told)
}
