//! What the hot requests cost: how many statements each runs, whatever the length of its page, and how SQLite finds the
//! rows. The plans are snapshots: read a change of one as you would read a change of code.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};

use super::World;
use crate::error::Result;
use crate::store::counting;

/// Requests that apps make all the time, and how many statements each may run: two for the token, the list itself, and
/// one for each thing that entries are made of.
const HOT: &[(&str, usize)] = &[
    ("/api/v1/timelines/home", 26),
    ("/api/v1/timelines/public", 26),
    ("/api/v1/timelines/tag/cats", 26),
    ("/api/v1/accounts/ALICE/statuses", 26),
    ("/api/v1/notifications", 26),
    ("/api/v2/notifications", 26),
    ("/api/v1/favourites", 26),
    ("/api/v1/bookmarks", 26),
    ("/api/v1/conversations", 26),
    ("/api/v1/accounts/ALICE/following", 10),
    ("/api/v1/statuses/STATUS/favourited_by", 10),
    ("/api/v2/search?q=number&type=statuses", 26),
];
/// How many a new post may run, deliveries and homes among them.
const POSTING: usize = 80;

#[tokio::test]
#[allow(clippy::print_stdout, reason = "the figures are for people, too")]
async fn statements_do_not_grow_with_the_page() {
    let world = World::new().await;
    let status = fill(&world).await;
    let mut table = String::new();
    for (path, most) in HOT {
        let path = path.replace("ALICE", &world.alice.to_string()).replace("STATUS", &status);
        let (short, long) = (statements(&world, &path, 5).await.len(), statements(&world, &path, 20).await.len());
        let _ = writeln!(table, "{short:3} {long:3} {most:3} {path}");
    }
    let posting = posting(&world).await;
    println!(
        "statements for 5 entries, for 20, and at most:\n{table}{posting:3}     {POSTING:3} POST /api/v1/statuses"
    );
    for line in table.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<usize>().expect("a number");
        assert_eq!(number(0), number(1), "it runs more statements for a longer page:\n{table}");
        assert!(number(0) <= number(2), "it runs too many statements:\n{table}");
    }
    assert!(posting <= POSTING, "a post runs {posting} statements");
}

#[tokio::test]
async fn hot_lists_are_found_by_indexes() {
    let world = World::new().await;
    let status = fill(&world).await;
    for (template, _) in HOT {
        let path = template.replace("ALICE", &world.alice.to_string()).replace("STATUS", &status);
        for (sql, plan) in plans(&world, &path).await {
            for line in &plan {
                let table = line.strip_prefix("SCAN ").map(|rest| rest.split(' ').next().unwrap_or_default());
                let by_index = line.contains("USING") || line.contains("VIRTUAL TABLE");
                assert!(by_index || !table.is_some_and(|table| BIG.contains(&table)), "{path}: {line}\nof {sql}");
            }
        }
    }
}

/// Read a change of this snapshot as you would read a change of code; each plan stands where it is first needed.
#[tokio::test]
async fn plans_of_hot_lists() {
    let world = World::new().await;
    let status = fill(&world).await;
    let (mut text, mut known) = (String::new(), BTreeSet::new());
    for (template, _) in HOT {
        let path = template.replace("ALICE", &world.alice.to_string()).replace("STATUS", &status);
        let found: BTreeSet<String> =
            plans(&world, &path).await.into_iter().map(|(_, plan)| plan.join("\n   ")).collect();
        let _ = writeln!(text, "# {template}");
        for plan in found {
            if known.insert(plan.clone()) {
                let _ = writeln!(text, "  {plan}");
            }
        }
    }
    insta::assert_snapshot!("plans", text);
}

/// Tables that grow without end, by the names that queries give them.
const BIG: &[&str] = &["statuses", "s", "o", "accounts", "a", "notifications", "n", "media", "mentions"];

/// The statements of one request, and how SQLite finds the rows of each.
async fn plans(world: &World, path: &str) -> Vec<(String, Vec<String>)> {
    let texts: BTreeSet<String> = statements(world, path, 20).await.into_iter().collect();
    let explained = world
        .app
        .store
        .read(move |db| texts.into_iter().map(|sql| Ok((counting::plan(db, &sql)?, sql))).collect::<Result<Vec<_>>>());
    explained.await.expect("explains").into_iter().map(|(plan, sql)| (sql, plan)).collect()
}

/// The statements of one request for a page of this length.
async fn statements(world: &World, path: &str, limit: usize) -> Vec<String> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{joint}limit={limit}");
    // The first request notes that the token is in use.
    world.get(&path).await;
    world.app.store.statements().lock().expect("no holder panics").clear();
    let answer = world.get(&path).await;
    assert_eq!(answer.code, 200, "{path}: {}", answer.body);
    std::mem::take(&mut *world.app.store.statements().lock().expect("no holder panics"))
}

async fn posting(world: &World) -> usize {
    world.app.store.statements().lock().expect("no holder panics").clear();
    say(world, json!({"status": "Hello @bob@b.example #cats"})).await;
    world.app.store.statements().lock().expect("no holder panics").len()
}

async fn say(world: &World, post: Value) -> String {
    let answer = world.ask("POST", "/api/v1/statuses", Some(&world.token), post).await;
    assert_eq!(answer.code, 200, "{}", answer.body);
    answer.body["id"].as_str().expect("an id").to_owned()
}

/// Thirty posts of alternating kinds, so that five of them need everything that twenty need; the id of the first.
async fn fill(world: &World) -> String {
    let first = say(world, json!({"status": "number 0 #cats"})).await;
    for number in 1..30 {
        let text = format!("number {number} #cats");
        let post = match number % 5 {
            0 => json!({"status": text, "poll": {"options": ["a", "b"], "expires_in": 3600}}),
            1 => json!({"status": text, "spoiler_text": "Cats"}),
            2 => json!({"status": format!("{text} @bob@b.example"), "in_reply_to_id": first}),
            3 => json!({"status": format!("{text} @bob@b.example"), "visibility": "direct"}),
            _ => json!({"status": text}),
        };
        let id = say(world, post).await;
        for deed in ["favourite", "bookmark"] {
            world.ask("POST", &format!("/api/v1/statuses/{id}/{deed}"), Some(&world.token), Value::Null).await;
        }
    }
    first
}
