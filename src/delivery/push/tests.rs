//! Pushes over a network that a test plays, opened with the keys of the RFC.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::Value;

use super::*;
use crate::actions::notify;
use crate::actions::token::{hash, issue_token};
use crate::ids::{AccountId, FollowId};
use crate::outbound::{Hop, Outbound};
use crate::store::follows::{self, Follow};
use crate::store::push_subscriptions::Subscription;
use crate::store::{tokens, users};
use crate::streams::Announcements;
use crate::testing;
use crate::webpush::tests::{AUTH, PUBLIC, open, open_legacy};

struct World {
    _folder: tempfile::TempDir,
    app: App,
    secret: String,
    got: Arc<Mutex<Vec<Hop>>>,
}

const ALICE: AccountId = AccountId(1);
const BOB: AccountId = AccountId(2);

/// Alice has one subscription; her push service answers with these statuses, then 201.
async fn world(standard: bool, policy: &'static str, statuses: &[u16]) -> World {
    let got: Arc<Mutex<Vec<Hop>>> = Arc::default();
    let (seen, statuses) = (got.clone(), statuses.to_vec());
    let outbound = Outbound::fake(Arc::new(move |hop| {
        let mut seen = seen.lock().expect("no panic");
        let status = statuses.get(seen.len()).copied().unwrap_or(201);
        let response = Response { status, url: hop.url.clone(), headers: Vec::new(), body: Bytes::new() };
        seen.push(hop);
        Box::pin(std::future::ready(Ok(response)))
    }));
    let (folder, app) = testing::app_with(outbound);
    let written = app.store.write(|tx| {
        testing::account(tx, ALICE.0, "alice", None);
        testing::account(tx, BOB.0, "bob", Some("b.example"));
        let user = users::User {
            account_id: ALICE,
            email: "alice@here.example".into(),
            password_hash: String::new(),
            role: "owner".into(),
            locale: "en".into(),
            default_visibility: crate::activitypub::audience::Visibility::Public,
            default_sensitive: false,
            default_language: None,
            created_at: testing::NOW,
            confirmed_at: Some(testing::NOW),
            approved_at: Some(testing::NOW),
            disabled_at: None,
            last_active_at: None,
        };
        users::insert(tx, &user)
    });
    written.await.expect("writes");
    let secret = issue_token(&app, ALICE, "push", "app").await.expect("a token");
    let (token_hash, token) = (hash(&secret), secret.clone());
    let written = app.store.write(move |tx| {
        let receiver = Receiver::parse(PUBLIC, AUTH).expect("keys");
        let row = Subscription {
            id: 1,
            token_id: tokens::by_hash(tx, &token_hash)?.expect("stored").id,
            account_id: ALICE,
            token,
            endpoint: "https://push.example/alice?x=1".into(),
            p256dh: receiver.public,
            auth: receiver.auth,
            standard,
            policy: policy.into(),
            alerts: r#"{"follow":true,"favourite":false}"#.into(),
            created_at: testing::NOW,
        };
        subscriptions::put(tx, &row)
    });
    written.await.expect("writes");
    World { _folder: folder, app, secret, got }
}

impl World {
    async fn tell(&self, kind: &'static str) {
        let (app, now) = (self.app.clone(), self.app.clock.now());
        let written = self.app.store.write(move |tx| {
            let mut told = Announcements::default();
            notify::tell(tx, &app, kind, ALICE, BOB, None, now, &mut told)?;
            Ok(told)
        });
        written.await.expect("writes").announce(&self.app);
    }

    async fn settle(&self) {
        run_until_idle(&self.app).await.expect("runs");
    }

    fn got(&self) -> Vec<Hop> {
        self.got.lock().expect("no panic").clone()
    }

    async fn left(&self) -> (bool, bool) {
        let read = self.app.store.read(|db| {
            let subscribed = db.prepare("SELECT 1 FROM push_subscriptions")?.exists([])?;
            Ok((subscribed, pushes::next_time(db, &[])?.is_some()))
        });
        read.await.expect("reads")
    }
}

fn check(message: &[u8], secret: &str) {
    let message: Value = serde_json::from_slice(message).expect("JSON");
    assert_eq!(message["access_token"], secret);
    assert_eq!((&message["notification_type"], &message["preferred_locale"]), (&"follow".into(), &"en".into()));
    assert!(message["notification_id"].is_i64());
    assert_eq!(message["title"], "bob@b.example followed you");
    assert_eq!((&message["body"], &message["icon"]), (&"".into(), &"https://here.example/static/avatar.png".into()));
}

#[tokio::test]
async fn a_push_is_sealed_signed_and_taken() {
    let world = world(true, "all", &[]).await;
    world.tell("favourite").await;
    world.tell("follow").await;
    world.settle().await;
    let got = world.got();
    assert_eq!(got.len(), 1, "only what was asked for");
    let header = |name| got[0].header(name).unwrap_or_default();
    assert_eq!(got[0].url.as_str(), "https://push.example/alice?x=1");
    assert_eq!((header("ttl"), header("urgency")), ("172800", "normal"));
    assert_eq!((header("content-encoding"), header("content-type")), ("aes128gcm", "application/octet-stream"));
    let key = push::vapid(&world.app).await.expect("a key").public().to_owned();
    assert!(header("authorization").starts_with("vapid t=ey") && header("authorization").ends_with(&key));
    check(&open(&got[0].body), &world.secret);
    assert_eq!(world.left().await, (true, false));
}

#[tokio::test]
async fn the_old_encoding_is_sent_to_those_who_do_not_ask_for_the_new_one() {
    let world = world(false, "all", &[]).await;
    world.tell("follow").await;
    world.settle().await;
    let got = world.got();
    let header = |name| got[0].header(name).unwrap_or_default();
    assert_eq!(header("content-encoding"), "aesgcm");
    assert!(header("authorization").starts_with("WebPush ey"));
    let (dh, _) = header("crypto-key").trim_start_matches("dh=").split_once(";p256ecdsa=").expect("two keys");
    check(&open_legacy(&got[0].body, dh, header("encryption").trim_start_matches("salt=")), &world.secret);
}

#[tokio::test]
async fn a_no_ends_the_subscription_and_a_mishap_does_not() {
    for (status, subscribed, waiting) in [
        (404, false, false),
        (410, false, false),
        (400, false, false),
        (408, true, true),
        (429, true, true),
        (302, true, true),
        (500, true, true),
        (200, true, false),
    ] {
        let world = world(true, "all", &[status]).await;
        world.tell("follow").await;
        world.settle().await;
        assert_eq!(world.left().await, (subscribed, waiting), "{status}");
    }
}

#[tokio::test]
async fn a_push_is_tried_five_times_and_never_after_two_days() {
    let first = world(true, "all", &[500; 9]).await;
    first.tell("follow").await;
    for _ in 0..9 {
        first.settle().await;
        first.app.clock.advance(Duration::from_secs(7 * 3_600));
    }
    assert_eq!((first.got().len(), first.left().await), (5, (true, false)));
    let second = world(true, "all", &[]).await;
    second.tell("follow").await;
    second.app.clock.advance(NEWS + Duration::from_secs(1));
    second.settle().await;
    assert_eq!((second.got().len(), second.left().await), (0, (true, false)));
}

#[tokio::test]
async fn strangers_wake_only_those_who_want_to_be_woken_by_them() {
    for (policy, count) in [("all", 1), ("followed", 0), ("follower", 0), ("none", 0)] {
        let world = world(true, policy, &[]).await;
        world.tell("follow").await;
        world.settle().await;
        assert_eq!(world.got().len(), count, "{policy}");
    }
}

#[tokio::test]
async fn followers_and_followed_wake_those_who_want_them_to() {
    for (policy, follower, followed) in [("follower", BOB, ALICE), ("followed", ALICE, BOB)] {
        let world = world(true, policy, &[]).await;
        let follow = Follow {
            id: FollowId(1),
            account_id: follower,
            target_id: followed,
            uri: "https://x.example/follows/1".into(),
            accepted: true,
            show_reblogs: true,
            notify: false,
            languages: None,
            created_at: testing::NOW,
        };
        let written = world.app.store.write(move |tx| follows::insert(tx, &follow));
        assert!(written.await.expect("writes"));
        world.tell("follow").await;
        world.settle().await;
        assert_eq!(world.got().len(), 1, "{policy}");
    }
}

#[tokio::test]
async fn the_worker_hears_of_news_and_stops() {
    let world = world(true, "all", &[]).await;
    let stop = CancellationToken::new();
    let worker = start(world.app.clone(), stop.clone());
    tokio::task::yield_now().await;
    world.tell("follow").await;
    let sent = async {
        while world.left().await.1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), sent).await.expect("is sent");
    assert_eq!(world.got().len(), 1);
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), worker).await.expect("stops").expect("no panic");
}
