//! Polls.

use std::collections::{HashMap, HashSet};

use super::Base;
use super::emoji::Emojis;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PollId, StatusId};
use crate::mastodon::entities;
use crate::store::polls::{self, Poll};
use crate::store::statuses::Status;
use crate::store::{Connection, accounts};

/// The polls of these posts as `viewer` sees them. One whose time is just over counts as open until its end was dealt
/// with, within seconds; [`one_poll`] is exact.
pub(super) fn polls(
    db: &Connection,
    posts: &[&Status],
    rows: &[Poll],
    viewer: Option<AccountId>,
    emojis: impl Fn(&Poll, Vec<&str>) -> Vec<entities::CustomEmoji>,
) -> Result<HashMap<StatusId, entities::Poll>> {
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<PollId> = rows.iter().map(|row| row.id).collect();
    let mut votes: HashMap<PollId, Vec<i64>> = HashMap::new();
    if let Some(viewer) = viewer {
        for (poll, choice) in polls::votes_of(db, viewer, &ids)? {
            votes.entry(poll).or_default().push(choice);
        }
    }
    let own: HashSet<StatusId> =
        posts.iter().filter(|post| Some(post.account_id) == viewer).map(|post| post.id).collect();
    let mut render = |row: &Poll| {
        let own_votes = viewer.map(|_| votes.remove(&row.id).unwrap_or_default());
        let voted = own_votes.as_ref().map(|votes| !votes.is_empty() || own.contains(&row.status_id));
        let hidden = row.hide_totals && !row.ended;
        let option = |option: &polls::Choice| entities::PollOption {
            title: option.title.clone(),
            votes_count: (!hidden).then_some(option.votes),
        };
        let poll = entities::Poll {
            id: row.id,
            expires_at: row.expires_at.map(Time::rfc3339),
            expired: row.ended,
            multiple: row.multiple,
            votes_count: row.options.iter().map(|option| option.votes).sum(),
            voters_count: row.voters_count,
            options: row.options.iter().map(option).collect(),
            emojis: emojis(row, row.options.iter().map(|option| option.title.as_str()).collect()),
            voted,
            own_votes,
        };
        (row.status_id, poll)
    };
    Ok(rows.iter().map(&mut render).collect())
}

/// The options' titles by post.
pub(super) fn titles(rows: &[Poll]) -> HashMap<StatusId, Vec<&str>> {
    rows.iter().map(|row| (row.status_id, row.options.iter().map(|option| option.title.as_str()).collect())).collect()
}

/// One poll, and whether it is over now.
pub fn one_poll(
    db: &Connection,
    base: &Base,
    row: Poll,
    status: &Status,
    viewer: Option<AccountId>,
) -> Result<entities::Poll> {
    let row = Poll { ended: row.is_over(base.now), ..row };
    let author = accounts::by_id(db, status.account_id)?.and_then(|account| account.domain);
    let titles = row.options.iter().map(|option| (author.as_deref(), option.title.as_str()));
    let emojis = Emojis::load(db, base, titles)?;
    let emojis = |_: &Poll, titles: Vec<&str>| emojis.of(author.as_deref(), titles);
    polls(db, &[status], std::slice::from_ref(&row), viewer, emojis)?.remove(&status.id).ok_or(Error::NotFound("poll"))
}

/// What a former version of a post asked.
pub(super) fn former(titles: Vec<String>) -> entities::FormerPoll {
    entities::FormerPoll { options: titles.into_iter().map(|title| entities::FormerOption { title }).collect() }
}
