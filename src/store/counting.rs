//! For tests: which statements a request ran, and how SQLite would find their rows.

use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::error::Result;

/// The texts of all statements in their order, those of triggers left out.
pub(crate) type Statements = Arc<Mutex<Vec<String>>>;

/// From now on every statement on these connections is noted.
pub(super) fn watch(readers: Vec<Connection>, writer: Connection) -> Result<(Statements, Vec<Connection>, Connection)> {
    let statements = Statements::default();
    let mut connections = readers;
    connections.push(writer);
    for connection in &mut connections {
        let noted = statements.clone();
        let note = move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(_, text) = event
                && !text.starts_with("--")
            {
                noted.lock().expect("no holder panics").push(text.to_owned());
            }
        };
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note))?;
    }
    let writer = connections.pop().expect("just pushed");
    Ok((statements, connections, writer))
}

/// How SQLite finds the rows of this query, a line a step. Unbound parameters are NULL; the plan does not depend on them.
pub(crate) fn plan(db: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let mut rows = statement.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(row.get(3)?);
    }
    Ok(lines)
}
