//! Conversations: they keep their name, are listed, and are read whole from other servers, within bounds.

use std::time::{Duration, SystemTime};

use nagaya::clock::{Clock, Time};
use nagaya::store::settings;
use serde_json::{Value, json};

use super::{Street, document, text};
use crate::harness::neighbour::{Neighbour, settle};

/// A server whose clock stands ten minutes ahead, so that what the others write is not too young to be read.
async fn later(number: u8) -> Neighbour {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970") + Duration::from_secs(600);
    let now = Time(i64::try_from(now.as_millis()).expect("this millennium"));
    Neighbour::open_with(number, Clock::manual(now), |_| ()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r13_a_conversation_keeps_its_name_and_is_listed() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    let root = alice.says("The root", "public").await;
    let own = alice.post("/api/v1/statuses", json!({"status": "And more", "in_reply_to_id": root["id"]})).await;
    let parent = bob.receives(&root["uri"]).await;
    let parent = parent.rsplit('/').next().expect("an id");
    let words = format!("@{} A reply", alice.handle);
    let reply = bob.post("/api/v1/statuses", json!({"status": words, "in_reply_to_id": parent})).await;
    alice.receives(&reply["uri"]).await;
    settle(&[&here, &there]).await;

    let root_document = document(text(&root["uri"])).await.json();
    let context = text(&root_document["context"]).to_owned();
    let theirs = document(text(&reply["uri"])).await.json();
    assert_eq!((&theirs["context"], &theirs["conversation"]), (&json!(context), &json!(context)), "copied by a reply");

    let collection = document(&context).await.json();
    assert_eq!(collection["type"], "OrderedCollection");
    assert_eq!((&collection["attributedTo"], &collection["totalItems"]), (&json!(alice.account.uri), &json!(3)));
    let page = document(text(&collection["first"])).await.json();
    let listed: Vec<&Value> = page["orderedItems"].as_array().expect("a list").iter().collect();
    assert_eq!(listed, [&root["uri"], &own["uri"], &reply["uri"]]);

    let replies = document(text(&root_document["replies"])).await.json();
    assert_eq!(replies["first"]["items"], json!([own["uri"]]), "the author's own come first");
    let others = document(text(&replies["first"]["next"])).await.json();
    assert_eq!((&others["items"], &others["next"]), (&json!([reply["uri"]]), &Value::Null));

    let private = alice.says("Only for followers", "private").await;
    let id = text(&private["id"]);
    assert_eq!(document(&format!("http://{}/contexts/{id}", here.domain)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r14_a_whole_conversation_is_read_once_somebody_opens_it() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    let root = alice.says("The root", "public").await;
    let parent = bob.receives(&root["uri"]).await;
    let parent = parent.rsplit('/').next().expect("an id");
    let words = format!("@{} A reply", alice.handle);
    let reply = bob.post("/api/v1/statuses", json!({"status": words, "in_reply_to_id": parent})).await;
    alice.receives(&reply["uri"]).await;
    // A reply to the reply, which alice's server does not hear of: only bob's lists it.
    let below = bob.post("/api/v1/statuses", json!({"status": "Once more", "in_reply_to_id": reply["id"]})).await;
    settle(&[&here, &there]).await;

    let yonder = later(3).await;
    let carol = yonder.resident("carol").await;
    let found = carol.get(&format!("/api/v2/search?q={}&resolve=true&type=statuses", text(&root["uri"]))).await;
    let id = text(&found["statuses"][0]["id"]).to_owned();
    let path = format!("/api/nagaya/v1/statuses/{id}/backfill");
    let asked = carol.post(&path, Value::Null).await;
    let refresh = format!("/api/v1_alpha/async_refreshes/{}", text(&asked["async_refresh"]["id"]));
    let done = carol.until(&refresh, |body| body["async_refresh"]["status"] == "finished").await;
    assert_eq!(done["async_refresh"]["result_count"], 2, "the reply, and what hangs below it");
    let context = carol.get(&format!("/api/v1/statuses/{id}/context")).await;
    let uris: Vec<&Value> = context["descendants"].as_array().expect("a list").iter().map(|row| &row["uri"]).collect();
    assert_eq!(uris, [&reply["uri"], &below["uri"]]);
    assert_eq!(context["descendants"][0]["created_at"], reply["created_at"], "times are kept");
    assert_eq!(carol.get("/api/v1/notifications").await, json!([]));
    assert_eq!(carol.home().await, [""; 0]);

    // Not again so soon; and not at all when it is turned off.
    let again = carol.post(&path, Value::Null).await;
    assert_eq!(again["async_refresh"]["id"], asked["async_refresh"]["id"]);
    yonder.app.store.write(|tx| settings::set(tx, "backfill_threads", "false")).await.expect("writes");
    assert_eq!(carol.ask("POST", &path, Value::Null).await.0, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r14_a_young_conversation_is_left_alone() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    let root = alice.says("Just now", "public").await;
    let path = bob.receives(&root["uri"]).await;
    settle(&[&here, &there]).await;
    let id = path.rsplit('/').next().expect("an id");
    let asked = bob.post(&format!("/api/nagaya/v1/statuses/{id}/backfill"), Value::Null).await;
    assert_eq!(asked["async_refresh"]["status"], "running");
    let number: i64 = text(&asked["async_refresh"]["id"]).parse().expect("a number");
    let row = there.app.store.read(move |db| nagaya::store::backfills::by_id(db, number)).await.expect("reads");
    let (due, now) = (row.expect("waits").due_at.expect("is due some time"), there.app.clock.now());
    assert!(due.since(now) > Duration::from_secs(240), "five minutes after it was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r15_the_last_posts_of_somebody_newly_followed_are_read() {
    let Street { here, there, alice, bob } = Street::new().await;
    let mut posts = Vec::new();
    for number in 0..3 {
        posts.push(bob.says(&format!("@{} Number {number}", bob.handle), "public").await);
    }
    let pinned = format!("/api/v1/statuses/{}/pin", text(&posts[0]["id"]));
    bob.post(&pinned, Value::Null).await;
    let private = bob.says("For followers", "private").await;
    let bob_here = alice.follows(&bob).await;
    for post in &posts {
        let path = alice.receives(&post["uri"]).await;
        assert_eq!(alice.get(&path).await["created_at"], post["created_at"], "times are kept");
    }
    settle(&[&here, &there]).await;
    assert_eq!(alice.has(&private["uri"]).await, None);
    let pins = format!("/api/v1/accounts/{bob_here}/statuses?pinned=true");
    let shown = alice.until(&pins, |body| body.as_array().is_some_and(|rows| !rows.is_empty())).await;
    assert_eq!((shown.as_array().map(Vec::len), &shown[0]["uri"]), (Some(1), &posts[0]["uri"]));
    assert_eq!(alice.get("/api/v1/notifications?types[]=mention&types[]=status").await, json!([]));
    assert_eq!(alice.home().await, [""; 0], "what is long past enters no home");
}
