//! Who is suspended, silenced or marked as sensitive, and whose decision that was.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::{Tx, media, statuses};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, MediaId, StatusId};

/// Whose moderators suspended somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Ours.
    Local,
    /// Those of the account's own server.
    Remote,
}

impl Origin {
    fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
        }
    }
}

/// Suspends the account; `erase_at`: when all that is theirs goes. Our own decision replaces another server's.
/// `false`: it was suspended by the same before.
pub fn suspend(tx: &Tx, account: AccountId, origin: Origin, erase_at: Option<Time>, now: Time) -> Result<bool> {
    let known = origin_of(tx, account)?;
    if known == Some(origin) || known == Some(Origin::Local) {
        return Ok(false);
    }
    tx.prepare_cached(
        "INSERT INTO suspensions (account_id, origin, suspended_at, erase_at) VALUES (:account, :origin, :now, :erase)
         ON CONFLICT DO UPDATE SET origin = :origin, erase_at = :erase",
    )?
    .execute(named_params! {":account": account, ":origin": origin.as_str(), ":now": now, ":erase": erase_at})?;
    tx.prepare_cached("UPDATE accounts SET suspended_at = coalesce(suspended_at, ?2) WHERE id = ?1")?
        .execute(params![account, now])?;
    Ok(true)
}

/// Ends the suspension; `false`: there was none.
pub fn lift(tx: &Tx, account: AccountId) -> Result<bool> {
    tx.prepare_cached("DELETE FROM suspensions WHERE account_id = ?1")?.execute([account])?;
    let changed = tx
        .prepare_cached("UPDATE accounts SET suspended_at = NULL WHERE id = ?1 AND suspended_at IS NOT NULL")?
        .execute([account])?;
    Ok(changed > 0)
}

/// Who suspended the account; `None`: nobody.
pub fn origin_of(db: &Connection, account: AccountId) -> Result<Option<Origin>> {
    let mut statement = db.prepare_cached("SELECT origin FROM suspensions WHERE account_id = ?1")?;
    let word: Option<String> = statement.query_row([account], |row| row.get(0)).optional()?;
    Ok(word.map(|word| if word == "local" { Origin::Local } else { Origin::Remote }))
}

/// Suspended people whose time has come to be erased.
pub fn due(db: &Connection, now: Time, limit: usize) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id FROM suspensions WHERE erase_at IS NOT NULL AND erase_at <= ?1 ORDER BY erase_at LIMIT ?2",
    )?;
    let rows = statement.query_map(params![now, limit as i64], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sets when all that is theirs goes; `None`: it is gone.
pub fn set_erasure(tx: &Tx, account: AccountId, at: Option<Time>) -> Result<()> {
    tx.prepare_cached("UPDATE suspensions SET erase_at = ?2 WHERE account_id = ?1")?.execute(params![account, at])?;
    Ok(())
}

/// The account is gone for good; what was theirs still has to go.
pub fn mark_deleted(tx: &Tx, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE accounts SET deleted_at = ?2 WHERE id = ?1")?.execute(params![account, now])?;
    Ok(())
}

/// Removes some of the posts and media of an account, keeping the counts of others in step. Answers how many rows went,
/// and the files that nobody needs any more; 0 when nothing is left.
pub fn erase_some(tx: &Tx, account: AccountId, limit: usize) -> Result<(usize, Vec<String>)> {
    let ids = |sql: &str| -> Result<Vec<i64>> {
        let mut statement = tx.prepare_cached(sql)?;
        let rows = statement.query_map(params![account, limit as i64], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    let posts: Vec<StatusId> =
        ids("SELECT id FROM statuses WHERE account_id = ?1 LIMIT ?2")?.into_iter().map(StatusId).collect();
    for status in statuses::by_ids(tx, &posts)? {
        statuses::delete(tx, &status)?;
    }
    let attached: Vec<MediaId> =
        ids("SELECT id FROM media WHERE account_id = ?1 LIMIT ?2")?.into_iter().map(MediaId).collect();
    let mut files = Vec::new();
    for row in media::by_ids(tx, &attached)? {
        media::delete(tx, row.id)?;
        files.extend(row.file.into_iter().chain(row.thumbnail));
    }
    Ok((posts.len() + attached.len(), files))
}

/// Removes what else was theirs and empties the row itself, which stays so that nobody else ever has the name. Answers
/// the files of its pictures.
pub fn scrub(tx: &Tx, account: AccountId) -> Result<Vec<String>> {
    let mut statement = tx.prepare_cached("SELECT avatar_file, header_file FROM accounts WHERE id = ?1")?;
    let (avatar, header): (Option<String>, Option<String>) =
        statement.query_row([account], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for sql in [
        "UPDATE statuses SET favourites_count = max(0, favourites_count - 1)
         WHERE id IN (SELECT status_id FROM favourites WHERE account_id = ?1)",
        "UPDATE accounts SET following_count = max(0, following_count - 1)
         WHERE id IN (SELECT account_id FROM follows WHERE target_id = ?1 AND accepted)",
        "UPDATE accounts SET followers_count = max(0, followers_count - 1)
         WHERE id IN (SELECT target_id FROM follows WHERE account_id = ?1 AND accepted)",
        "DELETE FROM favourites WHERE account_id = ?1",
        "DELETE FROM reactions WHERE account_id = ?1",
        "DELETE FROM follows WHERE account_id = ?1 OR target_id = ?1",
        "DELETE FROM blocks WHERE account_id = ?1 OR target_id = ?1",
        "DELETE FROM mutes WHERE account_id = ?1 OR target_id = ?1",
        "DELETE FROM mentions WHERE account_id = ?1",
        "DELETE FROM poll_votes WHERE account_id = ?1",
        "DELETE FROM notifications WHERE account_id = ?1 OR from_account_id = ?1",
        "DELETE FROM users WHERE account_id = ?1",
        "UPDATE suspensions SET erase_at = NULL WHERE account_id = ?1",
        "UPDATE accounts SET display_name = '', note = '', note_source = '', fields = '[]', avatar_file = NULL,
             avatar_description = '', header_file = NULL, header_description = '', also_known_as = '[]',
             moved_to_uri = NULL, discoverable = 0, indexable = 0, followers_count = 0, following_count = 0,
             statuses_count = 0, last_status_at = NULL WHERE id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([account])?;
    }
    Ok(avatar.into_iter().chain(header).filter(|file| !file.is_empty()).collect())
}

/// Hides the account from those who do not follow it; `None`: no longer.
pub fn set_silenced(tx: &Tx, account: AccountId, at: Option<Time>) -> Result<()> {
    tx.prepare_cached("UPDATE accounts SET silenced_at = ?2 WHERE id = ?1")?.execute(params![account, at])?;
    Ok(())
}

/// Shows all that the account posts as sensitive; `None`: no longer.
pub fn set_sensitized(tx: &Tx, account: AccountId, at: Option<Time>) -> Result<()> {
    tx.prepare_cached("UPDATE accounts SET sensitized_at = ?2 WHERE id = ?1")?.execute(params![account, at])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::accounts;
    use crate::store::testing::World;

    #[test]
    fn our_own_suspension_outweighs_another_servers() {
        let world = World::new();
        let bob = world.remote("bob");
        let tx = world.tx();
        let since = || accounts::by_id(&tx, bob).expect("reads").expect("is there").suspended_at;
        for (origin, changes) in
            [(Origin::Remote, true), (Origin::Remote, false), (Origin::Local, true), (Origin::Remote, false)]
        {
            assert_eq!(suspend(&tx, bob, origin, None, Time(5)).expect("suspends"), changes, "{origin:?}");
        }
        assert_eq!((since(), origin_of(&tx, bob).expect("reads")), (Some(Time(5)), Some(Origin::Local)));
        set_erasure(&tx, bob, Some(Time(9))).expect("sets");
        assert_eq!((due(&tx, Time(8), 9).expect("reads").len(), due(&tx, Time(9), 9).expect("reads")), (0, vec![bob]));
        assert!(lift(&tx, bob).expect("lifts"));
        assert!(!lift(&tx, bob).expect("once"));
        assert_eq!((since(), origin_of(&tx, bob).expect("reads")), (None, None));
    }
}
