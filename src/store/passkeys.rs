//! Passkeys: public keys that browsers and telephones keep the other half of.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// One row of `passkeys`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Passkey {
    pub id: i64,
    pub account_id: AccountId,
    pub credential_id: Vec<u8>,
    pub key: Vec<u8>,
    pub state: Vec<u8>,
    pub transports: u8,
    pub name: String,
    pub created_at: Time,
    pub last_used_at: Option<Time>,
}

impl Passkey {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            credential_id: row.get("credential_id")?,
            key: row.get("key")?,
            state: row.get("state")?,
            transports: row.get("transports")?,
            name: row.get("name")?,
            created_at: row.get("created_at")?,
            last_used_at: row.get("last_used_at")?,
        })
    }
}

const COLUMNS: &str = "id, account_id, credential_id, key, state, transports, name, created_at, last_used_at";

/// How authenticators know `account`.
pub fn handle(db: &Connection, account: AccountId) -> Result<Option<Vec<u8>>> {
    let mut statement = db.prepare_cached("SELECT handle FROM passkey_owners WHERE account_id = ?1")?;
    Ok(statement.query_row([account], |row| row.get(0)).optional()?)
}

/// Gives `account` this handle for good.
pub fn set_handle(tx: &Tx, account: AccountId, handle: &[u8]) -> Result<()> {
    tx.prepare_cached("INSERT INTO passkey_owners (account_id, handle) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(rusqlite::params![account, handle])?;
    Ok(())
}

/// Inserts a passkey; `false`: its credential is known already.
pub fn insert(tx: &Tx, passkey: &Passkey) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO passkeys (id, account_id, credential_id, key, state, transports, name, created_at, last_used_at)
         VALUES (:id, :account, :credential, :key, :state, :transports, :name, :created_at, :last_used_at)
         ON CONFLICT DO NOTHING",
    )?;
    let count = statement.execute(named_params! {
        ":id": passkey.id, ":account": passkey.account_id, ":credential": passkey.credential_id, ":key": passkey.key,
        ":state": passkey.state, ":transports": passkey.transports, ":name": passkey.name,
        ":created_at": passkey.created_at, ":last_used_at": passkey.last_used_at,
    })?;
    Ok(count > 0)
}

/// The passkeys of `account`, eldest first.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<Passkey>> {
    let sql = format!("SELECT {COLUMNS} FROM passkeys WHERE account_id = ?1 ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([account], Passkey::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The passkey with this credential, and the handle of its owner.
pub fn by_credential(db: &Connection, credential: &[u8]) -> Result<Option<(Passkey, Vec<u8>)>> {
    let sql = format!(
        "SELECT {}, o.handle FROM passkeys p JOIN passkey_owners o ON o.account_id = p.account_id
         WHERE p.credential_id = ?1",
        COLUMNS.split(", ").map(|column| format!("p.{column}")).collect::<Vec<_>>().join(", ")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_row([credential], |row| Ok((Passkey::from_row(row)?, row.get("handle")?)));
    Ok(found.optional()?)
}

/// The passkey was used, which changed its state. `false`: it was used otherwise meanwhile, or is gone.
pub fn used(tx: &Tx, id: i64, before: &[u8], state: &[u8], now: Time) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("UPDATE passkeys SET state = ?3, last_used_at = ?4 WHERE id = ?1 AND state = ?2")?;
    Ok(statement.execute(rusqlite::params![id, before, state, now])? > 0)
}

/// Gives a passkey of `account` another name; `false`: there is none with this id.
pub fn rename(tx: &Tx, account: AccountId, id: i64, name: &str) -> Result<bool> {
    let mut statement = tx.prepare_cached("UPDATE passkeys SET name = ?3 WHERE id = ?1 AND account_id = ?2")?;
    Ok(statement.execute(rusqlite::params![id, account, name])? > 0)
}

/// Deletes a passkey of `account`; `false`: there is none with this id.
pub fn delete(tx: &Tx, account: AccountId, id: i64) -> Result<bool> {
    let mut statement = tx.prepare_cached("DELETE FROM passkeys WHERE id = ?1 AND account_id = ?2")?;
    Ok(statement.execute(rusqlite::params![id, account])? > 0)
}
