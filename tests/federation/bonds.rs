//! Who follows whom, and the end of it.

use serde_json::{Value, json};

use super::Street;
use crate::harness::neighbour::{Neighbour, relationship, settle};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follow_is_accepted_counted_and_ended() {
    let Street { here, there, alice, bob } = Street::new().await;
    let alice_there = bob.follows(&alice).await;
    let bob_here = alice.finds(&bob).await;
    alice.until(&relationship(&bob_here), |body| body[0]["followed_by"] == true).await;
    let notes = alice.get("/api/v1/notifications").await;
    assert_eq!((&notes[0]["type"], &notes[0]["account"]["acct"]), (&json!("follow"), &json!(bob.handle)));
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await["followers_count"], 1);
    assert_eq!(bob.get("/api/v1/accounts/verify_credentials").await["following_count"], 1);
    let followers = alice.get(&format!("/api/v1/accounts/{}/followers", alice.account.id)).await;
    assert_eq!(followers[0]["acct"], bob.handle);

    bob.post(&format!("/api/v1/accounts/{alice_there}/unfollow"), Value::Null).await;
    alice.until(&relationship(&bob_here), |body| body[0]["followed_by"] == false).await;
    let unread = alice.says("Is anybody there?", "public").await;
    settle(&[&here, &there]).await;
    assert_eq!(bob.has(&unread["uri"]).await, None, "nobody there wants it any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_account_decides_who_follows() {
    let Street { here, there, alice, bob } = Street::new().await;
    let carol = there.resident("carol").await;
    alice.ask("PATCH", "/api/v1/accounts/update_credentials", json!({"locked": true})).await;
    let alice_there = bob.finds(&alice).await;
    assert_eq!(bob.get(&format!("/api/v1/accounts/{alice_there}")).await["locked"], true);
    for person in [&bob, &carol] {
        let asked = person.post(&format!("/api/v1/accounts/{alice_there}/follow"), Value::Null).await;
        assert_eq!((&asked["requested"], &asked["following"]), (&json!(true), &json!(false)));
    }
    let requests = alice.until("/api/v1/follow_requests", |body| body.as_array().is_some_and(|all| all.len() == 2));
    let requests = requests.await;
    let id_of = |handle: &str| {
        let all = requests.as_array().expect("a list");
        let request = all.iter().find(|account| account["acct"] == handle).expect("asked");
        request["id"].as_str().expect("an id").to_owned()
    };
    alice.post(&format!("/api/v1/follow_requests/{}/authorize", id_of(&bob.handle)), Value::Null).await;
    alice.post(&format!("/api/v1/follow_requests/{}/reject", id_of(&carol.handle)), Value::Null).await;
    bob.until(&relationship(&alice_there), |body| body[0]["following"] == true).await;
    let refused = |body: &Value| body[0]["requested"] == false && body[0]["following"] == false;
    carol.until(&relationship(&alice_there), refused).await;
    assert_eq!(alice.get("/api/v1/follow_requests").await, json!([]));

    let post = alice.says("Only for friends", "private").await;
    let path = bob.receives(&post["uri"]).await;
    settle(&[&here, &there]).await;
    assert_eq!((bob.ask("GET", &path, Value::Null).await.0, carol.ask("GET", &path, Value::Null).await.0), (200, 404));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_block_ends_follows_on_both_sides_and_keeps_new_ones_out() {
    let Street { here, there, alice, bob } = Street::new().await;
    let alice_there = bob.follows(&alice).await;
    let bob_here = alice.follows(&bob).await;
    alice.post(&format!("/api/v1/accounts/{bob_here}/block"), Value::Null).await;
    bob.until(&relationship(&alice_there), |body| body[0]["following"] == false && body[0]["followed_by"] == false)
        .await;
    bob.ask("POST", &format!("/api/v1/accounts/{alice_there}/follow"), Value::Null).await;
    settle(&[&here, &there]).await;
    let now = alice.get(&relationship(&bob_here)).await;
    assert_eq!((&now[0]["blocking"], &now[0]["followed_by"]), (&json!(true), &json!(false)));
    let text = format!("@{} can you hear me?", alice.handle);
    bob.says(&text, "public").await;
    settle(&[&here, &there]).await;
    assert_eq!(alice.get("/api/v1/notifications?types[]=mention").await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_change_travels_to_followers() {
    let Street { alice, bob, .. } = Street::new().await;
    let id = bob.follows(&alice).await;
    let change = json!({
        "display_name": "Alice of the long house",
        "note": "Tea at five",
        "fields_attributes": [{"name": "Home", "value": "No. 1"}],
    });
    let (status, _) = alice.ask("PATCH", "/api/v1/accounts/update_credentials", change).await;
    assert_eq!(status, 200);
    let path = format!("/api/v1/accounts/{id}");
    let seen = bob.until(&path, |account| account["display_name"] == "Alice of the long house").await;
    assert_eq!((&seen["note"], &seen["fields"][0]["name"]), (&json!("<p>Tea at five</p>"), &json!("Home")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a11_people_may_be_named_by_another_domain_than_the_server_s() {
    // What a front page does for a server on another name: it sends WebFinger there.
    let front = tokio::net::TcpListener::bind("127.0.0.3:0").await.expect("a free port");
    let name = front.local_addr().expect("bound").to_string();
    let handle_domain = name.clone();
    let clock = nagaya::clock::Clock::default();
    let here = Neighbour::open_with(1, clock, move |config| config.handle_domain = handle_domain).await;
    let target = format!("http://{}", here.domain);
    let redirect = move |uri: axum::http::Uri| {
        let target = format!("{target}{uri}");
        async move { axum::response::Redirect::temporary(&target) }
    };
    let routes = axum::Router::new().route("/.well-known/webfinger", axum::routing::get(redirect));
    tokio::spawn(async move { axum::serve(front, routes).await });

    let there = Neighbour::open(2).await;
    let (alice, bob) = tokio::join!(here.resident("alice"), there.resident("bob"));
    assert_eq!(alice.handle, format!("alice@{name}"));
    let id = bob.follows(&alice).await;
    let seen = bob.get(&format!("/api/v1/accounts/{id}")).await;
    assert_eq!((&seen["acct"], &seen["uri"]), (&json!(alice.handle), &json!(alice.account.uri)));
    let by_server = bob.get(&format!("/api/v2/search?q=alice@{}&resolve=true", here.domain)).await;
    assert_eq!(by_server["accounts"][0]["id"], *id, "the server's own name leads to the same account");

    // A mention by the handle domain reaches her, too.
    let mention = bob.says(&format!("@{} welcome", alice.handle), "direct").await;
    alice.receives(&mention["uri"]).await;
}
