//! From where people came lately. Kept for moderators: who signs in from an address that made trouble before.

use std::time::Duration;

use rusqlite::{Connection, named_params};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// How many addresses of one person are kept, the latest ones.
const MOST: i64 = 20;
/// An address that was not used for this long is forgotten.
const MEMORY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// One row of `user_ips`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Seen {
    pub account_id: AccountId,
    pub ip: String,
    pub used_at: Time,
}

/// Notes that `account` came from `ip` at `now`, and forgets what is too old or too much.
pub fn note(tx: &Tx, account: AccountId, ip: &str, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO user_ips (account_id, ip, used_at) VALUES (:account, :ip, :now)
         ON CONFLICT DO UPDATE SET used_at = :now",
    )?
    .execute(named_params! {":account": account, ":ip": ip, ":now": now})?;
    tx.prepare_cached(
        "DELETE FROM user_ips WHERE account_id = :account AND (used_at < :old OR ip NOT IN (
             SELECT ip FROM user_ips WHERE account_id = :account ORDER BY used_at DESC LIMIT :most))",
    )?
    .execute(named_params! {":account": account, ":old": now.minus(MEMORY), ":most": MOST})?;
    Ok(())
}

/// When `account` last came from `ip`.
pub fn last(db: &Connection, account: AccountId, ip: &str) -> Result<Option<Time>> {
    let mut statement = db.prepare_cached("SELECT max(used_at) FROM user_ips WHERE account_id = ?1 AND ip = ?2")?;
    Ok(statement.query_row(rusqlite::params![account, ip], |row| row.get(0))?)
}

/// The addresses of these people, the latest first.
pub fn of(db: &Connection, accounts: &[AccountId]) -> Result<Vec<Seen>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, ip, used_at FROM user_ips WHERE account_id IN (SELECT value FROM json_each(?1))
         ORDER BY used_at DESC, ip",
    )?;
    let rows = statement.query_map([json_list(accounts)], |row| {
        Ok(Seen { account_id: row.get(0)?, ip: row.get(1)?, used_at: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Every address that is kept, each once.
pub fn all(db: &Connection) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT DISTINCT ip FROM user_ips ORDER BY ip")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn the_latest_addresses_are_kept() {
        let world = World::new();
        let alice = world.local("alice");
        let tx = world.tx();
        for at in 0..MOST + 5 {
            note(&tx, alice, &format!("192.0.2.{at}"), Time(at)).expect("writes");
        }
        note(&tx, alice, "192.0.2.24", Time(99)).expect("writes");
        let kept = of(&tx, &[alice]).expect("reads");
        assert_eq!((kept.len(), kept[0].ip.as_str(), kept[0].used_at), (20, "192.0.2.24", Time(99)));
        assert_eq!(last(&tx, alice, "192.0.2.0").expect("reads"), None);
        let later = Time(100).plus(MEMORY);
        note(&tx, alice, "2001:db8::1", later).expect("writes");
        assert_eq!(all(&tx).expect("reads"), ["2001:db8::1"]);
    }
}
