//! Filters judge every verb; what they refuse is logged and traced, what they hold goes on once a moderator agrees.

use serde_json::{Value, json};

use super::{ALICE, BOB, from, people};
use crate::actions::plugin::{manage, review};
use crate::app::App;
use crate::federation::worker;
use crate::ids::AccountId;
use crate::outbound::Outbound;
use crate::store::page::Page;
use crate::store::{accounts, blocks, events, follows, held, moderation, reports};
use crate::testing;

use crate::testing::guest;

const MANIFEST: &str = r#"{"id":"org.example.judge","version":"1","api":"1.0","kinds":["filter"],
    "permissions":["reject","control"],"name":{"en":"Judge"},"summary":{"en":"Judge"}}"#;

async fn world() -> (tempfile::TempDir, App) {
    let (folder, app) =
        testing::server_with("here.example", false, 8, 7, Outbound::unplugged(), |config| config.plugins = true);
    people(&app).await;
    (folder, app)
}

async fn start(app: &App, wasm: Vec<u8>, grants: &[&str]) {
    let (manifest, _) = manage::install(app, wasm, true).await.expect("installs");
    let grants = grants.iter().map(|name| (*name).to_owned()).collect();
    manage::grant(app, &manifest.id, grants).await.expect("grants");
    manage::switch(app, &manifest.id, manage::Run::On).await.expect("starts");
}

fn activity(verb: &str, object: Value) -> Value {
    json!({"id": format!("https://b.example/{}/1", verb.to_lowercase()), "type": verb, "actor": BOB, "object": object})
}

/// One of each, as other programs send them.
fn all() -> Vec<(Value, bool)> {
    let post = "https://here.example/users/alice/statuses/1";
    let mut moved = activity("Move", json!(BOB));
    moved["target"] = json!("https://c.example/users/bob");
    let mut boost = activity("Announce", json!(post));
    boost["to"] = json!("https://www.w3.org/ns/activitystreams#Public");
    vec![
        (activity("Follow", json!(ALICE)), false),
        (activity("Like", json!(post)), false),
        (activity("EmojiReact", json!(post)), false),
        (boost, false),
        (activity("Accept", json!("https://here.example/follows/9")), false),
        (moved, false),
        (activity("View", json!(post)), false),
        (activity("Delete", json!({"type": "Tombstone", "id": "https://b.example/notes/9"})), true),
        (activity("Delete", json!(BOB)), true),
        (activity("Undo", json!({"type": "Block", "id": "https://b.example/block/9", "object": ALICE})), true),
        (activity("Block", json!(ALICE)), true),
        (activity("Flag", json!([ALICE])), true),
    ]
}

#[tokio::test]
async fn every_verb_is_judged_and_four_of_them_only_with_leave() {
    let (_folder, app) = world().await;
    start(&app, guest::always(MANIFEST, 2), &["reject"]).await;
    for (activity, red) in all() {
        let name = activity["type"].as_str().expect("a verb").to_owned();
        if name == "Delete" && activity["object"] == json!(BOB) {
            continue;
        }
        let said = from(&app, BOB, activity).await;
        assert_eq!(said.starts_with("rejected by the plugin org.example.judge: Not here"), !red, "{name}: {said}");
    }
    let blocked = app.store.read(|db| blocks::exists(db, AccountId(2), AccountId(1))).await.expect("reads");
    assert!(blocked, "a Block took effect, for nobody allowed the plugin to judge it");

    let (_folder, app) = world().await;
    start(&app, guest::always(MANIFEST, 2), &["reject", "control"]).await;
    for (activity, _) in all() {
        let name = activity["type"].to_string();
        let said = from(&app, BOB, activity).await;
        assert!(said.starts_with("rejected by the plugin"), "{name}: {said}");
        assert!(super::super::is_refusal(&said), "the trace calls it so");
    }
    let (log, traced, bob, blocked) = app
        .store
        .read(|db| {
            let traced = events::by_actor(db, BOB, 100)?;
            let blocked = blocks::exists(db, AccountId(2), AccountId(1))?;
            Ok((moderation::recent(db, 100)?, traced, accounts::by_uri(db, BOB)?, blocked))
        })
        .await
        .expect("reads");
    assert_eq!(log.len(), all().len());
    for entry in &log {
        assert_eq!((entry.action.as_str(), entry.direction.as_str()), ("reject", "inbound"), "{entry:?}");
        assert_eq!((entry.source.as_str(), entry.actor_uri.as_str()), ("plugin:org.example.judge", BOB));
    }
    let steps = traced.iter().filter(|event| event.step == events::Step::Filter);
    assert_eq!(steps.count(), all().len());
    assert!(bob.is_some() && !blocked, "nothing took effect");
}

#[tokio::test]
async fn a_held_follow_takes_effect_once_a_moderator_agrees() {
    let (_folder, app) = world().await;
    start(&app, guest::always(MANIFEST, 1), &["reject"]).await;
    let follow = activity("Follow", json!(ALICE));
    for _ in 0..2 {
        let said = from(&app, BOB, follow.clone()).await;
        assert!(said.starts_with("held by the plugin org.example.judge"), "{said}");
    }
    let known = || app.store.read(|db| follows::between(db, AccountId(2), AccountId(1)));
    assert!(known().await.expect("reads").is_none());
    let queue = app.store.read(|db| held::list(db, "open", &Page::first(9))).await.expect("reads");
    let [row] = queue.as_slice() else { panic!("held once: {queue:?}") };
    assert_eq!((row.activity.as_deref(), row.text.as_str()), (Some("Follow"), &*format!("Follow {ALICE}")));
    let done = review::approve(&app, AccountId(1), row.id).await.expect("agrees");
    assert_eq!(done.state, "approved");
    worker::run_until_idle(&app).await.expect("works");
    let follow = known().await.expect("reads").expect("it is there, though the filter runs on");
    assert_eq!(follow.uri, "https://b.example/follow/1");
    assert!(review::approve(&app, AccountId(1), row.id).await.is_err(), "once is enough");
}

/// The facts that policies ask about, told to a plugin that comes with the server.
#[tokio::test]
async fn the_rules_for_hosts_know_deletions_and_reports() {
    let (_folder, app) = world().await;
    start(&app, manage::built_in("host-rules").expect("comes with us"), &["reject", "control"]).await;
    let rules = json!({"reject_deletes": ["b.example"], "reports": ["empty"]});
    manage::configure(&app, "host-rules", rules.as_object().cloned().expect("an object")).await.expect("fits");
    let deletion = activity("Delete", json!({"type": "Tombstone", "id": "https://b.example/notes/9"}));
    let said = from(&app, BOB, deletion).await;
    assert!(said.starts_with("rejected by the plugin org.nagaya.host-rules"), "{said}");
    let said = from(&app, BOB, activity("Flag", json!([ALICE]))).await;
    assert!(said.starts_with("rejected by the plugin org.nagaya.host-rules"), "{said}");
    let mut report = activity("Flag", json!([ALICE]));
    report["content"] = json!("She shouts.");
    report["id"] = json!("https://b.example/flag/2");
    from(&app, BOB, report).await;
    let open = app.store.read(|db| reports::count_since(db, AccountId(2), crate::clock::Time(0))).await.expect("reads");
    assert_eq!(open, 1, "a report that says why is taken");
}
