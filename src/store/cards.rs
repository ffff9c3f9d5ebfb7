//! Pages behind links: one row for each address, shared by all posts that link to it, and fetched once for all of them.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::sql::json_list;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};

/// A page that is linked again is read anew when what we know is older.
const STALE: Duration = Duration::from_secs(14 * 86_400);

/// One row of `cards`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Card {
    pub id: i64,
    pub url: String,
    pub page: Option<String>,
    pub title: String,
    pub description: String,
    /// `link`, `photo`, `video` or `rich`.
    pub kind: String,
    pub language: Option<String>,
    pub author_name: String,
    pub author_url: String,
    pub author_id: Option<AccountId>,
    pub claimed_id: Option<AccountId>,
    pub provider_name: String,
    pub provider_url: String,
    pub html: String,
    pub embed_url: String,
    pub width: i64,
    pub height: i64,
    pub image: Option<String>,
    pub image_description: String,
    pub published_at: Option<Time>,
    pub fetched_at: Option<Time>,
    pub attempts: i64,
    pub trendable: Option<bool>,
    pub reviewed_at: Option<Time>,
}

impl Card {
    /// Nothing is known of this page yet.
    pub fn bare(id: i64, url: String) -> Self {
        Self {
            id,
            url,
            page: None,
            title: String::new(),
            description: String::new(),
            kind: "link".into(),
            language: None,
            author_name: String::new(),
            author_url: String::new(),
            author_id: None,
            claimed_id: None,
            provider_name: String::new(),
            provider_url: String::new(),
            html: String::new(),
            embed_url: String::new(),
            width: 0,
            height: 0,
            image: None,
            image_description: String::new(),
            published_at: None,
            fetched_at: None,
            attempts: 0,
            trendable: None,
            reviewed_at: None,
        }
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            url: row.get("url")?,
            page: row.get("page")?,
            title: row.get("title")?,
            description: row.get("description")?,
            kind: row.get("kind")?,
            language: row.get("language")?,
            author_name: row.get("author_name")?,
            author_url: row.get("author_url")?,
            author_id: row.get("author_id")?,
            claimed_id: row.get("claimed_id")?,
            provider_name: row.get("provider_name")?,
            provider_url: row.get("provider_url")?,
            html: row.get("html")?,
            embed_url: row.get("embed_url")?,
            width: row.get("width")?,
            height: row.get("height")?,
            image: row.get("image")?,
            image_description: row.get("image_description")?,
            published_at: row.get("published_at")?,
            fetched_at: row.get("fetched_at")?,
            attempts: row.get("attempts")?,
            trendable: row.get("trendable")?,
            reviewed_at: row.get("reviewed_at")?,
        })
    }
}

/// The columns of [`Card::from_row`], for queries that name `cards AS c`.
pub(super) const COLUMNS: &str = "c.id, c.url, c.page, c.title, c.description, c.kind, c.language, c.author_name, \
    c.author_url, c.author_id, c.claimed_id, c.provider_name, c.provider_url, c.html, c.embed_url, c.width, c.height, \
    c.image, c.image_description, c.published_at, c.fetched_at, c.attempts, c.trendable, c.reviewed_at";

/// The post links to `url`, which is to be fetched at `due` if it was not lately.
pub fn link(tx: &Tx, status: StatusId, url: &str, due: Time, now: Time) -> Result<()> {
    let id: i64 = tx
        .prepare_cached(
            "INSERT INTO cards (url, due_at) VALUES (:url, :due) ON CONFLICT (url) DO UPDATE SET due_at =
                 CASE WHEN due_at IS NULL AND coalesce(fetched_at, 0) < :stale AND attempts < 8 THEN :due
                      ELSE due_at END RETURNING id",
        )?
        .query_row(named_params! {":url": url, ":due": due, ":stale": now.minus(STALE)}, |row| row.get(0))?;
    tx.prepare_cached(
        "INSERT INTO status_cards (status_id, card_id) VALUES (?1, ?2)
         ON CONFLICT (status_id) DO UPDATE SET card_id = excluded.card_id",
    )?
    .execute(rusqlite::params![status, id])?;
    Ok(())
}

/// The post has no link any more.
pub fn unlink(tx: &Tx, status: StatusId) -> Result<()> {
    tx.prepare_cached("DELETE FROM status_cards WHERE status_id = ?1")?.execute([status])?;
    Ok(())
}

/// Pages to fetch now, the longest due first.
pub fn due(db: &Connection, now: Time, limit: usize) -> Result<Vec<Card>> {
    let sql = format!("SELECT {COLUMNS} FROM cards c WHERE c.due_at <= ?1 ORDER BY c.due_at LIMIT ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(rusqlite::params![now, limit as i64], Card::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When the next page is to be fetched.
pub fn next_due(db: &Connection) -> Result<Option<Time>> {
    Ok(db.prepare_cached("SELECT min(due_at) FROM cards WHERE due_at IS NOT NULL")?.query_row([], |row| row.get(0))?)
}

/// What a page turned out to be; judgements of moderators stay. Posts that link to it are indexed anew.
pub fn fetched(tx: &Tx, card: &Card, now: Time) -> Result<()> {
    tx.prepare_cached(
        "UPDATE cards SET page = :page, title = :title, description = :description, kind = :kind, language = :language,
             author_name = :author_name, author_url = :author_url, author_id = :author_id, claimed_id = :claimed_id,
             provider_name = :provider_name, provider_url = :provider_url, html = :html, embed_url = :embed_url,
             width = :width, height = :height, image = :image, image_description = :image_description,
             published_at = :published_at, fetched_at = :now, due_at = NULL, attempts = 0 WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": card.id, ":page": card.page, ":title": card.title, ":description": card.description,
        ":kind": card.kind, ":language": card.language, ":author_name": card.author_name,
        ":author_url": card.author_url, ":author_id": card.author_id, ":claimed_id": card.claimed_id,
        ":provider_name": card.provider_name, ":provider_url": card.provider_url, ":html": card.html,
        ":embed_url": card.embed_url, ":width": card.width, ":height": card.height, ":image": card.image,
        ":image_description": card.image_description, ":published_at": card.published_at, ":now": now,
    })?;
    if let Some(domain) = super::reviews::publisher_of(card) {
        super::reviews::meet_publisher(tx, &domain)?;
    }
    if matches!(card.kind.as_str(), "video" | "rich") {
        tx.prepare_cached(
            "INSERT INTO search_waiting (kind, id) SELECT 'status', status_id FROM status_cards WHERE card_id = ?1
             ON CONFLICT DO NOTHING",
        )?
        .execute([card.id])?;
    }
    Ok(())
}

/// The page could not be had; it is tried again at `again`, if ever.
pub fn failed(tx: &Tx, id: i64, again: Option<Time>) -> Result<()> {
    tx.prepare_cached("UPDATE cards SET attempts = attempts + 1, due_at = ?2 WHERE id = ?1")?
        .execute(rusqlite::params![id, again])?;
    Ok(())
}

/// What to show under these posts.
pub fn of_statuses(db: &Connection, statuses: &[StatusId]) -> Result<Vec<(StatusId, Card)>> {
    let sql = format!(
        "SELECT k.status_id, {COLUMNS} FROM status_cards k CROSS JOIN cards c ON c.id = k.card_id
         WHERE k.status_id IN (SELECT value FROM json_each(?1)) AND c.fetched_at IS NOT NULL AND c.title <> ''"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(statuses)], |row| Ok((row.get("status_id")?, Card::from_row(row)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The page with this id.
pub fn by_id(db: &Connection, id: i64) -> Result<Option<Card>> {
    let sql = format!("SELECT {COLUMNS} FROM cards c WHERE c.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], Card::from_row).optional()?)
}

/// The page at this address, as posts link to it or as it calls itself.
pub fn by_url(db: &Connection, url: &str) -> Result<Option<Card>> {
    let sql = format!("SELECT {COLUMNS} FROM cards c WHERE c.url = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([url], Card::from_row).optional()?)
}

/// Pages that no post links to any more, at most `limit`, go; answers how many.
pub fn forget(tx: &Tx, before: Time, limit: usize) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM cards WHERE id IN (SELECT c.id FROM cards c WHERE c.due_at IS NULL
                 AND coalesce(c.fetched_at, 0) < ?1 AND c.reviewed_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM status_cards k WHERE k.card_id = c.id) LIMIT ?2)",
        )?
        .execute(rusqlite::params![before, limit as i64])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    #[test]
    fn a_page_is_fetched_once_for_all_who_link_to_it() {
        let world = World::new();
        let me = world.local("me");
        let (one, two) = (world.post(me, "one"), world.post(me, "two"));
        let tx = world.tx();
        let url = "https://b.example/";
        link(&tx, one, url, Time(50), Time(0)).expect("links");
        link(&tx, two, url, Time(70), Time(0)).expect("links");
        assert_eq!(next_due(&tx).expect("reads"), Some(Time(50)));
        assert_eq!(due(&tx, Time(49), 9).expect("reads").len(), 0);
        let row = due(&tx, Time(50), 9).expect("reads").remove(0);
        assert_eq!(of_statuses(&tx, &[one]).expect("reads"), []);
        let done = Card { title: "A page".into(), ..row.clone() };
        fetched(&tx, &done, Time(60)).expect("keeps");
        assert_eq!(next_due(&tx).expect("reads"), None);
        assert_eq!(of_statuses(&tx, &[one, two]).expect("reads").len(), 2);
        // Not again soon, but some day.
        link(&tx, two, url, Time(70), Time(61)).expect("links");
        assert_eq!(next_due(&tx).expect("reads"), None);
        let later = Time(61).plus(STALE);
        link(&tx, two, url, later, later).expect("links");
        assert_eq!(next_due(&tx).expect("reads"), Some(later));
        failed(&tx, row.id, None).expect("keeps");
        unlink(&tx, one).expect("unlinks");
        assert_eq!(forget(&tx, later, 9).expect("reads"), 0);
        unlink(&tx, two).expect("unlinks");
        assert_eq!(forget(&tx, later, 9).expect("reads"), 1);
    }
}
