//! The servers that a server in limited federation speaks with.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::BlockId;

/// One row of `domain_allows`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct DomainAllow {
    pub id: BlockId,
    pub domain: String,
    pub created_at: Time,
}

impl DomainAllow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get("id")?, domain: row.get("domain")?, created_at: row.get("created_at")? })
    }
}

/// Allows the domain; one that is allowed already stays as it is.
pub fn insert(tx: &Tx, allow: &DomainAllow) -> Result<()> {
    tx.prepare_cached("INSERT INTO domain_allows (id, domain, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(rusqlite::params![allow.id, allow.domain, allow.created_at])?;
    Ok(())
}

/// Takes the permission back.
pub fn delete(tx: &Tx, id: BlockId) -> Result<()> {
    tx.prepare_cached("DELETE FROM domain_allows WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The permission with this id.
pub fn by_id(db: &Connection, id: BlockId) -> Result<Option<DomainAllow>> {
    let mut statement = db.prepare_cached("SELECT id, domain, created_at FROM domain_allows WHERE id = ?1")?;
    Ok(statement.query_row([id], DomainAllow::from_row).optional()?)
}

/// The permission of exactly this domain.
pub fn by_domain(db: &Connection, domain: &str) -> Result<Option<DomainAllow>> {
    let mut statement = db.prepare_cached("SELECT id, domain, created_at FROM domain_allows WHERE domain = ?1")?;
    Ok(statement.query_row([domain], DomainAllow::from_row).optional()?)
}

/// A page of all permissions, latest first.
pub fn list(db: &Connection, page: &Page) -> Result<Vec<DomainAllow>> {
    let sql = format!(
        "SELECT id, domain, created_at FROM domain_allows WHERE id < :below AND id > :above ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":below": page.below(), ":above": page.above(), ":limit": page.limit};
    let rows = statement.query_map(params, DomainAllow::from_row)?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}
