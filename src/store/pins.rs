//! Posts at the top of their authors' profiles.

use rusqlite::{Connection, named_params};

use super::Tx;
use super::statuses::{self, Status};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Pins the post; `false`: it was already.
pub fn insert(tx: &Tx, account: AccountId, status: StatusId, now: Time) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO pins (account_id, status_id, created_at) VALUES (:account, :status, :now) ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {":account": account, ":status": status, ":now": now})?;
    Ok(inserted > 0)
}

/// Takes the pin out; `false`: there was none.
pub fn delete(tx: &Tx, account: AccountId, status: StatusId) -> Result<bool> {
    let mut statement = tx.prepare_cached("DELETE FROM pins WHERE account_id = ?1 AND status_id = ?2")?;
    Ok(statement.execute(rusqlite::params![account, status])? > 0)
}

/// How many posts `account` pinned.
pub fn count(db: &Connection, account: AccountId) -> Result<usize> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM pins WHERE account_id = ?1")?;
    Ok(statement.query_row([account], |row| row.get::<_, i64>(0)).map(|count| usize::try_from(count).unwrap_or(0))?)
}

/// What `account` pinned, the latest pin first, at most `limit`. Says nothing about who may see it.
pub fn of(db: &Connection, account: AccountId, limit: usize) -> Result<Vec<Status>> {
    let mut statement = db.prepare_cached(
        "SELECT status_id FROM pins WHERE account_id = ?1 ORDER BY created_at DESC, status_id DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(rusqlite::params![account, limit as i64], |row| row.get(0))?;
    let ids: Vec<StatusId> = rows.collect::<rusqlite::Result<_>>()?;
    let mut found = statuses::by_ids(db, &ids)?;
    found.sort_by_key(|status| ids.iter().position(|id| *id == status.id));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn the_latest_pin_is_first() {
        let world = World::new();
        let alice = world.local("alice");
        let (one, two) = (world.post(alice, "one"), world.post(alice, "two"));
        let tx = world.tx();
        assert!(insert(&tx, alice, two, Time(1)).expect("pins"));
        assert!(insert(&tx, alice, one, Time(2)).expect("pins"));
        assert!(!insert(&tx, alice, one, Time(3)).expect("knows it"));
        let pinned = |limit| of(&tx, alice, limit).expect("reads").into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!((pinned(9), pinned(1), count(&tx, alice).expect("counts")), (vec![one, two], vec![one], 2));
        assert!(delete(&tx, alice, one).expect("unpins"));
        assert!(!delete(&tx, alice, one).expect("knows it"));
        assert_eq!(pinned(9), [two]);
    }
}
