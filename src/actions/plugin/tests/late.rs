//! Filters that ask other servers: posts of others wait for them hidden, the inbox does not wait at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::{fixture, follow, install};
use crate::actions::fetch::Budget;
use crate::actions::plugin::{arrivals, late};
use crate::actions::post::{self, Draft};
use crate::actions::receive;
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::app::tests::local_account;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::StatusId;
use crate::outbound::{Handler, Options, Outbound, Response};
use crate::store::accounts::Account;
use crate::store::page::Page;
use crate::store::pending_arrivals::{self, Arrival};
use crate::store::statuses::{self, Status};
use crate::store::testing::status;
use crate::store::{expiries, moderation, notifications, plugin_kv, timelines};
use crate::testing::{self, NOW};

const ASKS: &str = r#"{"id":"org.example.asks","version":"1","api":"1.0","kinds":["filter"],"permissions":["reject"],
    "http":[{"host":"judge.example","methods":["GET"]}],"name":{"en":"Asks"},"summary":{"en":"Asks"}}"#;
const COUNTS: &str = r#"{"id":"org.example.counts","version":"1","api":"1.0","kinds":["filter"],
    "name":{"en":"Counts"},"summary":{"en":"Counts"}}"#;

/// alice and dora live here; alice follows carol and dave. `judge.example` answers the status that `verdict` holds, once
/// `open` is true.
struct World {
    _folder: tempfile::TempDir,
    app: App,
    alice: Account,
    carol: Account,
    dave: Account,
    verdict: Arc<AtomicU16>,
    open: watch::Sender<bool>,
}

async fn world() -> World {
    let verdict = Arc::new(AtomicU16::new(200));
    let (open, opened) = watch::channel(false);
    let answer = verdict.clone();
    let handler: Handler = Arc::new(move |hop| {
        let (answer, mut opened) = (answer.clone(), opened.clone());
        Box::pin(async move {
            let _ = opened.wait_for(|open| *open).await;
            let status = answer.load(Ordering::SeqCst);
            Ok(Response { status, url: hop.url, headers: Vec::new(), body: Vec::new().into() })
        })
    });
    let options = Options { user_agent: "Nagaya/test".into(), development: false, clock: Clock::System };
    let outbound = Outbound::fake_with(options, handler);
    let (folder, app) = testing::server_with("here.example", true, 8, 7, outbound, |config| config.plugins = true);
    let alice = local_account(&app, "alice", "owner").await;
    let (carol, dave) = (follow(&app, &alice, 7, "carol").await, follow(&app, &alice, 8, "dave").await);
    install(&app, fixture::counts(COUNTS), &[]).await;
    install(&app, fixture::asks(ASKS, "https://judge.example/"), &["reject", "http:judge.example"]).await;
    World { _folder: folder, app, alice, carol, dave, verdict, open }
}

fn note(author: &Account, number: u32, alice: &Account) -> Value {
    json!({
        "id": format!("https://peer.example/notes/{number}"), "type": "Note", "attributedTo": author.uri,
        "content": "<p>Hello</p>", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [alice.uri],
        "tag": [{"type": "Mention", "href": alice.uri, "name": "@alice"}], "published": NOW.rfc3339(),
    })
}

impl World {
    async fn arrives(&self, author: &Account, number: u32) -> String {
        let object = note(author, number, &self.alice);
        let mut budget = Budget::default();
        receive::delivered(&self.app, &object, author.clone(), None, &mut budget).await.expect("is dealt with")
    }

    async fn status(&self, number: u32) -> Option<Status> {
        let uri = format!("https://peer.example/notes/{number}");
        self.app.store.read(move |db| statuses::by_uri(db, &uri)).await.expect("reads")
    }

    /// What alice sees in her home, and of how much she is told.
    async fn alice_sees(&self) -> (usize, usize) {
        let me = self.alice.id;
        let read = self.app.store.read(move |db| {
            let home = timelines::home(db, me, &Page::first(20), NOW)?.len();
            let told = notifications::list(db, me, &notifications::Filter::default(), &Page::first(20), NOW)?.len();
            Ok((home, told))
        });
        read.await.expect("reads")
    }

    async fn until(&self, mut fits: impl AsyncFnMut(&Self) -> bool) {
        for _ in 0..1_000 {
            if fits(self).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited ten seconds");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_of_others_wait_hidden_while_the_inbox_goes_on() {
    let world = world().await;
    let asked = |db: &crate::store::Connection| {
        let kept = plugin_kv::get(db, "org.example.counts", "k", NOW)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&kept).parse::<u32>().unwrap_or_default())
    };
    // It was tried when it was installed.
    let before = world.app.store.read(asked).await.expect("reads");
    let said = world.arrives(&world.carol, 1).await;
    assert!(said.ends_with("hidden while filters judge it"), "{said}");
    // Nobody has answered yet, and the next one is taken in all the same.
    let said = world.arrives(&world.dave, 2).await;
    assert!(said.ends_with("hidden while filters judge it"), "{said}");
    for number in [1, 2] {
        let hidden = world.status(number).await.expect("it is stored");
        let me = world.alice.id;
        let asked = hidden.clone();
        let seen = world.app.store.read(move |db| statuses::may_see(db, &asked, Some(me))).await.expect("reads");
        assert!(!seen && hidden.visibility == Visibility::Direct, "not even whom it names sees it");
        assert!(arrivals::waits(&world.app, &hidden.uri).await.expect("reads"));
    }
    assert_eq!(world.alice_sees().await, (0, 0));
    // It came again, and was edited: the one changes nothing, the other waits its turn.
    let id = world.status(1).await.expect("it is stored").id;
    world.arrives(&world.carol, 1).await;
    let mut newer = note(&world.carol, 1, &world.alice);
    newer["updated"] = json!(NOW.plus(Duration::from_secs(1)).rfc3339());
    let edit = receive::edited(&world.app, &newer, world.carol.clone(), &mut Budget::default()).await;
    assert!(matches!(edit, Err(Error::Busy { .. })), "{edit:?}");

    world.open.send(true).expect("is heard");
    world.until(async |world| world.alice_sees().await == (2, 2)).await;
    let shown = world.status(1).await.expect("it is there");
    assert_eq!((shown.id, shown.visibility, shown.local_only), (id, Visibility::Public, false));
    assert!(!arrivals::waits(&world.app, &shown.uri).await.expect("reads"));
    let asked = world.app.store.read(asked).await.expect("reads");
    assert_eq!(asked - before, 2, "early filters are asked once about each post");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_late_filter_rejects_is_gone_and_logged() {
    let world = world().await;
    world.verdict.store(403, Ordering::SeqCst);
    world.arrives(&world.carol, 1).await;
    assert!(world.status(1).await.is_some());
    world.open.send(true).expect("is heard");
    world.until(async |world| world.status(1).await.is_none()).await;
    assert_eq!(world.alice_sees().await, (0, 0));
    let log = world.app.store.read(|db| moderation::recent(db, 9)).await.expect("reads");
    let [entry] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!((entry.action.as_str(), entry.direction.as_str()), ("reject", "inbound"));
    assert_eq!((entry.source.as_str(), entry.reason.as_str()), ("plugin:org.example.asks", "Bad, they say / 不可"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_delays_a_post_but_does_not_keep_it() {
    let world = world().await;
    world.arrives(&world.carol, 1).await;
    assert_eq!(world.alice_sees().await, (0, 0));
    world.until(async |world| world.alice_sees().await == (1, 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_when_the_server_died_is_judged_after_the_next_start() {
    let world = world().await;
    world.open.send(true).expect("is heard");
    // As `arrivals::hide` writes it, but the server died before anything was judged.
    for (number, age) in [(1_u32, 61_u64), (2, 5)] {
        let object = note(&world.carol, number, &world.alice);
        let (carol, at) = (world.carol.clone(), NOW.minus(Duration::from_secs(age)));
        let status = Status {
            id: StatusId(number.into()),
            uri: format!("https://peer.example/notes/{number}"),
            account_id: carol.id,
            ..crate::actions::reblog::wrap(StatusId(number.into()), &carol, &status(99, carol.id, false, ""), at)
        };
        let hidden = late::hidden(&Status { reblog_of_id: None, local: false, ..status });
        let row = Arrival {
            status_id: hidden.id,
            object: object.to_string(),
            early: "{}".into(),
            direction: "inbound".into(),
            recipient_id: None,
            created_at: at,
        };
        let write = world.app.store.write(move |tx| {
            statuses::insert(tx, &hidden)?;
            pending_arrivals::insert(tx, &row)
        });
        write.await.expect("writes");
    }
    assert_eq!(world.alice_sees().await, (0, 0));
    assert_eq!(late::resume(&world.app).await.expect("resumes"), 1, "the younger one may still be at work");
    assert_eq!(world.alice_sees().await, (1, 1));
    assert_eq!(world.status(1).await.map(|status| status.id), Some(StatusId(1)));
    assert_eq!(late::resume(&world.app).await.expect("resumes"), 0);
}

/// What a bot asked for is not forgotten because others take their time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_post_that_waits_is_kept() {
    let world = world().await;
    let draft = Draft { text: "Soon gone".into(), expires_s: Some(3_600), ..Draft::default() };
    let post = post::create(&world.app, &world.alice, draft).await.expect("posts");
    assert!(post.local_only, "it waits");
    world.open.send(true).expect("is heard");
    let id = post.id;
    world
        .until(async |world| {
            let read = world.app.store.read(move |db| statuses::by_id(db, id)).await.expect("reads");
            read.is_some_and(|status| !status.local_only)
        })
        .await;
    let due = async |after: u64| {
        let at = NOW.plus(Duration::from_secs(after));
        world.app.store.read(move |db| expiries::due(db, at, 10)).await.expect("reads")
    };
    assert_eq!((due(3_590).await, due(3_700).await), (Vec::new(), vec![id]));
}
