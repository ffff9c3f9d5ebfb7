//! Bad weather: thousands of hosts of every kind, outages, floods of "not now", slow peers, moved inboxes.
#![allow(clippy::print_stdout, reason = "the numbers are for notes")]

use super::*;
use crate::actions::outbox::{self, Recipients};
use crate::activitypub::signature::{PublicKey, parse};
use crate::clock::{Clock, Time};
use crate::outbound::Options;
use crate::random::Random;
use crate::testing::net::{Page, person, played};

/// Seconds after [`testing::NOW`].
fn later(seconds: u64) -> Time {
    testing::NOW.plus(Duration::from_secs(seconds))
}

async fn dropped(app: &App) -> Vec<String> {
    app.store
        .read(|db| {
            let mut statement = db.prepare("SELECT drop_reason FROM deliveries WHERE state = 'dropped'")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .expect("reads")
}

#[tokio::test]
async fn s2_each_attempt_is_signed_anew() {
    let clock = Clock::manual(testing::NOW);
    let hops = Arc::new(Mutex::new(Vec::new()));
    let seen = hops.clone();
    let options = Options { user_agent: "Nagaya/test".into(), development: false, clock: clock.clone() };
    let outbound = Outbound::fake_with(
        options,
        Arc::new(move |hop| {
            let url = hop.url.clone();
            seen.lock().expect("no panic").push(hop);
            Box::pin(async move { Ok(Response { status: 503, url, headers: Vec::new(), body: Bytes::new() }) })
        }),
    );
    let (_folder, app) = testing::app_with(outbound);
    settle_alice(&app).await;
    send(&app, 1, &["b.example"]).await;
    run_until_idle(&app).await.expect("tries");
    app.clock.advance(Duration::from_secs(7_200));
    clock.advance(Duration::from_secs(7_200));
    run_until_idle(&app).await.expect("tries");
    let hops = hops.lock().expect("no panic").clone();
    assert_eq!(hops.len(), 2);
    let key = PublicKey::from_pem(&PAIR.1).expect("a key");
    for (hop, at) in hops.iter().zip([later(0), later(7_200)]) {
        let presented = parse("POST", hop.path_and_query(), &hop.headers, &hop.body).expect("readable");
        presented.check(&["b.example".to_owned()], at).expect("fresh");
        assert!(presented.verify(&key));
        assert_eq!(presented.created(), Some(Time(at.0 / 1000 * 1000)));
    }
}

#[tokio::test]
async fn s8_a_peer_that_says_which_signature_it_wants_gets_it_and_is_knocked_at_three_times_at_most() {
    let (outbound, asked) = played(|hop| {
        let input = hop.header("signature-input").unwrap_or_default();
        let wish = r#"w=("@method" "@target-uri" "content-digest" "content-type");nonce="n";created"#;
        Some(match hop.url.host_str() {
            Some("picky.example") if input.starts_with("w=") && input.contains(";nonce=\"n\"") => Page::status(202),
            Some("picky.example" | "never.example") => Page::status(401).with("accept-signature", wish),
            _ => Page::status(401),
        })
    });
    let (_folder, app) = testing::app_with(outbound);
    settle_alice(&app).await;
    send(&app, 1, &["picky.example", "never.example", "stern.example"]).await;
    run_until_idle(&app).await.expect("delivers");
    let counts = ["picky.example", "never.example", "stern.example"].map(|host| asked.count_of(host));
    assert_eq!(counts, [2, 2, 2]);
    assert_eq!(dropped(&app).await.len(), 2);
    asked.clear();
    send(&app, 2, &["picky.example"]).await;
    run_until_idle(&app).await.expect("delivers");
    assert_eq!(asked.count(), 2, "RFC 9421 at once, and what it wishes");
}

/// A world where bob's server answers `document` for him, and `status` at his old inbox.
async fn moved(status: u16, document: Page) -> (TempDir, App, crate::testing::net::Asked) {
    let (outbound, asked) = played(move |hop| {
        Some(match hop.url.as_str() {
            "https://b.example/users/bob" => document.clone(),
            "https://b.example/users/bob/inbox" => Page::status(status).with("location", "https://evil.example/"),
            "https://b.example/new" => Page::status(202),
            _ => Page::status(404),
        })
    });
    let (folder, app) = testing::app_with(outbound);
    app.store
        .write(|tx| {
            let instance = testing::account(tx, crate::store::accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIR);
            testing::account(tx, 2, "bob", Some("b.example"));
            Ok(())
        })
        .await
        .expect("writes");
    settle_alice(&app).await;
    (folder, app, asked)
}

async fn send_to_bob(app: &App, number: i64) {
    queue(app, number, vec![("https://b.example/users/bob/inbox".into(), Priority::Mentioned)]).await;
}

#[tokio::test]
async fn d6_s9_an_inbox_that_moved_or_is_gone_is_found_again_by_its_owner() {
    for status in [301, 308, 404, 410] {
        let mut document = person("b.example", "bob", &PAIR.1);
        document["inbox"] = "https://b.example/new".into();
        let (_folder, app, asked) = moved(status, Page::document(&document)).await;
        send_to_bob(&app, 1).await;
        run_until_idle(&app).await.expect("delivers");
        assert_eq!(asked.count_of("POST https://b.example/new"), 1, "{status}: {:?}", asked.lines());
        assert_eq!(asked.count_of("evil.example"), 0, "a POST is not redirected");
        assert!(dropped(&app).await.is_empty(), "{status}");
        assert_eq!(left(&app).await, 0);
    }
    // Its owner still names it: this item is lost, and the owner is not asked for every item.
    let (_folder, app, asked) = moved(404, Page::document(&person("b.example", "bob", &PAIR.1))).await;
    for number in 1..=5 {
        send_to_bob(&app, number).await;
    }
    run_until_idle(&app).await.expect("delivers");
    assert_eq!((asked.count_of("GET https://b.example/users/bob"), dropped(&app).await.len()), (1, 5));
    // 403 and the like say nothing about the address.
    let (_folder, app, asked) = moved(422, Page::status(404)).await;
    send_to_bob(&app, 1).await;
    run_until_idle(&app).await.expect("delivers");
    assert_eq!((asked.count_of("GET"), dropped(&app).await), (0, vec!["answered 422".to_owned()]));
}

#[tokio::test]
async fn d7_broken_tls_and_missing_names_are_tried_again_on_the_normal_schedule() {
    let (outbound, asked) = played(|_| None);
    let (_folder, app) = testing::app_with(outbound);
    settle_alice(&app).await;
    send(&app, 1, &["expired-certificate.example"]).await;
    let mut tries = Vec::new();
    // Each step of the schedule and its fifth of spread.
    for seconds in [0, 37, 150, 730, 2_200, 4_400] {
        app.clock.advance(Duration::from_secs(seconds));
        run_until_idle(&app).await.expect("tries");
        tries.push(asked.count());
    }
    assert_eq!((tries, left(&app).await), (vec![1, 2, 3, 4, 5, 6], 1));
}

#[tokio::test]
async fn d2_letters_go_to_the_personal_inbox_and_never_home() {
    let (_folder, app, _) = world().await;
    let now = app.clock.now();
    let deed = app.clone();
    app.store
        .write(move |tx| {
            let alice = crate::store::accounts::by_id(tx, AccountId(1))?.expect("alice");
            let bob = testing::account(tx, 2, "bob", Some("b.example"));
            let shared = crate::store::accounts::Account { shared_inbox: Some("https://b.example/inbox".into()), ..bob };
            crate::store::accounts::upsert(tx, &shared)?;
            testing::account(tx, 3, "anna", None);
            tx.execute(
                "INSERT INTO follows (id, account_id, target_id, uri, accepted, created_at) VALUES (1, 2, 1, 'f', 1, 0)",
                [],
            )?;
            let activity = |number: u32| serde_json::json!({"id": format!("https://here.example/{number}"), "type": "Create"});
            let both = vec![AccountId(2), AccountId(3)];
            outbox::send(tx, &deed, &alice, &activity(1), &Recipients { followers: false, accounts: both.clone(), priority: Priority::Mentioned }, now)?;
            outbox::send(tx, &deed, &alice, &activity(2), &Recipients::followers_and(both), now)?;
            Ok(())
        })
        .await
        .expect("writes");
    let rows = app.store.read(|db| {
        let mut statement = db.prepare("SELECT inbox FROM deliveries ORDER BY id")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    assert_eq!(rows.await.expect("reads"), ["https://b.example/users/bob/inbox", "https://b.example/inbox"]);
}

/// Outages, dead hosts and answers of every kind: the healthy get everything, and the dead end parked.
#[tokio::test]
async fn t10_d8_healthy_hosts_never_wait_for_dead_ones() {
    let (_folder, app, net) = world().await;
    let hosts: Vec<String> = (0..400).map(|number| format!("h{number}.example")).collect();
    let refs: Vec<&str> = hosts.iter().map(String::as_str).collect();
    for (number, host) in hosts.iter().enumerate() {
        let act = match number % 20 {
            0..=7 => continue,
            8..=11 => Act::Status(500),
            12..=15 => Act::Status(502),
            16..=17 => Act::Status(503),
            18 => Act::Later(600),
            _ => Act::Status(410),
        };
        net.script(host, vec![act; 400]);
    }
    for number in 1..=5 {
        send(&app, number, &refs).await;
    }
    run_until_idle(&app).await.expect("delivers");
    for (number, host) in hosts.iter().enumerate() {
        let got = net.got(host).len();
        match number % 20 {
            0..=7 => assert_eq!(got, 5, "{host} is healthy"),
            19 => assert_eq!(got, 5, "{host} refuses each for good"),
            _ => assert_eq!(got, 1, "{host}: one probe, not five"),
        }
    }
    // Seven days later the dead are parked: one probe a week.
    let mut probes = 0;
    for day in 1..=20 {
        app.clock.advance(Duration::from_secs(86_400));
        send(&app, 1_000 + day, &["h8.example"]).await;
        let before = net.got("h8.example").len();
        run_until_idle(&app).await.expect("tries");
        probes = net.got("h8.example").len() - before;
        if day > 9 {
            assert!(probes <= 1);
        }
    }
    let since = net.got("h8.example").len();
    assert!(since <= 20, "{since} probes in 20 days");
    assert!(probes <= 1);
}

#[tokio::test]
async fn t11_d3_a_host_gets_create_update_and_delete_in_order_whatever_fails() {
    for seed in 0..60 {
        let (_folder, app, net) = world().await;
        let random = Random::seeded(seed);
        let hosts = ["a.example", "b.example", "c.example"];
        for host in hosts {
            let acts = (0..12).map(|_| match random.u64() % 6 {
                0 => Act::Status(500),
                1 => Act::Status(429),
                2 => Act::Later(60),
                _ => Act::Status(202),
            });
            net.script(host, acts.collect::<Vec<_>>());
        }
        for number in 1..=3 {
            send(&app, number, &hosts).await;
            if random.u64().is_multiple_of(2) {
                run_until_idle(&app).await.expect("delivers");
            }
        }
        for _ in 0..200 {
            if left(&app).await == 0 {
                break;
            }
            app.clock.advance(Duration::from_secs(random.u64() % 5_000));
            run_until_idle(&app).await.expect("delivers");
        }
        for host in hosts {
            let mut got = net.got(host);
            got.dedup();
            assert_eq!(got, ["1", "2", "3"], "{host}, seed {seed}");
        }
    }
}

#[tokio::test]
async fn t12_a_storm_of_429_is_weathered_one_probe_at_a_time() {
    let (_folder, app, net) = world().await;
    net.script("busy.example", vec![Act::Status(429); 6]);
    for number in 1..=50 {
        send(&app, number, &["busy.example"]).await;
    }
    let mut probes = Vec::new();
    for _ in 0..7 {
        let before = net.got("busy.example").len();
        run_until_idle(&app).await.expect("delivers");
        probes.push(net.got("busy.example").len() - before);
        app.clock.advance(Duration::from_secs(20_000));
    }
    assert_eq!(probes, [1, 1, 1, 1, 1, 1, 50]);
}

#[tokio::test]
async fn t13_after_a_day_without_network_the_queue_drains_without_a_herd() {
    let (_folder, app, net) = world().await;
    let hosts: Vec<String> = (0..200).map(|number| format!("h{number}.example")).collect();
    let refs: Vec<&str> = hosts.iter().map(String::as_str).collect();
    for host in &hosts {
        net.script(host, vec![Act::Status(502); 100]);
    }
    for number in 1..=3 {
        send(&app, number, &refs).await;
    }
    // A day in which nothing answers.
    for _ in 0..96 {
        app.clock.advance(Duration::from_secs(900));
        run_until_idle(&app).await.expect("tries");
    }
    let total = || net.got.lock().expect("no panic").len();
    assert_eq!(left(&app).await, 600);
    net.scripts.lock().expect("no panic").clear();
    let mut most = 0;
    for _ in 0..5 * 24 * 60 {
        let before = total();
        app.clock.advance(Duration::from_secs(60));
        run_until_idle(&app).await.expect("delivers");
        most = most.max(total() - before);
        if left(&app).await == 0 {
            break;
        }
    }
    assert_eq!(left(&app).await, 0);
    println!("at most {most} requests in a minute after the outage");
    assert!(most <= 50 * 60, "{most}");
    let together = net.busy.lock().expect("no panic").values().map(|(_, most)| *most).max();
    assert_eq!(together, Some(1), "one at a time for each host");
}

#[tokio::test]
async fn t14_d8_slow_peers_hold_a_sixteenth_of_the_places() {
    let net = Arc::new(Net::default());
    let wire = net.clone();
    let outbound = Outbound::fake(Arc::new(move |hop| {
        let net = wire.clone();
        Box::pin(async move { Ok(net.answer(hop).await) })
    }));
    let (_folder, app) = testing::server("here.example", false, 64, 7, outbound);
    app.store
        .write(|tx| {
            let alice = testing::account(tx, 1, "alice", None);
            testing::give_key(tx, alice.id, &PAIR);
            for number in 0..50 {
                // They took more than five seconds the last time, or failed.
                tx.execute(
                    "INSERT INTO peers (origin, host, latency_ms, fails) VALUES (?1, '', ?2, ?3)",
                    (
                        format!("https://slow{number}.example"),
                        if number % 2 == 0 { 9_000 } else { 10 },
                        i64::from(number % 2 == 1),
                    ),
                )?;
            }
            Ok(())
        })
        .await
        .expect("writes");
    let slow: Vec<String> = (0..50).map(|number| format!("slow{number}.example")).collect();
    let well: Vec<String> = (0..50).map(|number| format!("well{number}.example")).collect();
    for host in &slow {
        net.script(host, [Act::Hang]);
    }
    let all: Vec<&str> = slow.iter().chain(&well).map(String::as_str).collect();
    let stop = CancellationToken::new();
    let task = start(app.clone(), stop.clone());
    send(&app, 1, &all).await;
    wait_for(|| well.iter().all(|host| net.got(host).len() == 1)).await;
    send(&app, 2, &all).await;
    wait_for(|| well.iter().all(|host| net.got(host).len() == 2)).await;
    let hanging = net
        .busy
        .lock()
        .expect("no panic")
        .iter()
        .filter(|(host, (now, _))| host.starts_with("slow") && *now > 0)
        .count();
    assert!((1..=4).contains(&hanging), "{hanging} of 64 places");
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(3), task).await.expect("stops").expect("without panic");
}

#[tokio::test]
async fn v5_nothing_is_sent_while_our_clock_is_not_set() {
    let (_folder, app, net) = world().await;
    send(&app, 1, &["b.example"]).await;
    app.clock.advance(Duration::from_secs(86_400 * 365 * 80));
    run_until_idle(&app).await.expect("waits");
    assert!(net.got("b.example").is_empty());
}
