//! What profiles show beside posts, and which sites may name their owner as an author.

use std::collections::HashMap;

use rusqlite::{Connection, named_params};

use super::Tx;
use super::sql::json_list;
use crate::error::Result;
use crate::ids::AccountId;

/// One row of `profile_shows`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Shows {
    pub media: bool,
    pub media_replies: bool,
    pub featured: bool,
    pub attribution_domains: Vec<String>,
}

impl Default for Shows {
    fn default() -> Self {
        Self { media: true, media_replies: true, featured: true, attribution_domains: Vec::new() }
    }
}

/// What `account` shows.
pub fn of(db: &Connection, account: AccountId) -> Result<Shows> {
    Ok(among(db, &[account])?.remove(&account).unwrap_or_default())
}

/// What those of `accounts` show that have said anything about it.
pub fn among(db: &Connection, accounts: &[AccountId]) -> Result<HashMap<AccountId, Shows>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id, media, media_replies, featured, attribution_domains FROM profile_shows
         WHERE account_id IN (SELECT value FROM json_each(?1))",
    )?;
    let rows = statement.query_map([json_list(accounts)], |row| {
        let domains: String = row.get(4)?;
        let shows = Shows {
            media: row.get(1)?,
            media_replies: row.get(2)?,
            featured: row.get(3)?,
            attribution_domains: serde_json::from_str(&domains).unwrap_or_default(),
        };
        Ok((row.get(0)?, shows))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sets what `account` shows; what everybody shows by default takes no row.
pub fn set(tx: &Tx, account: AccountId, shows: &Shows) -> Result<()> {
    if *shows == Shows::default() {
        tx.prepare_cached("DELETE FROM profile_shows WHERE account_id = ?1")?.execute([account])?;
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO profile_shows (account_id, media, media_replies, featured, attribution_domains)
         VALUES (:account, :media, :media_replies, :featured, :domains)
         ON CONFLICT (account_id) DO UPDATE SET media = :media, media_replies = :media_replies,
             featured = :featured, attribution_domains = :domains",
    )?
    .execute(named_params! {
        ":account": account, ":media": shows.media, ":media_replies": shows.media_replies,
        ":featured": shows.featured,
        ":domains": serde_json::to_string(&shows.attribution_domains).unwrap_or_default(),
    })?;
    Ok(())
}
