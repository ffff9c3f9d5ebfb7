//! Key pairs of local actors and public keys of remote ones.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use crate::activitypub::signature::ProofKey;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// A remote actor's key, found by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The id that signatures name.
    pub key_id: String,
    /// Whose it is.
    pub account_id: AccountId,
    /// The owner's actor id.
    pub owner_uri: String,
    /// SubjectPublicKeyInfo in PEM.
    pub pem: String,
    /// When we read it.
    pub fetched_at: Time,
}

/// A local actor's key pair, both halves in PEM (PKCS#8 and SubjectPublicKeyInfo).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// PKCS#8.
    pub private_pem: String,
    /// SubjectPublicKeyInfo.
    pub public_pem: String,
}

/// The public key that `key_id` names, if we hold it.
pub fn public_by_id(db: &Connection, key_id: &str) -> Result<Option<PublicKey>> {
    let mut statement = db.prepare_cached(
        "SELECT k.key_id, k.account_id, a.uri, k.pem, k.fetched_at
         FROM public_keys k JOIN accounts a ON a.id = k.account_id WHERE k.key_id = ?1",
    )?;
    let found = statement.query_row([key_id], |row| {
        Ok(PublicKey {
            key_id: row.get(0)?,
            account_id: row.get(1)?,
            owner_uri: row.get(2)?,
            pem: row.get(3)?,
            fetched_at: row.get(4)?,
        })
    });
    Ok(found.optional()?)
}

/// Makes `keys` (id, PEM) the account's only public keys.
pub fn replace_public(tx: &Tx, account: AccountId, keys: &[(String, String)], now: Time) -> Result<()> {
    tx.prepare_cached("DELETE FROM public_keys WHERE account_id = ?1")?.execute([account])?;
    for (key_id, pem) in keys {
        tx.prepare_cached(
            "INSERT INTO public_keys (key_id, account_id, pem, fetched_at) VALUES (:key_id, :account, :pem, :now)
             ON CONFLICT (key_id) DO UPDATE SET account_id = :account, pem = :pem, fetched_at = :now",
        )?
        .execute(named_params! {":key_id": key_id, ":account": account, ":pem": pem, ":now": now})?;
    }
    Ok(())
}

/// The key pair of a local actor.
pub fn pair(db: &Connection, account: AccountId) -> Result<Option<KeyPair>> {
    let mut statement = db.prepare_cached("SELECT private_pem, public_pem FROM private_keys WHERE account_id = ?1")?;
    let found = statement.query_row([account], |row| Ok(KeyPair { private_pem: row.get(0)?, public_pem: row.get(1)? }));
    Ok(found.optional()?)
}

/// Stores the key pair of a local actor, and makes its key for proofs.
pub fn insert_pair(tx: &Tx, account: AccountId, pair: &KeyPair) -> Result<()> {
    tx.prepare_cached("INSERT INTO private_keys (account_id, private_pem, public_pem) VALUES (?1, ?2, ?3)")?
        .execute(rusqlite::params![account, pair.private_pem, pair.public_pem])?;
    make_proof_key(tx, account)
}

/// Puts new keys in the place of the old ones of a local actor.
pub fn replace_pair(tx: &Tx, account: AccountId, pair: &KeyPair) -> Result<()> {
    tx.prepare_cached("DELETE FROM private_keys WHERE account_id = ?1")?.execute([account])?;
    tx.prepare_cached("DELETE FROM proof_keys WHERE account_id = ?1")?.execute([account])?;
    insert_pair(tx, account, pair)
}

/// A local actor's key for proofs inside documents.
#[derive(Debug, Clone)]
pub struct OwnProofKey {
    /// The private half.
    pub key: ProofKey,
    /// The public half, as published.
    pub multibase: String,
}

/// The key for proofs of a local actor.
pub fn proof_key(db: &Connection, account: AccountId) -> Result<Option<OwnProofKey>> {
    let mut statement =
        db.prepare_cached("SELECT private_pem, public_multibase FROM proof_keys WHERE account_id = ?1")?;
    let found = statement.query_row([account], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).optional()?;
    found.map(|(pem, multibase)| Ok(OwnProofKey { key: ProofKey::from_pem(&pem)?, multibase })).transpose()
}

/// Makes the key for proofs of a local actor, if it has none. Takes some microseconds.
fn make_proof_key(tx: &Tx, account: AccountId) -> Result<()> {
    let (key, pem) = ProofKey::generate()?;
    tx.prepare_cached(
        "INSERT INTO proof_keys (account_id, private_pem, public_multibase) VALUES (?1, ?2, ?3)
         ON CONFLICT (account_id) DO NOTHING",
    )?
    .execute(rusqlite::params![account, pem, key.multibase()])?;
    Ok(())
}

/// Makes keys for proofs for all local actors that have none: accounts from before there were such keys.
pub fn make_missing_proof_keys(tx: &Tx) -> Result<usize> {
    let mut statement = tx.prepare_cached(
        "SELECT account_id FROM private_keys WHERE account_id NOT IN (SELECT account_id FROM proof_keys)",
    )?;
    let lacking: Vec<AccountId> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for account in &lacking {
        make_proof_key(tx, *account)?;
    }
    Ok(lacking.len())
}

/// Whether we know any public key of the account.
pub fn any_public_of(db: &Connection, account: AccountId) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM public_keys WHERE account_id = ?1")?.exists([account])?)
}

/// The account's public key when it has exactly one.
pub fn only_public_of(db: &Connection, account: AccountId) -> Result<Option<PublicKey>> {
    let mut statement = db.prepare_cached("SELECT key_id FROM public_keys WHERE account_id = ?1 LIMIT 2")?;
    let ids: Vec<String> = statement.query_map([account], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    match ids.as_slice() {
        [only] => public_by_id(db, only),
        _ => Ok(None),
    }
}
