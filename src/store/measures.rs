//! What a dashboard shows: counts in a time, counts by kind, and who stayed. All from the rows themselves.

use rusqlite::{Connection, named_params};

use super::visits::{self, first_id};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::TagId;

/// Something that can be counted in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// People of ours who were here.
    ActiveUsers,
    /// People who came to live here.
    NewUsers,
    /// How often our people took note of others.
    Interactions,
    /// Reports that came in.
    OpenedReports,
    /// Reports that were dealt with.
    ResolvedReports,
    /// People who used a tag.
    TagAccounts(TagId),
    /// Posts with a tag.
    TagUses(TagId),
    /// Servers on which a tag was used.
    TagServers(TagId),
    /// People of these domains whom we met.
    InstanceAccounts(Vec<String>),
    /// Bytes of their media, as far as we know them.
    InstanceMedia(Vec<String>),
    /// Reports about them.
    InstanceReports(Vec<String>),
    /// Posts of theirs that we hold.
    InstanceStatuses(Vec<String>),
    /// Follows by our people of theirs.
    InstanceFollows(Vec<String>),
    /// Follows by them of our people.
    InstanceFollowers(Vec<String>),
}

/// Counts `measure` from `from` up to, but not including, `until`.
pub fn count(db: &Connection, measure: &Measure, from: Time, until: Time) -> Result<i64> {
    let (of_tag, of_domain, sql) = match measure {
        Measure::ActiveUsers => return visits::people(db, from, until),
        Measure::NewUsers => return visits::newcomers(db, from, until),
        Measure::Interactions => return visits::interactions(db, from, until),
        Measure::OpenedReports => {
            (None, None, "SELECT count(*) FROM reports WHERE created_at >= :from AND created_at < :until")
        }
        Measure::ResolvedReports => {
            (None, None, "SELECT count(*) FROM reports WHERE action_taken_at >= :from AND action_taken_at < :until")
        }
        Measure::TagAccounts(tag) => (Some(*tag), None, TAG_ACCOUNTS),
        Measure::TagUses(tag) => (
            Some(*tag),
            None,
            "SELECT count(*) FROM status_tags WHERE tag_id = :tag AND status_id >= :first AND status_id < :last",
        ),
        Measure::TagServers(tag) => (Some(*tag), None, TAG_SERVERS),
        Measure::InstanceAccounts(domains) => (
            None,
            Some(domains),
            "SELECT count(*) FROM accounts a WHERE a.domain IN (SELECT value FROM json_each(:domains))
                 AND a.first_seen_at >= :from AND a.first_seen_at < :until",
        ),
        Measure::InstanceMedia(domains) => (
            None,
            Some(domains),
            "SELECT coalesce(sum(m.size), 0) FROM accounts a CROSS JOIN media m ON m.account_id = a.id
             WHERE a.domain IN (SELECT value FROM json_each(:domains))
                 AND m.created_at >= :from AND m.created_at < :until",
        ),
        Measure::InstanceReports(domains) => (
            None,
            Some(domains),
            "SELECT count(*) FROM reports r JOIN accounts a ON a.id = r.target_id
             WHERE a.domain IN (SELECT value FROM json_each(:domains))
                 AND r.created_at >= :from AND r.created_at < :until",
        ),
        Measure::InstanceStatuses(domains) => (
            None,
            Some(domains),
            "SELECT count(*) FROM accounts a CROSS JOIN statuses s INDEXED BY statuses_by_account
                 ON s.account_id = a.id AND s.id >= :first AND s.id < :last
             WHERE a.domain IN (SELECT value FROM json_each(:domains))",
        ),
        Measure::InstanceFollows(domains) => (
            None,
            Some(domains),
            "SELECT count(*) FROM accounts a CROSS JOIN follows f ON f.target_id = a.id AND f.accepted = 1
                 AND f.created_at >= :from AND f.created_at < :until
             WHERE a.domain IN (SELECT value FROM json_each(:domains))",
        ),
        Measure::InstanceFollowers(domains) => (
            None,
            Some(domains),
            "SELECT count(*) FROM accounts a CROSS JOIN follows f ON f.account_id = a.id AND f.accepted = 1
                 AND f.created_at >= :from AND f.created_at < :until
             WHERE a.domain IN (SELECT value FROM json_each(:domains))",
        ),
    };
    // Every statement gets all parameters, whether it names them or not.
    let sql = format!(
        "{sql} AND :from IS NOT NULL AND :until IS NOT NULL AND :first IS NOT NULL AND :last IS NOT NULL
        AND coalesce(:tag, :domains, 1) IS NOT NULL"
    );
    let domains = of_domain.map(|domains| serde_json::to_string(domains).unwrap_or_default());
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":from": from, ":until": until, ":first": first_id(from), ":last": first_id(until), ":tag": of_tag,
        ":domains": domains,
    };
    Ok(statement.query_row(params, |row| row.get(0))?)
}

const TAG_ACCOUNTS: &str =
    "SELECT count(DISTINCT s.account_id) FROM status_tags t JOIN statuses s ON s.id = t.status_id
     WHERE t.tag_id = :tag AND t.status_id >= :first AND t.status_id < :last";
const TAG_SERVERS: &str = "SELECT count(DISTINCT coalesce(a.domain, '')) FROM status_tags t
     JOIN statuses s ON s.id = t.status_id JOIN accounts a ON a.id = s.account_id
     WHERE t.tag_id = :tag AND t.status_id >= :first AND t.status_id < :last";

/// Something that can be counted by its kinds. In each the commonest kind comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// Languages of the people of ours who were here.
    Languages,
    /// Servers whose posts we hold; ours is empty.
    Servers,
    /// Servers on which a tag was used; ours is empty.
    TagServers(TagId),
    /// Languages of posts with a tag.
    TagLanguages(TagId),
    /// The people of these domains whom most of ours follow, as `user@domain`.
    InstanceAccounts(Vec<String>),
    /// Languages of their posts.
    InstanceLanguages(Vec<String>),
}

/// Counts the kinds of `dimension` in this time, at most `most` of them.
pub fn kinds(db: &Connection, dimension: &Dimension, from: Time, until: Time, most: i64) -> Result<Vec<(String, i64)>> {
    let (of_tag, of_domain, sql) = match dimension {
        Dimension::Languages => (
            None,
            None,
            "SELECT u.locale AS kind, count(DISTINCT v.account_id) AS number
             FROM visits v JOIN users u ON u.account_id = v.account_id WHERE v.day >= :from AND v.day < :until",
        ),
        Dimension::Servers => (
            None,
            None,
            "SELECT coalesce(a.domain, '') AS kind, count(*) AS number
             FROM statuses s JOIN accounts a ON a.id = s.account_id WHERE s.id >= :first AND s.id < :last",
        ),
        Dimension::TagServers(tag) => (
            Some(*tag),
            None,
            "SELECT coalesce(a.domain, '') AS kind, count(*) AS number FROM status_tags t
             JOIN statuses s ON s.id = t.status_id JOIN accounts a ON a.id = s.account_id
             WHERE t.tag_id = :tag AND t.status_id >= :first AND t.status_id < :last",
        ),
        Dimension::TagLanguages(tag) => (
            Some(*tag),
            None,
            "SELECT coalesce(s.language, 'und') AS kind, count(*) AS number FROM status_tags t
             JOIN statuses s ON s.id = t.status_id
             WHERE t.tag_id = :tag AND t.status_id >= :first AND t.status_id < :last",
        ),
        Dimension::InstanceAccounts(domains) => (
            None,
            Some(domains),
            "SELECT a.username || '@' || a.domain AS kind, count(*) AS number
             FROM accounts a CROSS JOIN follows f ON f.target_id = a.id AND f.accepted = 1
             WHERE a.domain IN (SELECT value FROM json_each(:domains))",
        ),
        Dimension::InstanceLanguages(domains) => (
            None,
            Some(domains),
            "SELECT coalesce(s.language, 'und') AS kind, count(*) AS number
             FROM accounts a CROSS JOIN statuses s INDEXED BY statuses_by_account
                 ON s.account_id = a.id AND s.id >= :first AND s.id < :last
             WHERE a.domain IN (SELECT value FROM json_each(:domains))",
        ),
    };
    let sql = format!(
        "{sql} AND :from IS NOT NULL AND :until IS NOT NULL AND :first IS NOT NULL AND :last IS NOT NULL
             AND coalesce(:tag, :domains, 1) IS NOT NULL GROUP BY kind ORDER BY number DESC, kind LIMIT :most"
    );
    let domains = of_domain.map(|domains| serde_json::to_string(domains).unwrap_or_default());
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":from": from, ":until": until, ":first": first_id(from), ":last": first_id(until), ":tag": of_tag,
        ":domains": domains, ":most": most,
    };
    let rows = statement.query_map(params, |row| Ok((row.get("kind")?, row.get("number")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Bytes that the database and all media occupy.
pub fn space(db: &Connection) -> Result<(i64, i64)> {
    let database = "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)";
    let media = "SELECT (SELECT coalesce(sum(size), 0) FROM media WHERE file IS NOT NULL)
                      + (SELECT coalesce(sum(size), 0) FROM media_cache)";
    let number = |sql: &str| db.prepare_cached(sql)?.query_row([], |row| row.get(0));
    Ok((number(database)?, number(media)?))
}

/// The version of SQLite.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// Of those who came in the time from `born.0` to `born.1`: how many were here in the time from `seen.0` to `seen.1`.
pub fn stayed(db: &Connection, born: (Time, Time), seen: (Time, Time)) -> Result<i64> {
    let mut statement = db.prepare_cached(
        "SELECT count(*) FROM users u WHERE u.created_at >= ?1 AND u.created_at < ?2
             AND EXISTS (SELECT 1 FROM visits v WHERE v.account_id = u.account_id AND v.day >= ?3 AND v.day < ?4)",
    )?;
    Ok(statement.query_row([born.0, born.1, seen.0, seen.1], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::World;
    use crate::store::{tags, visits};

    const END: Time = Time(1 << 46);

    #[test]
    fn every_measure_counts_rows() {
        let world = World::new();
        let (alice, bob) = (world.local("alice"), world.remote("bob"));
        world.follow(alice, bob);
        world.follow(bob, alice);
        let tx = world.tx();
        let post = world.post(bob, "hello");
        tags::attach(&tx, post, &[("cats".into(), "Cats".into())]).expect("attaches");
        let tag = tags::by_name(&tx, "cats").expect("reads").expect("is there").id;
        visits::note(&tx, alice, Time(5)).expect("notes");
        let domain = || vec!["b.example".to_owned()];
        for (measure, expected) in [
            (Measure::ActiveUsers, 1),
            (Measure::NewUsers, 1),
            (Measure::Interactions, 0),
            (Measure::OpenedReports, 0),
            (Measure::ResolvedReports, 0),
            (Measure::TagAccounts(tag), 1),
            (Measure::TagUses(tag), 1),
            (Measure::TagServers(tag), 1),
            (Measure::InstanceAccounts(domain()), 1),
            (Measure::InstanceMedia(domain()), 0),
            (Measure::InstanceReports(domain()), 0),
            (Measure::InstanceStatuses(domain()), 1),
            (Measure::InstanceFollows(domain()), 1),
            (Measure::InstanceFollowers(domain()), 1),
            (Measure::InstanceStatuses(vec!["c.example".into()]), 0),
        ] {
            assert_eq!(count(&tx, &measure, Time(0), END).expect("counts"), expected, "{measure:?}");
            assert_eq!(count(&tx, &measure, END, END).expect("counts"), 0, "{measure:?} later");
        }
        let kind = |text: &str| vec![(text.to_owned(), 1)];
        for (dimension, expected) in [
            (Dimension::Languages, kind("en")),
            (Dimension::Servers, kind("b.example")),
            (Dimension::TagServers(tag), kind("b.example")),
            (Dimension::TagLanguages(tag), kind("en")),
            (Dimension::InstanceAccounts(domain()), kind("bob@b.example")),
            (Dimension::InstanceLanguages(domain()), kind("en")),
        ] {
            assert_eq!(kinds(&tx, &dimension, Time(0), END, 10).expect("counts"), expected, "{dimension:?}");
        }
        assert!(space(&tx).expect("reads").0 > 0);
        let all = (Time(0), END);
        assert_eq!(stayed(&tx, all, all).expect("counts"), 1);
        assert_eq!(stayed(&tx, all, (Time(86_400_000), END)).expect("counts"), 0);
    }
}
