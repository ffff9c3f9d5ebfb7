//! What the server tells its people: announcements, who has read them, and the emoji under them.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, AnnouncementId, EmojiId, StatusId};

/// One row of `announcements`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Announcement {
    pub id: AnnouncementId,
    pub text: String,
    pub markdown: bool,
    pub content: String,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub all_day: bool,
    pub publish_at: Option<Time>,
    pub published_at: Option<Time>,
    pub updated_at: Time,
    pub created_at: Time,
    pub mentions: Vec<AccountId>,
    pub statuses: Vec<StatusId>,
    pub tags: Vec<String>,
}

impl Announcement {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let ids = |name: &str| -> rusqlite::Result<Vec<i64>> {
            Ok(serde_json::from_str(&row.get::<_, String>(name)?).unwrap_or_default())
        };
        Ok(Self {
            id: row.get("id")?,
            text: row.get("text")?,
            markdown: row.get("markdown")?,
            content: row.get("content")?,
            starts_at: row.get("starts_at")?,
            ends_at: row.get("ends_at")?,
            all_day: row.get("all_day")?,
            publish_at: row.get("publish_at")?,
            published_at: row.get("published_at")?,
            updated_at: row.get("updated_at")?,
            created_at: row.get("created_at")?,
            mentions: ids("mentions")?.into_iter().map(AccountId).collect(),
            statuses: ids("statuses")?.into_iter().map(StatusId).collect(),
            tags: serde_json::from_str(&row.get::<_, String>("tags")?).unwrap_or_default(),
        })
    }
}

const COLUMNS: &str = "id, text, markdown, content, starts_at, ends_at, all_day, publish_at, published_at, updated_at, \
    created_at, mentions, statuses, tags";

/// An emoji that somebody put under an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Reaction {
    pub announcement_id: AnnouncementId,
    pub account_id: AccountId,
    pub name: String,
    pub emoji_id: Option<EmojiId>,
}

/// Inserts the announcement, or changes the one with its id.
pub fn put(tx: &Tx, row: &Announcement) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO announcements (id, text, markdown, content, starts_at, ends_at, all_day, publish_at, published_at,
             updated_at, created_at, mentions, statuses, tags)
         VALUES (:id, :text, :markdown, :content, :starts_at, :ends_at, :all_day, :publish_at, :published_at,
             :updated_at, :created_at, :mentions, :statuses, :tags)
         ON CONFLICT (id) DO UPDATE SET text = :text, markdown = :markdown, content = :content, starts_at = :starts_at,
             ends_at = :ends_at, all_day = :all_day, publish_at = :publish_at, published_at = :published_at,
             updated_at = :updated_at, mentions = :mentions, statuses = :statuses, tags = :tags",
    )?
    .execute(named_params! {
        ":id": row.id, ":text": row.text, ":markdown": row.markdown, ":content": row.content,
        ":starts_at": row.starts_at, ":ends_at": row.ends_at, ":all_day": row.all_day, ":publish_at": row.publish_at,
        ":published_at": row.published_at, ":updated_at": row.updated_at, ":created_at": row.created_at,
        ":mentions": json_list(&row.mentions), ":statuses": json_list(&row.statuses),
        ":tags": serde_json::to_string(&row.tags).unwrap_or_default(),
    })?;
    Ok(())
}

/// Deletes the announcement with all that belongs to it.
pub fn delete(tx: &Tx, id: AnnouncementId) -> Result<()> {
    tx.prepare_cached("DELETE FROM announcements WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The announcement with this id.
pub fn by_id(db: &Connection, id: AnnouncementId) -> Result<Option<Announcement>> {
    let sql = format!("SELECT {COLUMNS} FROM announcements WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Announcement::from_row).optional()?)
}

/// All of them, the latest first; drafts too.
pub fn all(db: &Connection) -> Result<Vec<Announcement>> {
    many(db, "1 ORDER BY id DESC", &[])
}

/// Those that are published, in the order in which they happen or were published.
pub fn published(db: &Connection) -> Result<Vec<Announcement>> {
    many(db, "published_at IS NOT NULL ORDER BY coalesce(starts_at, published_at), id", &[])
}

/// Those whose time to be published has come.
pub fn due(db: &Connection, now: Time) -> Result<Vec<Announcement>> {
    many(db, "published_at IS NULL AND publish_at <= ?1 ORDER BY publish_at, id", &[&now])
}

/// The published ones that are over.
pub fn over(db: &Connection, now: Time) -> Result<Vec<Announcement>> {
    many(db, "published_at IS NOT NULL AND ends_at <= ?1 ORDER BY id", &[&now])
}

fn many(db: &Connection, which: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<Announcement>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM announcements WHERE {which}"))?;
    let rows = statement.query_map(params, Announcement::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that somebody has read it.
pub fn dismiss(tx: &Tx, id: AnnouncementId, account: AccountId) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO announcement_dismissals (announcement_id, account_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?
    .execute(rusqlite::params![id, account])?;
    Ok(())
}

/// Which announcements `account` has read.
pub fn dismissed_by(db: &Connection, account: AccountId) -> Result<Vec<AnnouncementId>> {
    let mut statement =
        db.prepare_cached("SELECT announcement_id FROM announcement_dismissals WHERE account_id = ?1")?;
    let rows = statement.query_map([account], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts the emoji under the announcement; `false`: it was there.
pub fn react(tx: &Tx, id: i64, reaction: &Reaction) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO announcement_reactions (id, announcement_id, account_id, name, emoji_id)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(rusqlite::params![
            id,
            reaction.announcement_id,
            reaction.account_id,
            reaction.name,
            reaction.emoji_id
        ])?;
    Ok(inserted > 0)
}

/// Takes the emoji away; `false`: it was not there.
pub fn unreact(tx: &Tx, id: AnnouncementId, account: AccountId, name: &str) -> Result<bool> {
    let deleted = tx
        .prepare_cached(
            "DELETE FROM announcement_reactions WHERE announcement_id = ?1 AND account_id = ?2 AND name = ?3",
        )?
        .execute(rusqlite::params![id, account, name])?;
    Ok(deleted > 0)
}

/// The emoji under these announcements, the first ones first.
pub fn reactions(db: &Connection, ids: &[AnnouncementId]) -> Result<Vec<Reaction>> {
    let mut statement = db.prepare_cached(
        "SELECT announcement_id, account_id, name, emoji_id FROM announcement_reactions
         WHERE announcement_id IN (SELECT value FROM json_each(?1)) ORDER BY id",
    )?;
    let rows = statement.query_map([json_list(ids)], |row| {
        Ok(Reaction {
            announcement_id: row.get("announcement_id")?,
            account_id: row.get("account_id")?,
            name: row.get("name")?,
            emoji_id: row.get("emoji_id")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn they_come_in_order_and_know_their_times() {
        let world = World::new();
        let alice = world.local("alice");
        let tx = world.tx();
        let row = |id: i64| Announcement {
            id: AnnouncementId(id),
            text: "hello".into(),
            markdown: false,
            content: "<p>hello</p>".into(),
            starts_at: None,
            ends_at: None,
            all_day: false,
            publish_at: None,
            published_at: Some(Time(id)),
            updated_at: Time(id),
            created_at: Time(id),
            mentions: vec![alice],
            statuses: vec![StatusId(9)],
            tags: vec!["Cats".into()],
        };
        for row in [
            Announcement { starts_at: Some(Time(90)), ends_at: Some(Time(100)), ..row(1) },
            row(2),
            Announcement { published_at: None, publish_at: Some(Time(50)), ..row(3) },
            Announcement { published_at: None, ..row(4) },
        ] {
            put(&tx, &row).expect("puts");
        }
        let ids = |rows: Vec<Announcement>| rows.into_iter().map(|row| row.id.0).collect::<Vec<_>>();
        assert_eq!(by_id(&tx, AnnouncementId(2)).expect("reads"), Some(row(2)));
        assert_eq!(ids(all(&tx).expect("reads")), [4, 3, 2, 1]);
        assert_eq!(ids(published(&tx).expect("reads")), [2, 1]);
        assert_eq!(ids(due(&tx, Time(49)).expect("reads")), [0; 0]);
        assert_eq!(ids(due(&tx, Time(50)).expect("reads")), [3]);
        assert_eq!(ids(over(&tx, Time(99)).expect("reads")), [0; 0]);
        assert_eq!(ids(over(&tx, Time(100)).expect("reads")), [1]);
        dismiss(&tx, AnnouncementId(1), alice).expect("dismisses");
        dismiss(&tx, AnnouncementId(1), alice).expect("dismisses again");
        assert_eq!(dismissed_by(&tx, alice).expect("reads"), [AnnouncementId(1)]);
        let reaction =
            Reaction { announcement_id: AnnouncementId(2), account_id: alice, name: "👍".into(), emoji_id: None };
        assert!(react(&tx, 1, &reaction).expect("reacts") && !react(&tx, 2, &reaction).expect("reacts again"));
        assert_eq!(reactions(&tx, &[AnnouncementId(2)]).expect("reads"), [reaction]);
        assert!(unreact(&tx, AnnouncementId(2), alice, "👍").expect("takes back"));
        assert!(!unreact(&tx, AnnouncementId(2), alice, "👍").expect("is gone"));
        delete(&tx, AnnouncementId(1)).expect("deletes");
        assert_eq!(dismissed_by(&tx, alice).expect("reads"), [AnnouncementId(0); 0]);
    }
}
