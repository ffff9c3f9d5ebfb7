//! The index of the words of posts, and looking in it.
//!
//! The index holds every post that we hold; who finds what is decided for each reader when they look: what they wrote,
//! were named in, favourited, boosted, bookmarked or voted in, and public posts whose authors let themselves be found.

use rusqlite::{Connection, OptionalExtension, named_params};

use super::Tx;
use super::page::Page;
use super::seen::{READABLE, welcome};
use super::sql::json_list;
use super::statuses::{self, Status};
use crate::clock::Time;
use crate::error::Result;
use crate::ids::{AccountId, StatusId};
use crate::text::inquiry::{Inquiry, Place, mark};
use crate::text::words::Phrase;
use crate::text::{clean, links, words};

/// Every post has it, so that marks alone can be looked for.
const ANY: &str = "any_";
/// How many finds are looked at in one go, at first and later.
const GO: (i64, i64) = (200, 2_000);
/// How many finds are looked at in all: beyond, a word is too common to be worth the time.
const MOST: i64 = 40_000;

/// Who looks for what.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Search<'q> {
    pub viewer: AccountId,
    pub inquiry: &'q Inquiry,
    /// The authors that the inquiry names: they wrote it (`true`), or did not.
    pub authors: Vec<(AccountId, bool)>,
    pub page: Page,
    pub offset: i64,
    pub now: Time,
}

/// Puts the post into the index as it is now, with its attachments and its poll; called when either has changed.
pub fn put(tx: &Tx, id: StatusId) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "SELECT s.content, s.spoiler_text, s.account_id, s.language, s.sensitive,
             s.in_reply_to_id IS NOT NULL OR s.in_reply_to_uri IS NOT NULL,
             (SELECT group_concat(m.kind, ' ') FROM media m WHERE m.status_id = s.id),
             (SELECT group_concat(coalesce(m.description, ''), char(10)) FROM media m WHERE m.status_id = s.id),
             (SELECT group_concat(o.title, char(10)) FROM polls p JOIN poll_options o ON o.poll_id = p.id
              WHERE p.status_id = s.id),
             (SELECT c.kind FROM status_cards k JOIN cards c ON c.id = k.card_id WHERE k.status_id = s.id),
             EXISTS (SELECT 1 FROM quotes q WHERE q.status_id = s.id)
         FROM statuses s WHERE s.id = ?1 AND s.reblog_of_id IS NULL",
    )?;
    let row = statement
        .query_row([id], |row| {
            let content: String = row.get(0)?;
            let text = |at: usize| Ok::<String, rusqlite::Error>(row.get::<_, Option<String>>(at)?.unwrap_or_default());
            let mut marks = vec![ANY.to_owned(), mark("from", &row.get::<_, i64>(2)?.to_string())];
            let mut add = |when: bool, operator: &str, value: &str| {
                if when {
                    marks.push(mark(operator, value));
                }
            };
            let language = text(3)?;
            add(!language.is_empty(), "language", &language);
            let main = language.split_once('-').map(|(main, _)| main);
            add(main.is_some(), "language", main.unwrap_or_default());
            add(row.get(4)?, "is", "sensitive");
            add(row.get(5)?, "is", "reply");
            add(row.get(10)?, "is", "quote");
            let kinds = text(6)?;
            add(!kinds.is_empty(), "has", "media");
            add(kinds.contains("image"), "has", "image");
            add(kinds.contains("video") || kinds.contains("gifv"), "has", "video");
            add(kinds.contains("audio"), "has", "audio");
            let poll = text(8)?;
            add(!poll.is_empty(), "has", "poll");
            add(links::first(&content).is_some(), "has", "link");
            add(matches!(text(9)?.as_str(), "video" | "rich"), "has", "embed");
            let all = [text(1)?, clean::plain(&content), text(7)?, poll].join("\n");
            Ok(words::index(&all) + &marks.join(" "))
        })
        .optional()?;
    let Some(row) = row else { return Ok(()) };
    tx.prepare_cached("INSERT OR REPLACE INTO status_search (rowid, words) VALUES (?1, ?2)")?
        .execute(rusqlite::params![id, row])?;
    Ok(())
}

/// Posts that the viewer may find, newest first.
pub fn find(db: &Connection, search: &Search) -> Result<Vec<Status>> {
    let Some(expression) = expression(search.inquiry, &search.authors) else { return Ok(Vec::new()) };
    let page = &search.page;
    let wanted = usize::try_from(page.limit.saturating_add(search.offset)).unwrap_or(0);
    let (mut above, mut below, mut looked_at, mut go) = (page.above(), page.below(), 0, GO.0);
    let mut found = Vec::new();
    while found.len() < wanted && looked_at < MOST {
        let ids = matching(db, &expression, above, below, page.order(), go)?;
        let Some(last) = ids.last().copied() else { break };
        if page.min.is_some() {
            above = last.0;
        } else {
            below = last.0;
        }
        looked_at += go;
        let full = ids.len() as i64 == go;
        found.extend(allowed(db, search, &ids)?);
        if !full {
            break;
        }
        go = GO.1;
    }
    let skipped = usize::try_from(search.offset).unwrap_or(0);
    let limit = usize::try_from(page.limit).unwrap_or(0);
    Ok(page.newest_first(found.into_iter().skip(skipped).take(limit).collect()))
}

/// Finds in the index between two ids.
fn matching(
    db: &Connection,
    expression: &str,
    above: i64,
    below: i64,
    order: &str,
    limit: i64,
) -> Result<Vec<StatusId>> {
    let sql = format!(
        "SELECT rowid FROM status_search WHERE status_search MATCH :words AND rowid > :above AND rowid < :below
         ORDER BY rowid {order} LIMIT :limit"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":words": expression, ":above": above, ":below": below, ":limit": limit};
    let rows = statement.query_map(params, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those of `ids` that the viewer may find, in the order of the page.
fn allowed(db: &Connection, search: &Search, ids: &[StatusId]) -> Result<Vec<Status>> {
    let place = match search.inquiry.place {
        Place::All => format!("({LIBRARY} OR {PUBLIC})"),
        Place::Library => LIBRARY.to_owned(),
        Place::Public => PUBLIC.to_owned(),
    };
    let sql = format!(
        "SELECT {} FROM json_each(:ids) j CROSS JOIN statuses s ON s.id = j.value
             CROSS JOIN accounts a ON a.id = s.account_id
         WHERE {place} AND {READABLE} AND a.suspended_at IS NULL AND {}
           AND NOT EXISTS (SELECT 1 FROM json_each(:spans) p WHERE (p.value ->> 2)
               <> (s.created_at >= (p.value ->> 0) AND s.created_at < (p.value ->> 1)))
         ORDER BY j.key",
        statuses::COLUMNS,
        welcome!("s.account_id"),
    );
    let spans: Vec<_> =
        search.inquiry.spans.iter().map(|(start, end, within)| (start, end, i64::from(*within))).collect();
    let spans = serde_json::to_string(&spans).unwrap_or_default();
    let mut statement = db.prepare_cached(&sql)?;
    let params = named_params! {":viewer": search.viewer, ":now": search.now, ":ids": json_list(ids), ":spans": spans};
    let rows = statement.query_map(params, Status::from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the viewer has to do with.
const LIBRARY: &str = "(s.account_id = :viewer
    OR EXISTS (SELECT 1 FROM mentions l WHERE l.status_id = s.id AND l.account_id = :viewer)
    OR EXISTS (SELECT 1 FROM favourites l WHERE l.account_id = :viewer AND l.status_id = s.id)
    OR EXISTS (SELECT 1 FROM bookmarks l WHERE l.account_id = :viewer AND l.status_id = s.id)
    OR EXISTS (SELECT 1 FROM statuses l WHERE l.reblog_of_id = s.id AND l.account_id = :viewer)
    OR EXISTS (SELECT 1 FROM polls p CROSS JOIN poll_votes v ON v.poll_id = p.id AND v.account_id = :viewer
               WHERE p.status_id = s.id))";
/// What everybody may find. Limited authors are found by those who follow them.
const PUBLIC: &str = "(s.visibility = 'public' AND a.indexable AND (a.silenced_at IS NULL
    OR EXISTS (SELECT 1 FROM follows l WHERE l.account_id = :viewer AND l.target_id = a.id AND l.accepted)))";

/// The inquiry in the language of FTS5. Every word is quoted and holds only letters and digits, so nothing that is
/// typed has a meaning there. `None`: nothing can be found.
fn expression(inquiry: &Inquiry, authors: &[(AccountId, bool)]) -> Option<String> {
    if inquiry.impossible || (inquiry.is_empty() && authors.is_empty()) {
        return None;
    }
    let (mut with, mut without) = (Vec::new(), Vec::new());
    with.extend(inquiry.phrases.iter().map(quoted));
    without.extend(inquiry.without.iter().map(quoted));
    let authors = authors.iter().map(|(id, wanted)| (mark("from", &id.to_string()), *wanted));
    for (mark, wanted) in inquiry.marks.iter().cloned().chain(authors) {
        if wanted { &mut with } else { &mut without }.push(format!("\"{mark}\""));
    }
    if with.is_empty() {
        with.push(format!("\"{ANY}\""));
    }
    let with = with.join(" AND ");
    Some(if without.is_empty() { with } else { format!("({with}) NOT ({})", without.join(" OR ")) })
}

pub(super) fn quoted(phrase: &Phrase) -> String {
    format!("\"{}\"{}", phrase.words.join(" "), if phrase.open { "*" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activitypub::audience::Visibility;
    use crate::store::testing::World;
    use crate::store::{accounts, bookmarks};

    fn found(world: &World, viewer: AccountId, text: &str) -> Vec<StatusId> {
        let inquiry = Inquiry::read(text);
        let authors = inquiry.from.iter().map(|(_, wanted)| (viewer, *wanted)).collect();
        let page = Page::first(10);
        let search = Search { viewer, inquiry: &inquiry, authors, page, offset: 0, now: Time(0) };
        find(&world.tx(), &search).expect("reads").into_iter().map(|row| row.id).collect()
    }

    fn indexable(world: &World, id: AccountId) {
        world.tx().execute("UPDATE accounts SET indexable = 1 WHERE id = ?1", [id]).expect("updates");
    }

    #[test]
    fn words_of_any_writing_are_found() {
        let world = World::new();
        let me = world.local("me");
        let english = world.post(me, "Running with a Café cat, don&#39;t stop");
        let japanese = world.post(me, "今日は東京都でRust入門を読む。ﾈｺ");
        let korean = world.post(me, "한국어를 공부합니다");
        for (text, expected) in [
            ("cat", vec![english]),
            ("CATS runs", vec![english]),
            ("cafe", vec![english]),
            ("\"café cat\"", vec![english]),
            ("\"cat café\"", vec![]),
            ("東京", vec![japanese]),
            ("京都", vec![japanese]),
            ("都京", vec![]),
            ("東京都でrust", vec![japanese]),
            ("Rust入門", vec![japanese]),
            ("入門", vec![japanese]),
            ("読", vec![japanese]),
            ("ネコ", vec![japanese]),
            ("한국", vec![korean]),
            ("cat -running", vec![]),
            ("-cat from:me", vec![korean, japanese]),
            ("from:me", vec![korean, japanese, english]),
            ("language:en cat", vec![english]),
            ("language:ja", vec![]),
            ("\"", vec![]),
            ("%_*", vec![]),
            ("\"*\" NEAR(a b) AND ( OR", vec![]),
        ] {
            assert_eq!(found(&world, me, text), expected, "{text}");
        }
    }

    #[test]
    fn only_ones_own_circle_and_who_wants_it_is_found() {
        let world = World::new();
        let (me, bob, open) = (world.local("me"), world.remote("bob"), world.remote("open"));
        indexable(&world, open);
        let mine = world.post(me, "a cat");
        world.post(bob, "a cat of no concern");
        let kept = world.post(bob, "another cat");
        let private = world.post_with(bob, "a secret cat", |status| status.visibility = Visibility::Private);
        let public = world.post(open, "a cat for all");
        world.post_with(open, "a quiet cat", |status| status.visibility = Visibility::Unlisted);
        for (id, status) in [(1, kept), (2, private)] {
            bookmarks::insert(&world.tx(), id, me, status, Time(0)).expect("bookmarks");
        }
        assert_eq!(found(&world, me, "cat"), [public, kept, mine]);
        assert_eq!(found(&world, me, "cat in:library"), [kept, mine]);
        assert_eq!(found(&world, me, "cat in:public"), [public]);
        world.tx().execute("UPDATE accounts SET silenced_at = 1 WHERE id = ?1", [open]).expect("limits");
        assert_eq!(found(&world, me, "cat in:public"), []);
        world.follow(me, open);
        assert_eq!(found(&world, me, "cat in:public"), [public]);
        let block = "INSERT INTO blocks (account_id, target_id, uri, created_at) VALUES (?1, ?2, 'x', 0)";
        world.tx().execute(block, [open, me]).expect("blocks");
        assert_eq!(found(&world, me, "cat"), [kept, mine]);
    }

    #[test]
    fn properties_and_days_narrow_it() {
        const DAY: i64 = 86_400_000;
        let world = World::new();
        let me = world.local("me");
        let image = world.image(me);
        let plain = world.post_with(me, "one", |status| status.created_at = Time(DAY));
        let linked = world.post_with(me, "one", |status| {
            status.content = "<p>one <a href=\"https://b.example/\">b.example</a></p>".into();
            status.created_at = Time(2 * DAY);
        });
        let reply = world.post_with(me, "one", |status| {
            status.in_reply_to_id = Some(plain);
            status.sensitive = true;
            status.created_at = Time(3 * DAY);
        });
        crate::store::media::attach(&world.tx(), reply, &[image], me).expect("attaches");
        put(&world.tx(), reply).expect("indexes");
        for (text, expected) in [
            ("has:link", vec![linked]),
            ("has:media", vec![reply]),
            ("one has:image", vec![reply]),
            ("one -has:image", vec![linked, plain]),
            ("has:video", vec![]),
            ("is:reply", vec![reply]),
            ("is:sensitive", vec![reply]),
            ("one before:1970-01-03", vec![plain]),
            ("one -before:1970-01-03", vec![reply, linked]),
            ("during:1970-01-03", vec![linked]),
            ("-during:1970-01-03", vec![reply, plain]),
            ("after:1970-01-02", vec![reply, linked]),
            ("after:1970-01-02 before:1970-01-04", vec![linked]),
            ("after:1970-01", vec![]),
            // The description of the picture.
            ("\"a cat\"", vec![reply]),
        ] {
            assert_eq!(found(&world, me, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_gone_is_found_no_more() {
        let world = World::new();
        let (me, bob) = (world.local("me"), world.remote("bob"));
        indexable(&world, bob);
        let mine = world.post(me, "a cat");
        world.post(bob, "a cat");
        let row = statuses::by_id(&world.tx(), mine).expect("reads").expect("exists");
        statuses::update(&world.tx(), &Status { content: "<p>a dog</p>".into(), ..row.clone() }).expect("updates");
        put(&world.tx(), mine).expect("indexes");
        assert_eq!((found(&world, me, "cat").len(), found(&world, me, "dog").len()), (1, 1));
        statuses::delete(&world.tx(), &row).expect("deletes");
        accounts::delete_remote(&world.tx(), bob).expect("deletes");
        assert_eq!(found(&world, me, "cat"), []);
        assert_eq!(found(&world, me, "dog"), []);
        let left: i64 =
            world.tx().query_row("SELECT count(*) FROM status_search_docsize", [], |row| row.get(0)).expect("counts");
        assert_eq!(left, 0);
    }

    #[test]
    fn pages_go_both_ways_and_nothing_is_scanned() {
        let world = World::new();
        let me = world.local("me");
        let ids: Vec<_> = (0..9).map(|_| world.post(me, "cat")).collect();
        let inquiry = Inquiry::read("cat");
        let at = |page: Page, offset: i64| {
            let search = Search { viewer: me, inquiry: &inquiry, authors: Vec::new(), page, offset, now: Time(0) };
            find(&world.tx(), &search).expect("reads").into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(at(Page::first(2), 0), [ids[8], ids[7]]);
        assert_eq!(at(Page::first(2), 2), [ids[6], ids[5]]);
        assert_eq!(at(Page { max: Some(ids[3].0), ..Page::first(2) }, 0), [ids[2], ids[1]]);
        assert_eq!(at(Page { min: Some(ids[3].0), ..Page::first(2) }, 0), [ids[5], ids[4]]);
        let tx = world.tx();
        let sql = "EXPLAIN QUERY PLAN SELECT rowid FROM status_search WHERE status_search MATCH 'cat' AND rowid < 5
            ORDER BY rowid DESC LIMIT 3";
        let plan: String = tx.query_row(sql, [], |row| row.get(3)).expect("explains");
        assert!(plan.contains("VIRTUAL TABLE INDEX"), "{plan}");
    }
}
