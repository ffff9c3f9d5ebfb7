//! Received activities and what becomes of them: order, repetition, strangers.

mod features;
mod filters;
mod groups;
mod order;
mod quotes;
mod rules;

use serde_json::{Value, json};

use super::{Received, receive};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::ids::{AccountId, FollowId};
use crate::store::follows::{self, Follow};
use crate::store::users::{self, User};
use crate::store::{accounts, deliveries, reports, statuses, timelines};
use crate::testing::{self, NOW};

const ALICE: &str = "https://here.example/users/alice";
const BOB: &str = "https://b.example/users/bob";

/// alice lives here, bob and eve elsewhere. The network is unplugged: whatever tries to fetch fails.
async fn world() -> (tempfile::TempDir, App) {
    let (folder, app) = testing::app();
    people(&app).await;
    (folder, app)
}

async fn people(app: &App) {
    app.store
        .write(|tx| {
            testing::account(tx, 1, "alice", None);
            users::insert(tx, &user(AccountId(1)))?;
            testing::account(tx, 2, "bob", Some("b.example"));
            testing::account(tx, 3, "eve", Some("b.example"));
            Ok(())
        })
        .await
        .expect("writes");
}

fn user(account_id: AccountId) -> User {
    User {
        account_id,
        email: "alice@example.org".into(),
        password_hash: String::new(),
        role: "member".into(),
        locale: "en".into(),
        default_visibility: Visibility::Public,
        default_sensitive: false,
        default_language: None,
        created_at: NOW,
        confirmed_at: Some(NOW),
        approved_at: Some(NOW),
        disabled_at: None,
        last_active_at: None,
    }
}

async fn alice_follows_bob(app: &App) {
    let follow = Follow {
        id: FollowId(9),
        account_id: AccountId(1),
        target_id: AccountId(2),
        uri: format!("{ALICE}#follows/9"),
        accepted: true,
        show_reblogs: true,
        notify: true,
        languages: None,
        created_at: NOW,
    };
    app.store.write(move |tx| follows::insert(tx, &follow)).await.expect("writes");
}

async fn from(app: &App, signer: &str, activity: Value) -> String {
    receive(app, Received { activity, signer: signer.into(), recipient: None }).await.expect("is dealt with")
}

fn create(number: u32, extra: &Value) -> Value {
    let id = format!("https://b.example/notes/{number}");
    let mut note = json!({
        "id": id, "type": "Note", "attributedTo": BOB, "content": "<p>Hello</p>",
        "published": NOW.rfc3339(), "to": ["https://www.w3.org/ns/activitystreams#Public"],
    });
    for (key, value) in extra.as_object().expect("an object") {
        note[key] = value.clone();
    }
    json!({"id": format!("{id}/activity"), "type": "Create", "actor": BOB, "to": note["to"], "object": note})
}

async fn home(app: &App) -> usize {
    let page = crate::store::page::Page { max: None, since: None, min: None, limit: 40 };
    app.store.read(move |db| timelines::home(db, AccountId(1), &page, NOW)).await.expect("reads").len()
}

async fn followers(app: &App) -> i64 {
    app.store.read(|db| accounts::by_id(db, AccountId(1))).await.expect("reads").expect("alice").followers_count
}

#[tokio::test]
async fn p5_r16_an_undo_of_a_follow_counts_even_under_another_id() {
    // Misskey embeds a Follow with an id that it never sent.
    let (_folder, app) = world().await;
    let follow =
        |id: &str| json!({"id": format!("https://b.example/{id}"), "type": "Follow", "actor": BOB, "object": ALICE});
    for (sent, undone) in [("follows/1", "follows/bob/alice"), ("follows/2", "follows/2")] {
        from(&app, BOB, follow(sent)).await;
        assert_eq!(followers(&app).await, 1);
        let undo = json!({"id": "https://b.example/u/1", "type": "Undo", "actor": BOB, "object": follow(undone)});
        assert_eq!(from(&app, BOB, undo).await, "undone");
        assert_eq!(followers(&app).await, 0);
    }
}

#[tokio::test]
async fn p2_a_repeated_follow_takes_the_new_id_and_a_new_answer() {
    let (_folder, app) = world().await;
    for id in ["1", "2"] {
        let follow =
            json!({"id": format!("https://b.example/f/{id}"), "type": "Follow", "actor": BOB, "object": ALICE});
        from(&app, BOB, follow).await;
    }
    let (uri, answers) = app
        .store
        .read(|db| {
            let follow = follows::between(db, AccountId(2), AccountId(1))?;
            let lanes = deliveries::lanes(db)?;
            let uris: Vec<String> = db
                .prepare("SELECT DISTINCT uri FROM activities WHERE kind = 'Accept'")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            assert_eq!(lanes.len(), 1);
            Ok((follow.map(|follow| follow.uri), uris))
        })
        .await
        .expect("reads");
    assert_eq!(uri.as_deref(), Some("https://b.example/f/2"));
    assert_eq!(answers.len(), 2, "whoever drops repeated ids must still hear the second Accept: {answers:?}");
    let undo = json!({"id": "https://b.example/u/1", "type": "Undo", "actor": BOB, "object": "https://b.example/f/2"});
    assert_eq!(from(&app, BOB, undo).await, "undone");
}

#[tokio::test]
async fn p9_what_concerns_nobody_here_is_not_stored_and_costs_no_fetch() {
    let (_folder, app) = world().await;
    let stranger = create(
        1,
        &json!({"inReplyTo": "https://c.example/slow", "tag": [{"type": "Mention", "href": "https://d.example/u"}]}),
    );
    assert_eq!(from(&app, BOB, stranger).await, "ignored: nobody here has to do with it");
    let named =
        json!({"id": "https://b.example/a/2", "type": "Create", "actor": BOB, "object": "https://b.example/notes/2"});
    let outcome = receive(&app, Received { activity: named, signer: BOB.into(), recipient: None }).await;
    assert!(outcome.is_err(), "its own server is asked, and here nobody answers: {outcome:?}");
    for (extra, why) in
        [(json!({"to": [ALICE]}), "addressed"), (json!({"tag": [{"type": "Mention", "href": ALICE}]}), "named")]
    {
        let told = from(&app, BOB, create(10 + why.len() as u32, &extra)).await;
        assert!(told.starts_with("stored"), "{why}: {told}");
    }
}

#[tokio::test]
async fn a_post_fetched_a_moment_before_its_delivery_still_reaches_home_and_subscribers() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let document = create(3, &json!({}))["object"].clone();
    crate::actions::receive::fetched(&app, &document, &mut crate::actions::fetch::Budget::default())
        .await
        .expect("stores")
        .expect("is a post");
    assert_eq!(home(&app).await, 0, "what was only fetched enters no home");
    from(&app, BOB, create(3, &json!({}))).await;
    from(&app, BOB, create(3, &json!({}))).await;
    assert_eq!(home(&app).await, 1);
    let told: i64 = app
        .store
        .read(|db| Ok(db.query_row("SELECT count(*) FROM notifications WHERE kind = 'status'", [], |row| row.get(0))?))
        .await
        .expect("reads");
    assert_eq!(told, 1, "alice asked to hear of bob's posts, once each");
}

#[tokio::test]
async fn a3_a_delete_counts_only_for_its_owner() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let delete = |actor: &str| json!({"id": "https://b.example/d/1", "type": "Delete", "actor": actor, "object": "https://b.example/notes/4"});
    let eve = "https://b.example/users/eve";
    from(&app, eve, delete(eve)).await;
    assert!(from(&app, BOB, create(4, &json!({}))).await.starts_with("stored"), "eve cannot bury what bob writes");
    assert!(receive(&app, Received { activity: delete(eve), signer: eve.into(), recipient: None }).await.is_err());
    assert_eq!(from(&app, BOB, delete(BOB)).await, "deleted");
    assert_eq!(from(&app, BOB, create(4, &json!({}))).await, "ignored: deleted before it arrived");
}

#[tokio::test]
async fn a7_a_boost_never_widens_the_audience() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let direct = create(5, &json!({"to": [ALICE], "tag": [{"type": "Mention", "href": ALICE}]}));
    assert!(from(&app, BOB, direct).await.starts_with("stored"));
    let boost = json!({
        "id": "https://b.example/boosts/1", "type": "Announce", "actor": BOB, "object": "https://b.example/notes/5",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
    });
    assert!(from(&app, BOB, boost).await.starts_with("ignored"));
    let stored = app.store.read(|db| statuses::by_uri(db, "https://b.example/boosts/1")).await.expect("reads");
    assert!(stored.is_none());
}

#[tokio::test]
async fn p3_an_undo_that_overtakes_its_like_wins() {
    let (_folder, app) = world().await;
    let undo =
        json!({"id": "https://b.example/u/2", "type": "Undo", "actor": BOB, "object": "https://b.example/likes/1"});
    assert_eq!(from(&app, BOB, undo).await, "not here; remembered as undone");
    let taken = app
        .store
        .write(|tx| crate::store::tombstones::is_undone(tx, "https://b.example/likes/1", BOB, NOW))
        .await
        .expect("reads");
    assert!(taken);
}

#[tokio::test]
async fn r7_a_flag_of_any_shape_becomes_a_report() {
    let (_folder, app) = world().await;
    let answer = "https://b.example/notes/2";
    let written = app.store.write(|tx| {
        let mut own = crate::store::testing::status(50, AccountId(1), true, "hello");
        own.uri = format!("{ALICE}/statuses/50");
        statuses::insert(tx, &own)?;
        let mut theirs = crate::store::testing::status(51, AccountId(3), false, "an answer");
        theirs.uri = "https://b.example/notes/2".into();
        (theirs.in_reply_to_id, theirs.in_reply_to_account_id) = (Some(own.id), Some(AccountId(1)));
        statuses::insert(tx, &theirs)
    });
    assert!(written.await.expect("writes"));
    let (post, eve) = (format!("{ALICE}/statuses/50"), "https://b.example/users/eve");
    let reports = async || {
        let page = crate::store::page::Page::first(99);
        app.store.read(move |db| reports::list(db, reports::Filter::default(), &page)).await.expect("reads")
    };
    for (number, (said, target, posts)) in [
        // Mastodon: the actor, posts, and some that we do not know.
        (json!({"content": "See", "object": [ALICE, post, "https://c.example/n/1"]}), Some(1), vec![50]),
        // Misskey: the actor alone.
        (json!({"content": "See", "object": ALICE}), Some(1), vec![]),
        (json!({"content": "See", "object": [{"id": ALICE, "type": "Person"}]}), Some(1), vec![]),
        // Lemmy: one post, and the reason elsewhere.
        (json!({"summary": "See", "object": post, "to": ["https://b.example/c/x"]}), Some(1), vec![50]),
        // Somebody elsewhere concerns us when they answered people of ours.
        (json!({"content": "See", "object": [eve, answer]}), Some(3), vec![51]),
        (json!({"content": "See", "object": [eve]}), None, vec![]),
        (json!({"content": "See", "object": []}), None, vec![]),
        (json!({"content": "See"}), None, vec![]),
        (json!({"content": 7, "object": {"id": 7}}), None, vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        let before = reports().await.len();
        let mut flag = json!({"id": format!("https://b.example/flags/{number}"), "type": "Flag", "actor": BOB});
        for (key, value) in said.as_object().expect("an object") {
            flag[key] = value.clone();
        }
        from(&app, BOB, flag.clone()).await;
        let all = reports().await;
        assert_eq!(all.len() - before, usize::from(target.is_some()), "{said}");
        if let Some(target) = target {
            let found: Vec<i64> = all[0].status_ids.iter().map(|id| id.0).collect();
            assert_eq!((all[0].target_id.0, found, all[0].account_id.0), (target, posts, 2), "{said}");
            assert_eq!(all[0].comment, "See");
        }
        from(&app, BOB, flag).await;
        assert_eq!(reports().await.len(), all.len(), "a repeated one changes nothing: {said}");
    }
}

#[tokio::test]
async fn who_is_suspended_at_home_is_hidden_here_until_that_ends() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let update = |number: u32, suspended: bool| {
        let person = json!({
            "@context": "https://www.w3.org/ns/activitystreams", "id": BOB, "type": "Person",
            "preferredUsername": "bob", "inbox": format!("{BOB}/inbox"), "suspended": suspended,
        });
        json!({"id": format!("{BOB}#updates/{number}"), "type": "Update", "actor": BOB, "object": person})
    };
    let bob = async || app.store.read(|db| accounts::by_id(db, AccountId(2))).await.expect("reads").expect("bob");
    for (number, suspended) in [(1, true), (2, true), (3, false)] {
        assert_eq!(from(&app, BOB, update(number, suspended)).await, "profile updated");
        assert_eq!(bob().await.suspended_at.is_some(), suspended, "{number}");
    }
    let bond = app.store.read(|db| follows::between(db, AccountId(1), AccountId(2))).await.expect("reads");
    assert_eq!(bond, None, "what was severed stays so");
    // What our own moderators decided is not theirs to take back.
    let app2 = app.clone();
    let ours = app.store.write(move |tx| {
        let bob = accounts::by_id(tx, AccountId(2))?.expect("bob");
        crate::actions::moderation::effects::suspend(tx, &app2, &bob, NOW)
    });
    ours.await.expect("writes").announce(&app);
    from(&app, BOB, update(4, false)).await;
    assert!(bob().await.suspended_at.is_some());
}
