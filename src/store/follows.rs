//! Who follows whom, and who has asked to. A request is a follow that is not accepted yet; only accepted ones count.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::Tx;
use super::accounts::{self, Account};
use super::page::Page;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, FollowId};

/// One row of `follows`: `account_id` follows (or asks to follow) `target_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the columns are documented in schema.sql")]
pub struct Follow {
    pub id: FollowId,
    pub account_id: AccountId,
    pub target_id: AccountId,
    pub uri: String,
    pub accepted: bool,
    pub show_reblogs: bool,
    pub notify: bool,
    /// `None`: every language.
    pub languages: Option<Vec<String>>,
    pub created_at: Time,
}

impl Follow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let languages: Option<String> = row.get("languages")?;
        Ok(Self {
            id: row.get("id")?,
            account_id: row.get("account_id")?,
            target_id: row.get("target_id")?,
            uri: row.get("uri")?,
            accepted: row.get("accepted")?,
            show_reblogs: row.get("show_reblogs")?,
            notify: row.get("notify")?,
            languages: languages.and_then(|text| serde_json::from_str(&text).ok()),
            created_at: row.get("created_at")?,
        })
    }

    fn languages_json(&self) -> Option<String> {
        // None chosen is the same as all.
        let chosen = self.languages.as_ref().filter(|languages| !languages.is_empty());
        chosen.map(|languages| serde_json::to_string(languages).unwrap_or_default())
    }
}

/// A follower who lives here, as a new post needs to know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalFollower {
    /// Who follows.
    pub account: AccountId,
    /// Whether their home shows boosts by the one they follow.
    pub show_reblogs: bool,
    /// Whether they want to be notified of every post.
    pub notify: bool,
}

const COLUMNS: &str = "id, account_id, target_id, uri, accepted, show_reblogs, notify, languages, created_at";

/// Inserts the follow or request; `false`: the pair (or the uri) exists, nothing changed. Counts stay in step.
pub fn insert(tx: &Tx, follow: &Follow) -> Result<bool> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO follows (id, account_id, target_id, uri, accepted, show_reblogs, notify, languages, created_at)
             VALUES (:id, :account, :target, :uri, :accepted, :show_reblogs, :notify, :languages, :created_at)
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {
            ":id": follow.id, ":account": follow.account_id, ":target": follow.target_id, ":uri": follow.uri,
            ":accepted": follow.accepted, ":show_reblogs": follow.show_reblogs, ":notify": follow.notify,
            ":languages": follow.languages_json(), ":created_at": follow.created_at,
        })?;
    if inserted > 0 && follow.accepted {
        count(tx, follow.account_id, follow.target_id, 1)?;
    }
    Ok(inserted > 0)
}

/// Turns a request into a follow; `false`: there is none that waits.
pub fn accept(tx: &Tx, id: FollowId) -> Result<bool> {
    let accepted = tx
        .prepare_cached(
            "UPDATE follows SET accepted = 1 WHERE id = ?1 AND NOT accepted RETURNING account_id, target_id",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((account, target)) = accepted {
        count(tx, account, target, 1)?;
    }
    Ok(accepted.is_some())
}

/// Stores `show_reblogs`, `notify` and `languages` of a known follow.
pub fn update_options(tx: &Tx, follow: &Follow) -> Result<()> {
    tx.prepare_cached(
        "UPDATE follows SET uri = :uri, show_reblogs = :show_reblogs, notify = :notify, languages = :languages
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": follow.id, ":uri": follow.uri, ":show_reblogs": follow.show_reblogs, ":notify": follow.notify,
        ":languages": follow.languages_json(),
    })?;
    Ok(())
}

/// Removes the follow or request; counts stay in step.
pub fn delete(tx: &Tx, follow: &Follow) -> Result<()> {
    delete_by_id(tx, follow.id)
}

/// Removes the follow or request with this id; counts stay in step.
pub fn delete_by_id(tx: &Tx, id: FollowId) -> Result<()> {
    let ended: Option<(AccountId, AccountId, bool)> = tx
        .prepare_cached("DELETE FROM follows WHERE id = ?1 RETURNING account_id, target_id, accepted")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    if let Some((account, target, true)) = ended {
        count(tx, account, target, -1)?;
    }
    Ok(())
}

/// The follow or request of `account` towards `target`.
pub fn between(db: &Connection, account: AccountId, target: AccountId) -> Result<Option<Follow>> {
    let sql = format!("SELECT {COLUMNS} FROM follows WHERE account_id = ?1 AND target_id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row([account, target], Follow::from_row).optional()?)
}

/// All follows and requests between `account` and people on `domain`, in both directions.
pub fn with_domain(db: &Connection, account: AccountId, domain: &str) -> Result<Vec<Follow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM follows WHERE account_id = ?1
             AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = follows.target_id AND a.domain = ?2)
         UNION ALL
         SELECT {COLUMNS} FROM follows WHERE target_id = ?1
             AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = follows.account_id AND a.domain = ?2)"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(rusqlite::params![account, domain], Follow::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All follows and requests of `account`, in both directions.
pub fn all_of(db: &Connection, account: AccountId) -> Result<Vec<Follow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM follows WHERE account_id = ?1 UNION ALL SELECT {COLUMNS} FROM follows WHERE target_id = ?1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([account], Follow::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All follows and requests between people of ours and people of `domain` or of a domain below it.
pub fn across(db: &Connection, domain: &str) -> Result<Vec<Follow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM follows WHERE EXISTS (SELECT 1 FROM accounts a
             WHERE a.id IN (follows.account_id, follows.target_id)
               AND (a.domain = ?1 OR a.domain LIKE '%.' || ?1)) ORDER BY id"
    );
    let mut statement = db.prepare(&sql)?;
    let rows = statement.query_map([domain], Follow::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The follow or request with this activity id.
pub fn by_uri(db: &Connection, uri: &str) -> Result<Option<Follow>> {
    let sql = format!("SELECT {COLUMNS} FROM follows WHERE uri = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([uri], Follow::from_row).optional()?)
}

/// The accepted followers of `target` who are users of this server.
pub fn local_followers(db: &Connection, target: AccountId) -> Result<Vec<LocalFollower>> {
    let mut statement = db.prepare_cached(
        "SELECT f.account_id, f.show_reblogs, f.notify FROM follows f JOIN users u ON u.account_id = f.account_id
         WHERE f.target_id = ?1 AND f.accepted",
    )?;
    let rows = statement.query_map([target], |row| {
        Ok(LocalFollower { account: row.get(0)?, show_reblogs: row.get(1)?, notify: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many people here follow `account`, and how many it follows.
pub fn local_counts(db: &Connection, account: AccountId) -> Result<(i64, i64)> {
    let mut statement = db.prepare_cached(
        "SELECT (SELECT count(*) FROM follows f JOIN users u ON u.account_id = f.account_id
                 WHERE f.target_id = ?1 AND f.accepted),
             (SELECT count(*) FROM follows f JOIN users u ON u.account_id = f.target_id
                 WHERE f.account_id = ?1 AND f.accepted)",
    )?;
    Ok(statement.query_row([account], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Who of the people here has followers on most other servers; `None`: nobody has any.
pub fn most_followed_here(db: &Connection) -> Result<Option<AccountId>> {
    let mut statement = db.prepare_cached(
        "SELECT f.target_id FROM follows f JOIN accounts a ON a.id = f.account_id JOIN accounts t ON t.id = f.target_id
         WHERE f.accepted = 1 AND a.domain IS NOT NULL AND t.domain IS NULL
         GROUP BY f.target_id ORDER BY count(DISTINCT a.domain) DESC, f.target_id LIMIT 1",
    )?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}

/// Who follows `account`, latest first, with the follow's id as cursor; suspended accounts are left out.
pub fn followers(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, Account)>> {
    listed(db, account, page, "f.target_id = :account AND f.accepted = 1", "f.account_id")
}

/// Whom `account` follows, latest first, with the follow's id as cursor; suspended accounts are left out.
pub fn following(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, Account)>> {
    listed(db, account, page, "f.account_id = :account AND f.accepted = 1", "f.target_id")
}

/// Who asks to follow `account`, latest first, with the request's id as cursor.
pub fn requests(db: &Connection, account: AccountId, page: &Page) -> Result<Vec<(i64, Account)>> {
    listed(db, account, page, "f.target_id = :account AND f.accepted = 0", "f.account_id")
}

/// How many ask to follow `account`; counts to `most` at most.
pub fn count_requests(db: &Connection, account: AccountId, most: i64) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM follows WHERE target_id = ?1 AND accepted = 0 LIMIT ?2)",
    )?;
    Ok(statement.query_row(rusqlite::params![account, most], |row| row.get(0))?)
}

fn listed(db: &Connection, of: AccountId, page: &Page, which: &str, who: &str) -> Result<Vec<(i64, Account)>> {
    let sql = format!(
        "SELECT f.id AS cursor, {} FROM follows f CROSS JOIN accounts a ON a.id = {who}
         WHERE {which} AND f.id < :below AND f.id > :above AND a.suspended_at IS NULL AND a.deleted_at IS NULL
         ORDER BY f.id {} LIMIT :limit",
        accounts::COLUMNS,
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {":account": of, ":below": page.below(), ":above": page.above(), ":limit": page.limit},
        |row| Ok((row.get("cursor")?, Account::from_row(row)?)),
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
}

fn count(tx: &Tx, account: AccountId, target: AccountId, by: i64) -> Result<()> {
    tx.prepare_cached("UPDATE accounts SET following_count = max(0, following_count + ?2) WHERE id = ?1")?
        .execute(rusqlite::params![account, by])?;
    tx.prepare_cached("UPDATE accounts SET followers_count = max(0, followers_count + ?2) WHERE id = ?1")?
        .execute(rusqlite::params![target, by])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;

    fn counts(db: &Connection, id: AccountId) -> (i64, i64) {
        let account = accounts::by_id(db, id).expect("reads").expect("exists");
        (account.followers_count, account.following_count)
    }

    #[test]
    fn only_accepted_follows_count_and_each_counts_once() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        let tx = world.tx();
        let mut follow = world.follow_row(bob, alice);
        follow.accepted = false;
        assert!(insert(&tx, &follow).expect("inserts"));
        assert!(!insert(&tx, &follow).expect("knows it"));
        assert_eq!(counts(&tx, alice), (0, 0));
        assert_eq!(requests(&tx, alice, &Page::first(10)).expect("lists").len(), 1);
        assert!(accept(&tx, follow.id).expect("accepts"));
        assert!(!accept(&tx, follow.id).expect("once"));
        assert_eq!((counts(&tx, alice), counts(&tx, bob)), ((1, 0), (0, 1)));
        assert_eq!(count_requests(&tx, alice, 40).expect("counts"), 0);
        delete(&tx, &follow).expect("deletes");
        delete(&tx, &follow).expect("deletes nothing");
        assert_eq!((counts(&tx, alice), counts(&tx, bob)), ((0, 0), (0, 0)));
    }

    #[test]
    fn pages_go_both_ways() {
        let world = World::new();
        let alice = world.local("alice");
        let tx = world.tx();
        let mut ids = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let follow = world.follow_row(world.remote(name), alice);
            insert(&tx, &follow).expect("inserts");
            ids.push(follow.id.0);
        }
        let names = |page: Page| -> Vec<String> {
            followers(&tx, alice, &page).expect("lists").into_iter().map(|(_, account)| account.username).collect()
        };
        assert_eq!(names(Page::first(2)), ["d", "c"]);
        assert_eq!(names(Page { max: Some(ids[2]), ..Page::first(2) }), ["b", "a"]);
        assert_eq!(names(Page { since: Some(ids[0]), ..Page::first(2) }), ["d", "c"]);
        assert_eq!(names(Page { min: Some(ids[0]), ..Page::first(2) }), ["c", "b"]);
        assert_eq!(names(Page { min: Some(ids[0]), max: Some(ids[2]), ..Page::first(2) }), ["b"]);
    }
}
