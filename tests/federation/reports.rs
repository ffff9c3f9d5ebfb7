//! Telling the moderators of another server, and what a suspension does between servers.

use nagaya::actions::{role, token};
use serde_json::{Value, json};

use super::Street;
use crate::harness::neighbour::{Neighbour, Person, relationship, settle};

/// Makes somebody a moderator, with a token for it.
async fn moderates(neighbour: &Neighbour, person: &mut Person) {
    role::set(&neighbour.app, &person.account.username, "moderator").await.expect("a new role");
    let scopes = "read write follow admin:read admin:write";
    person.token = token::issue_token(&neighbour.app, person.account.id, scopes, "test").await.expect("a token");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r7_a_report_reaches_the_other_server_without_its_author() {
    let Street { here, there, alice, bob } = Street::new().await;
    let (mut mira, mut nora) = tokio::join!(here.resident("mira"), there.resident("nora"));
    moderates(&here, &mut mira).await;
    moderates(&there, &mut nora).await;
    let alice_there = bob.follows(&alice).await;
    let said = alice.says("Something rude", "public").await;
    let path = bob.receives(&said["uri"]).await;
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let body = json!({"account_id": alice_there, "status_ids": [id], "comment": "Please look", "forward": true});
    let filed = bob.post("/api/v1/reports", body).await;
    assert_eq!(filed["forwarded"], true);

    // There: bob's own moderators, with his name. Here: alice's, without it.
    let own = nora.until("/api/v1/admin/reports", |body| body[0]["id"].is_string()).await;
    assert_eq!(own[0]["account"]["username"], "bob");
    let theirs = mira.until("/api/v1/admin/reports", |body| body[0]["id"].is_string()).await;
    assert_eq!((&theirs[0]["comment"], &theirs[0]["category"]), (&json!("Please look"), &json!("other")));
    assert_eq!(theirs[0]["target_account"]["username"], "alice");
    assert_eq!(theirs[0]["statuses"][0]["id"], said["id"]);
    assert_eq!(theirs[0]["account"]["account"]["uri"], there.app.config.url("/actor"));
    assert!(!theirs.to_string().contains("bob"), "nobody learns who reported");
    let told = mira.get("/api/v1/notifications?types[]=admin.report").await;
    assert_eq!(told[0]["report"]["comment"], "Please look");

    // And back: somebody here reports bob.
    let bob_here = alice.finds(&bob).await;
    alice.post("/api/v1/reports", json!({"account_id": bob_here, "comment": "Spam", "forward": true})).await;
    nora.until("/api/v1/admin/reports", |body| body.as_array().is_some_and(|all| all.len() == 2)).await;
    settle(&[&here, &there]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_is_told_to_the_others_and_taken_back() {
    let Street { here, there, alice, bob } = Street::new().await;
    let mut mira = here.resident("mira").await;
    moderates(&here, &mut mira).await;
    let alice_there = bob.follows(&alice).await;
    alice.follows(&bob).await;
    let said = alice.says("Hello", "public").await;
    let path = bob.receives(&said["uri"]).await;
    let act = format!("/api/v1/admin/accounts/{}/action", alice.account.id);
    mira.post(&act, json!({"type": "suspend"})).await;
    bob.until_status(&path, 404).await;
    let account = format!("/api/v1/accounts/{alice_there}");
    bob.until(&account, |body| body["suspended"] == true && body["display_name"] == "").await;
    let told = bob.until("/api/v1/notifications", |body| body[0]["type"] == "severed_relationships").await;
    assert_eq!(told[0]["event"]["type"], "account_suspension");
    assert_eq!((&told[0]["event"]["following_count"], &told[0]["event"]["followers_count"]), (&json!(1), &json!(1)));

    mira.post(&format!("/api/v1/admin/accounts/{}/unsuspend", alice.account.id), Value::Null).await;
    // Nobody there follows her any more, so nobody tells; who asks learns it.
    let unsuspended = here.app.store.read(move |db| nagaya::store::accounts::by_id(db, alice.account.id));
    assert!(unsuspended.await.expect("reads").expect("is there").suspended_at.is_none());
    settle(&[&here, &there]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_stranger_is_heard_no_more() {
    let Street { here, there, alice, bob } = Street::new().await;
    let mut mira = here.resident("mira").await;
    moderates(&here, &mut mira).await;
    let bob_here = alice.follows(&bob).await;
    let alice_there = bob.follows(&alice).await;
    mira.post(&format!("/api/v1/admin/accounts/{bob_here}/action"), json!({"type": "suspend"})).await;
    bob.until(&relationship(&alice_there), |body| body[0]["following"] == false && body[0]["followed_by"] == false)
        .await;
    let text = format!("@{} can you hear me?", alice.handle);
    let said = bob.says(&text, "public").await;
    settle(&[&here, &there]).await;
    assert_eq!(alice.has(&said["uri"]).await, None);
    bob.ask("POST", &format!("/api/v1/accounts/{alice_there}/follow"), Value::Null).await;
    settle(&[&here, &there]).await;
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await["followers_count"], 0);
}
