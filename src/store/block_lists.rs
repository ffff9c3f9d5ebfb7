//! Lists of servers to block that others keep, and which of our blocks come from them.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::domain_blocks::Severity;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{BlockId, BlockListId};

/// One row of `block_lists`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct BlockList {
    pub id: BlockListId,
    pub url: String,
    pub applied_at: Option<Time>,
    pub fetched_at: Option<Time>,
    pub last_error: Option<String>,
    pub created_at: Time,
    /// How many servers it names.
    pub domains: i64,
}

/// A server on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Listed {
    pub domain: String,
    pub severity: Severity,
    pub reject_media: bool,
    pub reject_reports: bool,
    pub obfuscate: bool,
    pub public_comment: Option<String>,
}

impl BlockList {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            url: row.get("url")?,
            applied_at: row.get("applied_at")?,
            fetched_at: row.get("fetched_at")?,
            last_error: row.get("last_error")?,
            created_at: row.get("created_at")?,
            domains: row.get("domains")?,
        })
    }
}

impl Listed {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            domain: row.get("domain")?,
            severity: row.get("severity")?,
            reject_media: row.get("reject_media")?,
            reject_reports: row.get("reject_reports")?,
            obfuscate: row.get("obfuscate")?,
            public_comment: row.get("public_comment")?,
        })
    }
}

const COLUMNS: &str = "id, url, applied_at, fetched_at, last_error, created_at, \
    (SELECT count(*) FROM block_list_rows r WHERE r.list_id = l.id) AS domains";
const LISTED: &str = "domain, severity, reject_media, reject_reports, obfuscate, public_comment";

/// Inserts the list, or notes what became of the one with its id.
pub fn put(tx: &Tx, list: &BlockList) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO block_lists (id, url, applied_at, fetched_at, last_error, created_at)
         VALUES (:id, :url, :applied, :fetched, :error, :created)
         ON CONFLICT (id) DO UPDATE SET applied_at = :applied, fetched_at = :fetched, last_error = :error",
    )?
    .execute(named_params! {
        ":id": list.id, ":url": list.url, ":applied": list.applied_at, ":fetched": list.fetched_at,
        ":error": list.last_error, ":created": list.created_at,
    })?;
    Ok(())
}

/// Forgets the list and what it says.
pub fn delete(tx: &Tx, id: BlockListId) -> Result<()> {
    tx.prepare_cached("DELETE FROM block_lists WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// All of them, oldest first.
pub fn all(db: &Connection) -> Result<Vec<BlockList>> {
    let sql = format!("SELECT {COLUMNS} FROM block_lists l ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], BlockList::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The list with this id.
pub fn by_id(db: &Connection, id: BlockListId) -> Result<Option<BlockList>> {
    let sql = format!("SELECT {COLUMNS} FROM block_lists l WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], BlockList::from_row).optional()?)
}

/// The list at this address.
pub fn by_url(db: &Connection, url: &str) -> Result<Option<BlockList>> {
    let sql = format!("SELECT {COLUMNS} FROM block_lists l WHERE url = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([url], BlockList::from_row).optional()?)
}

/// What the list says now, instead of what it said.
pub fn replace_rows(tx: &Tx, id: BlockListId, rows: &[Listed]) -> Result<()> {
    tx.prepare_cached("DELETE FROM block_list_rows WHERE list_id = ?1")?.execute([id])?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO block_list_rows (list_id, domain, severity, reject_media, reject_reports, obfuscate,
             public_comment)
         VALUES (:list, :domain, :severity, :media, :reports, :obfuscate, :comment)
         ON CONFLICT (list_id, domain) DO NOTHING",
    )?;
    for row in rows {
        statement.execute(named_params! {
            ":list": id, ":domain": row.domain, ":severity": row.severity, ":media": row.reject_media,
            ":reports": row.reject_reports, ":obfuscate": row.obfuscate, ":comment": row.public_comment,
        })?;
    }
    Ok(())
}

/// What all applied lists say, and `also` this one; by domain, in no other order.
pub fn wanted(db: &Connection, also: Option<BlockListId>) -> Result<Vec<Listed>> {
    let sql = format!(
        "SELECT {LISTED} FROM block_list_rows WHERE list_id IN
             (SELECT id FROM block_lists WHERE applied_at IS NOT NULL OR id = ?1) ORDER BY domain, list_id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([also], Listed::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The addresses of the applied lists that name the domain.
pub fn naming(db: &Connection, domain: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT l.url FROM block_list_rows r JOIN block_lists l ON l.id = r.list_id
         WHERE r.domain = ?1 AND l.applied_at IS NOT NULL ORDER BY l.id",
    )?;
    let rows = statement.query_map([domain], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The ids of all blocks that lists made.
pub fn made(db: &Connection) -> Result<Vec<BlockId>> {
    let mut statement = db.prepare_cached("SELECT block_id FROM listed_blocks ORDER BY block_id")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that a list made the block.
pub fn mark(tx: &Tx, block: BlockId) -> Result<()> {
    tx.prepare_cached("INSERT INTO listed_blocks (block_id) VALUES (?1) ON CONFLICT DO NOTHING")?.execute([block])?;
    Ok(())
}

/// The block is somebody's own decision from now on; lists leave it alone.
pub fn unmark(tx: &Tx, block: BlockId) -> Result<()> {
    tx.prepare_cached("DELETE FROM listed_blocks WHERE block_id = ?1")?.execute([block])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    #[test]
    fn only_applied_lists_and_the_one_that_is_looked_at_count() {
        let db = in_memory();
        let tx = Tx(&db);
        let row = |domain: &str| Listed {
            domain: domain.into(),
            severity: Severity::Suspend,
            reject_media: false,
            reject_reports: true,
            obfuscate: false,
            public_comment: Some("spam".into()),
        };
        for (id, applied) in [(1, Some(Time(5))), (2, None)] {
            let id = BlockListId(id);
            let list = BlockList {
                id,
                url: format!("https://lists.example/{id}"),
                applied_at: applied,
                fetched_at: None,
                last_error: None,
                created_at: Time(1),
                domains: 0,
            };
            put(&tx, &list).expect("puts");
            replace_rows(&tx, id, &[row(&format!("{id}.example")), row("both.example")]).expect("writes");
        }
        let names = |also| wanted(&db, also).expect("reads").into_iter().map(|row| row.domain).collect::<Vec<_>>();
        assert_eq!(names(None), ["1.example", "both.example"]);
        assert_eq!(names(Some(BlockListId(2))), ["1.example", "2.example", "both.example", "both.example"]);
        assert_eq!(naming(&db, "both.example").expect("reads"), ["https://lists.example/1"]);
        assert_eq!(by_id(&db, BlockListId(2)).expect("reads").map(|list| list.domains), Some(2));
    }
}
