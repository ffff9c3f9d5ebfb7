//! Addresses from which nobody may sign up, or come in at all.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::BlockId;

/// What an address may not do; later ones are stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Sign up without a moderator's consent.
    SignUpRequiresApproval,
    /// Sign up.
    SignUpBlock,
    /// Anything.
    NoAccess,
}

impl Severity {
    /// As the API names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignUpRequiresApproval => "sign_up_requires_approval",
            Self::SignUpBlock => "sign_up_block",
            Self::NoAccess => "no_access",
        }
    }

    /// Reads what [`Severity::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::SignUpRequiresApproval, Self::SignUpBlock, Self::NoAccess].into_iter().find(|one| one.as_str() == text)
    }
}

super::sql::as_text!(Severity);

/// One row of `ip_blocks`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct IpBlock {
    pub id: BlockId,
    pub ip: String,
    pub severity: Severity,
    pub comment: String,
    pub expires_at: Option<Time>,
    pub created_at: Time,
}

impl IpBlock {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            ip: row.get("ip")?,
            severity: row.get("severity")?,
            comment: row.get("comment")?,
            expires_at: row.get("expires_at")?,
            created_at: row.get("created_at")?,
        })
    }
}

const COLUMNS: &str = "id, ip, severity, comment, expires_at, created_at";

/// Inserts the block, or changes the one with its id. `false`: another one has its network.
pub fn put(tx: &Tx, block: &IpBlock) -> Result<bool> {
    let taken = by_network(tx, &block.ip)?.is_some_and(|known| known.id != block.id);
    if taken {
        return Ok(false);
    }
    tx.prepare_cached(
        "INSERT INTO ip_blocks (id, ip, severity, comment, expires_at, created_at)
         VALUES (:id, :ip, :severity, :comment, :expires_at, :created_at)
         ON CONFLICT (id) DO UPDATE SET ip = :ip, severity = :severity, comment = :comment, expires_at = :expires_at",
    )?
    .execute(named_params! {
        ":id": block.id, ":ip": block.ip, ":severity": block.severity, ":comment": block.comment,
        ":expires_at": block.expires_at, ":created_at": block.created_at,
    })?;
    Ok(true)
}

/// Lifts the block.
pub fn delete(tx: &Tx, id: BlockId) -> Result<()> {
    tx.prepare_cached("DELETE FROM ip_blocks WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Deletes at most `most` that are over.
pub fn delete_expired(tx: &Tx, now: Time, most: usize) -> Result<usize> {
    Ok(tx
        .prepare_cached("DELETE FROM ip_blocks WHERE id IN (SELECT id FROM ip_blocks WHERE expires_at <= ?1 LIMIT ?2)")?
        .execute(rusqlite::params![now, i64::try_from(most).unwrap_or(i64::MAX)])?)
}

/// The block with this id.
pub fn by_id(db: &Connection, id: BlockId) -> Result<Option<IpBlock>> {
    let sql = format!("SELECT {COLUMNS} FROM ip_blocks WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], IpBlock::from_row).optional()?)
}

/// The block of exactly this network.
pub fn by_network(db: &Connection, ip: &str) -> Result<Option<IpBlock>> {
    let sql = format!("SELECT {COLUMNS} FROM ip_blocks WHERE ip = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([ip], IpBlock::from_row).optional()?)
}

/// All that hold at `now`.
pub fn in_force(db: &Connection, now: Time) -> Result<Vec<IpBlock>> {
    let sql = format!("SELECT {COLUMNS} FROM ip_blocks WHERE expires_at IS NULL OR expires_at > ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([now], IpBlock::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A page of all blocks, latest first.
pub fn list(db: &Connection, page: &Page) -> Result<Vec<IpBlock>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ip_blocks WHERE id < :below AND id > :above ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, IpBlock::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}
