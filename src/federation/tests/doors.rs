//! Who is let in and what they are told: checking signatures, keys and their rotation, authorized fetch, herds.
#![allow(clippy::print_stdout, reason = "the numbers are for notes")]

use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::*;
use crate::server;
use crate::store::settings;
use crate::testing::net::{Asked, Page, jrd, person, played};

const CAROL: &str = "https://c.example/users/carol";

/// The same house with a network: carol's server answers with her document, whose key is `PAIRS[1]`.
async fn connected(
    answer: impl Fn(&crate::outbound::Hop) -> Option<Page> + Send + Sync + 'static,
) -> (TempDir, App, Router, Asked) {
    let (outbound, asked) = played(answer);
    let (folder, app) = testing::app_with(outbound);
    app.store
        .write(|tx| {
            let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIRS[0]);
            let alice = testing::account(tx, 1, "alice", None);
            testing::give_key(tx, alice.id, &PAIRS[0]);
            testing::account(tx, 2, "bob", Some("b.example"));
            keys::replace_public(tx, AccountId(2), &[(KEY.to_owned(), PAIRS[0].1.clone())], testing::NOW)
        })
        .await
        .expect("writes");
    let router = server::router(app.clone());
    (folder, app, router, asked)
}

fn carols_server(hop: &crate::outbound::Hop) -> Option<Page> {
    match (hop.url.host_str().unwrap_or_default(), hop.url.path()) {
        ("c.example", "/users/carol") => Some(Page::document(&person("c.example", "carol", &PAIRS[1].1))),
        ("c.example", "/.well-known/webfinger") => Some(jrd("c.example", "carol")),
        _ => Some(Page::status(404)),
    }
}

fn by_carol(number: usize) -> Knock {
    let activity = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("https://c.example/{number}"),
                          "type": "Like", "actor": CAROL, "object": "https://here.example/users/alice/statuses/1"});
    Knock { key_id: format!("{CAROL}#main-key"), pair: 1, ..Knock::new(&activity) }
}

/// A GET, signed by the key `pair` when a key id is given.
async fn get(router: &Router, path: &str, signed: Option<(&str, usize)>) -> Response {
    let url = Url::parse(&format!("https://here.example{path}")).expect("valid");
    let accept = "application/activity+json";
    let mut request = Request::get(path).header("accept", accept).header("host", "here.example");
    if let Some((key_id, pair)) = signed {
        let key = PrivateKey::from_pem(&PAIRS[pair].0).expect("reads");
        let outgoing = Outgoing { method: "GET", url: &url, accept, body: None };
        for (name, value) in sign(Scheme::Cavage, key_id, &key, &outgoing, testing::NOW).expect("signs") {
            if !matches!(name, "accept" | "host") {
                request = request.header(name, value);
            }
        }
    }
    router.clone().oneshot(request.body(Body::empty()).expect("builds")).await.expect("answers")
}

async fn body(response: Response) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[tokio::test]
async fn s7_the_key_is_the_main_key_of_the_actor_and_its_document_carries_it() {
    let (_folder, app, router, _) = connected(carols_server).await;
    let document = body(get(&router, "/users/alice", None).await).await;
    let key = &document["publicKey"];
    assert_eq!(key["id"], "https://here.example/users/alice#main-key");
    assert_eq!((&key["owner"], key["publicKeyPem"].as_str()), (&document["id"], Some(PAIRS[0].1.as_str())));
    assert_eq!(app.signer(AccountId(1)).await.expect("a signer").key_id, key["id"]);
}

#[tokio::test]
async fn fep_521a_actors_publish_an_ed25519_key_and_proofs_by_it_hold() {
    use crate::activitypub::{keys as wire_keys, proof};
    let (_folder, app, router, _) = connected(carols_server).await;
    for path in ["/users/alice", "/actor"] {
        let document = body(get(&router, path, None).await).await;
        let id = document["id"].as_str().expect("an id").to_owned();
        let listed = wire_keys::listed(&document, &id);
        assert_eq!(listed.len(), 2, "{path}: {document}");
        assert_eq!(document["assertionMethod"][0]["controller"], id.as_str());
        let implements = document.get("implements").unwrap_or(&document["generator"]["implements"]);
        assert_eq!(implements[0]["href"], crate::activitypub::build::RFC_9421, "{path}");
    }
    let document = body(get(&router, "/users/alice", None).await).await;
    let own = app.store.read(|db| keys::proof_key(db, AccountId(1))).await.expect("reads").expect("a key");
    let mut activity = like();
    proof::attach(&mut activity, "https://here.example/users/alice#ed25519-key", &own.key, testing::NOW);
    let pem = &wire_keys::listed(&document, "https://here.example/users/alice")[1].pem;
    let key = crate::activitypub::signature::PublicKey::from_pem(pem).expect("a key");
    assert!(proof::read(&activity).expect("a proof").holds(&key));
}

#[tokio::test]
async fn v1_the_size_is_judged_before_the_signature_and_that_before_the_json() {
    let (_folder, _app, router) = world().await;
    let post = |body: Vec<u8>| {
        let request =
            Request::post("/inbox").header("content-type", "application/activity+json").body(Body::from(body));
        let router = router.clone();
        async move { router.oneshot(request.expect("builds")).await.expect("answers").status().as_u16() }
    };
    // Unsigned and no JSON either: the first complaint is the one that comes first.
    assert_eq!(post(vec![b'{'; 1024 * 1024 + 1]).await, 413);
    assert_eq!(post(b"{".to_vec()).await, 401);
    let signed = Knock { signed_body: b"{".to_vec(), sent_body: b"{".to_vec(), ..Knock::new(&like()) };
    assert_eq!(signed.send(&router).await, 400);
}

/// Owncast #5121: anybody could make the server fetch a key from a private address.
#[tokio::test]
async fn owncast_5121_v2_blocked_own_and_private_keys_are_refused_without_a_fetch() {
    let (_folder, app, router, asked) = connected(carols_server).await;
    let changes = Changes { severity: Some(Severity::Suspend), ..Changes::default() };
    border::block(&app, "c.example", changes).await.expect("blocks");
    assert_eq!(by_carol(1).send(&router).await, StatusCode::FORBIDDEN);
    for (key_id, expected) in [
        ("https://here.example/users/alice#main-key", 403),
        ("acct:bob@b.example", 401),
        ("http://b.example/users/bob#main-key", 401),
        ("https://127.0.0.1/key", 401),
        ("https://[::1]/key", 401),
        ("https://localhost/key", 401),
        ("https://169.254.169.254/latest/meta-data", 401),
        ("https://10.0.0.1/key", 401),
        ("https://metadata.google.internal/key", 401),
        ("https://u:p@b.example/key", 401),
        ("https://b.example:22/key", 401),
        ("file:///etc/passwd", 401),
        ("not a url", 401),
    ] {
        let knock = Knock { key_id: key_id.into(), ..Knock::new(&like()) };
        // What cannot stand in a header is not sent at all.
        if key_id.contains(' ') {
            continue;
        }
        assert_eq!(knock.send(&router).await.as_u16(), expected, "{key_id}");
    }
    assert_eq!(asked.count(), 0, "{:?}", asked.lines());
    assert!(rows(&app).await.is_empty());
}

/// GoToSocial 0.13.2 (#2608), Misskey CVE-2026-28432: a valid signature by somebody else than the actor.
#[tokio::test]
async fn gts_2608_cve_2026_28431_v10_who_signs_speaks_for_no_other_actor() {
    let (_folder, app, router, asked) = connected(carols_server).await;
    let as_carol =
        json!({"id": "https://c.example/1", "type": "Delete", "actor": CAROL, "object": "https://c.example/notes/1"});
    assert_eq!(Knock::new(&as_carol).send(&router).await, StatusCode::ACCEPTED, "bob may hand it on");
    let neighbour = json!({"id": "https://b.example/1", "type": "Follow", "actor": "https://b.example/users/eve",
                           "object": "https://here.example/users/alice"});
    assert_eq!(Knock::new(&neighbour).send(&router).await, StatusCode::ACCEPTED);
    worker::run_until_idle(&app).await.expect("works");
    let read = |db: &crate::store::Connection| {
        Ok(db.query_row("SELECT count(*) FROM follows", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(app.store.read(read).await.expect("reads"), 0, "eve follows nobody");
    assert_eq!(asked.count_of("eve"), 0);
}

#[tokio::test]
async fn v9_v13_a_strangers_key_is_fetched_once_and_its_request_kept() {
    let (_folder, app, router, asked) = connected(carols_server).await;
    for number in 0..20 {
        assert_eq!(by_carol(number).send(&router).await, StatusCode::ACCEPTED);
    }
    assert_eq!(asked.count_of("/users/carol"), 1);
    assert!(rows(&app).await.iter().all(|(_, state, signer)| state == "ready" && signer.as_deref() == Some(CAROL)));
}

/// Fedify CVE-2026-34148: the same key was fetched again and again, and redirects had no end.
#[tokio::test]
async fn cve_2026_34148_v11_forged_requests_cause_one_fetch_per_owner_and_address() {
    let (_folder, app, _, asked) = connected(carols_server).await;
    // Without the layer that knows the connection's address: the test says who sends.
    let router = routes().with_state(app.clone());
    assert_eq!(by_carol(0).send(&router).await, StatusCode::ACCEPTED);
    asked.clear();
    // A fresh key is not suspected; one older than five minutes is read again once in ten minutes.
    for (advance, expected) in [(0, 0), (299, 0), (301, 1), (1, 0), (600, 1)] {
        app.clock.advance(Duration::from_secs(advance));
        asked.clear();
        for number in 0..50 {
            let forged = Knock { pair: 0, at: app.clock.now(), ..by_carol(100 + number) };
            assert_eq!(forged.send(&router).await, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(asked.count_of("GET https://c.example/users/carol"), expected, "after {advance} s more");
    }
    // Keys that do not exist: one address, one failing fetch in five minutes.
    asked.clear();
    for number in 0..50 {
        let knock = Knock {
            key_id: format!("https://d{number}.example/users/x#k"),
            at: app.clock.now(),
            ..Knock::new(&like())
        };
        let status = knock.send(&router).await.as_u16();
        assert!(matches!(status, 401 | 202), "{status}");
    }
    assert_eq!(asked.count(), 1, "{:?}", asked.lines());
    // The same key from many addresses: it is known to be missing.
    asked.clear();
    for number in 0..50 {
        let from = Box::leak(format!("198.51.100.{number}").into_boxed_str());
        let knock =
            Knock { key_id: "https://e.example/users/x#k".into(), from, at: app.clock.now(), ..Knock::new(&like()) };
        assert_eq!(knock.send(&router).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(asked.count(), 1);
}

#[tokio::test]
async fn v11_a_rotated_key_is_noticed() {
    let (_folder, app, router, _) = connected(carols_server).await;
    app.store
        .write(|tx| {
            testing::account(tx, 4, "carol", Some("c.example"));
            keys::replace_public(tx, AccountId(4), &[(format!("{CAROL}#main-key"), PAIRS[0].1.clone())], testing::NOW)
        })
        .await
        .expect("writes");
    assert_eq!(by_carol(1).send(&router).await, StatusCode::UNAUTHORIZED, "read a moment ago");
    app.clock.advance(Duration::from_secs(300));
    let knock = Knock { at: app.clock.now(), ..by_carol(1) };
    assert_eq!(knock.send(&router).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn v13_unverified_requests_are_capped_at_200_for_an_address_and_5000_in_all() {
    let (_folder, app, router) = world().await;
    app.store
        .write(|tx| {
            for number in 0..5_000 {
                tx.execute(
                    "INSERT INTO inbox (dedupe, actor_uri, body, request, source_ip, state, not_before, received_at)
                     VALUES (?1, 'https://x.example/u', '{}', '{}', ?2, 'unverified', 0, 0)",
                    (format!("unverified:{number}"), format!("192.0.3.{}", number % 100)),
                )?;
            }
            Ok(())
        })
        .await
        .expect("writes");
    assert_eq!(by_carol(1).send(&router).await, StatusCode::SERVICE_UNAVAILABLE, "5,000 in all");
    assert_eq!(Knock::new(&like()).send(&router).await, StatusCode::ACCEPTED, "who is known is not held up");
    app.store.write(|tx| Ok(tx.execute("DELETE FROM inbox WHERE dedupe = 'unverified:0'", [])?)).await.expect("writes");
    assert_eq!(by_carol(1).send(&router).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn v13_a_key_that_takes_longer_than_three_seconds_is_waited_for_by_the_worker() {
    let outbound = crate::outbound::Outbound::fake_with(
        crate::outbound::Options {
            user_agent: "Nagaya/test".into(),
            development: false,
            clock: crate::clock::Clock::manual(testing::NOW),
        },
        std::sync::Arc::new(|hop| {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(4)).await;
                let page = carols_server(&hop).expect("answers");
                Ok(crate::outbound::Response {
                    status: page.status,
                    url: hop.url,
                    headers: page.headers,
                    body: page.body.into(),
                })
            })
        }),
    );
    let (_folder, app) = testing::app_with(outbound);
    app.store
        .write(|tx| {
            let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIRS[0]);
            Ok(())
        })
        .await
        .expect("writes");
    let router = routes().with_state(app.clone());
    let begun = std::time::Instant::now();
    assert_eq!(by_carol(1).send(&router).await, StatusCode::ACCEPTED);
    assert!((3..4).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(rows(&app).await[0].1, "unverified");
    worker::run_until_idle(&app).await.expect("works");
    assert_eq!(rows(&app).await, [("https://c.example/1".into(), "done".into(), Some(CAROL.into()))]);
}

#[tokio::test]
async fn v5_nobody_is_believed_while_our_clock_is_not_set() {
    let (outbound, asked) = played(carols_server);
    let (_folder, app) = testing::app_with(outbound);
    app.clock.advance(Duration::from_secs(86_400 * 365 * 80));
    let router = routes().with_state(app.clone());
    assert_eq!(Knock::new(&like()).send(&router).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(asked.count(), 0);
}

#[tokio::test]
async fn s10_with_authorized_fetch_strangers_see_stubs_and_the_instance_actor_is_open() {
    let (_folder, app, router, _) = connected(carols_server).await;
    post_a_note(&app).await;
    let paths = [
        "/users/alice",
        "/users/alice/statuses/7",
        "/users/alice/statuses/7/activity",
        "/users/alice/outbox",
        "/users/alice/followers",
        "/users/alice/following",
        "/users/alice/collections/featured",
        "/users/alice/statuses/7/replies",
    ];
    for path in paths {
        assert_eq!(get(&router, path, None).await.status(), StatusCode::OK, "{path}, by default");
    }
    app.store.write(|tx| settings::set(tx, settings::AUTHORIZED_FETCH, "true")).await.expect("writes");
    for path in &paths[1..] {
        assert_eq!(get(&router, path, None).await.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let stub = body(get(&router, "/users/alice", None).await).await;
    let told: Vec<_> = stub.as_object().expect("an object").keys().map(String::as_str).collect();
    for key in ["id", "type", "preferredUsername", "inbox", "publicKey"] {
        assert!(told.contains(&key), "{key}");
    }
    assert!(!told.contains(&"name") && !told.contains(&"followers") && !told.contains(&"summary"), "{told:?}");
    for open in
        ["/actor", "/.well-known/webfinger?resource=acct:alice@here.example", "/nodeinfo/2.1", "/.well-known/nodeinfo"]
    {
        assert_eq!(get(&router, open, None).await.status(), StatusCode::OK, "{open}");
    }
    let carol = format!("{CAROL}#main-key");
    for path in paths {
        let answer = get(&router, path, Some((&carol, 1))).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path} by carol");
        assert!(answer.headers()[header::VARY].to_str().expect("text").contains("Signature"));
    }
    assert!(body(get(&router, "/users/alice", Some((&carol, 1))).await).await.get("followers").is_some());
    assert_eq!(get(&router, paths[1], Some((&carol, 0))).await.status(), StatusCode::UNAUTHORIZED, "a forgery");
    let changes = Changes { severity: Some(Severity::Suspend), ..Changes::default() };
    border::block(&app, "c.example", changes).await.expect("blocks");
    for path in paths {
        assert_eq!(
            get(&router, path, Some((&carol, 1))).await.status(),
            StatusCode::FORBIDDEN,
            "{path} by the blocked"
        );
    }
    app.store.write(|tx| settings::set(tx, settings::AUTHORIZED_FETCH, "false")).await.expect("writes");
    assert_eq!(
        get(&router, paths[1], Some((&carol, 1))).await.status(),
        StatusCode::FORBIDDEN,
        "who says it is blocked"
    );
}

async fn post_a_note(app: &App) {
    app.store
        .write(|tx| {
            tx.execute(
                "INSERT INTO statuses (id, uri, url, account_id, local, content, visibility, created_at)
                 VALUES (7, 'https://here.example/users/alice/statuses/7', 'https://here.example/@alice/7', 1, 1,
                         '<p>Hello</p>', 'public', ?1)",
                [testing::NOW],
            )?;
            Ok(())
        })
        .await
        .expect("writes");
}

#[tokio::test]
async fn f6_documents_have_their_type_and_both_types_are_taken_in() {
    let (_folder, _app, router, _) = connected(carols_server).await;
    let headers: HeaderMap = get(&router, "/users/alice", None).await.headers().clone();
    assert_eq!(headers[header::CONTENT_TYPE], "application/activity+json; charset=utf-8");
    assert_eq!(headers[header::VARY], "Accept, Signature");
    let kinds = ["application/activity+json", "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\""];
    for kind in kinds {
        assert_eq!(Knock { kind, ..Knock::new(&like()) }.send(&router).await, StatusCode::ACCEPTED, "{kind}");
    }
    for kind in ["application/json", "text/plain", "application/octet-stream"] {
        let status = Knock { kind, ..Knock::new(&like()) }.send(&router).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

#[tokio::test]
async fn w1_webfinger_knows_every_spelling_of_a_handle() {
    let (_folder, _app, router, _) = connected(carols_server).await;
    for (resource, expected) in [
        ("acct:alice@here.example", Some("alice")),
        ("acct:ALICE@HERE.example", Some("alice")),
        ("alice@here.example", Some("alice")),
        ("@alice@here.example", Some("alice")),
        ("https://here.example/users/alice", Some("alice")),
        ("https://here.example/@alice", Some("alice")),
        ("acct:here.example@here.example", Some("here.example")),
        ("https://here.example/", Some("here.example")),
        ("acct:nobody@here.example", None),
        ("acct:alice@there.example", None),
    ] {
        let path = format!("/.well-known/webfinger?resource={}", resource.replace(':', "%3A").replace('@', "%40"));
        let answer = get(&router, &path, None).await;
        let Some(name) = expected else {
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{resource}");
            assert!(answer.headers()[header::CONTENT_TYPE].to_str().expect("text").contains("json"));
            continue;
        };
        assert_eq!(answer.status(), StatusCode::OK, "{resource}");
        assert!(answer.headers()[header::CONTENT_TYPE].to_str().expect("text").starts_with("application/jrd+json"));
        let jrd = body(answer).await;
        assert_eq!(jrd["subject"], format!("acct:{name}@here.example"), "{resource}");
        let link = jrd["links"].as_array().expect("links").iter().find(|link| link["rel"] == "self").expect("self");
        assert_eq!(link["type"], "application/activity+json");
    }
    assert_eq!(get(&router, "/.well-known/webfinger", None).await.status(), StatusCode::BAD_REQUEST);
    let cross =
        Request::get("/.well-known/webfinger?resource=acct:alice@here.example").header("origin", "https://x.example");
    let answer = router.clone().oneshot(cross.body(Body::empty()).expect("builds")).await.expect("answers");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn w4_nodeinfo_links_to_the_application_actor() {
    let (_folder, app, router, _) = connected(carols_server).await;
    let links = body(get(&router, "/.well-known/nodeinfo", None).await).await;
    let rels: Vec<_> = links["links"].as_array().expect("links").iter().map(|link| link["rel"].clone()).collect();
    assert!(rels.contains(&json!("https://www.w3.org/ns/activitystreams#Application")), "{rels:?}");
    for (how, expected) in [("", 0), ("none", 0)] {
        app.store.write(move |tx| settings::set(tx, settings::NODEINFO_COUNTS, how)).await.expect("writes");
        for version in ["2.0", "2.1"] {
            let node = body(get(&router, &format!("/nodeinfo/{version}"), None).await).await;
            assert_eq!(
                (&node["protocols"], &node["usage"]["users"]["total"]),
                (&json!(["activitypub"]), &json!(expected))
            );
        }
    }
    assert_eq!(get(&router, "/nodeinfo/3.0", None).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn t16_ten_thousand_deletes_of_unknown_actors_cause_no_request_and_no_row() {
    use base64::Engine as _;
    let (_folder, app, router, asked) = connected(carols_server).await;
    let inbox = routes().with_state(app.clone());
    drop(router);
    for number in 0..10_000 {
        let gone = format!("https://gone{}.example/users/u{number}", number % 97);
        let activity =
            json!({"id": format!("{gone}#delete"), "type": "Delete", "actor": gone, "object": gone}).to_string();
        let sum = base64::engine::general_purpose::STANDARD
            .encode(crate::activitypub::signature::sha256(activity.as_bytes()));
        // Nobody can check the signature, for the key is gone; so nobody must.
        let signature = format!(
            "keyId=\"{gone}#main-key\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date digest\",signature=\"AAAA\""
        );
        let request = Request::post("/inbox")
            .header("host", "here.example")
            .header("date", testing::NOW.http_date())
            .header("digest", format!("SHA-256={sum}"))
            .header("content-type", "application/activity+json")
            .header("signature", signature)
            .body(Body::from(activity));
        let answer = inbox.clone().oneshot(request.expect("builds")).await.expect("answers");
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }
    assert_eq!(asked.count(), 0);
    assert!(rows(&app).await.is_empty());
}

#[tokio::test]
async fn t17_a_herd_of_1500_gets_of_one_post_is_answered_from_the_shelf() {
    let (_folder, app, router, _) = connected(carols_server).await;
    post_a_note(&app).await;
    let statements = || app.store.statements().lock().expect("no panic").len();
    assert_eq!(get(&router, "/users/alice/statuses/7", None).await.status(), StatusCode::OK);
    let before = statements();
    let mut times = Vec::new();
    for _ in 0..1_500 {
        let begun = std::time::Instant::now();
        assert_eq!(get(&router, "/users/alice/statuses/7", None).await.status(), StatusCode::OK);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let (spent, p99) = (statements() - before, times[times.len() * 99 / 100]);
    println!("1,500 GETs of one post: p99 {p99:?}, {spent} statements");
    assert!(p99 < Duration::from_millis(100), "{p99:?}");
    // Each still asks whether documents must be asked for with a signature.
    assert!(spent <= 2 * 1_500, "{spent}");
    // What is deleted is gone at once.
    app.store
        .write(|tx| Ok(tx.execute("UPDATE statuses SET visibility = 'private' WHERE id = 7", [])?))
        .await
        .expect("writes");
    assert_eq!(get(&router, "/users/alice/statuses/7", None).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn t15_a_flood_is_answered_202_or_503_and_nothing_answered_202_is_lost() {
    let (_folder, app, router) = world().await;
    let knocks = (0..300).map(|number| {
        let router = router.clone();
        async move {
            let mut like = like();
            like["id"] = json!(format!("https://b.example/likes/{number}"));
            let begun = std::time::Instant::now();
            (Knock::new(&like).send(&router).await, begun.elapsed())
        }
    });
    let answers = futures_util::future::join_all(knocks).await;
    let kept = answers.iter().filter(|(status, _)| *status == StatusCode::ACCEPTED).count();
    assert!(answers.iter().all(|(status, _)| matches!(status.as_u16(), 202 | 503)));
    assert_eq!(rows(&app).await.len(), kept);
}
