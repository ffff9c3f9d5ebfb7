//! People whom somebody may want to know: the directory and familiar followers. Suggestions are in `suggestions.rs`.

use rusqlite::{Connection, named_params};

use super::Tx;
use super::accounts::{self, Account};
use super::seen::welcome;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// Who may be shown to people who did not ask for them.
pub(super) const SHOWN: &str = "a.id > 0 AND a.discoverable = 1 AND a.suspended_at IS NULL AND a.silenced_at IS NULL
    AND a.deleted_at IS NULL AND a.moved_to_uri IS NULL
    AND NOT EXISTS (SELECT 1 FROM users w WHERE w.account_id = a.id AND (w.confirmed_at IS NULL OR w.approved_at IS NULL))";

/// How the directory is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By the latest post.
    Active,
    /// By when we first met them.
    New,
}

/// Everybody who wants to be found; with `local` only those who live here. Nobody whom `viewer` blocks or mutes.
pub fn directory(
    db: &Connection,
    viewer: Option<AccountId>,
    order: Order,
    local: bool,
    limit: i64,
    offset: i64,
    now: Time,
) -> Result<Vec<Account>> {
    let mut statement = db.prepare_cached(&directory_sql(order, local))?;
    let rows = statement.query_map(
        named_params! {":viewer": viewer, ":now": now, ":limit": limit, ":offset": offset},
        Account::from_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn directory_sql(order: Order, local: bool) -> String {
    format!(
        "SELECT {} FROM accounts a {} WHERE {SHOWN} {} AND {} ORDER BY {} DESC LIMIT :limit OFFSET :offset",
        accounts::COLUMNS,
        if order == Order::Active { "INDEXED BY accounts_directory" } else { "" },
        if local { "AND a.domain IS NULL" } else { "" },
        welcome!("a.id"),
        if order == Order::Active { "a.last_status_at" } else { "a.id" },
    )
}

/// `target` is not suggested to `account` again.
pub fn dismiss(tx: &Tx, account: AccountId, target: AccountId) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO suggestion_dismissals (account_id, target_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute([account, target])?;
    Ok(())
}

/// For each of `others`, who of those that `me` follows follows it. People who hide whom they follow are left out.
pub fn familiar_followers(db: &Connection, me: AccountId, others: &[AccountId]) -> Result<Vec<(AccountId, AccountId)>> {
    let mut statement = db.prepare_cached(
        "SELECT j.value, mine.target_id FROM json_each(:others) j CROSS JOIN follows mine
         CROSS JOIN follows theirs ON theirs.account_id = mine.target_id AND theirs.target_id = j.value
         CROSS JOIN accounts a ON a.id = mine.target_id
         WHERE mine.account_id = :me AND mine.accepted AND theirs.accepted
           AND a.hide_collections IS NOT 1 AND a.suspended_at IS NULL
         ORDER BY j.key, mine.id DESC",
    )?;
    let rows = statement
        .query_map(named_params! {":me": me, ":others": json_list(others)}, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn the_directory_never_scans_or_sorts() {
        let world = World::new();
        let tx = world.tx();
        for (order, local) in [(Order::Active, false), (Order::Active, true), (Order::New, false), (Order::New, true)] {
            let sql = format!("EXPLAIN QUERY PLAN {}", directory_sql(order, local));
            let mut statement = tx.prepare(&sql).expect("prepares");
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().expect("runs") {
                let line: String = row.get(3).expect("reads");
                // Walking backwards along an index, or along the ids, until the page is full.
                assert!(!line.contains("TEMP B-TREE"), "{order:?} {local}: {line}");
            }
        }
    }

    #[test]
    fn familiar_followers_are_those_that_one_follows() {
        let world = World::new();
        let alice = world.local("alice");
        let (bob, carol) = (world.remote("bob"), world.remote("carol"));
        let (dave, eve) = (world.local("dave"), world.local("eve"));
        for (who, whom) in
            [(alice, bob), (alice, carol), (bob, eve), (bob, dave), (carol, dave), (carol, bob), (bob, alice)]
        {
            world.follow(who, whom);
        }
        let tx = world.tx();
        let familiar = || familiar_followers(&tx, alice, &[dave, eve, alice]).expect("reads");
        assert_eq!(familiar(), [(dave, carol), (dave, bob), (eve, bob), (alice, bob)]);
        tx.execute("UPDATE accounts SET hide_collections = 1 WHERE id = ?1", [bob]).expect("hides");
        assert_eq!(familiar(), [(dave, carol)]);
    }
}
