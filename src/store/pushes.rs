//! The queue of pushes: a row for each subscription that wants to hear of a notification.

use rusqlite::{Connection, named_params};

use super::Tx;
use super::notifications::{self, Notification};
use super::push_subscriptions::{self, Subscription};
use crate::clock::Time;
use crate::error::Result;

/// A push to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Its place in the queue.
    pub id: i64,
    /// How often it failed.
    pub attempts: i64,
    /// Where to.
    pub subscription: Subscription,
    /// About what.
    pub notification: Notification,
}

/// Queues the notification for every subscription of its recipient that asks for its kind and, by its policy, for its
/// sender.
pub fn enqueue(tx: &Tx, row: &Notification) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO pushes (subscription_id, notification_id, not_before, created_at)
         SELECT s.id, :notification, :now, :now FROM push_subscriptions s
         WHERE s.account_id = :me AND json_extract(s.alerts, '$.\"' || :kind || '\"') = 1
           AND CASE s.policy
               WHEN 'all' THEN 1
               WHEN 'followed' THEN EXISTS (SELECT 1 FROM follows f
                   WHERE f.account_id = :me AND f.target_id = :from AND f.accepted)
               WHEN 'follower' THEN EXISTS (SELECT 1 FROM follows f
                   WHERE f.account_id = :from AND f.target_id = :me AND f.accepted)
               ELSE 0 END",
    )?
    .execute(named_params! {
        ":notification": row.id, ":now": row.created_at, ":me": row.account_id, ":kind": row.kind,
        ":from": row.from_account_id,
    })?;
    Ok(())
}

/// The first pushes that are due and not among `under_way`.
pub fn due(db: &Connection, now: Time, under_way: &[i64], most: usize) -> Result<Vec<Push>> {
    let sql = format!(
        "SELECT p.id AS push, p.attempts, p.notification_id, {} FROM pushes p
             CROSS JOIN push_subscriptions s ON s.id = p.subscription_id
         WHERE p.not_before <= :now AND p.id NOT IN (SELECT value FROM json_each(:under_way))
         ORDER BY p.not_before, p.id LIMIT :most",
        push_subscriptions::COLUMNS
    );
    let mut statement = db.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let under_way = super::sql::json_list(under_way);
    let rows = statement.query_map(named_params! {":now": now, ":under_way": under_way, ":most": most}, |row| {
        Ok((row.get("push")?, row.get("attempts")?, row.get("notification_id")?, Subscription::from_row(row)?))
    })?;
    let rows: Vec<(i64, i64, _, Subscription)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::with_capacity(rows.len());
    for (id, attempts, about, subscription) in rows {
        if let Some(notification) = notifications::by_id(db, subscription.account_id, about)? {
            found.push(Push { id, attempts, subscription, notification });
        }
    }
    Ok(found)
}

/// When the next push that is not under way is due.
pub fn next_time(db: &Connection, under_way: &[i64]) -> Result<Option<Time>> {
    let mut statement =
        db.prepare_cached("SELECT min(not_before) FROM pushes WHERE id NOT IN (SELECT value FROM json_each(?1))")?;
    Ok(statement.query_row([super::sql::json_list(under_way)], |row| row.get(0))?)
}

/// Takes the push from the queue: it was sent, or never will be.
pub fn delete(tx: &Tx, id: i64) -> Result<()> {
    tx.prepare_cached("DELETE FROM pushes WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Notes a failure; the push is tried again at `not_before`.
pub fn postpone(tx: &Tx, id: i64, not_before: Time) -> Result<()> {
    tx.prepare_cached("UPDATE pushes SET attempts = attempts + 1, not_before = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![id, not_before])?;
    Ok(())
}

/// Forgets pushes made before `before`; answers how many.
pub fn drop_old(tx: &Tx, before: Time) -> Result<usize> {
    Ok(tx.prepare_cached("DELETE FROM pushes WHERE created_at < ?1")?.execute([before])?)
}
