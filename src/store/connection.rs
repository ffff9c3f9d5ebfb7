//! Opening connections: every pragma with its reason.

use std::ops::Deref;
use std::path::Path;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use crate::error::Result;

/// A connection inside a write transaction. Made only by the writer thread (and by tests), so that a function which
/// asks for `&Tx` cannot be called outside one.
#[derive(Debug)]
pub struct Tx<'c>(pub(super) &'c Connection);

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Tx<'_> {
    /// Runs `work` in a savepoint: on error what it did is rolled back, and the transaction goes on.
    pub fn nested<T>(&self, work: impl FnOnce(&Tx) -> Result<T>) -> Result<T> {
        self.execute_batch("SAVEPOINT nested")?;
        let answer = work(self);
        let end = if answer.is_ok() { "RELEASE nested" } else { "ROLLBACK TO nested; RELEASE nested" };
        self.execute_batch(end)?;
        answer
    }
}

/// Above the number of distinct statements in this folder, so that none is prepared twice.
const STATEMENTS: usize = 512;

pub(super) fn open_writer(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    // Before anything is written; setting pragmas does.
    super::migrate::refuse_newer(&connection)?;
    // Pages of deleted rows can be handed back to the disk in small steps. Must precede the first table.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    // Readers never wait for the writer.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What we acknowledged survives a power cut; group commit makes it affordable.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The log shrinks again after a burst.
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    // 8 MB of page cache for the writer.
    connection.pragma_update(None, "cache_size", -8_000)?;
    prepare(&connection)?;
    Ok(connection)
}

pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "query_only", true)?;
    // 2 MB each: the file system caches the rest.
    connection.pragma_update(None, "cache_size", -2_000)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A backup tool may hold the file for a moment.
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    // scheme://host[:port] of an address, for delivery lanes.
    connection.create_scalar_function("origin_of", 1, flags, |context| {
        let address: String = context.get(0)?;
        Ok(url::Url::parse(&address).map(|url| url.origin().ascii_serialization()).unwrap_or_default())
    })?;
    Ok(())
}

/// What a test's in-memory connection needs before it is migrated.
#[cfg(test)]
pub(super) fn tests_prepare(connection: &Connection) {
    prepare(connection).expect("prepares");
}
