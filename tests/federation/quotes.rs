//! Quotes across servers: asked for, agreed to or not, proven by a stamp, taken back.

use serde_json::{Value, json};

use super::Street;
use crate::harness::http;
use crate::harness::neighbour::{Person, settle};

/// The id of the post `uri` on the server of `person`, who fetches it.
async fn found(person: &Person, uri: &Value) -> String {
    let uri = uri.as_str().expect("an address");
    let found = person.get(&format!("/api/v2/search?q={uri}&resolve=true&type=statuses")).await;
    let id = found["statuses"][0]["id"].as_str();
    id.unwrap_or_else(|| panic!("{} does not find {uri}: {found}", person.handle)).to_owned()
}

async fn document(uri: &Value) -> Value {
    let uri = uri.as_str().expect("an address").parse().expect("an address");
    let headers = [("accept", "application/activity+json".to_owned())];
    let answer = http::send("GET", &uri, &headers, b"").await.expect("an answer");
    assert_eq!(answer.status, 200, "{uri}");
    serde_json::from_str(&answer.body).expect("a document")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quote_is_asked_for_stamped_shown_on_both_sides_and_taken_back() {
    let Street { here, there, alice, bob } = Street::new().await;
    alice.follows(&bob).await;
    let post = alice.says("Quote me", "public").await;
    let path = alice.has(&post["uri"]).await.expect("is hers");
    let quoted = found(&bob, &post["uri"]).await;
    let approval = bob.get(&format!("/api/v1/statuses/{quoted}")).await["quote_approval"].clone();
    assert_eq!(approval, json!({"automatic": ["public"], "manual": [], "current_user": "automatic"}));

    let quote = bob.post("/api/v1/statuses", json!({"status": "Gladly", "quoted_status_id": quoted})).await;
    assert_eq!(quote["quote"], json!({"state": "pending", "quoted_status": null}));
    let there_path = bob.has(&quote["uri"]).await.expect("is his");
    let accepted = bob.until(&there_path, |status| status["quote"]["state"] == "accepted").await;
    assert_eq!(accepted["quote"]["quoted_status"]["uri"], post["uri"]);
    assert_eq!(accepted["edited_at"], Value::Null, "consent is no edit");
    let here_path = alice.receives(&quote["uri"]).await;
    let seen = alice.until(&here_path, |status| status["quote"]["state"] == "accepted").await;
    assert_eq!(seen["quote"]["quoted_status"]["uri"], post["uri"]);
    settle(&[&here, &there]).await;
    assert_eq!(alice.get(&path).await["quotes_count"], 1);
    let told = alice.get("/api/v1/notifications?types[]=quote").await;
    assert_eq!((told.as_array().map(Vec::len), &told[0]["status"]["uri"]), (Some(1), &quote["uri"]));

    // Every spelling, and the stamp, which proves it.
    let note = document(&quote["uri"]).await;
    for key in ["quote", "quoteUri", "quoteUrl", "_misskey_quote"] {
        assert_eq!(note[key], post["uri"], "{key}");
    }
    assert!(note["tag"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag["href"] == post["uri"])), "{note}");
    let stamp = document(&note["quoteAuthorization"]).await;
    assert_eq!(stamp["type"], "QuoteAuthorization");
    assert_eq!((&stamp["interactingObject"], &stamp["interactionTarget"]), (&quote["uri"], &post["uri"]));
    let policy = document(&post["uri"]).await["interactionPolicy"]["canQuote"]["automaticApproval"].clone();
    assert_eq!(policy, json!(["https://www.w3.org/ns/activitystreams#Public"]));

    let quoting = here_path.rsplit('/').next().expect("an id");
    let revoked = alice.post(&format!("{path}/quotes/{quoting}/revoke"), Value::Null).await;
    assert_eq!(revoked["quote"], json!({"state": "revoked", "quoted_status": null}));
    bob.until(&there_path, |status| status["quote"]["state"] == "revoked").await;
    settle(&[&here, &there]).await;
    assert_eq!(alice.get(&path).await["quotes_count"], 0);
    assert_eq!(document(&quote["uri"]).await.get("quoteAuthorization"), None);
    let stamp = note["quoteAuthorization"].as_str().expect("an id").parse().expect("an address");
    let headers = [("accept", "application/activity+json".to_owned())];
    let gone = http::send("GET", &stamp, &headers, b"").await.expect("an answer");
    assert_eq!(gone.status, 410);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_changed_meanwhile_refuses() {
    let Street { alice, bob, .. } = Street::new().await;
    let post = alice.says("Quote me while you can", "public").await;
    let path = alice.has(&post["uri"]).await.expect("is hers");
    let quoted = found(&bob, &post["uri"]).await;
    // Bob's server does not follow her and has not heard.
    let (status, _) =
        alice.ask("PUT", &format!("{path}/interaction_policy"), json!({"quote_approval_policy": "nobody"})).await;
    assert_eq!(status, 200);
    let quote = bob.post("/api/v1/statuses", json!({"status": "Hm", "quoted_status_id": quoted})).await;
    let there_path = bob.has(&quote["uri"]).await.expect("is his");
    let refused = bob.until(&there_path, |status| status["quote"]["state"] == "rejected").await;
    assert_eq!(refused["quote"]["quoted_status"], Value::Null);
    assert_eq!(alice.get("/api/v1/notifications?types[]=quote").await, json!([]));
    assert_eq!(alice.get(&path).await["quotes_count"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_travel_with_posts_and_bind_there_too() {
    let Street { alice, bob, .. } = Street::new().await;
    bob.follows(&alice).await;
    for (policy, code) in [("followers", 200), ("nobody", 404)] {
        let body = json!({"status": policy, "quote_approval_policy": policy});
        let post = alice.post("/api/v1/statuses", body).await;
        let there = bob.receives(&post["uri"]).await;
        let quoted = there.rsplit('/').next().expect("an id");
        let body = json!({"status": "x", "quoted_status_id": quoted});
        let (status, quote) = bob.ask("POST", "/api/v1/statuses", body).await;
        assert_eq!(status, code, "{policy}: {quote}");
        if code == 200 {
            let path = bob.has(&quote["uri"]).await.expect("is his");
            bob.until(&path, |status| status["quote"]["state"] == "accepted").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quoted_post_that_is_deleted_leaves_its_quotes_without_it() {
    let Street { alice, bob, .. } = Street::new().await;
    let post = alice.says("Soon gone", "public").await;
    let path = alice.has(&post["uri"]).await.expect("is hers");
    let quoted = found(&bob, &post["uri"]).await;
    let quote = bob.post("/api/v1/statuses", json!({"status": "x", "quoted_status_id": quoted})).await;
    let there_path = bob.has(&quote["uri"]).await.expect("is his");
    bob.until(&there_path, |status| status["quote"]["state"] == "accepted").await;
    alice.ask("PUT", &path, json!({"status": "Soon gone, edited"})).await;
    bob.until("/api/v1/notifications?types[]=quoted_update", |told| told[0]["status"]["uri"] == quote["uri"]).await;
    assert_eq!(alice.ask("DELETE", &path, Value::Null).await.0, 200);
    bob.until(&there_path, |status| status["quote"]["state"] == "deleted").await;
}
