//! The review queue: posts that filters held back, until a moderator decides or the author withdraws.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::page::Page;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, HeldId, MediaId, StatusId};

/// One row of `held`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in the migration")]
pub struct Held {
    pub id: HeldId,
    /// `open`, `approved`, `rejected`.
    pub state: String,
    pub direction: String,
    pub account_id: AccountId,
    pub object_uri: Option<String>,
    pub is_edit: bool,
    pub plugin_id: String,
    pub reason: String,
    pub score: i32,
    pub text: String,
    pub spoiler_text: String,
    pub visibility: Visibility,
    pub attachments: Vec<String>,
    pub payload: String,
    /// `None`: a post; else the verb of what is held, and `payload` is the whole activity.
    pub activity: Option<String>,
    pub created_at: Time,
    pub decided_at: Option<Time>,
    pub decided_by: Option<AccountId>,
    pub status_id: Option<StatusId>,
}

impl Held {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            state: row.get("state")?,
            direction: row.get("direction")?,
            account_id: row.get("account_id")?,
            object_uri: row.get("object_uri")?,
            is_edit: row.get("is_edit")?,
            plugin_id: row.get("plugin_id")?,
            reason: row.get("reason")?,
            score: row.get("score")?,
            text: row.get("text")?,
            spoiler_text: row.get("spoiler_text")?,
            visibility: row.get("visibility")?,
            attachments: serde_json::from_str(&row.get::<_, String>("attachments")?).unwrap_or_default(),
            payload: row.get("payload")?,
            activity: row.get("activity")?,
            created_at: row.get("created_at")?,
            decided_at: row.get("decided_at")?,
            decided_by: row.get("decided_by_id")?,
            status_id: row.get("status_id")?,
        })
    }
}

const COLUMNS: &str = "id, state, direction, account_id, object_uri, is_edit, plugin_id, reason, score, text, spoiler_text, \
    visibility, attachments, payload, activity, created_at, decided_at, decided_by_id, status_id";

/// Holds it, with its uploads. `false`: the same object is held already.
pub fn insert(tx: &Tx, held: &Held, media: &[MediaId]) -> Result<bool> {
    let written = tx
        .prepare_cached(
            "INSERT INTO held (id, state, direction, account_id, object_uri, is_edit, plugin_id, reason, score, text,
                 spoiler_text, visibility, attachments, payload, activity, created_at)
             VALUES (:id, 'open', :direction, :account, :object, :is_edit, :plugin, :reason, :score, :text, :spoiler,
                 :visibility, :attachments, :payload, :activity, :now)
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {
            ":id": held.id, ":direction": held.direction, ":account": held.account_id, ":object": held.object_uri,
            ":is_edit": held.is_edit, ":plugin": held.plugin_id, ":reason": held.reason, ":score": held.score,
            ":text": held.text, ":spoiler": held.spoiler_text, ":visibility": held.visibility,
            ":attachments": serde_json::to_string(&held.attachments).unwrap_or_default(),
            ":payload": held.payload, ":activity": held.activity, ":now": held.created_at,
        })?;
    if written > 0 {
        let mut keep = tx.prepare_cached("INSERT OR REPLACE INTO held_media (media_id, held_id) VALUES (?1, ?2)")?;
        for media in media {
            keep.execute((media, held.id))?;
        }
    }
    Ok(written > 0)
}

/// What is held under this id.
pub fn by_id(db: &Connection, id: HeldId) -> Result<Option<Held>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM held WHERE id = ?1"))?;
    Ok(statement.query_row([id], Held::from_row).optional()?)
}

/// The queue in a state, a page of it, newest first.
pub fn list(db: &Connection, state: &str, page: &Page) -> Result<Vec<Held>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM held WHERE state = :state AND id < :below AND id > :above ORDER BY id {} LIMIT :limit",
        page.order()
    ))?;
    let rows = statement.query_map(
        named_params! {":state": state, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        Held::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

/// What is held of one person's own posts, newest first.
pub fn of(db: &Connection, account: AccountId) -> Result<Vec<Held>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM held WHERE account_id = ?1 AND direction = 'outbound' AND state = 'open'
         ORDER BY id DESC LIMIT 100"
    ))?;
    let rows = statement.query_map([account], Held::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many of one person's own posts are held.
pub fn count(db: &Connection, account: AccountId) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT count(*) FROM held WHERE account_id = ?1 AND direction = 'outbound' AND state = 'open'",
    )?;
    Ok(statement.query_row([account], |row| row.get(0))?)
}

/// Whether moderators let this activity of another server pass.
pub fn is_approved(db: &Connection, activity: &str) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM held WHERE object_uri = ?1 AND state = 'approved' AND activity IS NOT NULL)",
    )?;
    Ok(statement.query_row([activity], |row| row.get(0))?)
}

/// Notes the decision. `false`: it was decided already.
pub fn decide(tx: &Tx, id: HeldId, state: &str, by: AccountId, status: Option<StatusId>, now: Time) -> Result<bool> {
    let done = tx
        .prepare_cached(
            "UPDATE held SET state = ?2, decided_by_id = ?3, status_id = ?4, decided_at = ?5
             WHERE id = ?1 AND state = 'open'",
        )?
        .execute((id, state, by, status, now))?;
    tx.prepare_cached("DELETE FROM held_media WHERE held_id = ?1")?.execute([id])?;
    Ok(done > 0)
}

/// Forgets one that is still open, at its author's wish. `false`: there is none.
pub fn withdraw(tx: &Tx, account: AccountId, id: HeldId) -> Result<bool> {
    let gone = tx
        .prepare_cached(
            "DELETE FROM held WHERE id = ?1 AND account_id = ?2 AND direction = 'outbound' AND state = 'open'",
        )?
        .execute((id, account))?;
    Ok(gone > 0)
}
