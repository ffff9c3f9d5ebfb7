//! Whose home and which lists a post enters: the materialised timelines, written in the deed's own transaction.
//!
//! In a home: own posts; follows' posts except replies to someone who is neither the reader nor followed by them; boosts
//! unless switched off for that follow or the same post is among the newest 40; direct posts to those they name; public
//! posts with a followed hashtag. Members of exclusive lists are kept out. In a list: its members' posts.
//! Blocks and mutes are checked again when the timeline is read.

use std::time::Duration;

use crate::app::App;
use crate::error::Result;
use crate::ids::{AccountId, ListId, StatusId};
use crate::store::async_refreshes::{self, Refresh};
use crate::store::statuses::Status;
use crate::store::{Tx, timelines};
use crate::streams::{Announcements, Change, Happening};

/// How many entries a home, or a list, keeps.
const KEPT: i64 = 800;
/// How many posts of each followed person a lost home gets back.
const EACH: i64 = 40;
/// A filling that began so long ago died with an earlier run of the server.
const DEAD: Duration = Duration::from_secs(60);
/// A home that stays empty is not looked after again for this long.
const AGAIN: Duration = Duration::from_secs(3_600);

/// Puts `status` into the homes and lists it belongs to; answers whose homes it was not in before. Mentions and tags must
/// be written already.
pub fn distribute(tx: &Tx, status: &Status, told: &mut Announcements) -> Result<Vec<AccountId>> {
    let mut homes = timelines::homes_for(tx, status)?;
    if let Some(original) = status.reblog_of_id {
        let mut unseen = Vec::with_capacity(homes.len());
        for home in homes {
            if !timelines::home_shows(tx, home, original, timelines::NEWEST)? {
                unseen.push(home);
            }
        }
        homes = unseen;
    }
    let mut entered = Vec::with_capacity(homes.len());
    for home in homes {
        if timelines::home_add(tx, home, status.id, status.account_id)? {
            timelines::home_trim(tx, home, KEPT)?;
            entered.push(home);
        }
    }
    let mut lists = Vec::new();
    for list in timelines::lists_for(tx, status)? {
        if timelines::list_add(tx, list, status, KEPT)? {
            lists.push(list);
        }
    }
    tell_lists(status.id, lists, Change::Posted, told);
    Ok(entered)
}

/// Looks after a home that was found empty: when it should not be, it is filled again in the background from what the
/// followed people (and its owner) posted, and the answer is the work that runs. `None`: it is rightly empty.
pub async fn regain(app: &App, account: AccountId) -> Result<Option<Refresh>> {
    let now = app.clock.now();
    let found =
        app.store.read(move |db| Ok((timelines::home_sources(db, account)?, async_refreshes::of(db, account)?)));
    let (sources, last) = found.await?;
    match last {
        Some(last) if last.result_count.is_none() && now.since(last.started_at) < DEAD => return Ok(Some(last)),
        Some(last) if last.result_count.is_some() && now.since(last.started_at) < AGAIN => return Ok(None),
        _ if sources.is_empty() => return Ok(None),
        _ => {}
    }
    let id: i64 = app.ids.next(now);
    app.store.write(move |tx| async_refreshes::begin(tx, id, account, now)).await?;
    let filling = app.clone();
    tokio::spawn(async move {
        let written = filling.store.write(move |tx| {
            for author in sources {
                timelines::home_fill_from(tx, account, author, EACH)?;
            }
            timelines::home_trim(tx, account, KEPT)?;
            async_refreshes::finish(tx, id, timelines::home_count(tx, account)?)
        });
        if let Err(error) = written.await {
            tracing::error!(%error, account.id = account.0, "a home could not be filled again");
        }
    });
    Ok(Some(Refresh { id, account_id: account, started_at: now, result_count: None }))
}

/// Tells the streams of these lists, if any, what became of the post.
pub fn tell_lists(status: StatusId, lists: Vec<ListId>, change: Change, told: &mut Announcements) {
    if !lists.is_empty() {
        told.push(Happening::Listed { status, lists, change });
    }
}
