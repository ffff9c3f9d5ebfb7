//! What is written below a post reaches those who follow the post's author, on a third server too (ActivityPub §7.1.2).

use serde_json::{Value, json};

use super::{Street, text};
use crate::harness::neighbour::{Neighbour, settle};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_edits_and_deletes_below_a_post_reach_a_third_server() {
    let Street { here, there, alice, bob } = Street::new().await;
    let yonder = Neighbour::open(3).await;
    let carol = yonder.resident("carol").await;
    bob.follows(&alice).await;
    carol.follows(&alice).await;
    let root = alice.says("Talk to me", "public").await;
    carol.receives(&root["uri"]).await;
    let parent = bob.receives(&root["uri"]).await;
    let parent = parent.rsplit('/').next().expect("an id").to_owned();
    let words = format!("@{} Gladly", alice.handle);
    let reply = bob.post("/api/v1/statuses", json!({"status": words, "in_reply_to_id": parent})).await;
    let path = carol.receives(&reply["uri"]).await;
    assert_eq!(carol.get(&path).await["account"]["acct"], bob.handle);
    settle(&[&here, &there, &yonder]).await;
    assert_eq!(carol.home().await, [root["uri"].clone()], "nobody's home is filled with strangers");

    let own = format!("/api/v1/statuses/{}", text(&reply["id"]));
    let (status, _) = bob.ask("PUT", &own, json!({"status": format!("@{} Very gladly", alice.handle)})).await;
    assert_eq!(status, 200);
    let seen = carol.until(&path, |body| body["edited_at"].is_string()).await;
    assert!(text(&seen["content"]).contains("Very gladly"), "{}", seen["content"]);

    // What is not for everybody stays between the two.
    let whisper = json!({"status": words, "in_reply_to_id": parent, "visibility": "direct"});
    let whisper = bob.post("/api/v1/statuses", whisper).await;
    alice.receives(&whisper["uri"]).await;
    settle(&[&here, &there, &yonder]).await;
    assert_eq!(carol.has(&whisper["uri"]).await, None);

    assert_eq!(bob.ask("DELETE", &own, Value::Null).await.0, 200);
    carol.until_status(&path, 404).await;
}
