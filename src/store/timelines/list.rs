//! The timelines of lists, kept in a table of their own and written by the deeds, as homes are.

use rusqlite::{Connection, named_params};

use super::rows;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, ListId, StatusId};
use crate::store::Tx;
use crate::store::page::Page;
use crate::store::seen::welcome;
use crate::store::statuses::{COLUMNS, Status};

/// The posts of `viewer`'s list, newest first. Whom the viewer blocks or mutes is checked here again.
pub fn list(db: &Connection, viewer: AccountId, list: ListId, page: &Page, now: Time) -> Result<Vec<Status>> {
    let params = named_params! {
        ":list": list, ":viewer": viewer, ":now": now, ":below": page.below(), ":above": page.above(),
        ":limit": page.limit,
    };
    rows(db, &list_sql(page), params, page)
}

pub(super) fn list_sql(page: &Page) -> String {
    format!(
        "SELECT {COLUMNS} FROM list_timeline h CROSS JOIN statuses s ON s.id = h.status_id
         CROSS JOIN accounts a ON a.id = s.account_id LEFT JOIN statuses o ON o.id = s.reblog_of_id
         WHERE h.list_id = :list AND h.status_id < :below AND h.status_id > :above AND a.suspended_at IS NULL
           AND {} AND (o.id IS NULL OR ({}))
         ORDER BY h.status_id {} LIMIT :limit",
        welcome!("s.account_id"),
        welcome!("o.account_id"),
        page.order()
    )
}

/// Into which lists a new post or boost belongs: those with its author as member, by each list's rule for replies and
/// the options of its owner's follow. Mentions must be written already.
pub fn lists_for(db: &Connection, status: &Status) -> Result<Vec<ListId>> {
    let mut statement = db.prepare_cached(
        "SELECT l.id FROM list_members m CROSS JOIN lists l ON l.id = m.list_id
         WHERE m.account_id = :author
           AND (l.account_id = :author OR EXISTS (
             SELECT 1 FROM follows f WHERE f.account_id = l.account_id AND f.target_id = :author AND f.accepted
               AND (:boost IS NULL OR f.show_reblogs)
               AND (:language IS NULL OR f.languages IS NULL
                 OR :language IN (SELECT value FROM json_each(f.languages)))))
           AND (NOT :reply OR :answered IN (l.account_id, :author)
             OR (l.replies_policy = 'followed' AND EXISTS (SELECT 1 FROM follows g
                   WHERE g.account_id = l.account_id AND g.target_id = :answered AND g.accepted))
             OR (l.replies_policy = 'list' AND EXISTS (SELECT 1 FROM list_members n
                   WHERE n.list_id = l.id AND n.account_id = :answered)))
           AND (NOT :direct OR l.account_id = :author
             OR EXISTS (SELECT 1 FROM mentions x WHERE x.status_id = :status AND x.account_id = l.account_id))
           AND (:boost IS NULL OR NOT EXISTS (
             SELECT 1 FROM (SELECT status_id FROM list_timeline WHERE list_id = l.id
                            ORDER BY status_id DESC LIMIT :newest) h
             CROSS JOIN statuses s ON s.id = h.status_id WHERE s.id = :boost OR s.reblog_of_id = :boost))
         ORDER BY 1",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":status": status.id, ":author": status.account_id, ":boost": status.reblog_of_id,
            ":language": status.language,
            ":reply": status.in_reply_to_id.is_some() || status.in_reply_to_uri.is_some(),
            ":answered": status.in_reply_to_account_id, ":direct": status.visibility == Visibility::Direct,
            ":newest": super::NEWEST,
        },
        |row| row.get(0),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts `status` into the list and keeps only the newest `keep` entries; `false`: it stands there already.
pub fn list_add(tx: &Tx, list: ListId, status: &Status, keep: i64) -> Result<bool> {
    let added = tx
        .prepare_cached(
            "INSERT INTO list_timeline (list_id, status_id, author_id) VALUES (:list, :status, :author)
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {":list": list, ":status": status.id, ":author": status.account_id})?;
    tx.prepare_cached(
        "DELETE FROM list_timeline WHERE list_id = :list AND status_id <=
             (SELECT status_id FROM list_timeline WHERE list_id = :list
              ORDER BY status_id DESC LIMIT 1 OFFSET :keep)",
    )?
    .execute(named_params! {":list": list, ":keep": keep})?;
    Ok(added > 0)
}

/// Takes the post out of this person's lists; answers which.
pub fn lists_remove(tx: &Tx, owner: AccountId, status: StatusId) -> Result<Vec<ListId>> {
    let mut statement = tx.prepare_cached(
        "DELETE FROM list_timeline WHERE status_id = ?1 AND list_id IN (SELECT id FROM lists WHERE account_id = ?2)
         RETURNING list_id",
    )?;
    let rows = statement.query_map((status, owner), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// In which lists the post or boost stands.
pub fn lists_of(db: &Connection, status: StatusId) -> Result<Vec<ListId>> {
    let mut statement = db.prepare_cached("SELECT list_id FROM list_timeline WHERE status_id = ?1 ORDER BY list_id")?;
    let rows = statement.query_map([status], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Merges the newest `newest` known posts of a new member into the list, by the rules of [`lists_for`] (but for
/// languages, which are few and checked with each new post).
pub fn list_fill_from(tx: &Tx, list: ListId, author: AccountId, newest: i64) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO list_timeline (list_id, status_id, author_id)
         SELECT l.id, s.id, s.account_id FROM lists l CROSS JOIN statuses s
         WHERE l.id = :list AND s.account_id = :author AND s.visibility <> 'direct'
           AND ((s.in_reply_to_id IS NULL AND s.in_reply_to_uri IS NULL)
             OR s.in_reply_to_account_id IN (:author, l.account_id)
             OR (l.replies_policy = 'followed' AND EXISTS (SELECT 1 FROM follows g
                   WHERE g.account_id = l.account_id AND g.target_id = s.in_reply_to_account_id AND g.accepted))
             OR (l.replies_policy = 'list' AND EXISTS (SELECT 1 FROM list_members n
                   WHERE n.list_id = l.id AND n.account_id = s.in_reply_to_account_id)))
           AND (s.reblog_of_id IS NULL OR l.account_id = :author
             OR EXISTS (SELECT 1 FROM follows f WHERE f.account_id = l.account_id AND f.target_id = :author
                        AND f.accepted AND f.show_reblogs))
         ORDER BY s.id DESC LIMIT :newest
         ON CONFLICT DO NOTHING",
    )?
    .execute(named_params! {":list": list, ":author": author, ":newest": newest})?;
    Ok(())
}
