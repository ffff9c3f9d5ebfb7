//! Whose notifications somebody accepts, filters or drops, and who is exempt for good.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::sql::as_text;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// What happens to a notification; the later one wins where several rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// It is shown.
    Accept,
    /// It is put aside until the sender is accepted.
    Filter,
    /// It is never written.
    Drop,
}

impl Choice {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Filter => "filter",
            Self::Drop => "drop",
        }
    }

    /// What the API calls `text`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Accept, Self::Filter, Self::Drop].into_iter().find(|choice| choice.as_str() == text)
    }
}

as_text!(Choice);

/// One row of `notification_policies`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the Mastodon entity NotificationPolicy")]
pub struct Policy {
    pub for_not_following: Choice,
    pub for_not_followers: Choice,
    pub for_new_accounts: Choice,
    pub for_private_mentions: Choice,
    pub for_limited_accounts: Choice,
    pub for_bots: Choice,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            for_not_following: Choice::Accept,
            for_not_followers: Choice::Accept,
            for_new_accounts: Choice::Accept,
            for_private_mentions: Choice::Filter,
            for_limited_accounts: Choice::Filter,
            for_bots: Choice::Accept,
        }
    }
}

/// The policy of `account`; the default one if it never chose.
pub fn of(db: &Connection, account: AccountId) -> Result<Policy> {
    let mut statement = db.prepare_cached(
        "SELECT for_not_following, for_not_followers, for_new_accounts, for_private_mentions, for_limited_accounts,
             for_bots FROM notification_policies WHERE account_id = ?1",
    )?;
    let found = statement.query_row([account], |row| {
        Ok(Policy {
            for_not_following: row.get(0)?,
            for_not_followers: row.get(1)?,
            for_new_accounts: row.get(2)?,
            for_private_mentions: row.get(3)?,
            for_limited_accounts: row.get(4)?,
            for_bots: row.get(5)?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Makes `policy` the account's.
pub fn set(tx: &Tx, account: AccountId, policy: &Policy) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO notification_policies (account_id, for_not_following, for_not_followers,
             for_new_accounts, for_private_mentions, for_limited_accounts, for_bots)
         VALUES (:account, :not_following, :not_followers, :new_accounts, :private_mentions, :limited, :bots)",
    )?
    .execute(named_params! {
        ":account": account, ":not_following": policy.for_not_following, ":not_followers": policy.for_not_followers,
        ":new_accounts": policy.for_new_accounts, ":private_mentions": policy.for_private_mentions,
        ":limited": policy.for_limited_accounts, ":bots": policy.for_bots,
    })?;
    Ok(())
}

/// Exempts `from` for good.
pub fn permit(tx: &Tx, account: AccountId, from: AccountId, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO notification_permissions (account_id, from_account_id, created_at) VALUES (:me, :from, :now)
         ON CONFLICT DO NOTHING",
    )?
    .execute(named_params! {":me": account, ":from": from, ":now": now})?;
    Ok(())
}

/// Whether `from` is exempt.
pub fn permitted(db: &Connection, account: AccountId, from: AccountId) -> Result<bool> {
    let mut statement =
        db.prepare_cached("SELECT 1 FROM notification_permissions WHERE account_id = ?1 AND from_account_id = ?2")?;
    Ok(statement.exists([account, from])?)
}

/// Whether `status` stands, however deep, below a post in which `account` mentioned `from`. Looks up 100 steps.
pub fn is_answer(db: &Connection, status: StatusId, account: AccountId, from: AccountId) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE up (id, depth) AS (
             SELECT in_reply_to_id, 1 FROM statuses WHERE id = :status AND in_reply_to_id IS NOT NULL
             UNION ALL
             SELECT p.in_reply_to_id, up.depth + 1 FROM up CROSS JOIN statuses p ON p.id = up.id
             WHERE p.in_reply_to_id IS NOT NULL AND up.depth < 100)
         SELECT 1 FROM up CROSS JOIN statuses s ON s.id = up.id
             CROSS JOIN mentions m ON m.status_id = s.id AND m.account_id = :from
         WHERE s.account_id = :me",
    )?;
    Ok(statement.exists(named_params! {":status": status, ":me": account, ":from": from})?)
}
