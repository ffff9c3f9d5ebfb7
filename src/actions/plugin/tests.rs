//! Plugins in a whole server: what is held comes back under its own id, and what admins do can be undone.

use serde_json::json;

use super::manage::{self, Installed};
use super::review;
use crate::actions::fetch::Budget;
use crate::actions::post::{self, Draft};
use crate::actions::receive;
use crate::app::App;
use crate::app::tests::local_account;
use crate::error::Error;
use crate::ids::{FollowId, HeldId, StatusId};
use crate::store::accounts::Account;
use crate::store::follows::{self, Follow};
use crate::store::page::Page;
use crate::store::{accounts, held, plugin_kv, plugin_verdicts, plugins, statuses};
use crate::testing::{self, NOW};

mod actors;
mod deeds;
use crate::testing::guest as fixture;
mod late;

fn manifest(version: &str, permissions: &str) -> String {
    format!(
        r#"{{"id":"org.example.dollars","version":"{version}","api":"1.0","kinds":["filter"],
        "permissions":[{permissions}],"name":{{"en":"Dollars"}},"summary":{{"en":"Dollars"}}}}"#
    )
}

async fn start(app: &App, verdict: u8) {
    let wasm = fixture::dollars(&manifest("1", r#""reject""#), verdict);
    let (_, done) = manage::install(app, wasm, true).await.expect("installs");
    assert_eq!(done, Installed::New);
    manage::grant(app, "dollars", vec!["reject".into()]).await.expect("grants");
    manage::switch(app, "dollars", manage::Run::On).await.expect("starts");
}

/// Installs a plugin, grants it this, and starts it.
async fn install(app: &App, wasm: Vec<u8>, grants: &[&str]) {
    let (manifest, _) = manage::install(app, wasm, true).await.expect("installs");
    let grants = grants.iter().map(|name| (*name).to_owned()).collect();
    manage::grant(app, &manifest.id, grants).await.expect("grants");
    manage::switch(app, &manifest.id, manage::Run::On).await.expect("starts");
    assert!(app.plugins.list().iter().any(|loaded| loaded.manifest.id == manifest.id), "{} runs", manifest.id);
}

/// Somebody on `peer.example` whom `me` follows.
async fn follow(app: &App, me: &Account, id: i64, name: &'static str) -> Account {
    let them = app.store.write(move |tx| Ok(testing::account(tx, id, name, Some("peer.example")))).await;
    let them = them.expect("writes");
    follow_known(app, me, &them, id).await;
    them
}

async fn follow_known(app: &App, me: &Account, them: &Account, id: i64) {
    let follow = Follow {
        id: FollowId(id),
        account_id: me.id,
        target_id: them.id,
        uri: format!("https://here.example/follows/{id}"),
        accepted: true,
        show_reblogs: true,
        notify: false,
        languages: None,
        created_at: NOW,
    };
    app.store.write(move |tx| follows::insert(tx, &follow).map(drop)).await.expect("writes");
}

async fn queue(app: &App) -> Vec<held::Held> {
    app.store.read(|db| held::list(db, "open", &Page::first(10))).await.expect("reads")
}

#[tokio::test]
async fn a_held_post_is_published_under_its_own_id_once_a_moderator_agrees() {
    let (_folder, app) = testing::app_with_plugins();
    let me = local_account(&app, "alice", "owner").await;
    start(&app, 1).await;
    let draft = || Draft { text: "a $ for you".into(), ..Draft::default() };
    let Err(Error::Held { id, reason }) = post::create(&app, &me, draft()).await else { panic!("it is held") };
    assert!(
        reason.contains("No dollars") && reason.contains("review queue") && reason.contains("確認待ち"),
        "{reason}"
    );
    let id = HeldId(id);
    let known = move |db: &crate::store::Connection| statuses::by_id(db, StatusId(id.0));
    assert_eq!(app.store.read(known).await.expect("reads").map(|status| status.id), None, "nobody sees it");
    // The same again is the same.
    assert!(matches!(post::create(&app, &me, draft()).await, Err(Error::Held { id: again, .. }) if again == id.0));
    let [row]: [held::Held; 1] = queue(&app).await.try_into().expect("one is held");
    assert_eq!((row.id, row.text.as_str(), row.plugin_id.as_str()), (id, "a $ for you", "org.example.dollars"));
    let approved = review::approve(&app, me.id, id).await.expect("agrees");
    assert_eq!((approved.state.as_str(), approved.status_id), ("approved", Some(StatusId(id.0))));
    let status = app.store.read(known).await.expect("reads").expect("it is published");
    assert!(status.content.contains("a $ for you"), "{}", status.content);
    assert!(matches!(review::approve(&app, me.id, id).await, Err(Error::Conflict(_))), "once is enough");
    let said = app.store.read(|db| plugin_verdicts::of(db, "org.example.dollars", None, 9)).await.expect("reads");
    assert_eq!(said.iter().map(|row| row.action.as_str()).collect::<Vec<_>>(), ["hold", "hold"]);
}

#[tokio::test]
async fn an_author_withdraws_and_a_moderator_drops() {
    let (_folder, app) = testing::app_with_plugins();
    let me = local_account(&app, "alice", "owner").await;
    start(&app, 1).await;
    for (text, withdrawn) in [("$1", true), ("$2", false)] {
        let draft = Draft { text: text.into(), ..Draft::default() };
        let Err(Error::Held { id, .. }) = post::create(&app, &me, draft).await else { panic!("it is held") };
        if withdrawn {
            assert!(review::withdraw(&app, accounts::INSTANCE, HeldId(id)).await.is_err(), "a stranger does not");
            review::withdraw(&app, me.id, HeldId(id)).await.expect("withdraws");
            assert!(review::approve(&app, me.id, HeldId(id)).await.is_err());
        } else {
            review::reject(&app, me.id, HeldId(id)).await.expect("drops");
            assert!(review::withdraw(&app, me.id, HeldId(id)).await.is_err());
        }
    }
    assert_eq!(queue(&app).await, []);
}

#[tokio::test]
async fn a_held_post_of_another_server_is_taken_in_once_a_moderator_agrees() {
    let (_folder, app) = testing::app_with_plugins();
    let me = local_account(&app, "alice", "owner").await;
    let follower = me.id;
    let carol = app
        .store
        .write(move |tx| {
            let carol = testing::account(tx, 7, "carol", Some("peer.example"));
            let follow = Follow {
                id: FollowId(1),
                account_id: follower,
                target_id: carol.id,
                uri: "https://here.example/follows/1".into(),
                accepted: true,
                show_reblogs: true,
                notify: false,
                languages: None,
                created_at: NOW,
            };
            follows::insert(tx, &follow)?;
            Ok(carol)
        })
        .await
        .expect("writes");
    start(&app, 1).await;
    let uri = "https://peer.example/notes/1";
    let object = json!({
        "id": uri, "type": "Note", "attributedTo": carol.uri, "content": "<p>a $ for you</p>",
        "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [], "published": "2026-08-07T14:00:00Z",
    });
    let known = move |db: &crate::store::Connection| statuses::by_uri(db, uri);
    for _ in 0..2 {
        let said = receive::delivered(&app, &object, carol.clone(), None, &mut Budget::default()).await;
        assert_eq!(said.expect("is read"), "rejected or held by a filter");
    }
    assert!(app.store.read(known).await.expect("reads").is_none());
    let [row]: [held::Held; 1] = queue(&app).await.try_into().expect("held once");
    assert_eq!((row.object_uri.as_deref(), row.direction.as_str()), (Some(uri), "inbound"));
    let approved = review::approve(&app, me.id, row.id).await.expect("agrees");
    let status = app.store.read(known).await.expect("reads").expect("it is stored");
    assert_eq!(approved.status_id, Some(status.id));
}

#[tokio::test]
async fn an_upgrade_that_asks_for_more_waits_and_a_way_back_restores_what_was_kept() {
    let (_folder, app) = testing::app_with_plugins();
    let unsigned = manage::install(&app, fixture::dollars(&manifest("1", r#""reject""#), 2), false).await;
    assert!(unsigned.expect_err("refused").to_string().contains("not signed"));
    start(&app, 2).await;
    let id = "org.example.dollars";
    let quota = plugin_kv::Quota { bytes: 1000, keys: 10 };
    let keep = |value: &'static [u8]| app.store.write(move |tx| plugin_kv::set(tx, id, "k", value, None, quota, NOW));
    assert!(keep(b"old").await.expect("writes"));
    let current = || app.store.read(move |db| Ok(plugins::by_id(db, id)?.map(|row| row.version)));
    let more = fixture::dollars(&manifest("2", r#""reject","see-direct""#), 2);
    let (_, done) = manage::install(&app, more, true).await.expect("is read");
    assert_eq!((done, current().await.expect("reads").as_deref()), (Installed::Pending, Some("1")));
    assert!(manage::upgrade(&app, "dollars", vec!["dns".into()]).await.is_err(), "it does not ask for that");
    manage::upgrade(&app, "dollars", vec!["reject".into(), "see-direct".into()]).await.expect("switches");
    assert_eq!(current().await.expect("reads").as_deref(), Some("2"));
    assert!(keep(b"new").await.expect("writes"));
    manage::rollback(&app, "dollars").await.expect("goes back");
    assert_eq!(current().await.expect("reads").as_deref(), Some("1"));
    let kept = app.store.read(move |db| plugin_kv::get(db, id, "k", NOW)).await.expect("reads");
    assert_eq!(kept.as_deref(), Some(&b"old"[..]));
    assert!(manage::rollback(&app, "dollars").await.is_err(), "there is nothing before that");
    manage::uninstall(&app, "dollars", true).await.expect("goes");
    let (left, grants) = app
        .store
        .read(move |db| Ok((plugin_kv::get(db, id, "k", NOW)?, plugins::grants(db, id, "")?)))
        .await
        .expect("reads");
    assert_eq!((left.as_deref(), grants.len()), (Some(&b"old"[..]), 0), "data was to be kept, grants never are");
}

#[tokio::test]
async fn a_signed_plugin_is_not_replaced_by_an_unsigned_or_a_strangers_one() {
    let (_folder, app) = testing::app_with_plugins();
    let file = |version: &str| fixture::dollars(&manifest(version, r#""reject""#), 2);
    let (mine, _) = crate::plugins::sections::new_key().expect("a key");
    let (other, _) = crate::plugins::sections::new_key().expect("a key");
    let sign = |version: &str, key: &[u8]| crate::plugins::sections::sign(&file(version), key).expect("signs");
    assert_eq!(manage::install(&app, sign("1", &mine), false).await.expect("installs").1, Installed::New);
    assert_eq!(manage::install(&app, sign("1", &mine), false).await.expect("is read").1, Installed::Same);
    let refused = manage::install(&app, file("2"), true).await.expect_err("downgraded").to_string();
    assert!(refused.contains("signed and this one is not"), "{refused}");
    assert_eq!(manage::install(&app, sign("2", &other), false).await.expect("is read").1, Installed::Pending);
    assert_eq!(manage::install(&app, sign("3", &mine), false).await.expect("installs").1, Installed::Upgraded);
}

#[tokio::test]
async fn a_plugin_that_ran_when_the_server_died_stays_off() {
    let (folder, app) = testing::app_with_plugins();
    start(&app, 2).await;
    std::fs::write(folder.path().join("plugin-running"), "org.example.dollars\0").expect("writes");
    let plugins = crate::plugins::Plugins::start(crate::plugins::Options {
        data: folder.path().into(),
        program: "nagaya".into(),
        enabled: true,
        host: "here.example".into(),
        handle_domain: "here.example".into(),
        clock: crate::clock::Clock::manual(NOW),
        random: app.random.clone(),
        store: app.store.clone(),
        outbound: None,
        compile_in_process: true,
    });
    assert_eq!(plugins.suspects(), ["org.example.dollars"]);
    super::alarm::suspect(&app, &plugins.suspects()[0]).await.expect("switches off");
    let row = app.store.read(|db| plugins::by_id(db, "org.example.dollars")).await.expect("reads").expect("is there");
    assert!(!row.enabled && row.off_reason.is_some_and(|why| why.contains("異常終了")));
}
