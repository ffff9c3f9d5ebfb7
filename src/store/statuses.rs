//! Posts and boosts: the rows themselves. Lists of posts live in `timelines.rs`.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, AppId, StatusId};

super::sql::as_text!(Visibility);

/// One row of `statuses`.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Status {
    pub id: StatusId,
    pub uri: String,
    pub url: Option<String>,
    pub account_id: AccountId,
    pub local: bool,
    pub content: String,
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub language: Option<String>,
    pub visibility: Visibility,
    pub in_reply_to_id: Option<StatusId>,
    pub in_reply_to_uri: Option<String>,
    pub in_reply_to_account_id: Option<AccountId>,
    pub reblog_of_id: Option<StatusId>,
    pub conversation: Option<String>,
    pub application_id: Option<AppId>,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub created_at: Time,
    pub edited_at: Option<Time>,
}

impl Status {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            uri: row.get("uri")?,
            url: row.get("url")?,
            account_id: row.get("account_id")?,
            local: row.get("local")?,
            content: row.get("content")?,
            text: row.get("text")?,
            spoiler_text: row.get("spoiler_text")?,
            sensitive: row.get("sensitive")?,
            language: row.get("language")?,
            visibility: row.get("visibility")?,
            in_reply_to_id: row.get("in_reply_to_id")?,
            in_reply_to_uri: row.get("in_reply_to_uri")?,
            in_reply_to_account_id: row.get("in_reply_to_account_id")?,
            reblog_of_id: row.get("reblog_of_id")?,
            conversation: row.get("conversation")?,
            application_id: row.get("application_id")?,
            replies_count: row.get("replies_count")?,
            reblogs_count: row.get("reblogs_count")?,
            favourites_count: row.get("favourites_count")?,
            created_at: row.get("created_at")?,
            edited_at: row.get("edited_at")?,
        })
    }
}

/// The columns of [`Status::from_row`], for queries that name `statuses AS s`.
pub(super) const COLUMNS: &str = "s.id, s.uri, s.url, s.account_id, s.local, s.content, s.text, s.spoiler_text, s.sensitive, \
    s.language, s.visibility, s.in_reply_to_id, s.in_reply_to_uri, s.in_reply_to_account_id, s.reblog_of_id, \
    s.conversation, s.application_id, s.replies_count, s.reblogs_count, s.favourites_count, s.created_at, s.edited_at";

/// Inserts the post or boost and keeps the counts of its author, parent and original in step.
/// `false`: its `uri` (or this account's boost of that post) was already known, nothing changed.
pub fn insert(tx: &Tx, status: &Status) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO statuses (id, uri, url, account_id, local, content, text, spoiler_text, sensitive, language,
                 visibility, in_reply_to_id, in_reply_to_uri, in_reply_to_account_id, reblog_of_id, conversation,
                 application_id, created_at, edited_at)
             VALUES (:id, :uri, :url, :account_id, :local, :content, :text, :spoiler_text, :sensitive, :language,
                 :visibility, :in_reply_to_id, :in_reply_to_uri, :in_reply_to_account_id, :reblog_of_id,
                 :conversation, :application_id, :created_at, :edited_at)
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {
            ":id": status.id, ":uri": status.uri, ":url": status.url, ":account_id": status.account_id,
            ":local": status.local, ":content": status.content, ":text": status.text,
            ":spoiler_text": status.spoiler_text, ":sensitive": status.sensitive, ":language": status.language,
            ":visibility": status.visibility, ":in_reply_to_id": status.in_reply_to_id,
            ":in_reply_to_uri": status.in_reply_to_uri, ":in_reply_to_account_id": status.in_reply_to_account_id,
            ":reblog_of_id": status.reblog_of_id, ":conversation": status.conversation,
            ":application_id": status.application_id, ":created_at": status.created_at,
            ":edited_at": status.edited_at,
        })?;
    if inserted == 0 {
        return Ok(false);
    }
    if let Some(original) = status.reblog_of_id {
        tx.prepare_cached("UPDATE statuses SET reblogs_count = reblogs_count + 1 WHERE id = ?1")?
            .execute([original])?;
    }
    if let Some(parent) = status.in_reply_to_id {
        tx.prepare_cached("UPDATE statuses SET replies_count = replies_count + 1 WHERE id = ?1")?.execute([parent])?;
    }
    tx.prepare_cached(
        "UPDATE accounts SET statuses_count = statuses_count + 1, last_status_at = max(coalesce(last_status_at, 0), ?2)
         WHERE id = ?1",
    )?
    .execute(rusqlite::params![status.account_id, status.created_at])?;
    // Replies that arrived before their parent find it now.
    let adopted = tx
        .prepare_cached(
            "UPDATE statuses SET in_reply_to_id = ?1, in_reply_to_account_id = ?3
             WHERE in_reply_to_uri = ?2 AND in_reply_to_id IS NULL",
        )?
        .execute(rusqlite::params![status.id, status.uri, status.account_id])?;
    if adopted > 0 {
        tx.prepare_cached("UPDATE statuses SET replies_count = replies_count + ?2 WHERE id = ?1")?
            .execute(rusqlite::params![status.id, adopted as i64])?;
    }
    Ok(true)
}

/// Replaces what an edit may change: content, text, spoiler, sensitive, language, `edited_at`.
pub fn update(tx: &Tx, status: &Status) -> Result<()> {
    tx.prepare_cached(
        "UPDATE statuses SET content = :content, text = :text, spoiler_text = :spoiler_text, sensitive = :sensitive,
             language = :language, edited_at = :edited_at WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": status.id, ":content": status.content, ":text": status.text, ":spoiler_text": status.spoiler_text,
        ":sensitive": status.sensitive, ":language": status.language, ":edited_at": status.edited_at,
    })?;
    Ok(())
}

/// Deletes the post or boost with all that hangs on it (boosts of it too) and keeps counts in step.
pub fn delete(tx: &Tx, status: &Status) -> Result<()> {
    if let Some(original) = status.reblog_of_id {
        tx.prepare_cached("UPDATE statuses SET reblogs_count = max(0, reblogs_count - 1) WHERE id = ?1")?
            .execute([original])?;
    }
    if let Some(parent) = status.in_reply_to_id {
        tx.prepare_cached("UPDATE statuses SET replies_count = max(0, replies_count - 1) WHERE id = ?1")?
            .execute([parent])?;
    }
    tx.prepare_cached(
        "UPDATE accounts SET statuses_count = max(0, statuses_count - 1)
         WHERE id IN (SELECT account_id FROM statuses WHERE id = ?1 OR reblog_of_id = ?1)",
    )?
    .execute([status.id])?;
    tx.prepare_cached("DELETE FROM statuses WHERE id = ?1")?.execute([status.id])?;
    Ok(())
}

/// The post or boost with this id. Says nothing about who may see it.
pub fn by_id(db: &Connection, id: StatusId) -> Result<Option<Status>> {
    one(db, "s.id = ?1", [id])
}

/// The post or boost with this `uri`.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<Status>> {
    one(db, "s.uri = ?1", [uri])
}

/// `account`'s boost of `original`.
pub fn reblog_by(db: &Connection, account: AccountId, original: StatusId) -> Result<Option<Status>> {
    one(db, "s.account_id = ?1 AND s.reblog_of_id = ?2", rusqlite::params![account, original])
}

/// Whether `viewer` (`None`: a stranger) may read the post. Blocks count, mutes do not.
pub fn may_see(db: &Connection, status: &Status, viewer: Option<AccountId>) -> Result<bool> {
    let Some(viewer) = viewer else { return Ok(status.visibility.is_open()) };
    if viewer == status.account_id {
        return Ok(true);
    }
    let mut statement = db.prepare_cached(
        "SELECT NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = :author AND target_id = :viewer)
            AND (:open
              OR EXISTS (SELECT 1 FROM mentions WHERE status_id = :status AND account_id = :viewer)
              OR (:private AND EXISTS (SELECT 1 FROM follows
                                       WHERE account_id = :viewer AND target_id = :author AND accepted)))",
    )?;
    Ok(statement.query_row(
        named_params! {
            ":author": status.account_id, ":viewer": viewer, ":status": status.id,
            ":open": status.visibility.is_open(), ":private": status.visibility == Visibility::Private,
        },
        |row| row.get(0),
    )?)
}

fn one(db: &Connection, condition: &str, params: impl rusqlite::Params) -> Result<Option<Status>> {
    let sql = format!("SELECT {COLUMNS} FROM statuses s WHERE {condition}");
    Ok(db.prepare_cached(&sql)?.query_row(params, Status::from_row).optional()?)
}
