//! Filters in running servers: a word is stopped on its way out and on its way in, and a guest that loops harms nobody.

use std::io::Write;
use std::time::{Duration, Instant};

use nagaya::cli::plugin;
use nagaya::clock::{Clock, Time};
use nagaya::plugins::{Direction, Envelope, FailureKind};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::harness::guest;
use crate::harness::http;
use crate::harness::neighbour::{Neighbour, Person, settle};

const DOLLARS: &str = r#"{"id":"org.example.dollars","version":"1","api":"1.0","kinds":["filter"],"permissions":["reject"],
    "name":{"en":"Dollars"},"summary":{"en":"Dollars"}}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_is_refused_on_its_way_out_and_dropped_on_its_way_in() {
    let (here, there) = tokio::join!(Neighbour::open(1), Neighbour::open(2));
    let (alice, bob) = tokio::join!(here.resident("alice"), there.resident("bob"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("dollars.wasm");
    std::fs::write(&file, guest::dollars(DOLLARS, 2)).expect("writes");
    for server in [&here, &there] {
        server.start_plugin(&file, "org.example.dollars", &[]).await;
    }
    bob.follows(&alice).await;

    for (author, server) in [(&alice, &here), (&bob, &there)] {
        let (status, refused) = author.ask("POST", "/api/v1/statuses", json!({"status": "$ for you"})).await;
        assert_eq!(status, 422, "{refused}");
        let why = refused["error"].as_str().expect("a reason");
        assert!(why.contains("ドルなし"), "{why}");
        let log = server.moderation_log().await;
        let [entry] = log.as_slice() else { panic!("{log:?}") };
        assert_eq!((entry.action.as_str(), entry.direction.as_str()), ("reject", "outbound"));
        assert_eq!(entry.source, "plugin:org.example.dollars");
        assert_eq!(entry.actor_uri, author.account.uri);
        assert!(why.contains(&entry.reason), "the log has the reason that the author saw: {} / {why}", entry.reason);
    }
    let poll = json!({"options": ["tea", "a day for 5 $"], "expires_in": 3600});
    let (status, _) = alice.ask("POST", "/api/v1/statuses", json!({"status": "Which?", "poll": poll})).await;
    assert_eq!(status, 422, "the options of a poll count too");
    assert_eq!(alice.home().await, [""; 0], "nothing was stored");

    plugin::disable(&here.app, "dollars").await.expect("disables");
    let bad = alice.says("Earn $ today", "public").await;
    let good = alice.says("Good morning", "public").await;
    bob.receives(&good["uri"]).await;
    settle(&[&here, &there]).await;
    assert_eq!(bob.has(&bad["uri"]).await, None);
    assert_eq!(bob.home().await, [good["uri"].clone()]);
    let found = bob.get(&format!("/api/v2/search?q={}&resolve=true", bad["uri"].as_str().expect("an address"))).await;
    assert_eq!(found["statuses"], json!([]), "looking it up is no way around");
    let log = there.moderation_log().await;
    let entry = log.iter().find(|entry| entry.direction == "inbound").expect("an entry");
    assert_eq!((entry.action.as_str(), entry.source.as_str()), ("reject", "plugin:org.example.dollars"));
    assert_eq!((&entry.actor_uri, entry.object_uri.as_deref()), (&alice.account.uri, bad["uri"].as_str()));
    assert!(entry.reason.contains("No dollars") && entry.excerpt.contains("Earn $ today"), "{entry:?}");
}

/// A post that a filter holds is told so over the API, shown to its author and the staff, and published on approval.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_post_waits_in_the_queue_and_goes_out_on_approval() {
    let here = Neighbour::open(1).await;
    let alice = here.resident("alice").await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("dollars.wasm");
    std::fs::write(&file, guest::dollars(DOLLARS, 1)).expect("writes");
    here.start_plugin(&file, "org.example.dollars", &[]).await;
    let (status, held) = alice.ask("POST", "/api/v1/statuses", json!({"status": "$ for you"})).await;
    assert_eq!(status, 422, "{held}");
    let id = held["held_id"].as_str().expect("an id").to_owned();
    assert_eq!(alice.home().await, [""; 0]);
    let mine = alice.get("/api/nagaya/v1/held").await;
    assert_eq!((&mine[0]["id"], &mine[0]["text"]), (&json!(id), &json!("$ for you")));
    let id = nagaya::ids::HeldId(id.parse().expect("a number"));
    let done = nagaya::actions::plugin::review::approve(&here.app, alice.account.id, id).await.expect("agrees");
    assert_eq!(done.status_id.map(|status| status.0), Some(id.0));
    assert_eq!(alice.home().await.len(), 1);
    assert_eq!(alice.get("/api/nagaya/v1/held").await, json!([]));
}

/// Looks for the word `loop` in what the host wrote into its memory, and loops if it is there; accepts all else.
const LOOPS_AT_A_WORD: &str = r#"(memory (export "memory") 4)
    (global $top (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
        (local.set $at (global.get $top))
        (global.set $top (i32.add (global.get $top) (local.get 3)))
        (local.get $at))
    (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32) (local $at i32)
        (local.set $at (i32.const 4096))
        (block $end
            (loop $next
                (br_if $end (i32.ge_u (local.get $at) (global.get $top)))
                (if (i32.eq (i32.load (local.get $at)) (i32.const 0x706f6f6c)) (then (loop $ever (br $ever))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next)))
        (i32.const 0))"#;
const MANIFEST: &str = r#"{"id":"org.example.looper","version":"1","api":"1.0","kinds":["filter"],
    "name":{"en":"Looper","ja":"ループ"},"summary":{"en":"Loops"}}"#;

/// In wall time, for one call; the CPU that it may use is 20 ms.
const STOPPED_WITHIN: Duration = Duration::from_millis(100);
const LATER_AT_MOST: Duration = Duration::from_millis(50);

/// The machine that runs this may be busy with other things (other tests, for one), so the best of ten tries counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_looping_guest_is_stopped_and_others_are_served_as_before() {
    // The clock is moved by hand, so that the fuse of the plugin forgets the failures of former tries.
    let clock = Clock::manual(Time(1_786_111_355_000));
    let server = Neighbour::open_with(1, clock.clone(), |_| ()).await;
    let alice = server.resident("alice").await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("looper.wasm");
    std::fs::write(&file, guest::module(MANIFEST, LOOPS_AT_A_WORD)).expect("writes");
    server.start_plugin(&file, "org.example.looper", &[]).await;
    for number in 0..20 {
        alice.says(&format!("Good morning {number}"), "public").await;
    }
    let looping = Envelope {
        direction: Direction::Outbound,
        activity: "Create".into(),
        text: "loop, please".into(),
        ..Envelope::default()
    };
    let mut tries = Vec::new();
    for number in 0..10 {
        let before = slowest_home(&server, &alice, Box::pin(tokio::time::sleep(Duration::from_millis(400)))).await;
        let (mut stopped, mut refused_after) = (Vec::new(), Vec::new());
        let during = slowest_home(&server, &alice, async {
            for round in 0..2 {
                let begun = Instant::now();
                let outcome = server.app.plugins.filter(looping.clone()).await;
                stopped.push(begun.elapsed());
                assert_eq!(outcome.failures.len(), 1, "{outcome:?}");
                assert_eq!(outcome.failures[0].kind, FailureKind::Time, "{outcome:?}");
                let begun = Instant::now();
                let text = format!("this one makes it loop {number} {round}");
                let (status, refused) = alice.ask("POST", "/api/v1/statuses", json!({"status": text})).await;
                refused_after.push(begun.elapsed());
                assert_eq!(status, 422, "what cannot be checked is not sent: {refused}");
                alice.says(&format!("Other posts go on {number} {round}"), "public").await;
            }
        })
        .await;
        let log = server.moderation_log().await;
        let failures: Vec<_> = log.iter().filter(|entry| entry.action == "fail").collect();
        assert_eq!(failures.len(), (number + 1) * 2);
        // On a busy machine the wall may be hit before the CPU limit.
        let timely = |reason: &str| reason.contains("20 ms of CPU") || reason.contains("no answer within 100 ms");
        assert!(failures.iter().all(|entry| timely(&entry.reason)), "{failures:?}");
        let longest = stopped.iter().max().copied().unwrap_or_default();
        let line = format!(
            "filter: loops stopped after {stopped:?}, posts refused after {refused_after:?}; \
             slowest home before {before:?}, meanwhile {during:?}\n"
        );
        // Not by print!, which a passing test swallows.
        let _ = std::io::stderr().write_all(line.as_bytes());
        if longest < STOPPED_WITHIN && during < before + LATER_AT_MOST {
            return;
        }
        tries.push(line);
        clock.advance(Duration::from_secs(11 * 60));
    }
    panic!("in none of ten tries:\n{}", tries.concat());
}

/// GETs the home timeline over a socket again and again until `work` is done; how long the slowest answer took.
async fn slowest_home(server: &Neighbour, person: &Person, work: impl Future<Output = ()>) -> Duration {
    let done = CancellationToken::new();
    let url = format!("http://{}/api/v1/timelines/home", server.domain).parse().expect("an address");
    let headers = [("authorization", format!("Bearer {}", person.token))];
    let reader = tokio::spawn({
        let done = done.clone();
        async move {
            let mut slowest = Duration::ZERO;
            while !done.is_cancelled() {
                let begun = Instant::now();
                let answer = http::send("GET", &url, &headers, b"").await.expect("an answer");
                assert_eq!(answer.status, 200);
                slowest = slowest.max(begun.elapsed());
            }
            slowest
        }
    });
    work.await;
    done.cancel();
    reader.await.expect("no panic")
}
