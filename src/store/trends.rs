//! What many talk about now: hashtags, posts and links, with a score that fades.
//!
//! Only what its authors want shown counts: public posts without warning by discoverable people whom nobody limited.
//! Everything here looks at the posts of the last two days, by their ids, and at nothing older.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::{Connection, named_params};

use super::Tx;
use super::cards::{self, Card};
use super::reviews;
use super::seen::{NO_REPLY_TO_OTHERS, READABLE, welcome};
use super::statuses::{self, Status};
use super::tags::Tag;
use crate::clock::Time;
use crate::error::Result;
use crate::ids::AccountId;

/// What is older is no trend.
const WINDOW: Duration = Duration::from_secs(2 * 86_400);
/// A use counts half after this, a quarter after twice this.
const HALF_LIFE: f64 = 12.0 * 3_600_000.0;
/// So many people must use a hashtag or a link, and so many must like or boost a post.
const PEOPLE: usize = 2;
/// How many trends of a kind are kept.
const MOST: usize = 100;

/// The kinds of trends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Tag,
    Status,
    Link,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Status => "status",
            Self::Link => "link",
        }
    }
}

/// What may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Everything, for moderators.
    All,
    /// What nobody rejected.
    NotRejected,
    /// What somebody approved.
    Approved,
}

impl Shown {
    fn all(self) -> bool {
        self == Self::All
    }

    /// Whether what nobody judged is shown.
    fn unjudged(self) -> bool {
        self != Self::Approved
    }
}

const RECENT: &str = "statuses s INDEXED BY statuses_public CROSS JOIN accounts a ON a.id = s.account_id";
const WANTED: &str = "s.visibility = 'public' AND s.reblog_of_id IS NULL AND s.id >= :first AND s.created_at >= :since
    AND NOT s.sensitive AND s.spoiler_text = '' AND a.discoverable = 1 AND a.silenced_at IS NULL
    AND a.suspended_at IS NULL AND a.deleted_at IS NULL";

/// The trends of this moment, the strongest first: id and score.
pub fn current(db: &Connection, kind: Kind, now: Time) -> Result<Vec<(i64, f64)>> {
    let mut scores: HashMap<i64, (usize, f64)> = HashMap::new();
    let since = now.minus(WINDOW);
    let mut statement = db.prepare_cached(&match kind {
        Kind::Tag => format!(
            "SELECT t.tag_id, max(s.created_at), 1 FROM {RECENT} CROSS JOIN status_tags t ON t.status_id = s.id
             WHERE {WANTED} GROUP BY t.tag_id, s.account_id"
        ),
        Kind::Link => format!(
            "SELECT k.card_id, max(s.created_at), 1 FROM {RECENT} CROSS JOIN status_cards k ON k.status_id = s.id
             CROSS JOIN cards c ON c.id = k.card_id AND c.fetched_at IS NOT NULL AND c.title <> ''
             WHERE {WANTED} GROUP BY k.card_id, s.account_id"
        ),
        // Of each author the best one.
        Kind::Status => format!(
            "SELECT s.id, s.created_at, max(s.reblogs_count + s.favourites_count) FROM {RECENT}
             WHERE {WANTED} AND {NO_REPLY_TO_OTHERS} GROUP BY s.account_id"
        ),
    })?;
    let params = named_params! {":first": since.0.max(0) << 16, ":since": since};
    let rows = statement
        .query_map(params, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Time>(1)?, row.get::<_, i64>(2)?)))?;
    for row in rows {
        let (id, at, people) = row?;
        let faded = 0.5_f64.powf(now.since(at).as_millis() as f64 / HALF_LIFE);
        let score = scores.entry(id).or_default();
        score.0 += usize::try_from(people).unwrap_or(0);
        score.1 += people as f64 * faded;
    }
    let mut found: Vec<(i64, f64)> =
        scores.into_iter().filter(|(_, (people, _))| *people >= PEOPLE).map(|(id, (_, score))| (id, score)).collect();
    found.sort_by(|one, other| other.1.total_cmp(&one.1).then(other.0.cmp(&one.0)));
    found.truncate(MOST);
    Ok(found)
}

/// Makes these the trends of their kind.
pub fn set(tx: &Tx, kind: Kind, trends: &[(i64, f64)]) -> Result<()> {
    tx.prepare_cached("DELETE FROM trends WHERE kind = ?1")?.execute([kind.as_str()])?;
    let mut insert = tx.prepare_cached("INSERT INTO trends (kind, id, score) VALUES (?1, ?2, ?3)")?;
    for (id, score) in trends {
        insert.execute(rusqlite::params![kind.as_str(), id, score])?;
    }
    Ok(())
}

/// Hashtags that many use.
pub fn tags(db: &Connection, shown: Shown, limit: i64, offset: i64) -> Result<Vec<Tag>> {
    let mut statement = db.prepare_cached(
        "SELECT t.id, t.name, t.display_name FROM trends x CROSS JOIN tags t ON t.id = x.id
         LEFT JOIN tag_reviews r ON r.tag_id = t.id
         WHERE x.kind = 'tag' AND (:all OR (coalesce(r.trendable, :unjudged) AND coalesce(r.usable, 1)))
         ORDER BY x.score DESC, x.id LIMIT :limit OFFSET :offset",
    )?;
    let params = named_params! {
        ":all": shown.all(), ":unjudged": shown.unjudged(), ":limit": limit, ":offset": offset,
    };
    let rows = statement.query_map(params, Tag::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Posts that many like, and that `viewer` may and wants to see.
pub fn statuses(
    db: &Connection,
    viewer: Option<AccountId>,
    shown: Shown,
    limit: i64,
    offset: i64,
    now: Time,
) -> Result<Vec<Status>> {
    let sql = format!(
        "SELECT {} FROM trends x CROSS JOIN statuses s ON s.id = x.id CROSS JOIN accounts a ON a.id = s.account_id
         LEFT JOIN status_reviews r ON r.status_id = s.id
         WHERE x.kind = 'status' AND {READABLE} AND a.suspended_at IS NULL AND (:all OR (a.silenced_at IS NULL
             AND coalesce(r.trendable, :unjudged) AND {}))
         ORDER BY x.score DESC, x.id LIMIT :limit OFFSET :offset",
        statuses::COLUMNS,
        welcome!("s.account_id")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":viewer": viewer, ":now": now, ":all": shown.all(), ":unjudged": shown.unjudged(), ":limit": limit,
        ":offset": offset,
    };
    let rows = statement.query_map(params, Status::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Pages that many link to. What was said about a page counts more than what was said about its site.
pub fn links(db: &Connection, shown: Shown, limit: i64, offset: i64) -> Result<Vec<Card>> {
    let sql = format!(
        "SELECT {} FROM trends x CROSS JOIN cards c ON c.id = x.id
         WHERE x.kind = 'link' AND c.fetched_at IS NOT NULL ORDER BY x.score DESC, x.id",
        cards::COLUMNS
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], Card::from_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let sites: HashMap<String, bool> = reviews::judged_publishers(db)?.into_iter().collect();
    let site = |card: &Card| reviews::publisher_of(card).and_then(|domain| sites.get(&domain).copied());
    let wanted = |card: &Card| shown.all() || card.trendable.or_else(|| site(card)).unwrap_or_else(|| shown.unjudged());
    let (limit, offset) = (usize::try_from(limit).unwrap_or(0), usize::try_from(offset).unwrap_or(0));
    Ok(rows.into_iter().filter(wanted).skip(offset).take(limit).collect())
}

/// Whether many link to the page now, and it may be shown.
pub fn is_link(db: &Connection, id: i64, shown: Shown) -> Result<bool> {
    Ok(links(db, shown, MOST as i64, 0)?.iter().any(|card| card.id == id))
}

/// How often pages were linked to in public posts since `since`: page, midnight UTC, posts, people; days without are
/// left out.
pub fn link_uses(db: &Connection, cards: &[i64], since: Time) -> Result<Vec<(i64, Time, i64, i64)>> {
    const DAY: i64 = 86_400_000;
    let mut statement = db.prepare_cached(
        "SELECT k.card_id, s.created_at / :day AS day, count(*), count(DISTINCT s.account_id)
         FROM json_each(:cards) j CROSS JOIN status_cards k ON k.card_id = j.value AND k.status_id >= :first
         CROSS JOIN statuses s ON s.id = k.status_id
         WHERE s.visibility = 'public' AND s.created_at >= :since GROUP BY k.card_id, day",
    )?;
    let params = named_params! {
        ":cards": super::sql::json_list(cards), ":since": since, ":first": since.0.max(0) << 16, ":day": DAY,
    };
    let rows = statement
        .query_map(params, |row| Ok((row.get(0)?, Time(row.get::<_, i64>(1)? * DAY), row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::StatusId;
    use crate::store::testing::World;
    use crate::store::{self, tags as marks};

    #[test]
    fn what_several_use_trends_and_fades() {
        let world = World::new();
        let people = [world.remote("a"), world.remote("b"), world.remote("c")];
        let now = Time(1_800_000_000_000);
        let post = |who: AccountId, ago: i64, tag: &str| {
            let status = world.post_with(who, "x", |status| {
                status.created_at = Time(now.0 - ago * 3_600_000);
                status.id = StatusId((status.created_at.0 << 16) + world.next());
                status.uri = format!("https://b.example/{}", status.id);
                status.favourites_count = 3;
            });
            marks::attach(&world.tx(), status, &[(tag.into(), tag.into())]).expect("attaches");
            status
        };
        for who in people {
            post(who, 30, "old");
        }
        post(people[0], 1, "new");
        let best = post(people[1], 1, "new");
        for _ in 0..5 {
            post(people[2], 1, "alone");
        }
        world.tx().execute("UPDATE statuses SET favourites_count = 3 WHERE id = ?1", [best]).expect("updates");
        let tx = world.tx();
        let trends = current(&tx, Kind::Tag, now).expect("reads");
        set(&tx, Kind::Tag, &trends).expect("writes");
        let names =
            |shown| -> Vec<String> { tags(&tx, shown, 9, 0).expect("reads").into_iter().map(|tag| tag.name).collect() };
        assert_eq!(names(Shown::NotRejected), ["new", "old"]);
        assert_eq!(names(Shown::Approved), [""; 0]);
        let new = marks::by_name(&tx, "new").expect("reads").expect("exists").id;
        let judge = |trendable| {
            let review = reviews::TagReview { trendable: Some(trendable), ..reviews::TagReview::default() };
            reviews::set_tag(&tx, new, review, now).expect("writes");
        };
        judge(true);
        assert_eq!(names(Shown::Approved), ["new"]);
        judge(false);
        assert_eq!(names(Shown::NotRejected), ["old"]);
        assert_eq!(names(Shown::All), ["new", "old"]);
        set(&tx, Kind::Status, &current(&tx, Kind::Status, now).expect("reads")).expect("writes");
        let shown = || statuses(&tx, None, Shown::NotRejected, 9, 0, now).expect("reads");
        assert_eq!(shown().into_iter().map(|row| row.id).collect::<Vec<_>>(), [best]);
        reviews::set_status(&tx, best, false, now).expect("writes");
        assert_eq!(shown(), []);
        tx.execute("UPDATE accounts SET silenced_at = 1", []).expect("limits");
        assert_eq!(current(&tx, Kind::Tag, now).expect("reads"), []);
    }

    #[test]
    fn a_site_can_be_rejected_and_a_page_of_it_approved() {
        let world = World::new();
        let me = world.local("me");
        let tx = world.tx();
        let mut ids = Vec::new();
        for name in ["one", "two"] {
            let post = world.post(me, name);
            let url = format!("https://www.b.example/{name}");
            cards::link(&tx, post, &url, Time(0), Time(0)).expect("links");
            let card = cards::by_url(&tx, &url).expect("reads").expect("exists");
            cards::fetched(&tx, &Card { title: name.into(), page: Some(url), ..card.clone() }, Time(1)).expect("keeps");
            ids.push(card.id);
        }
        set(&tx, Kind::Link, &[(ids[0], 2.0), (ids[1], 1.0)]).expect("writes");
        let shown =
            |shown| -> Vec<i64> { links(&tx, shown, 9, 0).expect("reads").iter().map(|card| card.id).collect() };
        assert_eq!(shown(Shown::NotRejected), ids);
        let sites = reviews::publishers(&tx, &store::page::Page::first(9)).expect("reads");
        assert_eq!(sites.iter().map(|site| site.domain.as_str()).collect::<Vec<_>>(), ["www.b.example"]);
        reviews::set_publisher(&tx, sites[0].id, false, Time(2)).expect("writes");
        assert_eq!(shown(Shown::NotRejected), [0; 0]);
        reviews::set_card(&tx, ids[1], true, Time(2)).expect("writes");
        assert_eq!(shown(Shown::Approved), [ids[1]]);
        assert_eq!(shown(Shown::All), ids);
    }
}
