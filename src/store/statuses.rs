//! Posts and boosts: the rows themselves. Lists of posts live in `timelines.rs`.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::sql::json_list;
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
    pub local_only: bool,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub created_at: Time,
    pub edited_at: Option<Time>,
}

impl Status {
    /// Whether anybody at all may read it, on other servers too.
    pub fn is_open(&self) -> bool {
        self.visibility.is_open() && !self.local_only
    }

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
            local_only: row.get("local_only")?,
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
    s.conversation, s.application_id, s.local_only, s.replies_count, s.reblogs_count, s.favourites_count, s.created_at, s.edited_at";

/// Inserts the post or boost and keeps the counts of its author, parent and original in step.
/// `false`: its `uri` (or this account's boost of that post) was already known, nothing changed.
pub fn insert(tx: &Tx, status: &Status) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO statuses (id, uri, url, account_id, local, content, text, spoiler_text, sensitive, language,
                 visibility, in_reply_to_id, in_reply_to_uri, in_reply_to_account_id, reblog_of_id, conversation,
                 application_id, local_only, created_at, edited_at)
             VALUES (:id, :uri, :url, :account_id, :local, :content, :text, :spoiler_text, :sensitive, :language,
                 :visibility, :in_reply_to_id, :in_reply_to_uri, :in_reply_to_account_id, :reblog_of_id,
                 :conversation, :application_id, :local_only, :created_at, :edited_at)
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {
            ":id": status.id, ":uri": status.uri, ":url": status.url, ":account_id": status.account_id,
            ":local": status.local, ":content": status.content, ":text": status.text,
            ":spoiler_text": status.spoiler_text, ":sensitive": status.sensitive, ":language": status.language,
            ":visibility": status.visibility, ":in_reply_to_id": status.in_reply_to_id,
            ":in_reply_to_uri": status.in_reply_to_uri, ":in_reply_to_account_id": status.in_reply_to_account_id,
            ":reblog_of_id": status.reblog_of_id, ":conversation": status.conversation,
            ":application_id": status.application_id, ":local_only": status.local_only, ":created_at": status.created_at,
            ":edited_at": status.edited_at,
        })?;
    if inserted == 0 {
        return Ok(false);
    }
    if let Some(original) = status.reblog_of_id {
        tx.prepare_cached("UPDATE statuses SET reblogs_count = reblogs_count + 1 WHERE id = ?1")?
            .execute([original])?;
    }
    // Counts are public: they tell nobody of letters, nor of answers that he cannot read.
    if let Some(parent) = status.in_reply_to_id.filter(|_| status.visibility.is_open()) {
        tx.prepare_cached("UPDATE statuses SET replies_count = replies_count + 1 WHERE id = ?1")?.execute([parent])?;
    }
    if status.visibility != Visibility::Direct {
        tx.prepare_cached(
            "UPDATE accounts SET statuses_count = statuses_count + 1,
                 last_status_at = max(coalesce(last_status_at, 0), ?2) WHERE id = ?1",
        )?
        .execute(rusqlite::params![status.account_id, status.created_at])?;
    }
    // Replies that arrived before their parent find it now.
    let adopted = tx
        .prepare_cached(
            "UPDATE statuses SET in_reply_to_id = ?1, in_reply_to_account_id = ?3
             WHERE in_reply_to_uri = ?2 AND in_reply_to_id IS NULL",
        )?
        .execute(rusqlite::params![status.id, status.uri, status.account_id])?;
    if adopted > 0 {
        tx.prepare_cached(
            "UPDATE statuses SET replies_count = (SELECT count(*) FROM statuses r
                 WHERE r.in_reply_to_id = ?1 AND r.visibility IN ('public', 'unlisted')) WHERE id = ?1",
        )?
        .execute([status.id])?;
    }
    // And so do quotes; of oneself they need no consent.
    if status.reblog_of_id.is_none() {
        tx.prepare_cached(
            "UPDATE quotes SET quoted_id = ?1, quoted_account_id = ?3, found = 1,
                 state = CASE WHEN state = 'pending' AND ?3 = (SELECT account_id FROM statuses WHERE id = status_id)
                              THEN 'accepted' ELSE state END
             WHERE quoted_uri = ?2 AND quoted_id IS NULL",
        )?
        .execute(rusqlite::params![status.id, status.uri, status.account_id])?;
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
    if let Some(parent) = status.in_reply_to_id.filter(|_| status.visibility.is_open()) {
        tx.prepare_cached("UPDATE statuses SET replies_count = max(0, replies_count - 1) WHERE id = ?1")?
            .execute([parent])?;
    }
    tx.prepare_cached(
        "UPDATE accounts SET statuses_count = max(0, statuses_count - 1)
         WHERE id IN (SELECT account_id FROM statuses WHERE (id = ?1 OR reblog_of_id = ?1) AND visibility <> 'direct')",
    )?
    .execute([status.id])?;
    tx.prepare_cached("DELETE FROM statuses WHERE id = ?1")?.execute([status.id])?;
    Ok(())
}

/// The post or boost with this id. Says nothing about who may see it.
pub fn by_id(db: &Connection, id: StatusId) -> Result<Option<Status>> {
    one(db, "s.id = ?1", [id])
}

/// The posts and boosts with these ids, in no order; unknown ids are left out. Says nothing about who may see them.
pub fn by_ids(db: &Connection, ids: &[StatusId]) -> Result<Vec<Status>> {
    let sql = format!("SELECT {COLUMNS} FROM statuses s WHERE s.id IN (SELECT value FROM json_each(?1))");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([json_list(ids)], Status::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What `viewer` did with a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Favourited it.
    pub favourited: bool,
    /// Boosted it.
    pub reblogged: bool,
    /// Bookmarked it.
    pub bookmarked: bool,
    /// Pinned it.
    pub pinned: bool,
    /// Muted its thread.
    pub muted: bool,
}

/// What `viewer` did with each of these posts.
pub fn deeds(db: &Connection, viewer: AccountId, ids: &[StatusId]) -> Result<Vec<(StatusId, Deeds)>> {
    let mut statement = db.prepare_cached(
        "SELECT j.value, EXISTS (SELECT 1 FROM favourites WHERE account_id = :viewer AND status_id = j.value),
             EXISTS (SELECT 1 FROM statuses WHERE reblog_of_id = j.value AND account_id = :viewer),
             EXISTS (SELECT 1 FROM bookmarks WHERE account_id = :viewer AND status_id = j.value),
             EXISTS (SELECT 1 FROM pins WHERE account_id = :viewer AND status_id = j.value),
             EXISTS (SELECT 1 FROM statuses s JOIN conversation_mutes m ON m.account_id = :viewer
                     AND m.conversation = coalesce(s.conversation, s.uri) WHERE s.id = j.value)
         FROM json_each(:ids) j",
    )?;
    let rows = statement.query_map(named_params! {":viewer": viewer, ":ids": json_list(ids)}, |row| {
        let deeds = Deeds {
            favourited: row.get(1)?,
            reblogged: row.get(2)?,
            bookmarked: row.get(3)?,
            pinned: row.get(4)?,
            muted: row.get(5)?,
        };
        Ok((row.get(0)?, deeds))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Name and website of the apps with which posts were written.
pub fn applications(db: &Connection, ids: &[AppId]) -> Result<Vec<(AppId, String, Option<String>)>> {
    let mut statement =
        db.prepare_cached("SELECT id, name, website FROM apps WHERE id IN (SELECT value FROM json_each(?1))")?;
    let rows = statement.query_map([json_list(ids)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The post or boost with this `uri`.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<Status>> {
    one(db, "s.uri = ?1", [uri])
}

/// `account`'s boost of `original`.
pub fn reblog_by(db: &Connection, account: AccountId, original: StatusId) -> Result<Option<Status>> {
    one(db, "s.account_id = ?1 AND s.reblog_of_id = ?2", rusqlite::params![account, original])
}

/// What a stranger sees on `account`'s page: its open posts and replies to itself, newest first, below `before`.
pub fn public_by_account(
    db: &Connection,
    account: AccountId,
    before: Option<StatusId>,
    limit: i64,
) -> Result<Vec<Status>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM statuses s
         WHERE s.account_id = :account AND s.id < :before AND s.visibility IN ('public', 'unlisted')
           AND NOT s.local_only AND s.reblog_of_id IS NULL AND (s.in_reply_to_uri IS NULL OR s.in_reply_to_account_id = :account)
         ORDER BY s.id DESC LIMIT :limit"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let before = before.unwrap_or(StatusId(i64::MAX));
    let rows = statement
        .query_map(named_params! {":account": account, ":before": before, ":limit": limit}, Status::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Open replies to `parent`, oldest first.
pub fn public_replies(db: &Connection, parent: StatusId, limit: i64) -> Result<Vec<Status>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM statuses s
         WHERE s.in_reply_to_id = :parent AND s.visibility IN ('public', 'unlisted') AND NOT s.local_only
         ORDER BY s.id LIMIT :limit"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! {":parent": parent, ":limit": limit}, Status::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether `viewer` (`None`: a stranger) may read the post. Blocks count, mutes do not. Of suspended people nobody reads
/// anything.
pub fn may_see(db: &Connection, status: &Status, viewer: Option<AccountId>) -> Result<bool> {
    let mut statement = db.prepare_cached("SELECT suspended_at IS NULL FROM accounts WHERE id = ?1")?;
    if !statement.query_row([status.account_id], |row| row.get(0)).optional()?.unwrap_or(false) {
        return Ok(false);
    }
    let Some(viewer) = viewer else { return Ok(status.is_open()) };
    if viewer == status.account_id {
        return Ok(true);
    }
    let mut statement = db.prepare_cached(
        "SELECT NOT EXISTS (SELECT 1 FROM blocks WHERE account_id = :author AND target_id = :viewer)
            AND (NOT :local_only OR EXISTS (SELECT 1 FROM accounts WHERE id = :viewer AND domain IS NULL))
            AND (:open
              OR EXISTS (SELECT 1 FROM mentions WHERE status_id = :status AND account_id = :viewer)
              OR (:private AND EXISTS (SELECT 1 FROM follows
                                       WHERE account_id = :viewer AND target_id = :author AND accepted)))",
    )?;
    Ok(statement.query_row(
        named_params! {
            ":author": status.account_id, ":viewer": viewer, ":status": status.id,
            ":local_only": status.local_only, ":open": status.visibility.is_open(),
            ":private": status.visibility == Visibility::Private,
        },
        |row| row.get(0),
    )?)
}

fn one(db: &Connection, condition: &str, params: impl rusqlite::Params) -> Result<Option<Status>> {
    let sql = format!("SELECT {COLUMNS} FROM statuses s WHERE {condition}");
    Ok(db.prepare_cached(&sql)?.query_row(params, Status::from_row).optional()?)
}

/// The post whose `uri` or page is `address`.
pub fn by_uri_or_url(db: &Connection, address: &str) -> Result<Option<Status>> {
    if let Some(found) = by_uri(db, address)? {
        return Ok(Some(found));
    }
    // Few posts are looked up by page: the author's posts are not scanned, only those that carry this very page.
    one(db, "s.url = ?1 AND s.reblog_of_id IS NULL", [address])
}

/// Remote accounts that boosted, favourited, answered or quoted the post: they hold a copy and must hear of edits and deletion.
pub fn interested(db: &Connection, id: StatusId) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT a.id FROM accounts a WHERE a.domain IS NOT NULL AND a.id IN (
             SELECT account_id FROM statuses WHERE reblog_of_id = ?1
             UNION SELECT account_id FROM favourites WHERE status_id = ?1
             UNION SELECT account_id FROM reactions WHERE status_id = ?1
             UNION SELECT account_id FROM statuses WHERE in_reply_to_id = ?1
             UNION SELECT s.account_id FROM quotes q JOIN statuses s ON s.id = q.status_id WHERE q.quoted_id = ?1)",
    )?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Local accounts that boosted the post.
pub fn local_boosters(db: &Connection, id: StatusId) -> Result<Vec<AccountId>> {
    let mut statement =
        db.prepare_cached("SELECT account_id FROM statuses WHERE reblog_of_id = ?1 AND local ORDER BY id")?;
    let rows = statement.query_map([id], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The boosts of a post that stand in somebody's home, and in whose.
pub fn boosts_in_homes(db: &Connection, id: StatusId) -> Result<Vec<(StatusId, Vec<AccountId>)>> {
    let mut statement = db.prepare_cached(
        "SELECT h.status_id, h.account_id FROM statuses s JOIN home_timeline h ON h.status_id = s.id
         WHERE s.reblog_of_id = ?1 ORDER BY h.status_id",
    )?;
    let mut boosts: Vec<(StatusId, Vec<AccountId>)> = Vec::new();
    for row in statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (boost, home) = row?;
        match boosts.last_mut() {
            Some((last, homes)) if *last == boost => homes.push(home),
            _ => boosts.push((boost, vec![home])),
        }
    }
    Ok(boosts)
}

/// The newest public and unlisted posts of an account (no boosts) with ids below `max`, for its outbox.
pub fn open_by(db: &Connection, account: AccountId, max: Option<StatusId>, limit: i64) -> Result<Vec<Status>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM statuses s WHERE s.account_id = ?1 AND s.id < ?2 AND s.reblog_of_id IS NULL
             AND s.visibility IN ('public', 'unlisted') AND NOT s.local_only ORDER BY s.id DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows =
        statement.query_map(rusqlite::params![account, max.map_or(i64::MAX, |id| id.0), limit], Status::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The public and unlisted answers to a post, those of its own author or those of `others`, later than `after`, oldest
/// first, at most `limit`: their ids here and everywhere.
pub fn open_replies(
    db: &Connection,
    status: &Status,
    others: bool,
    after: StatusId,
    limit: i64,
) -> Result<Vec<(StatusId, String)>> {
    let mut statement = db.prepare_cached(
        "SELECT id, uri FROM statuses WHERE in_reply_to_id = :status AND id > :after
             AND (account_id <> :author) = :others AND visibility IN ('public', 'unlisted') AND NOT local_only
         ORDER BY id LIMIT :limit",
    )?;
    let params = named_params! {
        ":status": status.id, ":after": after, ":author": status.account_id, ":others": others, ":limit": limit,
    };
    let rows = statement.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many posts people here have written.
pub fn count_local(db: &Connection) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT coalesce(sum(statuses_count), 0) FROM accounts WHERE domain IS NULL")?
        .query_row([], |row| row.get(0))?)
}
