//! Whose home a post enters: the materialised home timelines, written in the deed's own transaction.
//!
//! In: own posts; follows' posts except replies to someone who is neither the reader nor followed by them; boosts unless
//! switched off for that follow or the same post is among the newest 40; direct posts to those they name.
//! Blocks and mutes are checked again when the timeline is read.

use crate::error::Result;
use crate::ids::AccountId;
use crate::store::statuses::Status;
use crate::store::{Tx, timelines};

/// How many entries a home keeps.
const KEPT: i64 = 800;
/// A boost is not repeated while the same post is among this many newest entries.
const NEWEST: i64 = 40;

/// Puts `status` into the homes it belongs to; answers whose it was not in before. Mentions must be written already.
pub fn distribute(tx: &Tx, status: &Status) -> Result<Vec<AccountId>> {
    let mut homes = timelines::homes_for(tx, status)?;
    if let Some(original) = status.reblog_of_id {
        let mut unseen = Vec::with_capacity(homes.len());
        for home in homes {
            if !timelines::home_shows(tx, home, original, NEWEST)? {
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
    Ok(entered)
}
