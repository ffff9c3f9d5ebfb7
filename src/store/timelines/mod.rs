//! Lists of posts, newest first. All of them check at reading who may and wants to see what.

mod home;
mod kept;
mod list;
mod profile;
mod public;

use rusqlite::{Connection, Params};

use super::page::Page;
use super::statuses::Status;
use crate::error::Result;

pub use home::{
    home, home_add, home_count, home_fill_from, home_homes_of, home_remove, home_remove_author, home_shows,
    home_sources, home_trim, homes_for,
};
pub use kept::{bookmarked, favourited, reblogged_by};
pub use list::{list, list_add, list_fill_from, lists_for, lists_of, lists_remove};
pub use profile::{OfAccount, of_account};
pub use public::{Place, Tagged, linked, public, tagged};

/// A boost is not repeated while the same post is among this many newest entries of a timeline.
pub const NEWEST: i64 = 40;

fn rows(db: &Connection, sql: &str, params: impl Params, page: &Page) -> Result<Vec<Status>> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params, Status::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

#[cfg(test)]
mod tests;
