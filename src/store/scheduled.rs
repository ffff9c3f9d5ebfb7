//! Posts for later, and the uploads that wait with them.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, MediaId, ScheduledId};

/// One row of `scheduled_statuses`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Scheduled {
    pub id: ScheduledId,
    pub account_id: AccountId,
    pub scheduled_at: Time,
    pub draft: String,
    pub idempotency_key: Option<String>,
    pub created_at: Time,
}

impl Scheduled {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            scheduled_at: row.get("scheduled_at")?,
            draft: row.get("draft")?,
            idempotency_key: row.get("idempotency_key")?,
            created_at: row.get("created_at")?,
        })
    }
}

const COLUMNS: &str = "id, account_id, scheduled_at, draft, idempotency_key, created_at";

/// Keeps the post, with its uploads, for later.
pub fn insert(tx: &Tx, row: &Scheduled, media: &[MediaId]) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO scheduled_statuses (id, account_id, scheduled_at, draft, idempotency_key, created_at)
         VALUES (:id, :account, :at, :draft, :key, :now)",
    )?
    .execute(named_params! {
        ":id": row.id, ":account": row.account_id, ":at": row.scheduled_at, ":draft": row.draft,
        ":key": row.idempotency_key, ":now": row.created_at,
    })?;
    let mut keep = tx.prepare_cached("INSERT INTO scheduled_media (media_id, scheduled_id) VALUES (?1, ?2)")?;
    for media in media {
        keep.execute(rusqlite::params![media, row.id])?;
    }
    Ok(())
}

/// Another time for it; `false`: `account` has none with this id.
pub fn set_time(tx: &Tx, account: AccountId, id: ScheduledId, at: Time) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("UPDATE scheduled_statuses SET scheduled_at = ?3 WHERE id = ?2 AND account_id = ?1")?;
    Ok(statement.execute(rusqlite::params![account, id, at])? > 0)
}

/// Gives it up; `false`: `account` has none with this id.
pub fn delete(tx: &Tx, account: AccountId, id: ScheduledId) -> Result<bool> {
    let mut statement = tx.prepare_cached("DELETE FROM scheduled_statuses WHERE id = ?2 AND account_id = ?1")?;
    Ok(statement.execute(rusqlite::params![account, id])? > 0)
}

/// Takes one whose time has come at `now`, to be published in this transaction; `false`: somebody else did, it was given
/// up, or got another time.
pub fn take(tx: &Tx, id: ScheduledId, now: Time) -> Result<bool> {
    let mut statement = tx.prepare_cached("DELETE FROM scheduled_statuses WHERE id = ?1 AND scheduled_at <= ?2")?;
    Ok(statement.execute(rusqlite::params![id, now])? > 0)
}

/// `account`'s with this id.
pub fn by_id(db: &Connection, account: AccountId, id: ScheduledId) -> Result<Option<Scheduled>> {
    let sql = format!("SELECT {COLUMNS} FROM scheduled_statuses WHERE id = ?1 AND account_id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row(rusqlite::params![id, account], Scheduled::from_row).optional()?)
}

/// The one that `account` made with this key, not before `since`.
pub fn by_key(db: &Connection, account: AccountId, key: &str, since: Time) -> Result<Option<Scheduled>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM scheduled_statuses
         WHERE account_id = :account AND idempotency_key = :key AND created_at >= :since"
    );
    let params = named_params! {":account": account, ":key": key, ":since": since};
    Ok(db.prepare_cached(&sql)?.query_row(params, Scheduled::from_row).optional()?)
}

/// All of `account`'s, the latest made first.
pub fn of(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<Scheduled>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM scheduled_statuses WHERE account_id = :account AND id < :below AND id > :above
         ORDER BY id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {":account": account, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        Scheduled::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// How many posts of `account` wait for a time from `from` to before `to`, `but` this one.
pub fn count(db: &Connection, account: AccountId, from: Time, to: Time, but: Option<ScheduledId>) -> Result<usize> {
    let mut statement = db.prepare_cached(
        "SELECT count(*) FROM scheduled_statuses
         WHERE account_id = :account AND scheduled_at >= :from AND scheduled_at < :to AND id <> coalesce(:but, 0)",
    )?;
    let params = named_params! {":account": account, ":from": from, ":to": to, ":but": but};
    let count: i64 = statement.query_row(params, |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Those whose time has come at `now`, the longest overdue first.
pub fn due(db: &Connection, now: Time, limit: usize) -> Result<Vec<Scheduled>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM scheduled_statuses WHERE scheduled_at <= :now ORDER BY scheduled_at, id LIMIT :limit"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! {":now": now, ":limit": limit as i64}, Scheduled::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The post for later with which an upload waits.
pub fn holder(db: &Connection, media: MediaId) -> Result<Option<ScheduledId>> {
    let mut statement = db.prepare_cached("SELECT scheduled_id FROM scheduled_media WHERE media_id = ?1")?;
    Ok(statement.query_row([media], |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;
    use crate::store::{media, purge};

    #[test]
    fn one_is_taken_once_and_not_before_its_time() {
        let world = World::new();
        let alice = world.local("alice");
        let image = world.image(alice);
        let tx = world.tx();
        let row = |id, at| Scheduled {
            id: ScheduledId(id),
            account_id: alice,
            scheduled_at: Time(at),
            draft: "{}".into(),
            idempotency_key: Some(format!("k{id}")),
            created_at: Time(1),
        };
        insert(&tx, &row(1, 100), &[image]).expect("inserts");
        insert(&tx, &row(2, 50), &[]).expect("inserts");
        assert_eq!(holder(&tx, image).expect("reads"), Some(ScheduledId(1)));
        assert!(purge::unattached_media(&tx, Time(i64::MAX), 9).expect("purges").is_empty(), "it waits");
        assert_eq!(of(&tx, alice, &Page::first(9)).expect("lists"), [row(2, 50), row(1, 100)]);
        assert_eq!(by_key(&tx, alice, "k1", Time(1)).expect("reads"), Some(row(1, 100)));
        assert_eq!(by_key(&tx, alice, "k1", Time(2)).expect("reads"), None);
        assert_eq!(count(&tx, alice, Time(50), Time(100), None).expect("counts"), 1);
        assert_eq!(count(&tx, alice, Time(50), Time(100), Some(ScheduledId(2))).expect("counts"), 0);
        assert_eq!(due(&tx, Time(100), 9).expect("reads"), [row(2, 50), row(1, 100)]);
        assert!(set_time(&tx, alice, ScheduledId(2), Time(200)).expect("writes"));
        assert!(!take(&tx, ScheduledId(2), Time(199)).expect("not yet"));
        assert!(take(&tx, ScheduledId(1), Time(100)).expect("takes"));
        assert!(!take(&tx, ScheduledId(1), Time(100)).expect("only once"));
        assert_eq!(holder(&tx, image).expect("reads"), None);
        assert!(media::by_id(&tx, image).expect("reads").is_some());
        assert!(delete(&tx, alice, ScheduledId(2)).expect("deletes"));
        assert_eq!(by_id(&tx, alice, ScheduledId(2)).expect("reads"), None);
    }
}
