//! Direct posts as conversations of the local people in them.

use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;
use crate::store::statuses::Status;
use crate::store::{Tx, blocks, conversations, mentions, mutes, user_domain_blocks, users};
use crate::streams::{Announcements, Happening};

/// Adds a direct post to the conversations of its author and of those it addresses, as far as they live here and did not
/// block or mute the author. Mentions must be written already.
pub fn add(tx: &Tx, app: &App, status: &Status, now: Time, told: &mut Announcements) -> Result<()> {
    if status.visibility != Visibility::Direct || status.reblog_of_id.is_some() {
        return Ok(());
    }
    let author = status.account_id;
    let mut people: Vec<AccountId> = mentions::of(tx, status.id)?.into_iter().map(|(account, _)| account).collect();
    people.push(author);
    people.sort_unstable();
    people.dedup();
    for person in people.iter().copied() {
        // One that was read already does not become unread because its post came once more.
        if conversations::thread_of(tx, person, status.id)?.is_some() {
            continue;
        }
        if users::by_account(tx, person)?.is_none() || (person != author && !wanted(tx, person, author, now)?) {
            continue;
        }
        let others: Vec<AccountId> = people.iter().copied().filter(|other| *other != person).collect();
        // Not every server names the thread, but all name the post that is answered.
        let known = status.in_reply_to_id.map_or(Ok(None), |parent| conversations::thread_of(tx, person, parent))?;
        let thread = known.or_else(|| status.conversation.clone()).unwrap_or_else(|| status.uri.clone());
        let id = app.ids.next(now);
        let id = conversations::add(tx, id, person, &thread, &others, status.id, person != author)?;
        told.push(Happening::Conversed { account: person, conversation: id });
    }
    Ok(())
}

fn wanted(tx: &Tx, person: AccountId, author: AccountId, now: Time) -> Result<bool> {
    Ok(!blocks::exists(tx, person, author)?
        && mutes::between(tx, person, author, now)?.is_none()
        && !user_domain_blocks::covers(tx, person, author)?)
}
