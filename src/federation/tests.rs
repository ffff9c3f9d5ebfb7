//! The inbox from the wire to the row, and the worker from the row to its end.

mod advisories;
mod bombs;
mod doors;
mod ssrf;

use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use url::Url;

use super::inbox::routes;
use super::worker;
use crate::actions::border::{self, Changes};
use crate::activitypub::signature::{Outgoing, PrivateKey, Scheme, generate, sign};
use crate::app::{App, ClientIp};
use crate::clock::Time;
use crate::ids::AccountId;
use crate::store::domain_blocks::Severity;
use crate::store::{accounts, inbox, keys};
use crate::testing;

const BOB: &str = "https://b.example/users/bob";
const KEY: &str = "https://b.example/users/bob#main-key";

/// Made once: each takes a while.
static PAIRS: LazyLock<[(String, String); 2]> =
    LazyLock::new(|| [generate().expect("makes keys"), generate().expect("makes keys")]);

/// A server that knows alice (local), bob with his key, and mallory, who is suspended, with the same key.
async fn world() -> (TempDir, App, Router) {
    let (folder, app) = testing::app();
    app.store
        .write(|tx| {
            let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIRS[0]);
            testing::account(tx, 1, "alice", None);
            testing::account(tx, 2, "bob", Some("b.example"));
            testing::account(tx, 3, "mallory", Some("m.example"));
            tx.execute("UPDATE accounts SET suspended_at = 1 WHERE id = 3", [])?;
            let key = |id: &str| vec![(id.to_owned(), PAIRS[0].1.clone())];
            keys::replace_public(tx, AccountId(2), &key(KEY), testing::NOW)?;
            keys::replace_public(tx, AccountId(3), &key("https://m.example/users/mallory#main-key"), testing::NOW)
        })
        .await
        .expect("writes");
    let router = routes().with_state(app.clone());
    (folder, app, router)
}

/// A signed request, and what a test spoils about it.
struct Knock {
    path: &'static str,
    key_id: String,
    pair: usize,
    signed_body: Vec<u8>,
    sent_body: Vec<u8>,
    url: &'static str,
    kind: &'static str,
    at: Time,
    scheme: Scheme,
    from: &'static str,
}

impl Knock {
    fn new(activity: &Value) -> Self {
        let body = activity.to_string().into_bytes();
        Self {
            path: "/inbox",
            key_id: KEY.into(),
            pair: 0,
            signed_body: body.clone(),
            sent_body: body,
            url: "https://here.example/inbox",
            kind: "application/activity+json",
            at: testing::NOW,
            scheme: Scheme::Cavage,
            from: "192.0.2.1",
        }
    }

    async fn send(&self, router: &Router) -> StatusCode {
        let url = Url::parse(self.url).expect("valid");
        let outgoing =
            Outgoing { method: "POST", url: &url, accept: "*/*", body: Some((self.kind, &self.signed_body)) };
        let key = PrivateKey::from_pem(&PAIRS[self.pair].0).expect("reads");
        let headers = sign(self.scheme, &self.key_id, &key, &outgoing, self.at).expect("signs");
        let mut request = Request::post(self.path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(self.sent_body.clone())).expect("builds");
        request.extensions_mut().insert(ClientIp(self.from.parse::<IpAddr>().expect("valid")));
        router.clone().oneshot(request).await.expect("answers").status()
    }
}

fn like() -> Value {
    json!({"@context": "https://www.w3.org/ns/activitystreams", "id": "https://b.example/likes/1", "type": "Like",
           "actor": BOB, "object": "https://here.example/users/alice/statuses/1"})
}

async fn rows(app: &App) -> Vec<(String, String, Option<String>)> {
    app.store
        .read(|db| {
            let mut statement = db.prepare("SELECT dedupe, state, signer_uri FROM inbox ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .expect("reads")
}

#[tokio::test]
async fn p1_t19_v13_a_signed_activity_is_committed_before_202_and_kept_once() {
    let (_folder, app, router) = world().await;
    for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
        let knock = Knock { scheme, ..Knock::new(&like()) };
        assert_eq!(knock.send(&router).await, StatusCode::ACCEPTED, "{scheme:?}");
    }
    let path = "/users/alice/inbox";
    let knock = Knock { path, url: "https://here.example/users/alice/inbox", ..Knock::new(&like()) };
    assert_eq!(knock.send(&router).await, StatusCode::ACCEPTED);
    assert_eq!(rows(&app).await, [("https://b.example/likes/1".into(), "ready".into(), Some(BOB.into()))]);
    let head = app.store.read(|db| inbox::head(db, inbox::Queue::Ready, BOB)).await.expect("reads").expect("is there");
    assert_eq!(head.recipient_id, Some(AccountId(1)));

    worker::run_until_idle(&app).await.expect("works");
    assert_eq!(rows(&app).await, [("https://b.example/likes/1".into(), "done".into(), Some(BOB.into()))]);
}

#[tokio::test]
async fn v12_every_fault_gets_its_status_and_leaves_no_row() {
    let (_folder, app, router) = world().await;
    let like = like();
    let with = |key: &str, value: Value| {
        let mut like = like.clone();
        like[key] = value;
        Knock::new(&like)
    };
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100)).into_bytes();
    let big = vec![b' '; 1024 * 1024 + 1];
    let faults = [
        ("another body", Knock { sent_body: b"{}".to_vec(), ..Knock::new(&like) }, 401),
        ("another server", Knock { url: "https://there.example/inbox", ..Knock::new(&like) }, 401),
        ("another path", Knock { url: "https://here.example/outbox", ..Knock::new(&like) }, 401),
        ("another key", Knock { pair: 1, ..Knock::new(&like) }, 401),
        ("a day old", Knock { at: testing::NOW.minus(Duration::from_secs(86_400)), ..Knock::new(&like) }, 401),
        ("no JSON", Knock { signed_body: b"{".to_vec(), sent_body: b"{".to_vec(), ..Knock::new(&like) }, 400),
        ("deep JSON", Knock { signed_body: deep.clone(), sent_body: deep, ..Knock::new(&like) }, 400),
        ("no actor", with("actor", Value::Null), 400),
        ("an id elsewhere", with("id", "https://c.example/1".into()), 400),
        ("our own actor", with("actor", "https://here.example/users/alice".into()), 400),
        ("too big", Knock { signed_body: big.clone(), sent_body: big, ..Knock::new(&like) }, 413),
        ("another type", Knock { kind: "text/html", ..Knock::new(&like) }, 415),
        ("our own key", Knock { key_id: "https://here.example/users/alice#main-key".into(), ..Knock::new(&like) }, 403),
        (
            "nobody's inbox",
            Knock { path: "/users/zoe/inbox", url: "https://here.example/users/zoe/inbox", ..Knock::new(&like) },
            404,
        ),
    ];
    for (what, knock, expected) in faults {
        assert_eq!(knock.send(&router).await.as_u16(), expected, "{what}");
    }
    let unsigned = Request::post("/inbox").header("content-type", "application/activity+json").body(Body::from("{}"));
    let answer = router.clone().oneshot(unsigned.expect("builds")).await.expect("answers");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);

    let mallory = "https://m.example/users/mallory";
    for (kind, expected) in [("Like", 403), ("Undo", 202)] {
        let activity =
            json!({"id": "https://m.example/1", "type": kind, "actor": mallory, "object": "https://m.example/2"});
        let knock = Knock { key_id: format!("{mallory}#main-key"), ..Knock::new(&activity) };
        assert_eq!(knock.send(&router).await.as_u16(), expected, "{kind} by a suspended actor");
    }
    assert_eq!(rows(&app).await.len(), 1, "only the Undo");
}

#[tokio::test]
async fn p6_the_deletion_of_an_unknown_actor_costs_nothing() {
    let (_folder, app, router) = world().await;
    let gone = "https://c.example/users/gone";
    let activity = json!({"id": format!("{gone}#delete"), "type": "Delete", "actor": gone, "object": gone});
    let knock = Knock { key_id: format!("{gone}#main-key"), pair: 1, ..Knock::new(&activity) };
    assert_eq!(knock.send(&router).await, StatusCode::ACCEPTED);
    assert!(rows(&app).await.is_empty());
}

#[tokio::test]
async fn p1_a8_what_others_pass_on_does_not_occupy_the_id() {
    let (_folder, app, router) = world().await;
    let carols = json!({"id": "https://c.example/1", "type": "Create", "actor": "https://c.example/users/carol",
                        "object": "https://c.example/notes/1"});
    for _ in 0..2 {
        assert_eq!(Knock::new(&carols).send(&router).await, StatusCode::ACCEPTED);
    }
    let rows = rows(&app).await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].0.starts_with("sha256:"), "{rows:?}");
    assert_eq!(rows[0].2.as_deref(), Some(BOB), "the verb sees who signed");
}

#[tokio::test]
async fn v13_a_request_whose_key_is_out_of_reach_waits_unverified_and_is_proven_later() {
    let (_folder, app, router) = world().await;
    let carol = "https://c.example/users/carol";
    let key_id = format!("{carol}#main-key");
    let activity = |number: usize| json!({"id": format!("https://c.example/{number}"), "type": "Like", "actor": carol});
    for number in 0..201 {
        let knock = Knock { key_id: key_id.clone(), pair: 1, ..Knock::new(&activity(number)) };
        let expected = if number < 200 { StatusCode::ACCEPTED } else { StatusCode::SERVICE_UNAVAILABLE };
        assert_eq!(knock.send(&router).await, expected, "{number}");
    }
    let elsewhere = Knock { key_id: key_id.clone(), pair: 1, from: "192.0.2.2", ..Knock::new(&activity(0)) };
    assert_eq!(elsewhere.send(&router).await, StatusCode::ACCEPTED, "other addresses have their own limit");
    let forged = Knock { key_id: key_id.clone(), pair: 0, from: "192.0.2.3", ..Knock::new(&activity(300)) };
    assert_eq!(forged.send(&router).await, StatusCode::ACCEPTED, "nobody knows better yet");
    assert!(
        rows(&app).await.iter().all(|(dedupe, state, _)| state == "unverified" && dedupe.starts_with("unverified"))
    );

    worker::run_until_idle(&app).await.expect("works");
    assert_eq!(rows(&app).await.len(), 202, "the key's server does not answer");
    let pem = PAIRS[1].1.clone();
    app.store
        .write(move |tx| {
            testing::account(tx, 4, "carol", Some("c.example"));
            keys::replace_public(tx, AccountId(4), &[(key_id, pem)], testing::NOW.plus(Duration::from_secs(390)))
        })
        .await
        .expect("writes");
    app.clock.advance(Duration::from_secs(400));
    worker::run_until_idle(&app).await.expect("works");
    let rows = rows(&app).await;
    assert_eq!(rows.len(), 200, "the repeat and the forgery are gone");
    assert!(rows.iter().all(|(dedupe, state, _)| state == "done" && dedupe.starts_with("https://c.example/")));
}

#[tokio::test]
async fn d5_a_verified_request_revives_its_server() {
    let (_folder, app, router) = world().await;
    app.store
        .write(|tx| {
            tx.execute(
                "INSERT INTO peers (origin, host, fails, last_failed_at, retry_at)
                 VALUES ('https://b.example', 'b.example', 5, 1, 9999999999999)",
                [],
            )?;
            Ok(())
        })
        .await
        .expect("writes");
    assert_eq!(Knock::new(&like()).send(&router).await, StatusCode::ACCEPTED);
    let fails: i64 =
        app.store.read(|db| Ok(db.query_row("SELECT fails FROM peers", [], |row| row.get(0))?)).await.expect("reads");
    assert_eq!(fails, 0);
    tokio::time::timeout(Duration::from_secs(1), app.deliveries_waiting.notified()).await.expect("rang");
}

#[tokio::test]
async fn r9_v2_a_blocked_server_is_turned_away_and_its_old_rows_do_nothing() {
    let (_folder, app, router) = world().await;
    assert_eq!(Knock::new(&like()).send(&router).await, StatusCode::ACCEPTED);
    let changes = Changes { severity: Some(Severity::Suspend), ..Changes::default() };
    border::block(&app, "b.example", changes).await.expect("blocks");
    let mut another = like();
    another["id"] = json!("https://b.example/likes/2");
    assert_eq!(Knock::new(&another).send(&router).await, StatusCode::FORBIDDEN);
    worker::run_until_idle(&app).await.expect("works");
    let outcome =
        app.store.read(|db| Ok(db.query_row("SELECT outcome FROM inbox", [], |row| row.get::<_, String>(0))?));
    assert_eq!(outcome.await.expect("reads"), "ignored: its server is blocked here");
}

#[tokio::test]
async fn p6_p7_a_known_actor_whose_key_is_gone_is_asked_for_and_then_deleted() {
    let outbound = crate::outbound::Outbound::fake(std::sync::Arc::new(|hop| {
        let gone = crate::outbound::Response {
            status: 410,
            url: hop.url.clone(),
            headers: Vec::new(),
            body: Vec::new().into(),
        };
        Box::pin(std::future::ready(Ok(gone)))
    }));
    let (_folder, app) = testing::app_with(outbound);
    app.store
        .write(|tx| {
            let instance = testing::account(tx, accounts::INSTANCE.0, "here.example", None);
            testing::give_key(tx, instance.id, &PAIRS[0]);
            testing::account(tx, 2, "bob", Some("b.example"));
            Ok(())
        })
        .await
        .expect("writes");
    let router = routes().with_state(app.clone());
    let known = async || app.store.read(|db| accounts::by_uri(db, BOB)).await.expect("reads").is_some();
    let like = Knock::new(&like()).send(&router).await;
    assert_eq!(like, StatusCode::UNAUTHORIZED, "nothing proves it");
    let farewell = json!({"id": format!("{BOB}#delete"), "type": "Delete", "actor": BOB, "object": BOB});
    assert_eq!(Knock::new(&farewell).send(&router).await, StatusCode::ACCEPTED);
    assert!(known().await, "nothing proved it yet");
    crate::actions::absence::recheck(&app).await.expect("asks");
    assert!(!known().await, "its own server says so, too");
    let buried = app.store.read(|db| crate::store::tombstones::exists(db, BOB)).await.expect("reads");
    assert!(buried);
}

#[tokio::test]
async fn p8_what_fails_five_times_is_parked_with_its_body_for_seven_days() {
    let (_folder, app, router) = world().await;
    let poison =
        json!({"id": "https://b.example/1", "type": "Create", "actor": BOB, "object": "https://b.example/notes/1"});
    assert_eq!(Knock::new(&poison).send(&router).await, StatusCode::ACCEPTED);
    let state = async || {
        let read = app.store.read(|db| {
            let row = db.query_row("SELECT state, attempts, body IS NOT NULL FROM inbox", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?))
            });
            Ok(row.ok())
        });
        read.await.expect("reads")
    };
    for attempt in 1..=5 {
        worker::run_until_idle(&app).await.expect("works");
        let expected = if attempt < 5 { "ready" } else { "parked" };
        assert_eq!(state().await, Some((expected.into(), attempt, true)));
        app.clock.advance(Duration::from_secs(3600));
    }
    app.clock.advance(Duration::from_secs(6 * 86_400));
    crate::jobs::run_all(&app).await;
    assert!(state().await.is_some(), "the admin may still want to see it");
    app.clock.advance(Duration::from_secs(2 * 86_400));
    crate::jobs::run_all(&app).await;
    assert_eq!(state().await, None);
}

#[tokio::test]
async fn a12_a_private_post_is_as_good_as_missing_for_strangers() {
    use crate::activitypub::audience::Visibility;
    use crate::store::statuses::{self, Status};
    let (_folder, app, _) = world().await;
    app.store
        .write(|tx| {
            for (id, visibility) in [(71, Visibility::Public), (72, Visibility::Private), (73, Visibility::Direct)] {
                let post = crate::store::testing::status(id, AccountId(1), true, "hello");
                statuses::insert(
                    tx,
                    &Status { uri: format!("https://here.example/users/alice/statuses/{id}"), visibility, ..post },
                )?;
            }
            Ok(())
        })
        .await
        .expect("writes");
    let router = super::status::routes().with_state(app.clone());
    let ask = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).expect("builds");
        let response = router.clone().oneshot(request).await.expect("answers");
        let status = response.status();
        (status, axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("reads"))
    };
    for part in ["activity", "replies"] {
        let (status, _) = ask(&format!("/users/alice/statuses/71/{part}")).await;
        assert_eq!(status, StatusCode::OK, "{part}");
        let missing = ask(&format!("/users/alice/statuses/99/{part}")).await;
        assert_eq!(missing.0, StatusCode::NOT_FOUND);
        for hidden in [72, 73] {
            assert_eq!(ask(&format!("/users/alice/statuses/{hidden}/{part}")).await, missing, "{hidden} {part}");
        }
    }
}
