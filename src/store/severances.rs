//! Follows that ended without either side's doing: a server was blocked, an account suspended.

use rusqlite::{Connection, Row, named_params};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, SeveranceId};

/// One row of `severances`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Severance {
    pub id: SeveranceId,
    pub account_id: AccountId,
    pub kind: String,
    pub target_name: String,
    pub purged: bool,
    pub followers_count: i64,
    pub following_count: i64,
    pub created_at: Time,
}

impl Severance {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            kind: row.get("kind")?,
            target_name: row.get("target_name")?,
            purged: row.get("purged")?,
            followers_count: row.get("followers_count")?,
            following_count: row.get("following_count")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// Inserts the event.
pub fn insert(tx: &Tx, row: &Severance) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO severances (id, account_id, kind, target_name, purged, followers_count, following_count, created_at)
         VALUES (:id, :account, :kind, :target, :purged, :followers, :following, :created_at)",
    )?
    .execute(named_params! {
        ":id": row.id, ":account": row.account_id, ":kind": row.kind, ":target": row.target_name,
        ":purged": row.purged, ":followers": row.followers_count, ":following": row.following_count,
        ":created_at": row.created_at,
    })?;
    Ok(())
}

/// The events with these ids, in no order.
pub fn by_ids(db: &Connection, ids: &[SeveranceId]) -> Result<Vec<Severance>> {
    let mut statement = db.prepare_cached(
        "SELECT id, account_id, kind, target_name, purged, followers_count, following_count, created_at
         FROM severances WHERE id IN (SELECT value FROM json_each(?1))",
    )?;
    let rows = statement.query_map([json_list(ids)], Severance::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
