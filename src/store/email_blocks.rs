//! E-mail addresses with which nobody may sign up: by their domain, or one by one as a hash.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::domain_blocks::above;
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::BlockId;

/// One row of `email_domain_blocks`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct DomainBlock {
    pub id: BlockId,
    pub domain: String,
    pub allow_with_approval: bool,
    pub created_at: Time,
}

impl DomainBlock {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            domain: row.get("domain")?,
            allow_with_approval: row.get("allow_with_approval")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// How often a block turned somebody away on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Uses {
    pub block: BlockId,
    pub day: Time,
    /// Different addresses of the internet.
    pub addresses: i64,
    pub uses: i64,
}

/// One row of `canonical_email_blocks`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct AddressBlock {
    pub id: BlockId,
    pub hash: String,
}

const COLUMNS: &str = "id, domain, allow_with_approval, created_at";

/// Blocks a domain; `false`: it was already.
pub fn insert_domain(tx: &Tx, block: &DomainBlock) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO email_domain_blocks (id, domain, allow_with_approval, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (domain) DO NOTHING",
        )?
        .execute(rusqlite::params![block.id, block.domain, block.allow_with_approval, block.created_at])?;
    Ok(inserted > 0)
}

/// Lifts the block of a domain.
pub fn delete_domain(tx: &Tx, id: BlockId) -> Result<()> {
    tx.prepare_cached("DELETE FROM email_domain_blocks WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The block with this id.
pub fn domain_by_id(db: &Connection, id: BlockId) -> Result<Option<DomainBlock>> {
    let sql = format!("SELECT {COLUMNS} FROM email_domain_blocks WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], DomainBlock::from_row).optional()?)
}

/// A page of all blocked domains, latest first.
pub fn domains(db: &Connection, page: &Page) -> Result<Vec<DomainBlock>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM email_domain_blocks WHERE id < :below AND id > :above ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, DomainBlock::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// The block that covers addresses of `domain`, the nearest one.
pub fn covering(db: &Connection, domain: &str) -> Result<Option<DomainBlock>> {
    let sql = format!("SELECT {COLUMNS} FROM email_domain_blocks WHERE domain = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    for name in above(domain) {
        if let Some(block) = statement.query_row([name], DomainBlock::from_row).optional()? {
            return Ok(Some(block));
        }
    }
    Ok(None)
}

/// Notes that the block turned somebody away.
pub fn used(tx: &Tx, id: BlockId, ip: &str, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO email_domain_block_uses (block_id, day, ip, uses) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT (block_id, day, ip) DO UPDATE SET uses = uses + 1",
    )?
    .execute(rusqlite::params![id, now.midnight(), ip])?;
    Ok(())
}

/// How often these blocks turned somebody away since `since`, by day.
pub fn uses(db: &Connection, blocks: &[BlockId], since: Time) -> Result<Vec<Uses>> {
    let mut statement = db.prepare_cached(
        "SELECT block_id, day, count(*) AS addresses, sum(uses) AS uses FROM email_domain_block_uses
         WHERE block_id IN (SELECT value FROM json_each(?1)) AND day >= ?2 GROUP BY block_id, day",
    )?;
    let rows = statement.query_map(rusqlite::params![super::sql::json_list(blocks), since.midnight()], |row| {
        Ok(Uses {
            block: row.get("block_id")?,
            day: row.get("day")?,
            addresses: row.get("addresses")?,
            uses: row.get("uses")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Blocks an address; answers the block that there is now.
pub fn insert_address(tx: &Tx, id: BlockId, hash: &str) -> Result<AddressBlock> {
    tx.prepare_cached("INSERT INTO canonical_email_blocks (id, hash) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING")?
        .execute(rusqlite::params![id, hash])?;
    Ok(address_by_hash(tx, hash)?.unwrap_or_else(|| AddressBlock { id, hash: hash.to_owned() }))
}

/// Lifts the block of an address.
pub fn delete_address(tx: &Tx, id: BlockId) -> Result<()> {
    tx.prepare_cached("DELETE FROM canonical_email_blocks WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The block with this id.
pub fn address_by_id(db: &Connection, id: BlockId) -> Result<Option<AddressBlock>> {
    let mut statement = db.prepare_cached("SELECT id, hash FROM canonical_email_blocks WHERE id = ?1")?;
    Ok(statement.query_row([id], address).optional()?)
}

/// The block of the address with this hash.
pub fn address_by_hash(db: &Connection, hash: &str) -> Result<Option<AddressBlock>> {
    let mut statement = db.prepare_cached("SELECT id, hash FROM canonical_email_blocks WHERE hash = ?1")?;
    Ok(statement.query_row([hash], address).optional()?)
}

/// A page of all blocked addresses, latest first.
pub fn addresses(db: &Connection, page: &Page) -> Result<Vec<AddressBlock>> {
    let sql = format!(
        "SELECT id, hash FROM canonical_email_blocks WHERE id < :below AND id > :above ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, address)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

fn address(row: &Row<'_>) -> rusqlite::Result<AddressBlock> {
    Ok(AddressBlock { id: row.get("id")?, hash: row.get("hash")? })
}
