//! Who is mentioned in (or silently addressed by) a post.

use rusqlite::{Connection, named_params};

use super::Tx;
use super::sql::json_list;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Notes that `status` mentions `account`; `silent`: it is addressed without being named. Named wins over silent.
pub fn insert(tx: &Tx, status: StatusId, account: AccountId, silent: bool) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO mentions (status_id, account_id, silent) VALUES (:status, :account, :silent)
         ON CONFLICT (status_id, account_id) DO UPDATE SET silent = min(silent, :silent)",
    )?
    .execute(named_params! {":status": status, ":account": account, ":silent": silent})?;
    Ok(())
}

/// Makes these the post's only mentions.
pub fn replace(tx: &Tx, status: StatusId, mentions: &[(AccountId, bool)]) -> Result<()> {
    tx.prepare_cached("DELETE FROM mentions WHERE status_id = ?1")?.execute([status])?;
    for (account, silent) in mentions {
        insert(tx, status, *account, *silent)?;
    }
    Ok(())
}

/// Who is mentioned in the post, and whether silently.
pub fn of(db: &Connection, status: StatusId) -> Result<Vec<(AccountId, bool)>> {
    let mut statement =
        db.prepare_cached("SELECT account_id, silent FROM mentions WHERE status_id = ?1 ORDER BY account_id")?;
    let rows = statement.query_map([status], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The named (not silent) mentions of many posts.
pub fn named_in(db: &Connection, statuses: &[StatusId]) -> Result<Vec<(StatusId, AccountId)>> {
    let mut statement = db.prepare_cached(
        "SELECT status_id, account_id FROM mentions
         WHERE status_id IN (SELECT value FROM json_each(?1)) AND NOT silent ORDER BY status_id, account_id",
    )?;
    let rows = statement.query_map([json_list(statuses)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn a_named_mention_wins_and_an_edit_replaces_all() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let status = world.post(alice, "hello");
        let tx = world.tx();
        for silent in [true, false, true] {
            insert(&tx, status, bob, silent).expect("inserts");
        }
        assert_eq!(of(&tx, status).expect("reads"), [(bob, false)]);
        replace(&tx, status, &[(alice, true)]).expect("replaces");
        assert_eq!(of(&tx, status).expect("reads"), [(alice, true)]);
        assert_eq!(named_in(&tx, &[status]).expect("reads"), []);
    }
}
