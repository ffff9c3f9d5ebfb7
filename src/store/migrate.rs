//! Numbered migrations, embedded, forward only, one transaction each. `user_version` counts them.

use rusqlite::Connection;

use crate::error::{Error, Result};

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_start.sql"),
    include_str!("migrations/0002_statuses.sql"),
    include_str!("migrations/0003_notifications.sql"),
    include_str!("migrations/0004_circles.sql"),
    include_str!("migrations/0005_quotes.sql"),
    include_str!("migrations/0006_links.sql"),
    include_str!("migrations/0007_membership.sql"),
    include_str!("migrations/0008_security.sql"),
    include_str!("migrations/0009_moderation.sql"),
    include_str!("migrations/0010_grounds.sql"),
    include_str!("migrations/0011_media.sql"),
    include_str!("migrations/0012_collections.sql"),
    include_str!("migrations/0013_trust.sql"),
    include_str!("migrations/0015_interactions.sql"),
    include_str!("migrations/0016_markers.sql"),
    include_str!("migrations/0017_conversations.sql"),
    include_str!("migrations/0018_trace.sql"),
    include_str!("migrations/0019_block_lists.sql"),
    include_str!("migrations/0026_operator.sql"),
    include_str!("migrations/0027_plugins.sql"),
    include_str!("migrations/0028_held.sql"),
    include_str!("migrations/0029_expiries.sql"),
    include_str!("migrations/0030_plans.sql"),
    include_str!("migrations/0031_filters.sql"),
    include_str!("migrations/0032_bots.sql"),
];

/// Brings the database up to date.
pub(super) fn run(connection: &mut Connection) -> Result<()> {
    let done = version(connection)?;
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let tx = connection.transaction()?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", number as u32 + 1)?;
        tx.commit()?;
    }
    Ok(())
}

/// Fails when the database was written by a later program. Changes nothing.
pub(super) fn refuse_newer(connection: &Connection) -> Result<()> {
    let done = version(connection)?;
    if done > MIGRATIONS.len() {
        return Err(Error::Conflict(format!(
            "the database was written by a newer nagaya (its version is {done}, this program knows {}); \
             install that version or restore a backup. Nothing was changed",
            MIGRATIONS.len()
        )));
    }
    Ok(())
}

/// How many migrations were run on it.
fn version(connection: &Connection) -> Result<usize> {
    let done: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(done as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `NAGAYA_BLESS=1 cargo test schema` writes the file anew.
    #[test]
    fn schema_sql_is_the_sum_of_all_migrations() {
        let mut connection = Connection::open_in_memory().expect("opens");
        super::super::connection::tests_prepare(&connection);
        run(&mut connection).expect("migrates");
        let mut rows = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name")
            .expect("prepares");
        let statements: Vec<String> =
            rows.query_map([], |row| row.get(0)).expect("runs").collect::<Result<_, _>>().expect("reads");
        let sum = format!(
            "-- The schema after all migrations. Read this; write migrations.\n\n{};\n",
            statements.join(";\n\n")
        );
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/schema.sql");
        if std::env::var_os("NAGAYA_BLESS").is_some() {
            std::fs::write(path, &sum).expect("writes");
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == sum, "src/store/schema.sql is out of date; run NAGAYA_BLESS=1 cargo test schema");
    }
}
