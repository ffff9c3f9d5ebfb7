//! Finding people, hashtags and posts among what we know. Plain pattern matching; no table of posts is ever scanned.

use rusqlite::{Connection, named_params};

use super::accounts::{self, Account};
use super::page::Page;
use super::seen::{READABLE, unblocked};
use super::statuses::{self, Status};
use super::tags::Tag;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, TagId};

/// People whose handle or display name begins with `query` (a name within the display name counts too). Followed
/// people first, then local ones, then by followers. With `following`, only whom `viewer` follows.
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
    if name.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {}, EXISTS (SELECT 1 FROM follows f WHERE f.account_id = :viewer AND f.target_id = a.id AND f.accepted)
             AS followed
         FROM accounts a
         WHERE a.id > 0 AND a.suspended_at IS NULL AND a.deleted_at IS NULL AND {}
           AND (CASE WHEN :domain <> '' THEN a.username LIKE :exactly ESCAPE '\\' AND a.domain LIKE :domain ESCAPE '\\'
                ELSE a.username LIKE :begins ESCAPE '\\' OR a.display_name LIKE :begins ESCAPE '\\'
                     OR a.display_name LIKE :within ESCAPE '\\' END)
           AND (NOT :following OR followed)
         ORDER BY followed DESC, lower(a.username) = lower(:name) DESC, a.domain IS NOT NULL, a.followers_count DESC, a.id
         LIMIT :limit OFFSET :offset",
        accounts::COLUMNS,
        unblocked!("a.id"),
    );
    let domain = if domain.is_empty() { String::new() } else { begins(domain) };
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":viewer": viewer, ":domain": domain, ":exactly": escaped(name), ":name": name,
            ":begins": begins(name), ":within": format!("% {}", begins(name)), ":following": following,
            ":limit": limit, ":offset": offset,
        },
        Account::from_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Hashtags whose normalised name begins with `prefix`, the shortest first.
pub fn hashtags(db: &Connection, prefix: &str, limit: i64, offset: i64) -> Result<Vec<Tag>> {
    let mut statement = db.prepare_cached(
        "SELECT id, name, display_name FROM tags WHERE name >= :prefix AND name < :prefix || char(1114111)
         ORDER BY length(name), name LIMIT :limit OFFSET :offset",
    )?;
    let params = named_params! {":prefix": prefix, ":limit": limit, ":offset": offset};
    let rows = statement.query_map(params, Tag::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Posts that contain `query`, newest first, among those that `viewer` wrote, keeps, was mentioned in or has in the
/// home timeline. With `author`, only theirs.
pub fn statuses(
    db: &Connection,
    viewer: AccountId,
    query: &str,
    author: Option<AccountId>,
    page: &Page,
    offset: i64,
) -> Result<Vec<Status>> {
    let sql = format!(
        "SELECT {} FROM (
             SELECT id FROM statuses WHERE account_id = :viewer
             UNION SELECT status_id FROM mentions WHERE account_id = :viewer
             UNION SELECT status_id FROM favourites WHERE account_id = :viewer
             UNION SELECT status_id FROM bookmarks WHERE account_id = :viewer
             UNION SELECT status_id FROM home_timeline WHERE account_id = :viewer) known
         CROSS JOIN statuses s ON s.id = known.id
         WHERE s.reblog_of_id IS NULL AND s.id < :below AND s.id > :above
           AND (CASE WHEN s.text <> '' THEN s.text ELSE s.content END LIKE :query ESCAPE '\\'
             OR s.spoiler_text LIKE :query ESCAPE '\\')
           AND (:author IS NULL OR s.account_id = :author) AND {READABLE} AND {}
         ORDER BY s.id {} LIMIT :limit OFFSET :offset",
        statuses::COLUMNS,
        unblocked!("s.account_id"),
        page.order()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":viewer": viewer, ":query": format!("%{}%", escaped(query.trim())), ":author": author,
            ":below": page.below(), ":above": page.above(), ":limit": page.limit, ":offset": offset,
        },
        Status::from_row,
    )?;
    Ok(page.newest_first(rows.collect::<rusqlite::Result<_>>()?))
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
    use crate::activitypub::audience::Visibility;
    use crate::store::testing::{World, account};
    use crate::store::{bookmarks, tags};

    #[test]
    fn people_are_found_by_handle_and_name() {
        let world = World::new();
        let me = world.local("me");
        let anna = world.local("anna");
        let remote = world.remote("anna_b");
        let mut named = account(world.next(), "zoe", Some("b.example"));
        named.display_name = "Zoe Annable".into();
        let named = world.account(named);
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
        assert_eq!(found("%", false), []);
        assert_eq!(found("@", false), []);
    }

    #[test]
    fn posts_are_found_only_in_ones_own_circle() {
        let world = World::new();
        let (me, bob) = (world.local("me"), world.remote("bob"));
        let mine = world.post(me, "a 100% cat");
        let kept = world.post(bob, "another Cat");
        world.post(bob, "a cat of no concern");
        let private = world.post_with(bob, "a secret cat", |status| status.visibility = Visibility::Private);
        let tx = world.tx();
        for (id, status) in [(1, kept), (2, private)] {
            bookmarks::insert(&tx, id, me, status, Time(0)).expect("bookmarks");
        }
        let found = |query: &str, author| -> Vec<_> {
            let rows = statuses(&tx, me, query, author, &Page::first(10), 0).expect("reads");
            rows.into_iter().map(|row| row.id).collect()
        };
        assert_eq!(found("cat", None), [kept, mine]);
        assert_eq!(found("cat", Some(bob)), [kept]);
        assert_eq!(found("100% c", None), [mine]);
        assert_eq!(found("10_%", None), []);
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
        let names: Vec<_> = hashtags(&tx, "cat", 5, 0).expect("reads").into_iter().map(|tag| tag.name).collect();
        assert_eq!(names, ["cats", "catsandmore"]);
        let cats = tags::by_name(&tx, "cats").expect("reads").expect("exists").id;
        let dogs = tags::by_name(&tx, "dogs").expect("reads").expect("exists").id;
        let counted = uses(&tx, &[cats, dogs], today).expect("reads");
        assert_eq!(counted, [Uses { tag: cats, day: today, uses: 2, accounts: 1 }]);
    }
}
