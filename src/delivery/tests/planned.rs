//! Deliveries under a fan-out policy: real guests plan, and what they may not do does not happen.

use serde_json::{Value, json};

use super::*;
use crate::actions::outbox::{self, Recipients};
use crate::actions::plugin::manage::{self, Run};
use crate::clock::Time;
use crate::ids::FollowId;
use crate::store::accounts;
use crate::store::follows::{self, Follow};

use crate::testing::guest;

/// A server with plugins on a network that a test plays; `hosts` servers follow Alice, one person each.
async fn planned_world(hosts: usize) -> (TempDir, App, Arc<Net>) {
    let net = Arc::new(Net::default());
    let playing = net.clone();
    let outbound = Outbound::fake(Arc::new(move |hop| {
        let net = playing.clone();
        Box::pin(async move { Ok(net.answer(hop).await) })
    }));
    let (folder, app) = testing::server_with("here.example", true, 8, 7, outbound, |config| config.plugins = true);
    settle_alice(&app).await;
    app.store
        .write(move |tx| {
            for number in 0..hosts as i64 {
                let host = format!("h{number}.example");
                let fan = testing::account(tx, 100 + number, "fan", Some(&host));
                follows::insert(tx, &follow(number, fan.id))?;
            }
            Ok(())
        })
        .await
        .expect("writes");
    (folder, app, net)
}

fn follow(number: i64, from: AccountId) -> Follow {
    Follow {
        id: FollowId(1_000 + number),
        account_id: from,
        target_id: AccountId(1),
        uri: format!("https://h{number}.example/follows/1"),
        accepted: true,
        show_reblogs: true,
        notify: false,
        languages: None,
        created_at: testing::NOW,
    }
}

fn built(name: &str) -> Vec<u8> {
    let path = format!("{}/plugins/built/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("is built")
}

/// Installs and starts a policy with all that it asks for; `settings` is a JSON object.
async fn start_policy(app: &App, wasm: Vec<u8>, settings: Value) -> String {
    let (manifest, _) = manage::install(app, wasm, true).await.expect("installs");
    let asks = manage::asks(app, &manifest.id).await.expect("asks").into_iter().map(|ask| ask.name).collect();
    manage::grant(app, &manifest.id, asks).await.expect("grants");
    let Value::Object(settings) = settings else { panic!("settings are an object") };
    manage::configure(app, &manifest.id, settings).await.expect("sets");
    manage::switch(app, &manifest.id, Run::On).await.expect("starts");
    manifest.id
}

/// Alice sends an activity about her post `number` to her followers, and to these people.
async fn act(app: &App, kind: &str, number: i64, mentioned: Vec<i64>) {
    let (now, deed) = (app.clock.now(), app.clone());
    let note = format!("https://here.example/notes/{number}");
    let object = match kind {
        "Create" | "Update" => json!({
            "id": note, "type": "Note", "content": "<p>Hi</p>", "attributedTo": "https://here.example/users/alice",
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
        }),
        _ => json!(note),
    };
    let activity = json!({
        "id": format!("{note}#{kind}"), "type": kind, "actor": "https://here.example/users/alice", "object": object,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
    });
    app.store
        .write(move |tx| {
            let alice = accounts::by_id(tx, AccountId(1))?.expect("is there");
            let to = Recipients::followers_and(mentioned.into_iter().map(AccountId).collect());
            outbox::send(tx, &deed, &alice, &activity, &to, now)
        })
        .await
        .expect("writes");
}

/// How each row looks: origin, state, how long it waits in seconds, priority, lane.
async fn rows(app: &App) -> Vec<(String, String, i64, i64, String)> {
    let now = app.clock.now();
    let sql = "SELECT origin, state, not_before, priority, lane FROM deliveries ORDER BY id";
    app.store
        .read(move |db| {
            let mut statement = db.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                let before: Time = row.get(2)?;
                Ok((row.get(0)?, row.get(1)?, (before.0 - now.0) / 1_000, row.get(3)?, row.get(4)?))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .expect("reads")
}

/// What a host got: `Create`, `Delete`, …
fn kinds(net: &Net, host: &str) -> Vec<String> {
    let kind = |body: &String| serde_json::from_str::<Value>(body).expect("JSON")["type"].as_str().map(str::to_owned);
    net.got(host).iter().filter_map(kind).collect()
}

#[tokio::test]
async fn polite_spreads_the_load_and_lets_those_mentioned_go_first() {
    let (_folder, app, net) = planned_world(40).await;
    // The last ten are slow.
    let now = app.clock.now();
    let slow = app.store.write(move |tx| {
        for number in 30..40 {
            let scheme = crate::activitypub::signature::Scheme::Cavage;
            peers::success(tx, &format!("https://h{number}.example"), scheme, 4_000, now)?;
        }
        Ok(())
    });
    slow.await.expect("writes");
    start_policy(&app, built("polite"), json!({"per_second": 2})).await;
    act(&app, "Create", 1, vec![100]).await;
    assert!(rows(&app).await.iter().all(|row| row.1 == "unplanned"), "nothing goes before its plan");
    crate::delivery::planner::run_until_idle(&app).await.expect("plans");
    let rows = rows(&app).await;
    assert_eq!(rows.len(), 40);
    let of = |number: usize| {
        let origin = format!("https://h{number}.example");
        rows.iter().find(|row| row.0 == origin).expect("is there").clone()
    };
    assert_eq!((of(0).2, of(0).4.as_str()), (0, "https://h0.example"), "mentioned: at once");
    let waits: Vec<i64> = (1..30).map(|number| of(number).2).collect();
    assert!(waits.iter().all(|wait| (0..=20).contains(wait)), "{waits:?}");
    assert!(waits.iter().filter(|wait| **wait < 10).count() > 5 && waits.iter().any(|wait| *wait >= 10), "{waits:?}");
    for number in 30..40 {
        let row = of(number);
        assert!((20..=40).contains(&row.2) && row.3 == 200 && row.4.ends_with("#slow"), "{row:?}");
    }
    run_until_idle(&app).await.expect("delivers");
    assert_eq!((kinds(&net, "h0.example"), kinds(&net, "h35.example").len()), (vec!["Create".to_owned()], 0));
    app.clock.advance(Duration::from_secs(41));
    run_until_idle(&app).await.expect("delivers");
    for number in 0..40 {
        assert_eq!(kinds(&net, &format!("h{number}.example")), ["Create"], "{number}");
    }
    assert_eq!(left(&app).await, 0);
}

#[tokio::test]
async fn quiet_hours_delay_news_and_a_deletion_lets_them_go_before_it() {
    let (_folder, app, net) = planned_world(3).await;
    // It is 14:02 UTC, 23:02 in Japan.
    let id = start_policy(&app, built("quiet-hours"), json!({})).await;
    act(&app, "Create", 1, vec![100]).await;
    run_until_idle(&app).await.expect("delivers");
    assert_eq!((kinds(&net, "h0.example").len(), kinds(&net, "h1.example").len()), (1, 0));
    let waits: Vec<_> = rows(&app).await.iter().map(|row| row.2).collect();
    assert!(waits.len() == 2 && waits.iter().all(|wait| (21_000..=21_600).contains(wait)), "{waits:?}");
    act(&app, "Delete", 1, Vec::new()).await;
    run_until_idle(&app).await.expect("delivers");
    for host in ["h0.example", "h1.example", "h2.example"] {
        assert_eq!(kinds(&net, host), ["Create", "Delete"], "{host}");
    }
    // What waits goes when the policy does.
    act(&app, "Create", 2, Vec::new()).await;
    run_until_idle(&app).await.expect("delivers");
    act(&app, "Create", 3, Vec::new()).await;
    assert_eq!(left(&app).await, 3);
    manage::switch(&app, &id, Run::Off).await.expect("stops");
    run_until_idle(&app).await.expect("delivers");
    for host in ["h0.example", "h1.example", "h2.example"] {
        assert_eq!(kinds(&net, host), ["Create", "Delete", "Create", "Create"], "{host}");
    }
    assert_eq!(rows(&app).await, []);
    // And without one nothing waits.
    act(&app, "Create", 4, Vec::new()).await;
    assert_eq!(left(&app).await, 3, "ready at once");
}

#[tokio::test]
async fn near_first_orders_by_nearness() {
    let (_folder, app, _net) = planned_world(12).await;
    start_policy(&app, built("near-first"), json!({"near": ["h7.example"]})).await;
    let back = Follow {
        id: FollowId(5_000),
        account_id: AccountId(1),
        target_id: AccountId(103),
        uri: "https://here.example/follows/1".into(),
        ..follow(3, AccountId(1))
    };
    app.store.write(move |tx| follows::insert(tx, &back)).await.expect("writes");
    act(&app, "Create", 1, vec![105]).await;
    crate::delivery::planner::run_until_idle(&app).await.expect("plans");
    let rows = rows(&app).await;
    let order: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    // Those mentioned, then whom Alice follows back, then those that the admin names.
    assert_eq!(order[..3], ["https://h5.example", "https://h3.example", "https://h7.example"]);
    assert!(rows[0].3 < rows[1].3 && rows[1].3 < rows[11].3, "{rows:?}");
    assert!(rows.iter().all(|row| row.2 == 0 && row.3 >= 0), "it delays nobody, and nobody overtakes the sick list");
}

/// A policy of which `make-plan` is this.
fn policy(make_plan: &str, data: &str, permissions: &str) -> Vec<u8> {
    let manifest = format!(
        r#"{{"id":"org.example.policy","version":"1","api":"1.0","kinds":["fan-out"],"permissions":[{permissions}],
        "name":{{"en":"P"}},"summary":{{"en":"P"}}}}"#
    );
    let body = format!(
        r#"{}
        (func (export "nagaya:plugin/fan-out@1.0.0#make-plan") (param $e i32) (result i32) {make_plan})
        (func (export "nagaya:plugin/fan-out@1.0.0#learn") (param i32 i32) (result i32) (i32.const 16384))
        {data}"#,
        guest::ALLOCATOR
    );
    guest::module_for("fan-out-plugin", &manifest, &body)
}

/// A plan in memory at 0: the default step (`delay`, `spread`, whether it drops), `overrides` at 256.
fn written(delay: u32, drops: bool, overrides: &[u32]) -> String {
    let bytes = |numbers: &[u32]| {
        numbers.iter().flat_map(|n| n.to_le_bytes()).map(|b| format!("\\{b:02x}")).collect::<String>()
    };
    let step = |delay: u32, drops: bool| [delay, 0, 100, 0, 0, u32::from(drops), 1_024, 4, 0];
    let mut whole = vec![0];
    whole.extend(step(delay, drops));
    whole.extend([256, overrides.len() as u32, 0, 0]);
    let list: Vec<u32> = overrides.iter().flat_map(|ix| [vec![*ix], step(0, false).to_vec()].concat()).collect();
    format!(
        r#"(data (i32.const 0) "{}") (data (i32.const 256) "{}") (data (i32.const 1024) "spam")"#,
        bytes(&whole),
        bytes(&list)
    )
}

#[tokio::test]
async fn a_policy_that_fails_or_plans_nonsense_means_the_built_in_plan() {
    let fails = r#"(data (i32.const 0) "\01\00\00\00\00\04\00\00\04\00\00\00") (data (i32.const 1024) "oops")"#;
    for (what, make_plan, data) in [
        ("a good plan", "(i32.const 0)", written(60, false, &[0])),
        ("an error", "(i32.const 0)", fails.to_owned()),
        ("a trap", "(unreachable)", String::new()),
        ("an endless loop", "(loop (br 0)) (unreachable)", String::new()),
        ("a target that is none", "(i32.const 0)", written(60, false, &[2])),
        ("a target twice", "(i32.const 0)", written(60, false, &[1, 1])),
    ] {
        let (_folder, app, net) = planned_world(2).await;
        start_policy(&app, policy(make_plan, &data, r#""delay""#), json!({})).await;
        act(&app, "Create", 1, Vec::new()).await;
        run_until_idle(&app).await.expect("delivers");
        let got = (kinds(&net, "h0.example").len(), kinds(&net, "h1.example").len());
        let expected = if what == "a good plan" { (1, 0) } else { (1, 1) };
        assert_eq!(got, expected, "{what}");
        let costs = app.plugins.book("org.example.policy").costs();
        assert_eq!((costs.calls, costs.failures), (1, u64::from(what != "a good plan")), "{what}");
    }
}

#[tokio::test]
async fn only_a_granted_policy_drops_and_never_what_takes_something_back() {
    for (permissions, expected) in [(r#""delay","skip""#, ["dropped"; 2]), (r#""delay""#, ["ready"; 2])] {
        let (_folder, app, net) = planned_world(2).await;
        start_policy(&app, policy("(i32.const 0)", &written(0, true, &[]), permissions), json!({})).await;
        act(&app, "Create", 1, Vec::new()).await;
        crate::delivery::planner::run_until_idle(&app).await.expect("plans");
        assert_eq!(rows(&app).await.iter().map(|row| row.1.as_str()).collect::<Vec<_>>(), expected, "{permissions}");
        act(&app, "Delete", 1, Vec::new()).await;
        run_until_idle(&app).await.expect("delivers");
        assert_eq!(kinds(&net, "h0.example").last().map(String::as_str), Some("Delete"), "{permissions}");
    }
}

#[tokio::test]
async fn three_failures_switch_a_policy_off_and_deliveries_go_on() {
    let (_folder, app, net) = planned_world(1).await;
    start_policy(&app, policy("(unreachable)", "", r#""delay""#), json!({})).await;
    for number in 1..=5 {
        act(&app, "Create", number, Vec::new()).await;
        run_until_idle(&app).await.expect("delivers");
    }
    assert_eq!(kinds(&net, "h0.example").len(), 5);
    assert_eq!(app.plugins.book("org.example.policy").costs().calls, 3, "then it is not asked");
    let noted = app.store.read(|db| {
        Ok(db.query_row(
            "SELECT count(*) FROM moderation_log WHERE source = 'plugin:org.example.policy'",
            [],
            |row| row.get(0),
        )?)
    });
    let noted: i64 = noted.await.expect("reads");
    assert_eq!(noted, 1, "admins are told");
}

#[tokio::test]
async fn what_waits_for_a_plan_is_planned_after_a_restart() {
    let (_folder, app, net) = planned_world(3).await;
    start_policy(&app, built("quiet-hours"), json!({})).await;
    act(&app, "Create", 1, vec![100]).await;
    // The process ends here. The next one has not even the plugin.
    app.plugins.load(Vec::new()).await;
    assert_eq!(left(&app).await, 0);
    let stop = CancellationToken::new();
    let task = start(app.clone(), stop.clone());
    wait_for(|| (0..3).all(|number| net.got(&format!("h{number}.example")).len() == 1)).await;
    stop.cancel();
    task.await.expect("without panic");
    // And with it, the plan is made then.
    act(&app, "Create", 2, vec![100]).await;
}

#[tokio::test]
async fn a_plan_for_two_thousand_servers_takes_milliseconds() {
    let (_folder, app, _net) = planned_world(2_000).await;
    start_policy(&app, built("polite"), json!({})).await;
    act(&app, "Create", 1, Vec::new()).await;
    crate::delivery::planner::run_until_idle(&app).await.expect("plans");
    let costs = app.plugins.book("org.nagaya.polite").costs();
    assert_eq!((costs.calls, costs.failures), (1, 0));
    assert!(costs.cpu < Duration::from_millis(50), "{costs:?}");
    assert_eq!(left(&app).await, 2_000);
}

#[tokio::test]
async fn a_policy_learns_what_became_of_deliveries() {
    let (_folder, app, net) = planned_world(2).await;
    net.script("h1.example", [Act::Status(500)]);
    // It says how many servers it is told of, in its log.
    let manifest = r#"{"id":"org.example.pupil","version":"1","api":"1.0","kinds":["fan-out"],"permissions":["delay"],
        "name":{"en":"P"},"summary":{"en":"P"}}"#;
    let body = format!(
        r#"(import "nagaya:plugin/metrics@1.0.0" "count" (func $count (param i32 i32 i32)))
        {}
        (func (export "nagaya:plugin/fan-out@1.0.0#make-plan") (param i32) (result i32) (i32.const 0))
        (func (export "nagaya:plugin/fan-out@1.0.0#learn") (param $at i32) (param $length i32) (result i32)
            (call $count (i32.const 2048) (i32.const 5) (local.get $length))
            (call $count (i32.const 2053) (i32.const 2) (i32.load offset=8 (local.get $at)))
            (call $count (i32.const 2055) (i32.const 6) (i32.load offset=36 (local.get $at)))
            (i32.const 16384))
        {} (data (i32.const 2048) "hostsokfailed")"#,
        guest::ALLOCATOR,
        written(0, false, &[])
    );
    start_policy(&app, guest::module_for("fan-out-plugin", manifest, &body), json!({})).await;
    act(&app, "Create", 1, Vec::new()).await;
    run_until_idle(&app).await.expect("delivers");
    crate::actions::fan_out::learn(&app).await;
    let (numbers, _) = app.plugins.book("org.example.pupil").numbers();
    let told: Vec<_> = numbers.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(told, [("failed", 1), ("hosts", 2), ("ok", 1)]);
    crate::actions::fan_out::learn(&app).await;
    assert_eq!(app.plugins.book("org.example.pupil").costs().calls, 2, "one plan, one lesson; nothing new, no call");
}

/// A plan that gives the first target the only variant, made by this JSON patch.
fn varied(patch: &str) -> String {
    let bytes = |numbers: &[u32]| -> String {
        numbers.iter().flat_map(|n| n.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
    };
    let step = |variant: u32| [0, 0, 100, 0, 0, 0, 0, 0, variant];
    let mut whole = vec![0];
    whole.extend(step(0));
    whole.extend([256, 1, 512, 1]);
    let mut overrides = vec![0];
    overrides.extend(step(1));
    format!(
        r#"(data (i32.const 0) "{}") (data (i32.const 256) "{}") (data (i32.const 512) "{}") (data (i32.const 1100) "{}")"#,
        bytes(&whole),
        bytes(&overrides),
        bytes(&[1100, patch.len() as u32]),
        patch.replace('"', "\\22")
    )
}

#[tokio::test]
async fn a_variant_changes_words_and_never_who_or_for_whom() {
    for (path, value, expected) in
        [("/content", "<p>V</p>", ["<p>V</p>", "<p>Hi</p>"]), ("/to", "x", ["<p>Hi</p>", "<p>Hi</p>"])]
    {
        let (_folder, app, net) = planned_world(2).await;
        let patch = json!([{"op": "replace", "path": path, "value": value}]).to_string();
        start_policy(&app, policy("(i32.const 0)", &varied(&patch), r#""delay""#), json!({})).await;
        act(&app, "Create", 1, Vec::new()).await;
        run_until_idle(&app).await.expect("delivers");
        let content = |host: &str| {
            let body: Value = serde_json::from_str(&net.got(host)[0]).expect("JSON");
            assert_eq!(body["object"]["to"], json!(["https://www.w3.org/ns/activitystreams#Public"]));
            body["object"]["content"].as_str().map(str::to_owned).unwrap_or_default()
        };
        assert_eq!([content("h0.example"), content("h1.example")], expected, "{path}");
    }
}
