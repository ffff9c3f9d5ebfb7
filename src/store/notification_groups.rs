//! Notifications in groups: many favourites of one post are one line.
//!
//! A group stands where its newest notification stands, once, so that no page repeats it. What was put aside by the
//! policy is in no group. Spec: https://docs.joinmastodon.org/methods/grouped_notifications/

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::notifications::{self, COLUMNS, Filter, Notification, WANTED, WELCOME, text_list};
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, NotificationId, StatusId};

/// The kinds that can be grouped.
pub const KINDS: &[&str] = &["favourite", "reblog", "follow", "admin.sign_up"];
/// How many accounts a group names.
pub const SAMPLE: i64 = 8;
/// How long a group stays open after the hour of its first notification, in hours.
const SPAN: i64 = 12;

/// A group, or a notification that stands alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `favourite-<status>-<hour>`, or `ungrouped-<id>`.
    pub key: String,
    /// Its newest notification.
    pub newest: Notification,
    /// How many there are in it.
    pub count: i64,
    /// The oldest of its notifications that are not older than the page.
    pub page_min: NotificationId,
    /// Who caused it, latest first, at most [`SAMPLE`].
    pub sample: Vec<AccountId>,
}

/// The key of the group that such a notification joins now; `None` for kinds that stand alone.
pub fn key_for(
    db: &Connection,
    account: AccountId,
    kind: &str,
    status: Option<StatusId>,
    now: Time,
) -> Result<Option<String>> {
    if !KINDS.contains(&kind) {
        return Ok(None);
    }
    let prefix = status.map_or_else(|| format!("{kind}-"), |id| format!("{kind}-{id}-"));
    // Hours since 1970 have six digits until 2084, so they sort as text; '.' comes right after '-'.
    let after = format!("{}.", prefix.trim_end_matches('-'));
    let last: Option<String> = db
        .prepare_cached(
            "SELECT group_key FROM notifications
             WHERE account_id = :me AND group_key > :prefix AND group_key < :after ORDER BY group_key DESC LIMIT 1",
        )?
        .query_row(named_params! {":me": account, ":prefix": prefix, ":after": after}, |row| row.get(0))
        .optional()?;
    let hour = now.seconds().div_euclid(3_600);
    let open = last.and_then(|key| key.strip_prefix(&prefix)?.parse::<i64>().ok()).filter(|last| hour < last + SPAN);
    Ok(Some(format!("{prefix}{}", open.unwrap_or(hour))))
}

/// One page of groups, latest first, of what [`notifications::list`] would list. Only kinds in `grouped` are merged.
pub fn list(
    db: &Connection,
    account: AccountId,
    filter: &Filter,
    grouped: &[String],
    page: &Page,
    now: Time,
) -> Result<Vec<Group>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM notifications n CROSS JOIN accounts a ON a.id = n.from_account_id
         WHERE n.account_id = :me AND n.id < :below AND n.id > :above AND {WANTED} AND {WELCOME}
           AND (n.group_key IS NULL OR n.kind NOT IN (SELECT value FROM json_each(:grouped)) OR NOT EXISTS (
               SELECT 1 FROM notifications later CROSS JOIN accounts a ON a.id = later.from_account_id
               WHERE later.account_id = :me AND later.group_key = n.group_key AND later.id > n.id
                 AND (:from IS NULL OR later.from_account_id = :from) AND {WELCOME}))
         ORDER BY n.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":me": account, ":kinds": text_list(&filter.kinds), ":without": text_list(&filter.without),
            ":from": filter.from, ":filtered": filter.filtered, ":grouped": text_list(grouped), ":now": now,
            ":below": page.below(), ":above": page.above(), ":limit": page.limit,
        },
        Notification::from_row,
    )?;
    let rows: Vec<Notification> = page.newest_first(rows.collect::<rusqlite::Result<_>>()?);
    // A page that is not full is the last one: nothing below it belongs to another.
    let full = i64::try_from(rows.len()).is_ok_and(|count| count >= page.limit);
    let low = rows.last().filter(|_| full).map_or(NotificationId(i64::MIN), |row| row.id);
    complete(db, account, rows, grouped, low, now)
}

/// The group (or single notification) with this key.
pub fn by_key(db: &Connection, account: AccountId, key: &str, now: Time) -> Result<Option<Group>> {
    if let Some(id) = single(key) {
        let row = notifications::by_id(db, account, id)?;
        let rows = complete(db, account, row.into_iter().collect(), &[], id, now)?;
        return Ok(rows.into_iter().next());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM notifications n CROSS JOIN accounts a ON a.id = n.from_account_id
         WHERE n.account_id = :me AND n.group_key = :key AND {WELCOME} ORDER BY n.id DESC LIMIT 1"
    );
    let from: Option<AccountId> = None;
    let row = db
        .prepare_cached(&sql)?
        .query_row(named_params! {":me": account, ":key": key, ":from": from, ":now": now}, Notification::from_row)
        .optional()?;
    let grouped: Vec<String> = row.iter().map(|row| row.kind.clone()).collect();
    Ok(complete(db, account, row.into_iter().collect(), &grouped, NotificationId(i64::MIN), now)?.into_iter().next())
}

/// Who caused the notifications of the group, latest first, with the notification's id as cursor.
pub fn accounts(
    db: &Connection,
    account: AccountId,
    key: &str,
    page: &Page,
    now: Time,
) -> Result<Vec<(NotificationId, AccountId)>> {
    let sql = format!(
        "SELECT n.id, n.from_account_id FROM notifications n CROSS JOIN accounts a ON a.id = n.from_account_id
         WHERE n.account_id = :me AND (n.group_key = :key OR n.id = :single)
           AND n.id < :below AND n.id > :above AND {WELCOME}
         ORDER BY n.id {} LIMIT :limit",
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let from: Option<AccountId> = None;
    let rows = statement.query_map(
        named_params! {
            ":me": account, ":key": key, ":single": single(key), ":from": from, ":now": now,
            ":below": page.below(), ":above": page.above(), ":limit": page.limit,
        },
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// Dismisses the whole group.
pub fn delete(tx: &Tx, account: AccountId, key: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM notifications WHERE account_id = :me AND (group_key = :key OR id = :single)")?
        .execute(named_params! {":me": account, ":key": key, ":single": single(key)})?;
    Ok(())
}

/// How many groups have something newer than `read`, counted to `most` at most.
pub fn count(
    db: &Connection,
    account: AccountId,
    filter: &Filter,
    grouped: &[String],
    read: NotificationId,
    most: i64,
    now: Time,
) -> Result<i64> {
    let sql = format!(
        "SELECT count(*) FROM (
             SELECT DISTINCT iif(n.kind IN (SELECT value FROM json_each(:grouped)), coalesce(n.group_key, n.id), n.id)
             FROM notifications n CROSS JOIN accounts a ON a.id = n.from_account_id
             WHERE n.account_id = :me AND n.id > :read AND {WANTED} AND {WELCOME} LIMIT :most)"
    );
    let params = named_params! {
        ":me": account, ":kinds": text_list(&filter.kinds), ":without": text_list(&filter.without),
        ":from": filter.from, ":filtered": filter.filtered, ":grouped": text_list(grouped), ":read": read,
        ":most": most, ":now": now,
    };
    Ok(db.prepare_cached(&sql)?.query_row(params, |row| row.get(0))?)
}

/// The id in the key of a notification that stands alone.
fn single(key: &str) -> Option<NotificationId> {
    key.strip_prefix("ungrouped-")?.parse().ok()
}

/// What is in the groups whose newest notifications are `rows`.
fn complete(
    db: &Connection,
    account: AccountId,
    rows: Vec<Notification>,
    grouped: &[String],
    low: NotificationId,
    now: Time,
) -> Result<Vec<Group>> {
    let key = |row: &Notification| row.group_key.clone().filter(|_| grouped.contains(&row.kind));
    let keys: Vec<String> = rows.iter().filter_map(key).collect();
    let mut known = if keys.is_empty() { HashMap::new() } else { contents(db, account, &keys, low, now)? };
    let group = |newest: Notification| {
        let key = key(&newest);
        match key.and_then(|key| known.remove_entry(&key)) {
            Some((key, found)) => Group {
                key,
                count: found.count,
                page_min: found.page_min.unwrap_or(newest.id).min(newest.id),
                sample: found.sample,
                newest,
            },
            None => Group {
                key: notifications::alone(newest.id),
                count: 1,
                page_min: newest.id,
                sample: vec![newest.from_account_id],
                newest,
            },
        }
    };
    Ok(rows.into_iter().map(group).collect())
}

#[derive(Debug, Default)]
struct Contents {
    count: i64,
    page_min: Option<NotificationId>,
    sample: Vec<AccountId>,
}

fn contents(
    db: &Connection,
    account: AccountId,
    keys: &[String],
    low: NotificationId,
    now: Time,
) -> Result<HashMap<String, Contents>> {
    let sql = format!(
        "SELECT group_key, from_account_id, total, page_min FROM (
             SELECT n.group_key, n.from_account_id,
                 row_number() OVER (PARTITION BY n.group_key ORDER BY n.id DESC) AS place,
                 count(*) OVER (PARTITION BY n.group_key) AS total,
                 min(iif(n.id >= :low, n.id, NULL)) OVER (PARTITION BY n.group_key) AS page_min
             FROM notifications n CROSS JOIN accounts a ON a.id = n.from_account_id
             WHERE n.account_id = :me AND n.group_key IN (SELECT value FROM json_each(:keys)) AND {WELCOME})
         WHERE place <= :sample ORDER BY group_key, place"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let from: Option<AccountId> = None;
    let mut rows = statement.query(named_params! {
        ":me": account, ":keys": text_list(keys), ":low": low, ":sample": SAMPLE, ":from": from, ":now": now,
    })?;
    let mut found: HashMap<String, Contents> = HashMap::new();
    while let Some(row) = rows.next()? {
        let group = found.entry(row.get(0)?).or_default();
        group.sample.push(row.get(1)?);
        (group.count, group.page_min) = (row.get(2)?, row.get(3)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_group_stays_open_for_twelve_hours() {
        let world = World::new();
        let alice = world.local("alice");
        let (post, other) = (world.post(alice, "hello"), world.post(alice, "again"));
        let tx = world.tx();
        let start = 496_000 * HOUR;
        let told = |kind: &str, status, at: i64| {
            let id = NotificationId(world.next());
            let from = world.remote(&format!("r{id}"));
            assert!(notifications::insert(&tx, id, alice, kind, from, status, Time(start + at)).expect("inserts"));
            notifications::by_id(&tx, alice, id).expect("reads").expect("is there").key()
        };
        for (kind, status, at, key) in [
            ("favourite", Some(post), 1, format!("favourite-{post}-496000")),
            ("favourite", Some(post), 11 * HOUR, format!("favourite-{post}-496000")),
            ("favourite", Some(post), 12 * HOUR, format!("favourite-{post}-496012")),
            ("favourite", Some(post), 23 * HOUR, format!("favourite-{post}-496012")),
            ("favourite", Some(other), 23 * HOUR, format!("favourite-{other}-496023")),
            ("reblog", Some(post), 0, format!("reblog-{post}-496000")),
            ("follow", None, 0, "follow-496000".into()),
            ("follow", None, HOUR, "follow-496000".into()),
            ("admin.sign_up", None, HOUR, "admin.sign_up-496001".into()),
        ] {
            assert_eq!(told(kind, status, at), key, "{kind} {at}");
        }
        for (kind, status) in [("mention", Some(post)), ("follow_request", None)] {
            assert!(told(kind, status, 0).starts_with("ungrouped-"), "{kind}");
        }
    }

    #[test]
    fn a_group_stands_once_where_its_newest_stands() {
        let world = World::new();
        let alice = world.local("alice");
        let post = world.post(alice, "hello");
        let tx = world.tx();
        let mut ids = Vec::new();
        // favourite, mention, favourite, follow, favourite …, and the last is a mention.
        for kind in ["favourite", "mention", "favourite", "follow", "favourite", "mention"] {
            let from = world.remote(&format!("r{}", ids.len()));
            let status = (kind != "follow").then_some(post);
            ids.push(NotificationId(world.next()));
            notifications::insert(&tx, ids[ids.len() - 1], alice, kind, from, status, Time(0)).expect("inserts");
        }
        let all: Vec<String> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
        let page = |page: Page, grouped: &[String]| {
            list(&tx, alice, &Filter::default(), grouped, &page, Time(0)).expect("lists")
        };
        let newest = |groups: &[Group]| groups.iter().map(|group| group.newest.id).collect::<Vec<_>>();
        let first = page(Page::first(2), &all);
        assert_eq!(newest(&first), [ids[5], ids[4]]);
        assert_eq!((first[1].count, first[1].sample.len(), first[1].page_min), (3, 3, ids[4]));
        let rest = page(Page { max: Some(ids[4].0), ..Page::first(9) }, &all);
        assert_eq!(newest(&rest), [ids[3], ids[1]]);
        let whole = page(Page::first(9), &all);
        assert_eq!((newest(&whole).len(), whole[1].page_min), (4, ids[0]));
        assert_eq!(page(Page::first(9), &[]).len(), 6);
        assert_eq!(newest(&page(Page { min: Some(ids[1].0), ..Page::first(1) }, &all)), [ids[3]]);
        let none = NotificationId(0);
        assert_eq!(count(&tx, alice, &Filter::default(), &all, none, 100, Time(0)).expect("counts"), 4);
        assert_eq!(count(&tx, alice, &Filter::default(), &all, ids[2], 2, Time(0)).expect("counts"), 2);
        let key = first[1].key.clone();
        assert_eq!(by_key(&tx, alice, &key, Time(0)).expect("reads").map(|group| group.count), Some(3));
        assert_eq!(accounts(&tx, alice, &key, &Page::first(2), Time(0)).expect("lists").len(), 2);
        delete(&tx, alice, &key).expect("deletes");
        delete(&tx, alice, &notifications::alone(ids[1])).expect("deletes");
        assert_eq!(newest(&page(Page::first(9), &all)), [ids[5], ids[3]]);
        assert_eq!(by_key(&tx, alice, &key, Time(0)).expect("reads"), None);
    }
}
