//! Who mutes whom, for ever or until a moment. Nobody else learns of it. An expired mute counts as none.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::accounts::{self, Account};
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// What a mute covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mute {
    /// Whether notifications are muted too.
    pub notifications: bool,
    /// When it ends; `None`: never.
    pub expires_at: Option<Time>,
}

/// Inserts the mute, or replaces what an earlier one covers.
pub fn insert(tx: &Tx, id: i64, account: AccountId, target: AccountId, mute: Mute, now: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO mutes (id, account_id, target_id, notifications, expires_at, created_at)
         VALUES (:id, :account, :target, :notifications, :expires_at, :now)
         ON CONFLICT (account_id, target_id) DO UPDATE SET notifications = :notifications, expires_at = :expires_at",
    )?
    .execute(named_params! {
        ":id": id, ":account": account, ":target": target, ":notifications": mute.notifications,
        ":expires_at": mute.expires_at, ":now": now,
    })?;
    Ok(())
}

/// Removes the mute; `false`: there was none.
pub fn delete(tx: &Tx, account: AccountId, target: AccountId) -> Result<bool> {
    let mut statement = tx.prepare_cached("DELETE FROM mutes WHERE account_id = ?1 AND target_id = ?2")?;
    Ok(statement.execute([account, target])? > 0)
}

/// The mute of `target` by `account` that holds at `now`.
pub fn between(db: &Connection, account: AccountId, target: AccountId, now: Time) -> Result<Option<Mute>> {
    let mut statement = db.prepare_cached(
        "SELECT notifications, expires_at FROM mutes
         WHERE account_id = :account AND target_id = :target AND (expires_at IS NULL OR expires_at > :now)",
    )?;
    let found = statement
        .query_row(named_params! {":account": account, ":target": target, ":now": now}, |row| {
            Ok(Mute { notifications: row.get(0)?, expires_at: row.get(1)? })
        })
        .optional()?;
    Ok(found)
}

/// Whom `account` mutes at `now`, latest first: cursor, account, end of the mute.
pub fn of(db: &Connection, account: AccountId, page: &Page, now: Time) -> Result<Vec<(i64, Account, Option<Time>)>> {
    let sql = format!(
        "SELECT m.id AS cursor, m.expires_at, {} FROM mutes m CROSS JOIN accounts a ON a.id = m.target_id
         WHERE m.account_id = :account AND m.id < :below AND m.id > :above
           AND (m.expires_at IS NULL OR m.expires_at > :now) ORDER BY m.id {} LIMIT :limit",
        accounts::COLUMNS,
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":account": account, ":now": now, ":below": page.below(), ":above": page.above(), ":limit": page.limit,
        },
        |row| Ok((row.get("cursor")?, Account::from_row(row)?, row.get("expires_at")?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn an_expired_mute_counts_as_none() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let tx = world.tx();
        let short = Mute { notifications: false, expires_at: Some(Time(100)) };
        insert(&tx, 1, alice, bob, short, Time(1)).expect("inserts");
        assert_eq!(between(&tx, alice, bob, Time(99)).expect("reads"), Some(short));
        assert_eq!(between(&tx, alice, bob, Time(100)).expect("reads"), None);
        let longer = Mute { notifications: true, expires_at: None };
        insert(&tx, 2, alice, bob, longer, Time(1)).expect("replaces");
        assert_eq!(between(&tx, alice, bob, Time(100)).expect("reads"), Some(longer));
        assert_eq!(of(&tx, alice, &Page::first(5), Time(100)).expect("lists").len(), 1);
        assert!(delete(&tx, alice, bob).expect("deletes") && !delete(&tx, alice, bob).expect("deletes nothing"));
    }
}
