//! What local people are told. The same thing is told once.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::page::Page;
use super::{Tx, notification_groups as groups};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, NotificationId, StatusId};

/// One row of `notifications`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Notification {
    pub id: NotificationId,
    pub account_id: AccountId,
    pub kind: String,
    pub from_account_id: AccountId,
    pub status_id: Option<StatusId>,
    /// By the kind, the id of a report, a warning or a severance.
    pub subject_id: Option<i64>,
    pub created_at: Time,
    pub group_key: Option<String>,
    pub filtered: bool,
}

impl Notification {
    /// The key of its group, or of itself alone.
    pub fn key(&self) -> String {
        self.group_key.clone().unwrap_or_else(|| alone(self.id))
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            kind: row.get("kind")?,
            from_account_id: row.get("from_account_id")?,
            status_id: row.get("status_id")?,
            subject_id: row.get("subject_id")?,
            created_at: row.get("created_at")?,
            group_key: row.get("group_key")?,
            filtered: row.get("filtered")?,
        })
    }
}

/// The key of a notification that stands alone.
pub fn alone(id: NotificationId) -> String {
    format!("ungrouped-{id}")
}

/// Which notifications a list shows; empty lists and `None` mean no restriction.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these kinds.
    pub kinds: Vec<String>,
    /// All but these kinds.
    pub without: Vec<String>,
    /// Only those that this account caused.
    pub from: Option<AccountId>,
    /// Also what the policy put aside; those of one sender (`from`) always are shown.
    pub filtered: bool,
}

pub(super) const COLUMNS: &str = "n.id, n.account_id, n.kind, n.from_account_id, n.status_id, n.subject_id, n.created_at, n.group_key, \
    n.filtered";

/// Tells `account` that `from` did `kind` (with `status`); `false`: it was told before. What can be grouped joins its
/// group.
pub fn insert(
    tx: &Tx,
    id: NotificationId,
    account: AccountId,
    kind: &str,
    from: AccountId,
    status: Option<StatusId>,
    now: Time,
) -> Result<bool> {
    let group = groups::key_for(tx, account, kind, status, now)?;
    put(
        tx,
        &Notification {
            id,
            account_id: account,
            kind: kind.to_owned(),
            from_account_id: from,
            status_id: status,
            subject_id: None,
            created_at: now,
            group_key: group,
            filtered: false,
        },
    )
}

/// Stores the row as it is; `false`: the same was told before.
pub fn put(tx: &Tx, row: &Notification) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO notifications (id, account_id, kind, from_account_id, status_id, subject_id, created_at,
                 group_key, filtered)
             VALUES (:id, :account, :kind, :from, :status, :subject, :now, :group, :filtered) ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {
            ":id": row.id, ":account": row.account_id, ":kind": row.kind, ":from": row.from_account_id,
            ":status": row.status_id, ":subject": row.subject_id, ":now": row.created_at, ":group": row.group_key, ":filtered": row.filtered,
        })?;
    Ok(inserted > 0)
}

/// Takes back what was told, for undone favourites, boosts and follows.
pub fn remove(tx: &Tx, account: AccountId, kind: &str, from: AccountId, status: Option<StatusId>) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM notifications WHERE account_id = :account AND kind = :kind AND from_account_id = :from
           AND coalesce(status_id, 0) = coalesce(:status, 0)",
    )?
    .execute(named_params! {":account": account, ":kind": kind, ":from": from, ":status": status})?;
    Ok(())
}

/// Takes back what `account` was told of a post, whoever did what to it.
pub fn remove_about(tx: &Tx, account: AccountId, status: StatusId) -> Result<()> {
    tx.prepare_cached("DELETE FROM notifications WHERE status_id = ?1 AND account_id = ?2")?
        .execute((status, account))?;
    Ok(())
}

/// Takes back everything that `account` was told of `from`, for blocks.
pub fn remove_from(tx: &Tx, account: AccountId, from: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM notifications WHERE account_id = ?1 AND from_account_id = ?2")?
        .execute([account, from])?;
    tx.prepare_cached("DELETE FROM notification_requests WHERE account_id = ?1 AND from_account_id = ?2")?
        .execute([account, from])?;
    Ok(())
}

/// What `account` was told, latest first. Senders that are suspended, blocked or muted (with notifications) at `now`
/// are left out; asking for one sender shows it all the same, unless blocked.
pub fn list(db: &Connection, account: AccountId, filter: &Filter, page: &Page, now: Time) -> Result<Vec<Notification>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM notifications n CROSS JOIN accounts a ON a.id = n.from_account_id
         WHERE n.account_id = :me AND n.id < :below AND n.id > :above AND {WANTED} AND {WELCOME}
         ORDER BY n.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":me": account, ":kinds": text_list(&filter.kinds), ":without": text_list(&filter.without),
            ":from": filter.from, ":filtered": filter.filtered, ":now": now,
            ":below": page.below(), ":above": page.above(), ":limit": page.limit,
        },
        Notification::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// How many notifications newer than `read` `account` has, by the rules of [`list`]; counts to `most` at most.
pub fn count(db: &Connection, account: AccountId, read: NotificationId, most: i64, now: Time) -> Result<i64> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM notifications n CROSS JOIN accounts a ON a.id = n.from_account_id
         WHERE n.account_id = :me AND n.id > :read AND NOT n.filtered AND {WELCOME} LIMIT :most)"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let none: Option<AccountId> = None;
    let params = named_params! {":me": account, ":read": read, ":most": most, ":now": now, ":from": none};
    Ok(statement.query_row(params, |row| row.get(0))?)
}

/// `account`'s notification with this id.
pub fn by_id(db: &Connection, account: AccountId, id: NotificationId) -> Result<Option<Notification>> {
    let sql = format!("SELECT {COLUMNS} FROM notifications n WHERE n.id = ?1 AND n.account_id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row(rusqlite::params![id, account], Notification::from_row).optional()?)
}

/// Dismisses one; `false`: `account` has none with this id.
pub fn delete(tx: &Tx, account: AccountId, id: NotificationId) -> Result<bool> {
    let mut statement = tx.prepare_cached("DELETE FROM notifications WHERE id = ?1 AND account_id = ?2")?;
    Ok(statement.execute(rusqlite::params![id, account])? > 0)
}

/// Dismisses all of `account`'s.
pub fn clear(tx: &Tx, account: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM notifications WHERE account_id = ?1")?.execute([account])?;
    Ok(())
}

/// What the [`Filter`] lets through.
pub(super) const WANTED: &str = "(:kinds = '[]' OR n.kind IN (SELECT value FROM json_each(:kinds)))
    AND n.kind NOT IN (SELECT value FROM json_each(:without))
    AND (:from IS NULL OR n.from_account_id = :from)
    AND (NOT n.filtered OR :filtered OR :from IS NOT NULL)";

/// Words as a JSON list.
pub(super) fn text_list(words: &[String]) -> String {
    serde_json::to_string(words).unwrap_or_default()
}

/// Whether `:me` wants to hear of the sender `a` (`:from`: asked for this one, so a mute does not count). What staff must
/// look at is always shown.
pub(super) const WELCOME: &str = "(n.kind IN ('admin.report', 'admin.sign_up') OR (a.suspended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = :me AND b.target_id = a.id)
    AND (:from IS NOT NULL OR NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = :me AND m.target_id = a.id
             AND m.notifications AND (m.expires_at IS NULL OR m.expires_at > :now)))
    AND NOT EXISTS (SELECT 1 FROM user_domain_blocks d WHERE d.account_id = :me AND d.domain = a.domain)))";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::mutes::{self, Mute};
    use crate::store::testing::World;

    #[test]
    fn the_same_thing_is_told_once_and_filters_hold() {
        let world = World::new();
        let (alice, bob, eve) = (world.local("alice"), world.remote("bob"), world.remote("eve"));
        let post = world.post(alice, "hello");
        let tx = world.tx();
        let tell = |id, kind: &str, from, status| {
            insert(&tx, NotificationId(id), alice, kind, from, status, Time(1)).expect("inserts")
        };
        assert!(tell(1, "follow", bob, None));
        assert!(!tell(2, "follow", bob, None));
        assert!(tell(3, "favourite", bob, Some(post)));
        assert!(tell(4, "favourite", eve, Some(post)));
        let listed = |filter: Filter| -> Vec<i64> {
            list(&tx, alice, &filter, &Page::first(9), Time(9)).expect("lists").into_iter().map(|n| n.id.0).collect()
        };
        assert_eq!(listed(Filter::default()), [4, 3, 1]);
        assert_eq!(listed(Filter { kinds: vec!["favourite".into()], ..Filter::default() }), [4, 3]);
        assert_eq!(listed(Filter { without: vec!["favourite".into()], ..Filter::default() }), [1]);
        assert_eq!(listed(Filter { from: Some(eve), ..Filter::default() }), [4]);
        assert_eq!(count(&tx, alice, NotificationId(1), 100, Time(9)).expect("counts"), 2);
        mutes::insert(&tx, 1, alice, eve, Mute { notifications: true, expires_at: None }, Time(1)).expect("mutes");
        assert_eq!(listed(Filter::default()), [3, 1]);
        assert_eq!(listed(Filter { from: Some(eve), ..Filter::default() }), [4]);
        remove(&tx, alice, "follow", bob, None).expect("removes");
        assert!(delete(&tx, alice, NotificationId(3)).expect("deletes"));
        assert!(!delete(&tx, bob, NotificationId(4)).expect("is not bob's"));
        assert!(listed(Filter::default()).is_empty());
    }
}
