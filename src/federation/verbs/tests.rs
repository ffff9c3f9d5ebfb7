//! Received activities and what becomes of them: order, repetition, strangers.

use serde_json::{Value, json};

use super::{Received, receive};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::ids::{AccountId, FollowId};
use crate::store::follows::{self, Follow};
use crate::store::users::{self, User};
use crate::store::{accounts, deliveries, statuses, timelines};
use crate::testing::{self, NOW};

const ALICE: &str = "https://here.example/users/alice";
const BOB: &str = "https://b.example/users/bob";

/// alice lives here, bob and eve elsewhere. The network is unplugged: whatever tries to fetch fails.
async fn world() -> (tempfile::TempDir, App) {
    let (folder, app) = testing::app();
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
    (folder, app)
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
async fn an_undo_of_a_follow_counts_even_under_another_id() {
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
async fn a_repeated_follow_takes_the_new_id_and_a_new_answer() {
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
async fn what_concerns_nobody_here_is_not_stored_and_costs_no_fetch() {
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
async fn a_delete_counts_only_for_its_owner() {
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
async fn a_boost_never_widens_the_audience() {
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
async fn an_undo_that_overtakes_its_like_wins() {
    let (_folder, app) = world().await;
    let undo =
        json!({"id": "https://b.example/u/2", "type": "Undo", "actor": BOB, "object": "https://b.example/likes/1"});
    assert_eq!(from(&app, BOB, undo).await, "not here; remembered as undone");
    let taken = app
        .store
        .write(|tx| crate::store::tombstones::take_undone(tx, "https://b.example/likes/1", BOB))
        .await
        .expect("reads");
    assert!(taken);
}
