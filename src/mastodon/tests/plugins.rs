//! The life of a plugin, as an administrator sees it over the API.

use std::time::Duration;

use super::*;
use crate::actions::plugin::manage::{self, Installed};
use crate::plugins::sections;
use crate::store::{plugin_kv, plugins};

use crate::testing::guest;

const ID: &str = "org.example.dollars";
const PATH: &str = "/api/nagaya/v1/admin/plugins";

fn manifest(version: &str, permissions: &str) -> String {
    format!(
        r#"{{"id":"{ID}","version":"{version}","api":"1.0","kinds":["filter"],"permissions":[{permissions}],
        "name":{{"en":"Dollars"}},"summary":{{"en":"Dollars"}},
        "config":{{"word":{{"type":"text","default":"a","label":{{"en":"Word"}}}}}}}}"#
    )
}

/// Rejects dollars.
fn good(version: &str) -> Vec<u8> {
    guest::dollars(&manifest(version, r#""reject""#), 2)
}

/// Crashes at dollars, and lives through the trial at its installation.
fn crashes(version: &str) -> Vec<u8> {
    guest::at_dollars(&manifest(version, r#""reject""#), "(unreachable)", "")
}

/// An administrator at work.
struct Admin {
    world: World,
    token: String,
}

impl Admin {
    async fn new() -> Self {
        let world = World::with_plugins(Outbound::unplugged()).await;
        crate::actions::account::ensure_instance_actor(&world.app).await.expect("is made");
        let token =
            issue_token(&world.app, world.alice, "read write admin:read admin:write", "t").await.expect("a token");
        Self { world, token }
    }

    async fn does(&self, method: &str, rest: &str, body: Value) -> Value {
        let answer = self.world.ask(method, &format!("{PATH}{rest}"), Some(&self.token), body).await;
        assert_eq!(answer.code, 200, "{method} {rest}: {}", answer.body);
        answer.body
    }

    /// Installs, grants and starts it.
    async fn runs(&self, wasm: Vec<u8>) {
        manage::install(&self.world.app, wasm, true).await.expect("installs");
        self.does("POST", &format!("/{ID}/grant"), json!({"permissions": ["reject"]})).await;
        self.does("POST", &format!("/{ID}/enable"), Value::Null).await;
    }

    async fn shown(&self) -> Value {
        self.does("GET", &format!("/{ID}"), Value::Null).await
    }

    /// What becomes of a post with a dollar.
    async fn posts(&self) -> (u16, String) {
        let answer = self.world.ask("POST", "/api/v1/statuses", Some(&self.token), json!({"status": "a $"})).await;
        (answer.code, answer.body["error"].as_str().unwrap_or_default().to_owned())
    }

    /// The text of a letter from the server that contains `part`.
    async fn letter(&self, part: &str) -> String {
        let mut seen = Value::Null;
        for _ in 0..500 {
            seen = self.world.ask("GET", "/api/v1/conversations", Some(&self.token), Value::Null).await.body;
            let texts = seen.as_array().into_iter().flatten().filter_map(|row| row["last_status"]["content"].as_str());
            if let Some(text) = texts.into_iter().find(|text| text.contains(part)) {
                return text.to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no letter says {part}: {seen}");
    }

    async fn log(&self) -> Vec<String> {
        let answer = self.world.ask("GET", "/api/nagaya/v1/admin/log", Some(&self.token), Value::Null).await;
        answer.body.as_array().expect("a list").iter().map(Value::to_string).collect()
    }
}

#[tokio::test]
async fn a_plugin_that_keeps_failing_is_off_for_1_5_and_30_minutes_and_then_until_an_admin_acts() {
    let admin = Admin::new().await;
    admin.runs(crashes("1")).await;
    assert_eq!(admin.shown().await["state"], "running");
    let clock = admin.world.app.clock.clone();
    for minutes in [1, 5, 30] {
        for _ in 0..3 {
            assert_eq!(admin.shown().await["state"], "running");
            let (code, why) = admin.posts().await;
            assert!(code == 422 && why.contains("Dollars") && why.contains("確認待ち"), "{code} {why}");
        }
        let shown = admin.shown().await;
        let until = clock.now().plus(Duration::from_secs(minutes * 60)).rfc3339();
        assert_eq!((&shown["state"], &shown["off_until"]), (&json!("off"), &json!(until)));
        assert!(shown["state_reason"].as_str().is_some_and(|why| why.contains("unreachable")), "{shown}");
        assert_eq!(admin.posts().await.0, 422, "what goes out stays unchecked, so it is held");
        let log = admin.log().await;
        assert!(log.iter().any(|line| line.contains(ID) && line.contains(&until)), "{log:?}");
        let letter = admin.letter(&until).await;
        assert!(letter.contains(ID) && letter.contains("問題があります") && letter.contains("unreachable"), "{letter}");
        clock.advance(Duration::from_secs(minutes * 60));
    }
    for _ in 0..3 {
        admin.posts().await;
    }
    clock.advance(Duration::from_hours(1_000));
    let shown = admin.shown().await;
    assert_eq!((&shown["state"], &shown["off_until"]), (&json!("off"), &Value::Null));
    assert!(shown["state_reason"].as_str().is_some_and(|why| why.contains("stays off")), "{shown}");
    assert_eq!(admin.does("GET", "", Value::Null).await[0]["costs"]["failures"], 12);
    // A restart changes nothing of it: still unchecked, still held.
    crate::actions::plugin::load(&admin.world.app).await.expect("loads");
    assert_eq!((admin.shown().await["state"].clone(), admin.posts().await.0), (json!("off"), 422));
    admin.does("POST", &format!("/{ID}/enable"), Value::Null).await;
    assert_eq!(admin.shown().await["state"], "running", "an admin acted");
    admin.does("POST", &format!("/{ID}/disable"), Value::Null).await;
    assert_eq!((admin.shown().await["state"].clone(), admin.posts().await.0), (json!("disabled"), 200));
}

#[tokio::test]
async fn five_failures_in_ten_minutes_among_successes_switch_it_off_too() {
    let admin = Admin::new().await;
    admin.runs(crashes("1")).await;
    for round in 0..5 {
        assert_eq!(admin.shown().await["state"], "running", "{round}");
        assert_eq!(admin.posts().await.0, 422);
        if round == 4 {
            break;
        }
        let fine = json!({"status": format!("fine {round}")});
        assert_eq!(admin.world.ask("POST", "/api/v1/statuses", Some(&admin.token), fine).await.code, 200);
        admin.world.app.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(admin.shown().await["state"], "off");
}

#[tokio::test]
async fn one_that_was_granted_nothing_of_what_it_asks_for_says_so() {
    let admin = Admin::new().await;
    manage::install(&admin.world.app, good("1"), true).await.expect("installs");
    assert_eq!(admin.shown().await["state"], "disabled");
    for (run, state) in [("enable", "running"), ("shadow", "shadow")] {
        admin.does("POST", &format!("/{ID}/{run}"), Value::Null).await;
        admin.does("POST", &format!("/{ID}/grant"), json!({"permissions": []})).await;
        assert_eq!((admin.shown().await["state"].clone(), admin.posts().await.0), (json!("asks"), 200));
        admin.does("POST", &format!("/{ID}/grant"), json!({"permissions": ["reject"]})).await;
        assert_eq!(admin.shown().await["state"], state);
    }
}

#[tokio::test]
async fn an_upgrade_that_asks_for_more_waits_while_the_old_version_runs() {
    let admin = Admin::new().await;
    admin.runs(good("1")).await;
    let more = guest::dollars(&manifest("2", r#""reject","see-direct""#), 2);
    let (_, done) = manage::install(&admin.world.app, more, true).await.expect("is read");
    assert_eq!(done, Installed::Pending);
    let shown = admin.shown().await;
    assert_eq!((&shown["version"], &shown["state"]), (&json!("1"), &json!("running")));
    assert_eq!((&shown["pending"]["version"], &shown["pending"]["changes_publisher"]), (&json!("2"), &json!(false)));
    let asked = shown["pending"]["permissions"].as_array().expect("a list");
    let direct = asked.iter().find(|ask| ask["name"] == "see-direct").expect("it asks");
    assert_eq!((&direct["red"], &direct["granted"]), (&json!(true), &json!(false)));
    assert!(direct["prompt"]["ja"].as_str().is_some_and(|text| text.contains("ダイレクト")));
    assert_eq!(admin.posts().await.0, 422, "the old one still works");
    admin.does("POST", &format!("/{ID}/upgrade"), json!({"permissions": ["reject"]})).await;
    let shown = admin.shown().await;
    assert_eq!((&shown["version"], &shown["pending"], &shown["previous"]), (&json!("2"), &Value::Null, &json!("1")));
    let granted = |shown: &Value, name: &str| {
        let asks = shown["permissions"].as_array().expect("a list").iter();
        asks.filter(|ask| ask["name"] == name).any(|ask| ask["granted"] == true)
    };
    assert!(granted(&shown, "reject") && !granted(&shown, "see-direct"), "each is its own question");
    assert_eq!(admin.posts().await.0, 422);
}

/// Settings and what it kept come back with the version; what came with the new one goes with it.
#[tokio::test]
async fn a_rollback_restores_the_version_its_settings_and_what_it_kept() {
    let admin = Admin::new().await;
    let app = admin.world.app.clone();
    admin.runs(good("1")).await;
    let quota = plugin_kv::Quota { bytes: 1000, keys: 10 };
    let keep = |key: &'static str, value: &'static [u8]| {
        app.store.write(move |tx| plugin_kv::set(tx, ID, key, value, None, quota, Time(0)))
    };
    admin.does("PUT", &format!("/{ID}/config"), json!({"config": {"word": "old"}})).await;
    assert!(keep("k", b"old").await.expect("writes"));
    manage::install(&app, good("2"), true).await.expect("upgrades");
    assert_eq!(admin.shown().await["version"], "2");
    admin.does("PUT", &format!("/{ID}/config"), json!({"config": {"word": "new"}})).await;
    assert!(keep("k", b"new").await.expect("writes") && keep("l", b"more").await.expect("writes"));
    let back = admin.does("POST", &format!("/{ID}/rollback"), Value::Null).await;
    assert_eq!(
        (&back["version"], &back["config"]["word"], &back["previous"]),
        (&json!("1"), &json!("old"), &Value::Null)
    );
    assert_eq!(back["state"], "running");
    let kept = app.store.read(|db| plugin_kv::scan(db, ID, "", None, 10, Time(0))).await.expect("reads");
    assert_eq!(kept, [("k".into(), b"old".to_vec())]);
    let again = admin.world.ask("POST", &format!("{PATH}/{ID}/rollback"), Some(&admin.token), Value::Null).await;
    assert_eq!(again.code, 404, "there is nothing before that");
}

/// A new version that fails among its first calls makes room for the one before, by itself; the admins are told.
#[tokio::test]
async fn a_new_version_that_fails_at_once_goes_back_by_itself() {
    let admin = Admin::new().await;
    let app = admin.world.app.clone();
    admin.runs(good("1")).await;
    manage::install(&app, crashes("2"), true).await.expect("upgrades");
    assert_eq!(admin.shown().await["version"], "2");
    for _ in 0..3 {
        assert_eq!(admin.posts().await.0, 422);
    }
    for _ in 0..500 {
        // The version changes in the database first, and then runs.
        let shown = admin.shown().await;
        if shown["version"] == "1" && shown["state"] == "running" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let shown = admin.shown().await;
    assert_eq!((&shown["version"], &shown["state"]), (&json!("1"), &json!("running")));
    let (code, why) = admin.posts().await;
    assert!(code == 422 && why.contains("No dollars"), "{why}");
    let log = admin.log().await;
    assert!(log.iter().any(|line| line.contains(ID) && line.contains("so 1 runs again")), "{log:?}");
    // The same failures later, or long after the upgrade, are no reason to go back.
    manage::install(&app, crashes("3"), true).await.expect("upgrades");
    app.clock.advance(Duration::from_hours(25));
    for _ in 0..3 {
        admin.posts().await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let shown = admin.shown().await;
    assert_eq!((&shown["version"], &shown["state"]), (&json!("3"), &json!("off")));
}

#[tokio::test]
async fn twenty_good_calls_make_a_new_version_a_grown_up() {
    let admin = Admin::new().await;
    let app = admin.world.app.clone();
    admin.runs(good("1")).await;
    manage::install(&app, crashes("2"), true).await.expect("upgrades");
    for round in 0..20 {
        let fine = json!({"status": format!("fine {round}")});
        assert_eq!(admin.world.ask("POST", "/api/v1/statuses", Some(&admin.token), fine).await.code, 200);
        // Other settings, same bytes: it does not become younger.
        if round == 10 {
            admin.does("PUT", &format!("/{ID}/config"), json!({"config": {"word": "b"}})).await;
        }
    }
    for _ in 0..3 {
        admin.posts().await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let shown = admin.shown().await;
    assert_eq!((&shown["version"], &shown["state"]), (&json!("2"), &json!("off")));
}

/// Somebody else's plugin under the same id gets neither the grants nor what the first one kept.
#[tokio::test]
async fn squatting_a_name_gets_neither_grants_nor_what_was_kept() {
    let admin = Admin::new().await;
    let app = admin.world.app.clone();
    let (mine, _) = sections::new_key().expect("a key");
    let (other, _) = sections::new_key().expect("a key");
    let signed = |version: &str, key: &[u8]| sections::sign(&good(version), key).expect("signs");
    admin.runs(signed("1", &mine)).await;
    let quota = plugin_kv::Quota { bytes: 1000, keys: 10 };
    let keep = || app.store.write(move |tx| plugin_kv::set(tx, ID, "k", b"secret", None, quota, Time(0)));
    let kept = async || app.store.read(|db| plugin_kv::get(db, ID, "k", Time(0))).await.expect("reads");
    assert!(keep().await.expect("writes"));
    // As an upgrade: it waits, and the admin sees that it is another publisher's.
    assert_eq!(manage::install(&app, signed("2", &other), false).await.expect("is read").1, Installed::Pending);
    assert_eq!(admin.shown().await["pending"]["changes_publisher"], true);
    assert!(kept().await.is_some());
    admin.does("POST", &format!("/{ID}/upgrade"), json!({"permissions": ["reject"]})).await;
    assert_eq!(kept().await, None, "what the first one kept is not the second one's");
    admin.does("POST", &format!("/{ID}/rollback"), Value::Null).await;
    assert_eq!(kept().await.as_deref(), Some(&b"secret"[..]));
    let grants = {
        let key = admin.shown().await["publisher_key"].as_str().expect("a key").to_owned();
        app.store.read(move |db| plugins::grants(db, ID, &key)).await.expect("reads")
    };
    assert_eq!(grants, [""; 0], "the grants of the other one are not this one's");
    // After it was uninstalled, its data kept.
    for (key, expected) in [(&mine, true), (&other, false)] {
        admin.does("DELETE", &format!("/{ID}"), json!({"data": "keep"})).await;
        assert!(kept().await.is_some());
        assert_eq!(manage::install(&app, signed("3", key), false).await.expect("installs").1, Installed::New);
        assert_eq!(kept().await.is_some(), expected);
        let shown = admin.shown().await;
        let granted = shown["permissions"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|ask| ask["granted"] == true && ask["default"] == false);
        assert!(!granted, "{shown}");
    }
}

/// What calls cost and what the plugin counts itself stand with the plugin, and its log lines in its log.
#[tokio::test]
async fn costs_numbers_and_lines_are_shown() {
    let admin = Admin::new().await;
    let counts = guest::module(
        &manifest("1", r#""reject""#),
        &format!(
            r#"(import "nagaya:plugin/metrics@1.0.0" "count" (func $count (param i32 i32 i32)))
            (import "nagaya:plugin/metrics@1.0.0" "observe" (func $observe (param i32 i32 f64)))
            (import "nagaya:plugin/log@1.0.0" "write" (func $write (param i32 i32 i32)))
            {}
            (func (export "nagaya:plugin/filter@1.0.0#decide") (param i32) (result i32)
                (call $count (i32.const 2048) (i32.const 4) (i32.const 2))
                (call $observe (i32.const 2052) (i32.const 4) (f64.const 1.5))
                (call $write (i32.const 2) (i32.const 2048) (i32.const 8))
                (i32.const 0))
            (data (i32.const 2048) "seensize")"#,
            guest::ALLOCATOR
        ),
    );
    admin.runs(counts).await;
    for _ in 0..2 {
        let fine = json!({"status": "fine"});
        assert_eq!(admin.world.ask("POST", "/api/v1/statuses", Some(&admin.token), fine).await.code, 200);
    }
    let costs = admin.shown().await["costs"].clone();
    assert_eq!((&costs["calls"], &costs["accepted"], &costs["failures"]), (&json!(2), &json!(2), &json!(0)));
    let expected = json!({"plugin_org_example_dollars_seen": 4, "plugin_org_example_dollars_size_count": 2,
        "plugin_org_example_dollars_size_sum": 3.0, "plugin_org_example_dollars_size_max": 1.5});
    assert_eq!(costs["metrics"], expected);
    let lines = admin.does("GET", &format!("/{ID}/logs"), Value::Null).await;
    assert_eq!((&lines[1]["level"], &lines[1]["message"]), (&json!("warn"), &json!("seensize")));
    let newer = format!("/{ID}/logs?after={}", lines[0]["id"].as_str().expect("an id"));
    assert_eq!(admin.does("GET", &newer, Value::Null).await.as_array().map(Vec::len), Some(1));
}
