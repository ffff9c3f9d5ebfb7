//! Threads, names and redirects without end: each cause stops at its budget.
#![allow(clippy::print_stdout, reason = "the numbers are for notes")]

use super::*;
use crate::actions::resolve;
use crate::federation::verbs::{self, Received};
use crate::testing::net::{ACTIVITY, Asked, Page, person, played};

async fn world(
    answer: impl Fn(&crate::outbound::Hop) -> Option<Page> + Send + Sync + 'static,
) -> (TempDir, App, Asked) {
    let (outbound, asked) = played(answer);
    let (folder, app) = testing::app_with(outbound);
    app.store
        .write(|tx| {
            let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIRS[0]);
            testing::resident(tx, 1, "alice");
            testing::account(tx, 2, "bob", Some("b.example"));
            // She follows him, so that his posts count.
            tx.execute(
                "INSERT INTO follows (id, account_id, target_id, uri, accepted, created_at) VALUES (1, 1, 2, 'f', 1, 0)",
                [],
            )?;
            tx.execute("UPDATE accounts SET fetched_at = ?1 WHERE id = 2", [testing::NOW])?;
            Ok(())
        })
        .await
        .expect("writes");
    (folder, app, asked)
}

fn note(host: &str, number: u64, parent: Option<String>) -> Value {
    json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": format!("https://{host}/notes/{number}"), "type": "Note",
        "attributedTo": format!("https://{host}/users/u"), "content": "<p>and so on</p>", "inReplyTo": parent,
        "published": testing::NOW.rfc3339(), "to": ["https://www.w3.org/ns/activitystreams#Public"],
    })
}

/// What bob delivers: a reply to the first of the chain.
fn create(parent: &str, extra: &Value) -> Value {
    let mut note = note("b.example", 1, Some(parent.to_owned()));
    note["attributedTo"] = json!(BOB);
    for (key, value) in extra.as_object().expect("an object") {
        note[key] = value.clone();
    }
    json!({"id": "https://b.example/notes/1/activity", "type": "Create", "actor": BOB, "object": note,
           "to": ["https://www.w3.org/ns/activitystreams#Public"]})
}

/// Every host is a server with an actor and a note that answers the next one's.
fn chain(hop: &crate::outbound::Hop, next: impl Fn(u64) -> String) -> Option<Page> {
    let host = hop.url.host_str().unwrap_or_default();
    if let Some(number) = hop.url.path().strip_prefix("/notes/").and_then(|number| number.parse::<u64>().ok()) {
        let parent = (number < 10_000).then(|| format!("https://{}/notes/{}", next(number + 1), number + 1));
        return Some(Page::document(&note(host, number, parent)));
    }
    match hop.url.path() {
        "/users/u" => Some(Page::document(&person(host, "u", &PAIRS[0].1))),
        _ => Some(Page::status(404)),
    }
}

/// Mastodon CVE-2022-46405: one post made a server crawl thousands of hosts.
#[tokio::test]
async fn t28_f10_cve_2022_46405_a_thread_without_end_stops_at_the_budget() {
    let wild: fn(u64) -> String = |number| format!("h{number}.evil.example");
    let wide: fn(u64) -> String = |number| format!("evil{}.example", number % 5_000);
    for (what, next, most) in [("one wildcard domain", wild, 40), ("thousands of domains", wide, 300)] {
        let (_folder, app, asked) = world(move |hop| chain(hop, next)).await;
        let activity = create(&format!("https://{}/notes/1", next(1)), &json!({}));
        let received = Received { activity, signer: BOB.into(), recipient: None };
        let answer = verbs::receive(&app, received).await.expect("is dealt with");
        println!("{what}: {answer}, {} requests", asked.count());
        assert!(asked.count() <= most, "{what}: {} requests", asked.count());
        assert!(asked.count() >= 10, "{what}: it was followed at all");
    }
}

/// Mastodon #31921: at the time of a Create there are no replies yet; asking for them is a herd for nothing.
#[tokio::test]
async fn f14_the_replies_of_a_fresh_post_are_not_asked_for() {
    let (_folder, app, asked) = world(|_| Some(Page::status(404))).await;
    let replies = json!({"id": "https://b.example/notes/1/replies", "type": "Collection",
                         "first": {"type": "CollectionPage", "next": "https://b.example/notes/1/replies?page=1", "items": []}});
    let mut activity = create(
        "",
        &json!({"replies": replies, "likes": "https://b.example/notes/1/likes",
                                          "shares": "https://b.example/notes/1/shares"}),
    );
    activity["object"]["inReplyTo"] = Value::Null;
    let received = Received { activity, signer: BOB.into(), recipient: None };
    let answer = verbs::receive(&app, received).await.expect("is dealt with");
    assert!(answer.starts_with("stored"), "{answer}");
    assert_eq!(asked.count(), 0, "{:?}", asked.lines());
}

/// A post with a link made hundreds of servers ask its page within minutes.
#[tokio::test]
async fn f13_the_page_behind_a_strangers_link_is_read_within_a_minute_and_not_at_once() {
    let (_folder, app, asked) =
        world(|hop| (hop.url.path() == "/page").then(|| Page::new(200, "text/html", "<title>T</title>"))).await;
    let mut waits = std::collections::BTreeSet::new();
    for number in 2..12 {
        let link = format!("<p><a href=\"https://site{number}.example/page\">look</a></p>");
        let mut activity = create("", &json!({"content": link}));
        let id = format!("https://b.example/notes/{number}");
        (activity["id"], activity["object"]["id"], activity["object"]["inReplyTo"]) =
            (json!(format!("{id}/activity")), json!(id), Value::Null);
        let received = Received { activity, signer: BOB.into(), recipient: None };
        assert!(verbs::receive(&app, received).await.expect("is dealt with").starts_with("stored"));
    }
    let read = app.store.read(|db| {
        let mut statement = db.prepare("SELECT due_at FROM cards")?;
        let rows = statement.query_map([], |row| row.get::<_, i64>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    for due in read.await.expect("reads") {
        let wait = due - testing::NOW.0;
        assert!((0..=61_000).contains(&wait), "{wait}");
        waits.insert(wait);
    }
    assert!(waits.len() > 5, "they are spread: {waits:?}");
    assert_eq!(asked.count(), 0);
    app.clock.advance(Duration::from_secs(62));
    crate::jobs::pages_until_idle(&app).await.expect("reads");
    assert_eq!(asked.count_of("/page"), 10);
}

#[tokio::test]
async fn t29_loops_of_webfinger_and_of_redirects_end() {
    let (_folder, app, asked) = world(|hop| {
        let host = hop.url.host_str().unwrap_or_default();
        let other = if host == "one.example" { "two.example" } else { "one.example" };
        match hop.url.path() {
            // Each handle says that it is really the other's.
            "/.well-known/webfinger" if host.starts_with("one") || host.starts_with("two") => {
                let jrd = json!({"subject": format!("acct:u@{other}"),
                                 "links": [{"rel": "self", "type": ACTIVITY, "href": format!("https://{other}/users/u")}]});
                Some(Page::new(200, "application/jrd+json", &jrd.to_string()))
            }
            "/users/u" => Some(Page::document(&person(host, "u", &PAIRS[0].1))),
            // And each page sends on to the next.
            path if host == "round.example" => Some(Page::redirect(&format!("{path}x"))),
            "/.well-known/host-meta" if host == "meta.example" => Some(Page::redirect("https://meta.example/.well-known/host-meta")),
            "/.well-known/webfinger" if host == "circle.example" => Some(Page::redirect(hop.url.as_str())),
            _ => Some(Page::status(404)),
        }
    })
    .await;
    let mut spent = Vec::new();
    for domain in ["one.example", "circle.example", "round.example", "meta.example"] {
        let _ = resolve::by_handle(&app, "u", Some(domain)).await;
        spent.push(asked.count());
        asked.clear();
    }
    for url in ["https://round.example/", "https://circle.example/.well-known/webfinger"] {
        assert!(resolve::by_url(&app, url).await.is_err());
        spent.push(asked.count());
        asked.clear();
    }
    println!("requests spent on loops: {spent:?}");
    assert!(spent.iter().all(|count| *count <= 12), "{spent:?}");
}

/// Mastodon CVE-2023-36461 and many others: how large, how deep, how odd a document may be.
#[tokio::test]
async fn f9_documents_that_are_too_large_or_too_deep_are_refused() {
    let (_folder, app, _) = world(|hop| {
        let body = match hop.url.path() {
            "/large" => format!("{{\"x\":\"{}\"}}", "x".repeat(1024 * 1024)),
            "/deep" => format!("{{\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)),
            _ => "{".into(),
        };
        Some(Page::new(200, ACTIVITY, &body))
    })
    .await;
    for path in ["large", "deep", "broken"] {
        let begun = std::time::Instant::now();
        assert!(resolve::by_url(&app, &format!("https://b.example/{path}")).await.is_err(), "{path}");
        assert!(begun.elapsed().as_secs() < 5, "{path}");
    }
}
