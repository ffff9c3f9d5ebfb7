//! How far somebody has read, per timeline, shared by all their apps.

use rusqlite::{Connection, Row, named_params};

use super::Tx;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// One row of `markers`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Marker {
    pub timeline: String,
    pub last_read_id: i64,
    /// Grows by one with each change.
    pub version: i64,
    pub updated_at: Time,
}

impl Marker {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            timeline: row.get("timeline")?,
            last_read_id: row.get("last_read_id")?,
            version: row.get("version")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

/// All markers of `account`.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<Marker>> {
    let mut statement = db.prepare_cached(
        "SELECT timeline, last_read_id, version, updated_at FROM markers WHERE account_id = ?1 ORDER BY timeline",
    )?;
    let rows = statement.query_map([account], Marker::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sets the marker and answers it as it is now.
pub fn set(tx: &Tx, account: AccountId, timeline: &str, last_read: i64, now: Time) -> Result<Marker> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO markers (account_id, timeline, last_read_id, version, updated_at)
         VALUES (:account, :timeline, :last_read, 0, :now)
         ON CONFLICT (account_id, timeline)
             DO UPDATE SET last_read_id = :last_read, version = version + 1, updated_at = :now
         RETURNING timeline, last_read_id, version, updated_at",
    )?;
    let params = named_params! {":account": account, ":timeline": timeline, ":last_read": last_read, ":now": now};
    Ok(statement.query_row(params, Marker::from_row)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn each_change_raises_the_version() {
        let world = World::new();
        let alice = world.local("alice");
        let tx = world.tx();
        assert_eq!(set(&tx, alice, "home", 5, Time(1)).expect("sets").version, 0);
        assert_eq!(set(&tx, alice, "home", 7, Time(2)).expect("sets").version, 1);
        let markers = of(&tx, alice).expect("reads");
        assert_eq!((markers.len(), markers[0].last_read_id), (1, 7));
    }
}
