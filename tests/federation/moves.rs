//! Moving house between servers: who follows goes along, and nobody is moved by one side's word alone.

use nagaya::actions::outbox::{self, Recipients};
use nagaya::activitypub::{build, ids};
use serde_json::{Value, json};

use super::Street;
use crate::harness::neighbour::{Neighbour, Person, relationship, settle};

const PASSWORD: &str = "good neighbours";

/// `new` says that it is `old` as well.
async fn names(new: &Person, old: &Person) {
    let named = new.post("/api/nagaya/v1/aliases", json!({"acct": old.handle})).await;
    assert_eq!(named[0]["account"]["acct"], old.handle, "{named}");
}

async fn leave(old: &Person, new: &Person) -> (u16, Value) {
    let wish = json!({"acct": new.handle, "password": PASSWORD});
    old.ask("POST", "/api/nagaya/v1/migration", wish).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r6_followers_lists_and_notes_go_along_to_a_third_server() {
    let Street { here, there, alice, bob } = Street::new().await;
    let third = Neighbour::open(3).await;
    let (ally, carol) = (third.resident("ally").await, there.resident("carol").await);
    let alice_there = bob.follows(&alice).await;
    let list = bob.post("/api/v1/lists", json!({"title": "Friends"})).await["id"].as_str().expect("an id").to_owned();
    bob.post(&format!("/api/v1/lists/{list}/accounts"), json!({"account_ids": [alice_there]})).await;
    bob.post(&format!("/api/v1/accounts/{alice_there}/note"), json!({"comment": "plays the lute"})).await;
    let blocked = carol.finds(&alice).await;
    carol.post(&format!("/api/v1/accounts/{blocked}/block"), Value::Null).await;

    let (status, body) = leave(&alice, &ally).await;
    assert_eq!((status, body["details"].get("acct").is_some()), (422, true), "ally does not know her yet");
    names(&ally, &alice).await;
    let (status, body) = alice.ask("POST", "/api/nagaya/v1/migration", json!({"acct": ally.handle})).await;
    assert_eq!((status, body["details"].get("password").is_some()), (422, true), "not without the password");
    let (status, body) = leave(&alice, &ally).await;
    assert_eq!((status, &body["moved_to"]["acct"]), (200, &json!(ally.handle)), "{body}");
    assert!(body["cooldown_until"].is_string());

    settle(&[&here, &there, &third]).await;
    let ally_there = bob.finds(&ally).await;
    let now = bob.until(&relationship(&ally_there), |body| body[0]["following"] == true).await;
    assert_eq!(now[0]["note"], "plays the lute");
    bob.until(&relationship(&alice_there), |body| body[0]["following"] == false).await;
    let members = bob.get(&format!("/api/v1/lists/{list}/accounts")).await;
    assert_eq!(members[0]["acct"], ally.handle);
    let shown = bob.get(&format!("/api/v1/accounts/{alice_there}")).await;
    assert_eq!(shown["moved"]["acct"], ally.handle);
    let still_blocked = carol.finds(&ally).await;
    carol.until(&relationship(&still_blocked), |body| body[0]["blocking"] == true).await;
    let post = ally.says("A new house", "public").await;
    bob.receives(&post["uri"]).await;

    let (status, _) = leave(&alice, &ally).await;
    assert_eq!(status, 422, "nobody moves twice in 30 days");
    let refused = bob.ask("POST", &format!("/api/v1/accounts/{alice_there}/follow"), Value::Null).await;
    assert_eq!(refused.0, 403, "nobody follows an empty house");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_moves_here_from_elsewhere() {
    let Street { here, there, alice, bob } = Street::new().await;
    let carol = here.resident("carol").await;
    let bob_here = carol.follows(&bob).await;
    names(&alice, &bob).await;
    let (status, body) = leave(&bob, &alice).await;
    assert_eq!(status, 200, "{body}");
    settle(&[&here, &there]).await;
    let alice_here = alice.account.id.to_string();
    carol.until(&relationship(&alice_here), |body| body[0]["following"] == true).await;
    carol.until(&relationship(&bob_here), |body| body[0]["following"] == false).await;
    let (status, _) = bob.ask("POST", "/api/v1/statuses", json!({"status": "still here"})).await;
    assert_eq!(status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r6_a_move_that_the_new_account_does_not_know_of_moves_nobody() {
    let Street { here, there, alice, bob } = Street::new().await;
    let mallory = there.resident("mallory").await;
    let alice_there = bob.follows(&alice).await;
    let (app, old, target) = (here.app.clone(), alice.account.clone(), mallory.account.uri.clone());
    let now = app.clock.now();
    let deed = app.clone();
    let sent = app.store.write(move |tx| {
        let activity = build::relocate(&ids::relocation(&old.uri, 1), &old.uri, &target);
        outbox::send(tx, &deed, &old, &activity, &Recipients::followers_and(Vec::new()), now)
    });
    assert!(sent.await.expect("writes"));
    app.deliveries_waiting.notify_one();
    settle(&[&here, &there]).await;
    let stays = bob.get(&relationship(&alice_there)).await;
    assert_eq!(stays[0]["following"], true);
    let mallory_there = mallory.account.id.to_string();
    assert_eq!(bob.get(&relationship(&mallory_there)).await[0]["following"], false);
    assert_eq!(bob.get(&format!("/api/v1/accounts/{alice_there}")).await.get("moved"), None);
}
