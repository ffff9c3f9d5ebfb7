//! Each local account's home, kept in a table of its own and written by the deeds.

use rusqlite::{Connection, named_params};

use super::rows;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::store::Tx;
use crate::store::page::Page;
use crate::store::seen::welcome;
use crate::store::statuses::{self, COLUMNS, Status};

/// `account`'s home, newest first. Whom it blocks or mutes meanwhile, and languages that a follow leaves out, are
/// checked here again.
pub fn home(db: &Connection, account: AccountId, page: &Page, now: Time) -> Result<Vec<Status>> {
    let params = named_params! {
        ":viewer": account, ":now": now, ":below": page.below(), ":above": page.above(), ":limit": page.limit,
    };
    rows(db, &home_sql(page), params, page)
}

pub(super) fn home_sql(page: &Page) -> String {
    format!(
        "SELECT {COLUMNS} FROM home_timeline h CROSS JOIN statuses s ON s.id = h.status_id
         CROSS JOIN accounts a ON a.id = s.account_id LEFT JOIN statuses o ON o.id = s.reblog_of_id
         WHERE h.account_id = :viewer AND h.status_id < :below AND h.status_id > :above AND a.suspended_at IS NULL
           AND {} AND (o.id IS NULL OR ({}))
           AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :viewer AND f.target_id = s.account_id
               AND f.languages IS NOT NULL AND coalesce(o.language, s.language) IS NOT NULL
               AND coalesce(o.language, s.language) NOT IN (SELECT value FROM json_each(f.languages)))
         ORDER BY h.status_id {} LIMIT :limit",
        welcome!("s.account_id"),
        welcome!("o.account_id"),
        page.order()
    )
}

/// Puts `status` (by `author`; for a boost, who boosted) into `account`'s home; `false`: it stands there already.
pub fn home_add(tx: &Tx, account: AccountId, status: StatusId, author: AccountId) -> Result<bool> {
    let added = tx
        .prepare_cached(
            "INSERT INTO home_timeline (account_id, status_id, author_id) VALUES (:account, :status, :author)
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {":account": account, ":status": status, ":author": author})?;
    Ok(added > 0)
}

/// Into whose homes a new post or boost belongs: the author's own; those of local followers, unless it answers somebody
/// who is neither the author nor the follower nor followed by them, or is a boost that the follow hides, or keep the
/// author in an exclusive list; of a direct post, only those followers whom it names; of a public one, also those who
/// follow a hashtag of it. Nobody who blocks or is blocked, or left out its language. Mentions and tags must be written
/// already.
pub fn homes_for(db: &Connection, status: &Status) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT account_id FROM users WHERE account_id = :author
         UNION
         SELECT f.account_id FROM follows f CROSS JOIN users u ON u.account_id = f.account_id
         WHERE f.target_id = :author AND f.accepted = 1
           AND (:boost IS NULL OR f.show_reblogs)
           AND (:language IS NULL OR f.languages IS NULL
             OR :language IN (SELECT value FROM json_each(f.languages)))
           AND (NOT :reply OR :answered IN (f.account_id, :author)
             OR EXISTS (SELECT 1 FROM follows g WHERE g.account_id = f.account_id AND g.target_id = :answered
                        AND g.accepted))
           AND (NOT :direct OR EXISTS (SELECT 1 FROM mentions m
                                       WHERE m.status_id = :status AND m.account_id = f.account_id))
           AND NOT EXISTS (SELECT 1 FROM list_members x CROSS JOIN lists l ON l.id = x.list_id
                           WHERE x.account_id = :author AND l.account_id = f.account_id AND l.exclusive)
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = f.account_id
                           AND b.target_id IN (:author, :boosted))
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id IN (:author, :boosted)
                           AND b.target_id = f.account_id)
         UNION
         SELECT g.account_id FROM status_tags t CROSS JOIN tag_follows g ON g.tag_id = t.tag_id
         WHERE :public AND t.status_id = :status
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = :author AND a.silenced_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = g.account_id AND b.target_id = :author)
           AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = :author AND b.target_id = g.account_id)
         ORDER BY 1",
    )?;
    let original = status.reblog_of_id.map_or(Ok(None), |id| statuses::by_id(db, id))?;
    let language = original.as_ref().map_or(&status.language, |original| &original.language);
    let rows = statement.query_map(
        named_params! {
            ":status": status.id, ":author": status.account_id, ":boost": status.reblog_of_id,
            ":boosted": original.as_ref().map(|original| original.account_id), ":language": language,
            ":reply": status.in_reply_to_id.is_some() || status.in_reply_to_uri.is_some(),
            ":answered": status.in_reply_to_account_id, ":direct": status.visibility == Visibility::Direct,
            ":public": status.visibility == Visibility::Public && status.reblog_of_id.is_none(),
        },
        |row| row.get(0),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// In whose homes the post or boost stands.
pub fn home_homes_of(db: &Connection, status: StatusId) -> Result<Vec<AccountId>> {
    let mut statement =
        db.prepare_cached("SELECT account_id FROM home_timeline WHERE status_id = ?1 ORDER BY account_id")?;
    let rows = statement.query_map([status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether `original` or a boost of it is among the newest `newest` entries of `account`'s home.
pub fn home_shows(db: &Connection, account: AccountId, original: StatusId, newest: i64) -> Result<bool> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM (SELECT status_id FROM home_timeline WHERE account_id = :account
                        ORDER BY status_id DESC LIMIT :newest) h
         CROSS JOIN statuses s ON s.id = h.status_id WHERE s.id = :original OR s.reblog_of_id = :original LIMIT 1",
    )?;
    Ok(statement.exists(named_params! {":account": account, ":original": original, ":newest": newest})?)
}

/// Whose posts stand in `account`'s home: those that it follows, and its own.
pub fn home_sources(db: &Connection, account: AccountId) -> Result<Vec<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT target_id FROM follows WHERE account_id = ?1 AND accepted
         UNION SELECT s.account_id FROM (SELECT account_id FROM statuses WHERE account_id = ?1 LIMIT 1) s",
    )?;
    let rows = statement.query_map([account], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many entries `account`'s home has.
pub fn home_count(db: &Connection, account: AccountId) -> Result<i64> {
    let sql = "SELECT count(*) FROM home_timeline WHERE account_id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([account], |row| row.get(0))?)
}

/// Takes one post out of a home.
pub fn home_remove(tx: &Tx, account: AccountId, status: StatusId) -> Result<()> {
    tx.prepare_cached("DELETE FROM home_timeline WHERE account_id = ?1 AND status_id = ?2")?
        .execute((account, status))?;
    Ok(())
}

/// Takes everything by `author` out of `account`'s home.
pub fn home_remove_author(tx: &Tx, account: AccountId, author: AccountId) -> Result<()> {
    tx.prepare_cached("DELETE FROM home_timeline WHERE account_id = ?1 AND author_id = ?2")?
        .execute([account, author])?;
    Ok(())
}

/// Keeps only the newest `keep` entries of `account`'s home.
pub fn home_trim(tx: &Tx, account: AccountId, keep: i64) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM home_timeline WHERE account_id = :account AND status_id <=
             (SELECT status_id FROM home_timeline WHERE account_id = :account
              ORDER BY status_id DESC LIMIT 1 OFFSET :keep)",
    )?
    .execute(named_params! {":account": account, ":keep": keep})?;
    Ok(())
}

/// Merges the newest `newest` known posts of `author`, whom `account` now follows, into its home: no direct ones, no
/// replies to people whom neither the two nor the follower's follows include, no boosts if the follow hides them; nothing
/// at all of a member of an exclusive list.
pub fn home_fill_from(tx: &Tx, account: AccountId, author: AccountId, newest: i64) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO home_timeline (account_id, status_id, author_id)
         SELECT :account, s.id, s.account_id FROM statuses s
         WHERE s.account_id = :author AND s.visibility <> 'direct'
           AND ((s.in_reply_to_id IS NULL AND s.in_reply_to_uri IS NULL)
             OR s.in_reply_to_account_id IN (:author, :account)
             OR EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :account
                        AND f.target_id = s.in_reply_to_account_id AND f.accepted))
           AND (s.reblog_of_id IS NULL
             OR EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :account AND f.target_id = :author
                        AND f.accepted AND f.show_reblogs))
           AND NOT EXISTS (SELECT 1 FROM list_members x CROSS JOIN lists l ON l.id = x.list_id
                           WHERE x.account_id = :author AND l.account_id = :account AND l.exclusive)
         ORDER BY s.id DESC LIMIT :newest
         ON CONFLICT DO NOTHING",
    )?
    .execute(named_params! {":account": account, ":author": author, ":newest": newest})?;
    Ok(())
}
