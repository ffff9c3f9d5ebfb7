//! Where apps want to be woken: one subscription for each token.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, TokenId};

/// One row of `push_subscriptions`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Subscription {
    pub id: i64,
    pub token_id: TokenId,
    pub account_id: AccountId,
    pub token: String,
    pub endpoint: String,
    pub p256dh: Vec<u8>,
    pub auth: Vec<u8>,
    pub standard: bool,
    /// `all`, `followed`, `follower` or `none`.
    pub policy: String,
    /// A JSON object of booleans by kind.
    pub alerts: String,
    pub created_at: Time,
}

pub(super) const COLUMNS: &str = "s.id, s.token_id, s.account_id, s.token, s.endpoint, s.p256dh, s.auth, s.standard,
    s.policy, s.alerts, s.created_at";

impl Subscription {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            token_id: row.get("token_id")?,
            account_id: row.get("account_id")?,
            token: row.get("token")?,
            endpoint: row.get("endpoint")?,
            p256dh: row.get("p256dh")?,
            auth: row.get("auth")?,
            standard: row.get("standard")?,
            policy: row.get("policy")?,
            alerts: row.get("alerts")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// Makes it the token's only subscription; what waited for the former one is forgotten.
pub fn put(tx: &Tx, row: &Subscription) -> Result<()> {
    delete(tx, row.token_id)?;
    tx.prepare_cached(
        "INSERT INTO push_subscriptions (id, token_id, account_id, token, endpoint, p256dh, auth, standard, policy,
             alerts, created_at)
         VALUES (:id, :token_id, :account, :token, :endpoint, :p256dh, :auth, :standard, :policy, :alerts, :now)",
    )?
    .execute(named_params! {
        ":id": row.id, ":token_id": row.token_id, ":account": row.account_id, ":token": row.token,
        ":endpoint": row.endpoint, ":p256dh": row.p256dh, ":auth": row.auth, ":standard": row.standard,
        ":policy": row.policy, ":alerts": row.alerts, ":now": row.created_at,
    })?;
    Ok(())
}

/// The subscription of a token.
pub fn by_token(db: &Connection, token: TokenId) -> Result<Option<Subscription>> {
    let sql = format!("SELECT {COLUMNS} FROM push_subscriptions s WHERE s.token_id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([token], Subscription::from_row).optional()?)
}

/// The subscription with this id.
pub fn by_id(db: &Connection, id: i64) -> Result<Option<Subscription>> {
    let sql = format!("SELECT {COLUMNS} FROM push_subscriptions s WHERE s.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Subscription::from_row).optional()?)
}

/// Changes what the token's subscription is woken for; `false`: there is none.
pub fn change(tx: &Tx, token: TokenId, policy: &str, alerts: &str) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("UPDATE push_subscriptions SET policy = :policy, alerts = :alerts WHERE token_id = :token")?;
    Ok(statement.execute(named_params! {":policy": policy, ":alerts": alerts, ":token": token})? > 0)
}

/// Ends the token's subscription.
pub fn delete(tx: &Tx, token: TokenId) -> Result<()> {
    tx.prepare_cached("DELETE FROM push_subscriptions WHERE token_id = ?1")?.execute([token])?;
    Ok(())
}

/// Ends the subscription with this id.
pub fn delete_by_id(tx: &Tx, id: i64) -> Result<()> {
    tx.prepare_cached("DELETE FROM push_subscriptions WHERE id = ?1")?.execute([id])?;
    Ok(())
}
