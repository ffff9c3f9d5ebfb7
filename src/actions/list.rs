//! Lists: who is in them, and what that means for the home timeline. Private; nobody else is told.

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ListId};
use crate::store::lists::{self, List};
use crate::store::{Connection, Tx, follows, timelines};

/// How many lists one person may have.
const LISTS: usize = 50;
/// How many of a member's posts enter the list (or come back home) at once.
const MERGED: i64 = 20;

/// Makes a list, or changes one that exists.
pub async fn put(app: &App, me: AccountId, list: List) -> Result<()> {
    let work = move |tx: &Tx| {
        let before = lists::by_id(tx, me, list.id)?;
        if before.is_none() && lists::of(tx, me)?.len() >= LISTS {
            return Err(Error::invalid("", format!("Nobody can have more than {LISTS} lists")));
        }
        lists::put(tx, me, &list)?;
        if before.is_some_and(|before| before.exclusive != list.exclusive) {
            for member in lists::member_ids(tx, list.id)? {
                settle(tx, me, member, list.exclusive)?;
            }
        }
        Ok(())
    };
    app.store.write(work).await
}

/// Deletes a list; members of an exclusive one come back into the home.
pub async fn delete(app: &App, me: AccountId, id: ListId) -> Result<()> {
    let work = move |tx: &Tx| {
        let list = known(tx, me, id)?;
        let members = lists::member_ids(tx, id)?;
        lists::delete(tx, id)?;
        if list.exclusive {
            members.into_iter().try_for_each(|member| settle(tx, me, member, false))?;
        }
        Ok(())
    };
    app.store.write(work).await
}

/// Adds people, each followed or oneself; all or none.
pub async fn add(app: &App, me: AccountId, id: ListId, members: Vec<AccountId>) -> Result<()> {
    let work = move |tx: &Tx| {
        let list = known(tx, me, id)?;
        for member in members {
            let followed = follows::between(tx, me, member)?.is_some_and(|follow| follow.accepted);
            if !followed && member != me {
                return Err(Error::NotFound("followed account"));
            }
            if !lists::add_member(tx, id, member)? {
                return Err(Error::invalid("account_ids", "has already been taken"));
            }
            timelines::list_fill_from(tx, id, member, MERGED)?;
            if list.exclusive {
                settle(tx, me, member, true)?;
            }
        }
        Ok(())
    };
    app.store.write(work).await
}

/// Removes people; those who are no members are passed over.
pub async fn remove(app: &App, me: AccountId, id: ListId, members: Vec<AccountId>) -> Result<()> {
    let work = move |tx: &Tx| {
        let list = known(tx, me, id)?;
        for member in members {
            if lists::remove_member(tx, id, member)? && list.exclusive {
                settle(tx, me, member, false)?;
            }
        }
        Ok(())
    };
    app.store.write(work).await
}

/// The list, if it is the caller's.
pub fn known(db: &Connection, me: AccountId, id: ListId) -> Result<List> {
    lists::by_id(db, me, id)?.ok_or(Error::NotFound("list"))
}

/// Takes a member out of the home, or lets them come back (unless another exclusive list keeps them out).
fn settle(tx: &Tx, me: AccountId, member: AccountId, away: bool) -> Result<()> {
    if member == me {
        return Ok(());
    }
    if away { timelines::home_remove_author(tx, me, member) } else { timelines::home_fill_from(tx, me, member, MERGED) }
}
