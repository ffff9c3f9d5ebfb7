//! Whole deliveries over a network that a test plays.

mod planned;
mod weather;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{run_until_idle, start};
use crate::activitypub::signature::generate;
use crate::app::App;
use crate::ids::{AccountId, ActivityId};
use crate::outbound::{Hop, Outbound, Response};
use crate::store::deliveries::{self, NewActivity, Priority, Timing};
use crate::store::peers;
use crate::testing;

/// Made once: it takes a while.
static PAIR: LazyLock<(String, String)> = LazyLock::new(|| generate().expect("makes keys"));

/// What a host does with a request.
#[derive(Debug, Clone, Copy)]
enum Act {
    Status(u16),
    /// 503 with this `Retry-After`.
    Later(u64),
    /// 401 unless signed by RFC 9421.
    Modern,
    Hang,
}

/// The hosts: what they do (202 when nothing is scripted), and what they got.
#[derive(Debug, Default)]
struct Net {
    scripts: Mutex<HashMap<String, VecDeque<Act>>>,
    got: Mutex<Vec<(String, String)>>,
    /// Requests under way by host, and the most there ever were.
    busy: Mutex<HashMap<String, (usize, usize)>>,
}

impl Net {
    fn script(&self, host: &str, acts: impl IntoIterator<Item = Act>) {
        self.scripts.lock().expect("no panic").entry(host.into()).or_default().extend(acts);
    }

    /// The bodies that `host` saw, in order.
    fn got(&self, host: &str) -> Vec<String> {
        let got = self.got.lock().expect("no panic");
        got.iter().filter(|(to, _)| to == host).map(|(_, body)| body.clone()).collect()
    }

    async fn answer(&self, hop: Hop) -> Response {
        let host = hop.url.host_str().unwrap_or_default().to_owned();
        {
            let mut busy = self.busy.lock().expect("no panic");
            let (now, most) = busy.entry(host.clone()).or_default();
            *now += 1;
            *most = (*most).max(*now);
        }
        let act = self.scripts.lock().expect("no panic").get_mut(&host).and_then(VecDeque::pop_front);
        if matches!(act, Some(Act::Hang)) {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        let body = String::from_utf8_lossy(&hop.body).into_owned();
        let (status, headers) = match act {
            Some(Act::Later(seconds)) => (503, vec![("retry-after".to_owned(), seconds.to_string())]),
            Some(Act::Modern) if hop.header("signature-input").is_none() => (401, Vec::new()),
            Some(Act::Status(status)) => (status, Vec::new()),
            _ => (202, Vec::new()),
        };
        assert!(hop.header("signature").is_some() && hop.method == "POST", "every delivery is signed");
        self.got.lock().expect("no panic").push((host.clone(), body));
        self.busy.lock().expect("no panic").entry(host).or_default().0 -= 1;
        Response { status, url: hop.url, headers, body: Bytes::new() }
    }
}

async fn world() -> (TempDir, App, Arc<Net>) {
    let net = Arc::new(Net::default());
    let (folder, app) = {
        let net = net.clone();
        testing::app_with(Outbound::fake(Arc::new(move |hop| {
            let net = net.clone();
            Box::pin(async move { Ok(net.answer(hop).await) })
        })))
    };
    settle_alice(&app).await;
    (folder, app, net)
}

/// Alice, whose activities are delivered.
async fn settle_alice(app: &App) {
    app.store
        .write(|tx| {
            let alice = testing::account(tx, 1, "alice", None);
            testing::give_key(tx, alice.id, &PAIR);
            Ok(())
        })
        .await
        .expect("writes");
}

/// Queues the activity `number` for the shared inbox of each host.
async fn send(app: &App, number: i64, hosts: &[&str]) {
    queue(app, number, hosts.iter().map(|host| (format!("https://{host}/inbox"), Priority::Followers)).collect()).await;
}

/// Queues the activity `number` for these inboxes.
async fn queue(app: &App, number: i64, inboxes: Vec<(String, Priority)>) {
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            let new = NewActivity {
                id: ActivityId(number),
                uri: format!("https://here.example/{number}"),
                account_id: AccountId(1),
                kind: "Create".into(),
                payload: number.to_string(),
                created_at: now,
            };
            deliveries::insert_activity(tx, &new)?;
            deliveries::enqueue_to(tx, new.id, &inboxes, Timing::Ready, now)?;
            Ok(())
        })
        .await
        .expect("writes");
    app.deliveries_waiting.notify_one();
}

async fn left(app: &App) -> i64 {
    let count = "SELECT count(*) FROM deliveries WHERE state = 'ready'";
    app.store.read(move |db| Ok(db.query_row(count, [], |row| row.get(0))?)).await.expect("reads")
}

async fn wait_for(what: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never happened");
}

#[tokio::test]
async fn d3_each_host_gets_all_in_order_and_one_at_a_time() {
    let (_folder, app, net) = world().await;
    let hosts: Vec<String> = (0..20).map(|number| format!("h{number}.example")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    for number in 1..=5 {
        send(&app, number, &hosts).await;
    }
    run_until_idle(&app).await.expect("delivers");
    for host in hosts {
        assert_eq!(net.got(host), ["1", "2", "3", "4", "5"], "{host}");
    }
    let most = net.busy.lock().expect("no panic").values().map(|(_, most)| *most).max();
    assert_eq!(most, Some(1));
    let rows = "SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM activities)";
    let rows: i64 = app.store.read(move |db| Ok(db.query_row(rows, [], |row| row.get(0))?)).await.expect("reads");
    assert_eq!(rows, 0, "nothing is left behind");
}

#[tokio::test]
async fn d6_a_final_no_costs_one_item_and_a_sick_host_delays_nobody_else() {
    let (_folder, app, net) = world().await;
    net.script("picky.example", [Act::Status(202), Act::Status(422), Act::Status(202)]);
    net.script("sick.example", [Act::Status(500), Act::Status(502)]);
    for number in 1..=3 {
        send(&app, number, &["sick.example", "picky.example", "well.example"]).await;
    }
    run_until_idle(&app).await.expect("delivers");
    assert_eq!(net.got("picky.example"), ["1", "2", "3"]);
    assert_eq!(net.got("well.example"), ["1", "2", "3"]);
    assert_eq!(net.got("sick.example"), ["1"], "one probe, not three");
    let dropped = "SELECT drop_reason FROM deliveries WHERE state = 'dropped'";
    let why: String = app.store.read(move |db| Ok(db.query_row(dropped, [], |row| row.get(0))?)).await.expect("reads");
    assert_eq!(why, "answered 422");

    app.clock.advance(Duration::from_secs(20));
    run_until_idle(&app).await.expect("delivers");
    assert_eq!(net.got("sick.example").len(), 1, "not before 24 seconds");
    app.clock.advance(Duration::from_secs(20));
    run_until_idle(&app).await.expect("delivers");
    assert_eq!(net.got("sick.example"), ["1", "1"]);
    app.clock.advance(Duration::from_secs(150));
    run_until_idle(&app).await.expect("delivers");
    assert_eq!(net.got("sick.example"), ["1", "1", "1", "2", "3"], "one success empties the lane in order");
    assert_eq!(left(&app).await, 0);
}

#[tokio::test]
async fn t12_a_wish_to_wait_is_honoured() {
    let (_folder, app, net) = world().await;
    net.script("busy.example", [Act::Later(3_600)]);
    send(&app, 1, &["busy.example"]).await;
    run_until_idle(&app).await.expect("delivers");
    for (wait, tries) in [(3_500, 1), (200, 2)] {
        app.clock.advance(Duration::from_secs(wait));
        run_until_idle(&app).await.expect("delivers");
        assert_eq!(net.got("busy.example").len(), tries);
    }
    assert_eq!(left(&app).await, 0);
}

#[tokio::test]
async fn s8_the_second_knock_is_remembered_and_a_confirmed_host_is_not_asked_twice() {
    let (_folder, app, net) = world().await;
    net.script("modern.example", [Act::Modern; 3]);
    net.script("stern.example", [Act::Status(401), Act::Status(401), Act::Status(202), Act::Status(401)]);
    for number in 1..=3 {
        send(&app, number, &["modern.example", "stern.example"]).await;
    }
    run_until_idle(&app).await.expect("delivers");
    assert_eq!(net.got("modern.example"), ["1", "1", "2", "3"]);
    assert_eq!(net.got("stern.example"), ["1", "1", "2", "3"], "twice unknown, then confirmed, then a final no");
    assert_eq!(left(&app).await, 0);
}

#[tokio::test]
async fn d5_an_old_item_is_not_sent() {
    let (_folder, app, net) = world().await;
    net.script("dead.example", [Act::Status(500)]);
    send(&app, 1, &["dead.example"]).await;
    run_until_idle(&app).await.expect("tries");
    app.clock.advance(Duration::from_secs(8 * 86_400));
    send(&app, 2, &["dead.example"]).await;
    run_until_idle(&app).await.expect("delivers");
    assert_eq!(net.got("dead.example"), ["1", "2"]);
}

#[tokio::test]
async fn d1_a_dispatcher_dropped_at_any_moment_loses_nothing_and_repeats_only_what_was_under_way() {
    let (_folder, app, net) = world().await;
    let hosts: Vec<String> = (0..40).map(|number| format!("h{number}.example")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    send(&app, 1, &hosts).await;
    send(&app, 2, &hosts).await;
    let mut kills = 0;
    for wait in [3, 5, 7, 11, 13] {
        let killed = tokio::time::timeout(Duration::from_millis(wait), run_until_idle(&app)).await.is_err();
        kills += usize::from(killed);
    }
    run_until_idle(&app).await.expect("delivers");
    let mut repeats = 0;
    for host in hosts {
        let got = net.got(host);
        let mut once = got.clone();
        once.dedup();
        assert_eq!(once, ["1", "2"], "{host}");
        repeats += got.len() - 2;
    }
    assert!(repeats <= kills * app.config.deliveries_in_flight, "{repeats} repeats after {kills} kills");
}

#[tokio::test]
async fn the_bell_wakes_the_dispatcher_and_a_hanging_host_does_not_hold_up_the_stop() {
    let (_folder, app, net) = world().await;
    net.script("hanging.example", [Act::Hang]);
    let stop = CancellationToken::new();
    let task = start(app.clone(), stop.clone());
    send(&app, 1, &["hanging.example", "well.example"]).await;
    wait_for(|| net.got("well.example").len() == 1).await;
    send(&app, 2, &["hanging.example", "well.example"]).await;
    wait_for(|| net.got("well.example").len() == 2).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(2), task).await.expect("stops soon").expect("without panic");
    assert_eq!(left(&app).await, 2, "what hung is sent again after the next start");
    run_until_idle(&app).await.expect("delivers");
    assert_eq!(net.got("hanging.example"), ["1", "2"]);
}

#[tokio::test]
async fn d5_a_sign_of_life_lets_waiting_items_go_at_once() {
    let (_folder, app, net) = world().await;
    net.script("back.example", [Act::Later(80_000)]);
    let stop = CancellationToken::new();
    let task = start(app.clone(), stop.clone());
    send(&app, 1, &["back.example"]).await;
    wait_for(|| net.got("back.example").len() == 1).await;
    let failing = async || {
        let health = app.store.read(|db| peers::health(db, "https://back.example")).await.expect("reads");
        health.fails > 0
    };
    while !failing().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.clock.advance(Duration::from_secs(3_600));
    let now = app.clock.now();
    assert!(app.store.write(move |tx| peers::revive(tx, "https://back.example", now)).await.expect("writes"));
    app.deliveries_waiting.notify_one();
    wait_for(|| net.got("back.example").len() == 2).await;
    stop.cancel();
    task.await.expect("without panic");
    assert_eq!(left(&app).await, 0);
}
