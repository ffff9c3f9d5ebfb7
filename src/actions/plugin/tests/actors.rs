//! Profiles of other servers are judged when they are stored, fetches are asked for, and keys are had all the same.

use serde_json::{Value, json};

use super::{fixture, install};
use crate::actions::fetch::{self, Budget};
use crate::actions::plugin::manage;
use crate::app::App;
use crate::error::Error;
use crate::store::{accounts, actor_judgements, moderation};
use crate::testing;
use crate::testing::net::{self, Asked, Page};

const BOB: &str = "https://b.example/users/bob";
const PROFILES: &str = r#"{"id":"org.example.profiles","version":"1","api":"1.0","kinds":["actor-filter"],
    "permissions":["reject"],"name":{"en":"Profiles"},"summary":{"en":"Profiles"}}"#;

fn profile() -> Value {
    let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";
    let mut person = net::person("b.example", "bob", pem);
    person["name"] = json!("Bob");
    person["summary"] = json!("<p>Casinos</p>");
    person["icon"] = json!({"type": "Image", "mediaType": "image/png", "url": "https://b.example/bob.png"});
    person
}

fn world() -> (tempfile::TempDir, App, Asked) {
    let (outbound, asked) = net::played(|hop| match (hop.url.host_str(), hop.url.path()) {
        (Some("b.example"), "/users/bob") => Some(Page::document(&profile())),
        (Some("b.example"), "/.well-known/webfinger") => Some(net::jrd("b.example", "bob")),
        _ => None,
    });
    let (folder, app) = testing::server_with("here.example", false, 8, 7, outbound, |config| config.plugins = true);
    (folder, app, asked)
}

async fn rules(app: &App, settings: Value) {
    let wasm = manage::built_in("host-rules").expect("comes with us");
    install(app, wasm, &["reject", "rewrite"]).await;
    let settings = settings.as_object().cloned().expect("an object");
    manage::configure(app, "host-rules", settings).await.expect("fits");
}

async fn actor(app: &App) -> crate::error::Result<accounts::Account> {
    fetch::actor(app, BOB, &mut Budget::default()).await
}

#[tokio::test]
async fn a_profile_is_stored_as_the_filters_leave_it() {
    let (_folder, app, _) = world();
    crate::actions::account::ensure_instance_actor(&app).await.expect("is made");
    rules(&app, json!({"avatar_removal": ["b.example"]})).await;
    let bob = actor(&app).await.expect("is stored");
    assert_eq!((bob.display_name.as_str(), bob.avatar_remote_url.as_deref()), ("Bob", None));
    let log = app.store.read(|db| moderation::recent(db, 9)).await.expect("reads");
    let [entry] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!((entry.action.as_str(), entry.source.as_str()), ("change", "plugin:org.nagaya.host-rules"));
    assert_eq!(entry.actor_uri, BOB);
}

#[tokio::test]
async fn a_gate_keeps_the_server_from_asking() {
    let (_folder, app, asked) = world();
    crate::actions::account::ensure_instance_actor(&app).await.expect("is made");
    rules(&app, json!({"reject": ["b.example"]})).await;
    let url = "https://b.example/notes/1";
    for purpose in ["actor", "post", "collection"] {
        let refused = fetch::gated(&app, url, purpose, &mut Budget::default()).await.expect_err("is refused");
        assert!(refused.to_string().contains("org.nagaya.host-rules"), "{purpose}: {refused}");
    }
    assert!(matches!(actor(&app).await, Err(Error::Forbidden(_))));
    let media = super::super::media(&app, crate::media::Purpose::Avatar, "https://b.example/bob.png").await;
    assert!(matches!(media, Err(Error::Forbidden(_))), "{media:?}");
    assert_eq!(asked.lines(), [""; 0]);
    manage::switch(&app, "host-rules", manage::Run::Off).await.expect("stops");
    actor(&app).await.expect("is had");
    assert!(asked.count_of("/users/bob") > 0);
}

#[tokio::test]
async fn a_rejected_profile_is_not_stored_but_its_keys_are_known() {
    let (_folder, app, _) = world();
    crate::actions::account::ensure_instance_actor(&app).await.expect("is made");
    install(&app, fixture::profiles(PROFILES, 2), &["reject"]).await;
    let refused = actor(&app).await.expect_err("is refused").to_string();
    assert!(refused.contains("org.example.profiles") && refused.contains("Odd / 変"), "{refused}");
    let stored = || app.store.read(|db| accounts::by_uri(db, BOB));
    assert!(stored().await.expect("reads").is_none());
    // Before a signature is checked nothing is judged: the key is had, the profile is not.
    fetch::key(&app, &format!("{BOB}#main-key"), false).await.expect("the key is had");
    let bare = stored().await.expect("reads").expect("is stored");
    assert_eq!((bare.display_name.as_str(), bare.note.as_str(), bare.avatar_remote_url.as_deref()), ("", "", None));
    for _ in 0..2 {
        assert!(matches!(actor(&app).await, Err(Error::Forbidden(_))), "and its owner cannot act");
    }
    let log = app.store.read(|db| moderation::recent(db, 9)).await.expect("reads");
    assert_eq!(log.iter().filter(|entry| entry.action == "reject").count(), 2, "once for each time it was read");
    manage::switch(&app, "profiles", manage::Run::Off).await.expect("stops");
    let bob = actor(&app).await.expect("nothing stands against it");
    assert_eq!(bob.display_name, "Bob");
    let left = app.store.read(move |db| actor_judgements::of(db, bob.id)).await.expect("reads");
    assert_eq!(left, None);
}

#[tokio::test]
async fn a_held_profile_is_limited_and_a_known_one_keeps_its_old_looks() {
    let (_folder, app, _) = world();
    crate::actions::account::ensure_instance_actor(&app).await.expect("is made");
    install(&app, fixture::profiles(PROFILES, 1), &["reject"]).await;
    let bob = actor(&app).await.expect("is stored");
    assert!(bob.silenced_at.is_some(), "until a moderator looks");
    let known = |db: &crate::store::Connection| accounts::by_uri(db, BOB);
    manage::uninstall(&app, "profiles", false).await.expect("goes");

    install(&app, fixture::profiles(PROFILES, 2), &["reject"]).await;
    let mut changed = profile();
    changed["name"] = json!("Casino Bob");
    let kept = fetch::store_actor(&app, &changed, &mut Budget::default()).await.expect("the old one is kept");
    assert_eq!(kept.display_name, "Bob");
    let row = app.store.read(known).await.expect("reads").expect("is there");
    assert_eq!(row.display_name, "Bob");
    // What did not change is not judged again.
    fetch::store_actor(&app, &profile(), &mut Budget::default()).await.expect("passes");
    let log = app.store.read(|db| moderation::recent(db, 9)).await.expect("reads");
    assert_eq!(log.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["reject", "hold"]);
}
