//! Which post a repeated request already made. Spec: the `Idempotency-Key` header of the Mastodon API.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// The post that `account` made with `key`, not before `since`, if it still exists.
pub fn find(db: &Connection, account: AccountId, key: &str, since: Time) -> Result<Option<StatusId>> {
    let mut statement = db.prepare_cached(
        "SELECT s.id FROM idempotency_keys k JOIN statuses s ON s.id = k.status_id
         WHERE k.account_id = :account AND k.key = :key AND k.created_at >= :since",
    )?;
    let params = named_params! {":account": account, ":key": key, ":since": since};
    Ok(statement.query_row(params, |row| row.get(0)).optional()?)
}

/// Remembers that `account` made `status` with `key`; an older memory of the key gives way.
pub fn insert(tx: &Tx, account: AccountId, key: &str, status: StatusId, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO idempotency_keys (account_id, key, status_id, created_at) VALUES (:account, :key, :status, :now)
         ON CONFLICT (account_id, key) DO UPDATE SET status_id = :status, created_at = :now",
    )?
    .execute(named_params! {":account": account, ":key": key, ":status": status, ":now": now})?;
    Ok(())
}

/// Forgets keys older than `before`.
pub fn forget(tx: &Tx, before: Time) -> Result<()> {
    tx.prepare_cached("DELETE FROM idempotency_keys WHERE created_at < ?1")?.execute([before])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn a_key_is_known_for_a_while() {
        let world = World::new();
        let alice = world.local("alice");
        let (one, two) = (world.post(alice, "one"), world.post(alice, "two"));
        let tx = world.tx();
        insert(&tx, alice, "k", one, Time(100)).expect("inserts");
        assert_eq!(find(&tx, alice, "k", Time(100)).expect("reads"), Some(one));
        assert_eq!(find(&tx, alice, "k", Time(101)).expect("reads"), None);
        insert(&tx, alice, "k", two, Time(200)).expect("replaces");
        assert_eq!(find(&tx, alice, "k", Time(101)).expect("reads"), Some(two));
        forget(&tx, Time(201)).expect("forgets");
        assert_eq!(find(&tx, alice, "k", Time(0)).expect("reads"), None);
    }
}
