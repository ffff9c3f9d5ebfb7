//! Posts and people that are still to be put into the index: a few at a time, so that nobody waits for it.

use rusqlite::Connection;

use super::{Tx, search, status_search};
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// Indexes at most `limit` of them, the newest first; answers how many.
pub fn take(tx: &Tx, limit: usize) -> Result<usize> {
    let mut statement = tx.prepare_cached("SELECT kind, id FROM search_waiting ORDER BY kind, id DESC LIMIT ?1")?;
    let rows = statement.query_map([limit as i64], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    for (kind, id) in &rows {
        match kind.as_str() {
            "status" => status_search::put(tx, StatusId(*id))?,
            _ => search::put(tx, AccountId(*id))?,
        }
        tx.prepare_cached("DELETE FROM search_waiting WHERE kind = ?1 AND id = ?2")?
            .execute(rusqlite::params![kind, id])?;
    }
    Ok(rows.len())
}

/// Whether anything waits.
pub fn any(db: &Connection) -> Result<bool> {
    Ok(db.prepare_cached("SELECT EXISTS (SELECT 1 FROM search_waiting)")?.query_row([], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn what_was_there_before_the_index_gets_into_it() {
        let world = World::new();
        let me = world.local("me");
        for _ in 0..3 {
            world.post(me, "cat");
        }
        let tx = world.tx();
        tx.execute_batch(
            "DELETE FROM status_search; DELETE FROM account_search;
             INSERT INTO search_waiting SELECT 'status', id FROM statuses;
             INSERT INTO search_waiting SELECT 'account', id FROM accounts;",
        )
        .expect("empties");
        assert!(any(&tx).expect("reads"));
        let counts: Vec<usize> = (0..3).map(|_| take(&tx, 3).expect("indexes")).collect();
        assert_eq!(counts, [3, 1, 0]);
        let found: i64 = tx
            .query_row("SELECT count(*) FROM status_search WHERE status_search MATCH 'cat'", [], |row| row.get(0))
            .expect("counts");
        assert_eq!(found, 3);
        assert_eq!(search::accounts(&tx, None, "me", false, 5, 0).expect("reads").len(), 1);
    }
}
