//! Who follows whom, as two servers see it: digests of followers, and what is to be compared. Spec: FEP-8fcf.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// The same list is not compared again within this time, in milliseconds.
const PAUSE: i64 = 3_600_000;

/// A list that differs from ours.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Sync {
    pub account_id: AccountId,
    pub url: String,
    pub digest: String,
}

/// SHA-256 of every id, all combined by exclusive or, as hex; the order does not matter.
pub fn digest_of<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut sum = [0_u8; 32];
    for id in ids {
        for (byte, part) in sum.iter_mut().zip(digest(&SHA256, id.as_bytes()).as_ref()) {
            *byte ^= part;
        }
    }
    hex::encode(sum)
}

/// The ids of the accepted followers of `account` on the server with this origin.
pub fn followers_on(db: &Connection, account: AccountId, origin: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.account_id
         WHERE f.target_id = ?1 AND f.accepted = 1 AND a.domain IS NOT NULL AND origin_of(a.uri) = ?2 ORDER BY a.id",
    )?;
    let rows = statement.query_map(rusqlite::params![account, origin], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The digest of the followers of `account` on each server that has any, by origin.
pub fn digests(db: &Connection, account: AccountId) -> Result<HashMap<String, String>> {
    let mut statement = db.prepare_cached(
        "SELECT origin_of(a.uri), a.uri FROM follows f JOIN accounts a ON a.id = f.account_id
         WHERE f.target_id = ?1 AND f.accepted = 1 AND a.domain IS NOT NULL",
    )?;
    let mut by_origin: HashMap<String, Vec<String>> = HashMap::new();
    for row in statement.query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (origin, uri): (String, String) = row?;
        by_origin.entry(origin).or_default().push(uri);
    }
    let digest = |(origin, uris): (String, Vec<String>)| (origin, digest_of(uris.iter().map(String::as_str)));
    Ok(by_origin.into_iter().map(digest).collect())
}

/// The ids of people here whose follow of the remote `account` is accepted.
pub fn local_followers(db: &Connection, account: AccountId) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.account_id
         WHERE f.target_id = ?1 AND f.accepted = 1 AND a.domain IS NULL ORDER BY a.id",
    )?;
    let rows = statement.query_map([account], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that the list at `url` differs from ours; `false`: it was compared a short while ago.
pub fn ask(tx: &Tx, sync: &Sync, now: Time) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "INSERT INTO follow_syncs (account_id, url, digest, due_at) VALUES (:account, :url, :digest, :now)
             ON CONFLICT (account_id) DO UPDATE SET url = :url, digest = :digest, due_at = :now
             WHERE due_at IS NULL AND (tried_at IS NULL OR tried_at < :now - :pause)",
        )?
        .execute(named_params! {
            ":account": sync.account_id, ":url": sync.url, ":digest": sync.digest, ":now": now, ":pause": PAUSE,
        })?;
    Ok(changed > 0)
}

/// What is to be compared next.
pub fn next(db: &Connection) -> Result<Option<Sync>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, url, digest FROM follow_syncs WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
    )?;
    let found =
        statement.query_row([], |row| Ok(Sync { account_id: row.get(0)?, url: row.get(1)?, digest: row.get(2)? }));
    Ok(found.optional()?)
}

/// It was compared, or could not be.
pub fn done(tx: &Tx, account: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE follow_syncs SET due_at = NULL, tried_at = ?2 WHERE account_id = ?1")?
        .execute(rusqlite::params![account, now])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_one_of_the_specification_and_knows_no_order() {
        // The example of FEP-8fcf.
        let ids = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"];
        assert_eq!(digest_of(ids), digest_of([ids[1], ids[0]]));
        let lone = hex::encode(digest(&SHA256, ids[0].as_bytes()));
        assert_eq!(digest_of([ids[0]]), lone);
        assert_eq!(digest_of([ids[0], ids[0]]), "0".repeat(64));
        assert_eq!(
            digest_of(ids),
            "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f",
            "the value that the specification prints"
        );
    }
}
