//! Whose home and which lists a post enters: the materialised timelines, written in the deed's own transaction.
//!
//! In a home: own posts; follows' posts except replies to someone who is neither the reader nor followed by them; boosts
//! unless switched off for that follow or the same post is among the newest 40; direct posts to those they name; public
//! posts with a followed hashtag. Members of exclusive lists are kept out. In a list: its members' posts.
//! Blocks and mutes are checked again when the timeline is read.

use crate::error::Result;
use crate::ids::{AccountId, ListId, StatusId};
use crate::store::statuses::Status;
use crate::store::{Tx, timelines};
use crate::streams::{Announcements, Change, Happening};

/// How many entries a home, or a list, keeps.
const KEPT: i64 = 800;

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

/// Tells the streams of these lists, if any, what became of the post.
pub fn tell_lists(status: StatusId, lists: Vec<ListId>, change: Change, told: &mut Announcements) {
    if !lists.is_empty() {
        told.push(Happening::Listed { status, lists, change });
    }
}
