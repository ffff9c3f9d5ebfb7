//! Finding people and hashtags among those we know. Posts are found by `status_search.rs`.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::accounts::{self, Account};
use super::seen::unblocked;
use super::status_search::quoted;
use super::tags::Tag;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, TagId};
use crate::text::words;

/// Puts the person's name and handle into the index.
pub fn put(tx: &Tx, id: AccountId) -> Result<()> {
    let mut statement = tx.prepare_cached("SELECT username, display_name FROM accounts WHERE id = ?1 AND id > 0")?;
    let row = statement.query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).optional()?;
    let Some((username, display_name)) = row else { return Ok(()) };
    tx.prepare_cached("INSERT OR REPLACE INTO account_search (rowid, words) VALUES (?1, ?2)")?
        .execute(rusqlite::params![id, words::index(&format!("{username}\n{display_name}"))])?;
    Ok(())
}

/// People in whose handle or display name words begin with `query`. Followed people first, then whose handle it is,
/// then local ones, then by followers. With `following`, only whom `viewer` follows.
/// Silenced people are found by their followers, and by others who name them exactly.
pub fn accounts(
    db: &Connection,
    viewer: Option<AccountId>,
    query: &str,
    following: bool,
    limit: i64,
    offset: i64,
) -> Result<Vec<Account>> {
    let query = query.trim().trim_start_matches('@');
    let (name, domain) = query.split_once('@').unwrap_or((query, ""));
    let words: Vec<String> =
        name.split_whitespace().filter_map(words::beginning).map(|phrase| quoted(&phrase)).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    // A handle with the beginning of its server is looked up by name; all else by the index.
    let found = match domain {
        "" => "account_search WHERE account_search MATCH :words",
        _ => "accounts b WHERE lower(b.username) = lower(:name) AND coalesce(b.domain, '') LIKE :domain ESCAPE '\\'",
    };
    let id = if domain.is_empty() { "rowid" } else { "b.id" };
    let sql = format!(
        "SELECT {}, EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :viewer AND f.target_id = a.id AND f.accepted)
             AS followed
         FROM (SELECT {id} AS id FROM {found}) found CROSS JOIN accounts a ON a.id = found.id
         WHERE :words <> '' AND :domain IS NOT NULL AND a.id > 0 AND a.suspended_at IS NULL AND a.deleted_at IS NULL
           AND a.moved_to_uri IS NULL
           AND NOT EXISTS (SELECT 1 FROM users w WHERE w.account_id = a.id
                AND (w.confirmed_at IS NULL OR w.approved_at IS NULL))
           AND (a.silenced_at IS NULL OR a.id IS :viewer OR followed OR lower(a.username) = lower(:name) AND
               (:domain <> '' OR a.domain IS NULL))
           AND {} AND (NOT :following OR followed)
         ORDER BY followed DESC, lower(a.username) = lower(:name) DESC, a.domain IS NOT NULL, a.followers_count DESC, a.id
         LIMIT :limit OFFSET :offset",
        accounts::COLUMNS,
        unblocked!("a.id"),
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":viewer": viewer, ":words": words.join(" AND "), ":domain": begins(domain), ":name": name,
            ":following": following, ":limit": limit, ":offset": offset,
        },
        Account::from_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Hashtags whose normalised name begins with `prefix`, the shortest first. None that moderators keep from lists; with
/// `reviewed` only those that they looked at.
pub fn hashtags(db: &Connection, prefix: &str, reviewed: bool, limit: i64, offset: i64) -> Result<Vec<Tag>> {
    let mut statement = db.prepare_cached(
        "SELECT t.id, t.name, t.display_name FROM tags t LEFT JOIN tag_reviews r ON r.tag_id = t.id
         WHERE t.name >= :prefix AND t.name < :prefix || char(1114111)
           AND coalesce(r.listable, 1) AND (NOT :reviewed OR r.reviewed_at IS NOT NULL)
         ORDER BY length(t.name), t.name LIMIT :limit OFFSET :offset",
    )?;
    let params = named_params! {":prefix": prefix, ":reviewed": reviewed, ":limit": limit, ":offset": offset};
    let rows = statement.query_map(params, Tag::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How often a tag was used on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uses {
    /// Which tag.
    pub tag: TagId,
    /// Midnight UTC.
    pub day: Time,
    /// Public posts with it.
    pub uses: i64,
    /// By how many people.
    pub accounts: i64,
}

/// How often these tags were used in public posts since `since`, by day; days without use are left out.
pub fn uses(db: &Connection, tags: &[TagId], since: Time) -> Result<Vec<Uses>> {
    const DAY: i64 = 86_400_000;
    // Ids begin with the time of arrival, so the index narrows it to the days in question.
    let mut statement = db.prepare_cached(
        "SELECT t.tag_id, s.created_at / :day AS day, count(*), count(DISTINCT s.account_id)
         FROM json_each(:tags) j CROSS JOIN status_tags t ON t.tag_id = j.value AND t.status_id >= :first
         CROSS JOIN statuses s ON s.id = t.status_id
         WHERE s.visibility = 'public' AND s.created_at >= :since GROUP BY t.tag_id, day",
    )?;
    let params = named_params! {
        ":tags": super::sql::json_list(tags), ":since": since, ":first": since.0.max(0) << 16, ":day": DAY,
    };
    let rows = statement.query_map(params, |row| {
        Ok(Uses { tag: row.get(0)?, day: Time(row.get::<_, i64>(1)? * DAY), uses: row.get(2)?, accounts: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn begins(text: &str) -> String {
    format!("{}%", escaped(text))
}

/// `text` as a `LIKE` pattern that matches it literally.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tags;
    use crate::store::testing::{World, account};

    #[test]
    fn people_are_found_by_handle_and_name() {
        let world = World::new();
        let me = world.local("me");
        let anna = world.local("anna");
        let remote = world.remote("anna_b");
        let mut named = account(world.next(), "zoe", Some("b.example"));
        named.display_name = "Zoe Annable".into();
        let named = world.account(named);
        let mut japanese = account(world.next(), "taro", Some("b.example"));
        japanese.display_name = "長屋の田中太郎".into();
        let japanese = world.account(japanese);
        world.follow(me, remote);
        let tx = world.tx();
        let found = |query: &str, following: bool| -> Vec<AccountId> {
            let rows = accounts(&tx, Some(me), query, following, 10, 0).expect("reads");
            rows.into_iter().map(|row| row.id).collect()
        };
        assert_eq!(found("anna", false), [remote, anna, named]);
        assert_eq!(found("@ANNA_b@b.exa", false), [remote]);
        assert_eq!(found("anna", true), [remote]);
        assert_eq!(found("annaxb", false), []);
        assert_eq!(found("annable z", false), [named]);
        for part in ["田中", "太郎", "郎", "長屋の田", "TARO"] {
            assert_eq!(found(part, false), [japanese], "{part}");
        }
        assert_eq!(found("%", false), []);
        assert_eq!(found("@", false), []);
    }

    #[test]
    fn tags_are_found_by_prefix_and_their_use_is_counted_by_day() {
        let world = World::new();
        let bob = world.remote("bob");
        let tx = world.tx();
        let today = Time(1_800_000_000_000).midnight();
        for (name, at) in [("cats", today.0 + 5), ("cats", today.0 + 6), ("catsandmore", today.0), ("dogs", 5)] {
            let status = world.post_with(bob, "x", |status| {
                status.created_at = Time(at);
                status.id = crate::ids::StatusId((at << 16) + world.next());
                status.uri = format!("https://b.example/{}", status.id);
            });
            tags::attach(&tx, status, &[(name.into(), name.into())]).expect("attaches");
        }
        let names: Vec<_> = hashtags(&tx, "cat", false, 5, 0).expect("reads").into_iter().map(|tag| tag.name).collect();
        assert_eq!(names, ["cats", "catsandmore"]);
        let cats = tags::by_name(&tx, "cats").expect("reads").expect("exists").id;
        let dogs = tags::by_name(&tx, "dogs").expect("reads").expect("exists").id;
        let counted = uses(&tx, &[cats, dogs], today).expect("reads");
        assert_eq!(counted, [Uses { tag: cats, day: today, uses: 2, accounts: 1 }]);
    }
}
