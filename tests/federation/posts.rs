//! Posts travel to those who may see them; replies, favourites, boosts, edits and deletions follow them.

use serde_json::{Value, json};

use super::Street;
use crate::harness::neighbour::settle;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_is_seen_by_exactly_those_it_is_for() {
    let Street { here, there, alice, bob } = Street::new().await;
    let (carol, erin) = tokio::join!(there.resident("carol"), here.resident("erin"));
    bob.follows(&alice).await;
    carol.finds(&alice).await;
    let people = [("alice", &alice), ("bob, a follower", &bob), ("carol, named", &carol), ("erin, next door", &erin)];
    let mut home = Vec::new();
    // Who may see it: alice, bob, carol, erin; and whether bob finds it at home, and everybody in public.
    for (visibility, text, seen, at_home, in_public) in [
        ("public", "For all".to_owned(), [true, true, true, true], true, true),
        ("unlisted", "For those who look".to_owned(), [true, true, true, true], true, false),
        ("private", "For followers".to_owned(), [true, true, false, false], true, false),
        ("direct", format!("@{} for you", carol.handle), [true, false, true, false], false, false),
    ] {
        let post = alice.says(&text, visibility).await;
        let uri = &post["uri"];
        let there_path = bob.receives(uri).await;
        let here_path = alice.has(uri).await.expect("is hers");
        settle(&[&here, &there]).await;
        for ((name, person), expected) in people.iter().zip(seen) {
            let path = if person.handle.ends_with(&here.domain) { &here_path } else { &there_path };
            let (status, body) = person.ask("GET", path, Value::Null).await;
            assert_eq!(status, if expected { 200 } else { 404 }, "{visibility} to {name}: {body}");
            if expected {
                assert_eq!(body["visibility"], visibility, "to {name}");
            }
        }
        if at_home {
            home.insert(0, uri.clone());
        }
        assert_eq!(bob.home().await, home, "{visibility}");
        assert_eq!(carol.home().await, [""; 0], "{visibility}");
        let public = carol.get("/api/v1/timelines/public").await;
        let listed = public.as_array().expect("a list").iter().any(|status| status["uri"] == *uri);
        assert_eq!(listed, in_public, "{visibility}");
    }
    // A private mention by a stranger waits behind the policy, as in Mastodon.
    assert_eq!(carol.get("/api/v1/notifications").await, json!([]));
    let told = carol.get("/api/v1/notifications?include_filtered=true").await;
    assert_eq!((&told[0]["type"], told.as_array().map(Vec::len)), (&json!("mention"), Some(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_whole_on_both_sides() {
    let Street { alice, bob, .. } = Street::new().await;
    bob.follows(&alice).await;
    let root = alice.says("How do you do?", "public").await;
    let root_here = alice.has(&root["uri"]).await.expect("is hers");
    let root_there = bob.receives(&root["uri"]).await;
    let parent = root_there.rsplit('/').next().expect("an id");
    let text = format!("@{} Very well", alice.handle);
    let reply = bob.post("/api/v1/statuses", json!({"status": text, "in_reply_to_id": parent})).await;
    let reply_here = alice.receives(&reply["uri"]).await;
    let parent = reply_here.rsplit('/').next().expect("an id");
    let text = format!("@{} Glad to hear it", bob.handle);
    let answer = alice.post("/api/v1/statuses", json!({"status": text, "in_reply_to_id": parent})).await;
    bob.receives(&answer["uri"]).await;
    for (person, path) in [(&alice, &root_here), (&bob, &root_there)] {
        let root = person.until(path, |status| status["replies_count"] == 1).await;
        let context = person.get(&format!("{path}/context")).await;
        assert_eq!(context["ancestors"], json!([]));
        let uris: Vec<_> = context["descendants"].as_array().expect("a list").iter().map(|s| &s["uri"]).collect();
        assert_eq!(uris, [&reply["uri"], &answer["uri"]], "at {}", person.handle);
        assert_eq!(context["descendants"][0]["in_reply_to_id"], root["id"]);
        assert_eq!(context["descendants"][0]["replies_count"], 1);
        assert_eq!(context["descendants"][0]["mentions"][0]["username"], "alice");
    }
    let told = alice.get("/api/v1/notifications?types[]=mention").await;
    assert_eq!(told[0]["status"]["uri"], reply["uri"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn favourites_and_boosts_are_given_and_taken_back() {
    let Street { here, there, alice, bob } = Street::new().await;
    let erin = here.resident("erin").await;
    bob.follows(&alice).await;
    erin.follows(&bob).await;
    let post = alice.says("Please like this", "public").await;
    let path = alice.has(&post["uri"]).await.expect("is hers");
    let there_path = bob.receives(&post["uri"]).await;
    for (deed, undo, counter, kind) in [
        ("favourite", "unfavourite", "favourites_count", "favourite"),
        ("reblog", "unreblog", "reblogs_count", "reblog"),
    ] {
        let done = bob.post(&format!("{there_path}/{deed}"), Value::Null).await;
        let original = if done["reblog"].is_object() { &done["reblog"] } else { &done };
        assert_eq!(original[counter], 1, "{deed}");
        alice.until(&path, |status| status[counter] == 1).await;
        let told = alice.get(&format!("/api/v1/notifications?types[]={kind}")).await;
        assert_eq!((&told[0]["account"]["acct"], &told[0]["status"]["uri"]), (&json!(bob.handle), &post["uri"]));
        if deed == "reblog" {
            let home = erin.until("/api/v1/timelines/home", |home| home[0]["reblog"].is_object()).await;
            assert_eq!((&home[0]["reblog"]["uri"], &home[0]["account"]["acct"]), (&post["uri"], &json!(bob.handle)));
        }
        bob.post(&format!("{there_path}/{undo}"), Value::Null).await;
        alice.until(&path, |status| status[counter] == 0).await;
        settle(&[&here, &there]).await;
        assert_eq!(alice.get(&format!("/api/v1/notifications?types[]={kind}")).await, json!([]), "{deed}");
        assert_eq!(bob.get(&there_path).await[counter], 0, "{deed}");
    }
    assert_eq!(erin.home().await, [""; 0], "the boost is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_arrives_with_its_history() {
    let Street { alice, bob, .. } = Street::new().await;
    bob.follows(&alice).await;
    let post = alice.says("I like teh tea", "public").await;
    let path = alice.has(&post["uri"]).await.expect("is hers");
    let there_path = bob.receives(&post["uri"]).await;
    let (status, edited) = alice.ask("PUT", &path, json!({"status": "I like the tea", "spoiler_text": "tea"})).await;
    assert_eq!((status, edited["edited_at"].is_string()), (200, true), "{edited}");
    let seen = bob.until(&there_path, |status| status["edited_at"].is_string()).await;
    assert_eq!((&seen["content"], &seen["spoiler_text"]), (&json!("<p>I like the tea</p>"), &json!("tea")));
    assert_eq!(seen["edited_at"], edited["edited_at"]);
    assert_eq!(seen["created_at"], post["created_at"]);
    for (person, path) in [(&alice, &path), (&bob, &there_path)] {
        let history = person.get(&format!("{path}/history")).await;
        let texts: Vec<_> = history.as_array().expect("a list").iter().map(|version| &version["content"]).collect();
        assert_eq!(texts, ["<p>I like teh tea</p>", "<p>I like the tea</p>"], "at {}", person.handle);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_post_is_gone_everywhere_and_leaves_a_tombstone() {
    let Street { here, there, alice, bob } = Street::new().await;
    bob.follows(&alice).await;
    let post = alice.says("I will regret this", "public").await;
    let path = alice.has(&post["uri"]).await.expect("is hers");
    let there_path = bob.receives(&post["uri"]).await;
    assert_eq!(alice.ask("DELETE", &path, Value::Null).await.0, 200);
    bob.until_status(&there_path, 404).await;
    assert_eq!(bob.home().await, [""; 0]);
    assert_eq!(alice.ask("GET", &path, Value::Null).await.0, 404);
    let uri = post["uri"].as_str().expect("an address");
    for server in [&here, &there] {
        let uri = uri.to_owned();
        let kept = server.app.store.read(move |db| nagaya::store::tombstones::exists(db, &uri)).await;
        assert!(kept.expect("reads"), "no tombstone on {}", server.domain);
    }
    let headers = [("accept", "application/activity+json".to_owned())];
    let answer = crate::harness::http::send("GET", &uri.parse().expect("an address"), &headers, b"").await;
    assert_eq!(answer.expect("an answer").status, 410);
}
