//! Polls, from the post to the notification of their end.

use std::time::Duration;

use super::*;
use crate::actions::vote;
use crate::store::polls::{self, Choice, Poll};

fn poll(options: &[&str]) -> Value {
    json!({"options": options, "expires_in": 3600})
}

/// A poll of bob's, of whose server nobody hears.
async fn remote_poll(world: &World, multiple: bool, hide_totals: bool) -> (StatusId, String) {
    let status = world.post(world.bob, "tea?", |_| ()).await;
    let now = world.app.clock.now();
    let id = world.app.ids.next(now);
    let choice = |title: &str| Choice { title: title.into(), votes: 3 };
    let row = Poll {
        id,
        status_id: status,
        options: vec![choice("tea"), choice("coffee")],
        multiple,
        hide_totals,
        voters_count: Some(6),
        expires_at: Some(now.plus(Duration::from_hours(1))),
        ended: false,
        fetched_at: Some(now),
    };
    world.app.store.write(move |tx| polls::insert(tx, &row)).await.expect("writes");
    (status, id.to_string())
}

#[tokio::test]
async fn a_poll_is_posted_shown_ended_and_told() {
    let world = World::new().await;
    let ask = async |body: Value| world.ask("POST", "/api/v1/statuses", Some(&world.token), body).await;
    let made = ask(json!({"status": "tea?", "poll": poll(&["tea", "coffee"])})).await;
    assert_eq!(made.code, 200, "{}", made.body);
    let poll = &made.body["poll"];
    let id = poll["id"].as_str().expect("an id").to_owned();
    let expected = json!({
        "id": id, "expires_at": "2026-08-07T15:02:35.000Z", "expired": false, "multiple": false, "votes_count": 0,
        "voters_count": 0, "emojis": [], "voted": true, "own_votes": [],
        "options": [{"title": "tea", "votes_count": 0}, {"title": "coffee", "votes_count": 0}],
    });
    assert_eq!(poll, &expected);
    assert_eq!(world.get(&format!("/api/v1/polls/{id}")).await.body, expected);
    let peeked = world.peek(&format!("/api/v1/polls/{id}")).await;
    assert_eq!((peeked.code, peeked.body.get("voted"), peeked.body.get("own_votes")), (200, None, None));
    let own =
        world.ask("POST", &format!("/api/v1/polls/{id}/votes"), Some(&world.token), json!({"choices": [0]})).await;
    assert_eq!((own.code, &own.body["error"]), (422, &json!("You cannot vote in your own poll")));

    world.app.clock.advance(Duration::from_hours(1));
    assert_eq!(world.get(&format!("/api/v1/polls/{id}")).await.body["expired"], true);
    for ended in [1, 0] {
        assert_eq!(vote::end_due(&world.app).await.expect("ends"), ended);
    }
    let status = world.get(&format!("/api/v1/statuses/{}", made.body["id"].as_str().expect("an id"))).await;
    assert_eq!(status.body["poll"]["expired"], true);
    let told = world.get("/api/v1/notifications").await;
    assert_eq!(told.ids().len(), 1);
    assert_eq!((&told.body[0]["type"], &told.body[0]["status"]["poll"]["id"]), (&json!("poll"), &json!(id)));
}

#[tokio::test]
async fn polls_that_break_a_limit_are_refused() {
    let world = World::new().await;
    for (poll, field) in [
        (json!({"options": ["a"], "expires_in": 300}), "poll[options]"),
        (json!({"options": ["a", "a"], "expires_in": 300}), "poll[options]"),
        (json!({"options": ["a", "b".repeat(51)], "expires_in": 300}), "poll[options]"),
        (json!({"options": (0..21).map(|n| n.to_string()).collect::<Vec<_>>(), "expires_in": 300}), "poll[options]"),
        (json!({"options": ["a", "b"]}), "poll[expires_in]"),
        (json!({"options": ["a", "b"], "expires_in": 299}), "poll[expires_in]"),
        (json!({"options": ["a", "b"], "expires_in": 2_629_747}), "poll[expires_in]"),
        (json!({"options": ["a", "b"], "expires_in": "soon"}), "poll[expires_in]"),
    ] {
        let body = json!({"status": "x", "poll": poll});
        let answer = world.ask("POST", "/api/v1/statuses", Some(&world.token), body.clone()).await;
        assert_eq!((answer.code, answer.body["details"].get(field).is_some()), (422, true), "{body}");
    }
    let numbers = world.peek("/api/v2/instance").await.body["configuration"]["polls"].clone();
    let expected =
        json!({"max_options": 20, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746});
    assert_eq!(numbers, expected);
}

#[tokio::test]
async fn votes_count_once_and_reach_the_polls_server() {
    let world = World::new().await;
    let (status, id) = remote_poll(&world, false, false).await;
    let vote = async |id: &str, choices: Value| {
        let path = format!("/api/v1/polls/{id}/votes");
        world.ask("POST", &path, Some(&world.token), json!({"choices": choices})).await
    };
    for (choices, code) in
        [(json!([]), 422), (json!([2]), 422), (json!([-1]), 422), (json!([0, 1]), 422), (json!(["x"]), 422)]
    {
        assert_eq!(vote(&id, choices.clone()).await.code, code, "{choices}");
    }
    let voted = vote(&id, json!(["1"])).await;
    assert_eq!((voted.code, &voted.body["voted"], &voted.body["own_votes"]), (200, &json!(true), &json!([1])));
    assert_eq!(
        voted.body["options"],
        json!([{"title": "tea", "votes_count": 3}, {"title": "coffee", "votes_count": 4}])
    );
    assert_eq!((&voted.body["votes_count"], &voted.body["voters_count"]), (&json!(7), &json!(7)));
    let again = vote(&id, json!([0])).await;
    assert_eq!((again.code, &again.body["error"]), (422, &json!("You have already voted on this poll")));
    let sent: Vec<String> = world
        .app
        .store
        .read(|db| {
            let mut statement = db.prepare("SELECT payload FROM activities WHERE kind = 'Create'")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .expect("reads");
    let sent: Value = serde_json::from_str(&sent[0]).expect("JSON");
    assert_eq!((&sent["object"]["name"], sent["object"].get("content")), (&json!("coffee"), None));
    assert_eq!(sent["to"], json!(["https://b.example/users/bob"]));
    assert_eq!(sent["object"]["inReplyTo"], format!("https://x.example/statuses/{status}"));

    let (_, several) = remote_poll(&world, true, true).await;
    assert_eq!(vote(&several, json!([0])).await.body["options"][0]["votes_count"], Value::Null);
    assert_eq!(vote(&several, json!([1])).await.body["own_votes"], json!([0, 1]));
    assert_eq!(vote(&several, json!([1])).await.code, 422);
    world.app.clock.advance(Duration::from_hours(1));
    assert_eq!(vote(&several, json!([0])).await.body["error"], "The poll has already ended");
    vote::end_due(&world.app).await.expect("ends");
    let told = world.get("/api/v1/notifications?types[]=poll").await;
    assert_eq!(told.ids().len(), 2, "the voter hears of both");
    assert_eq!(told.body[0]["status"]["poll"]["options"][0]["votes_count"], 4, "shown after the end");
}

#[tokio::test]
async fn a_poll_that_one_may_not_see_is_not_there() {
    let world = World::new().await;
    let (status, id) = remote_poll(&world, false, false).await;
    let hide = world
        .app
        .store
        .write(move |tx| Ok(tx.execute("UPDATE statuses SET visibility = 'direct' WHERE id = ?1", [status])?));
    hide.await.expect("writes");
    assert_eq!(world.get(&format!("/api/v1/polls/{id}")).await.code, 404);
    let vote =
        world.ask("POST", &format!("/api/v1/polls/{id}/votes"), Some(&world.token), json!({"choices": [0]})).await;
    assert_eq!(vote.code, 404);
    assert_eq!(world.get("/api/v1/polls/7").await.code, 404);
}

#[tokio::test]
async fn an_edit_keeps_the_same_poll_and_replaces_another() {
    let world = World::new().await;
    let ask = async |method: &str, path: &str, body: Value| {
        world.ask(method, &format!("/api/v1/statuses{path}"), Some(&world.token), body).await
    };
    let made = ask("POST", "", json!({"status": "tea?", "poll": poll(&["tea", "coffee"])})).await.body;
    let path = format!("/{}", made["id"].as_str().expect("an id"));
    world.app.clock.advance(Duration::from_secs(60));
    let same = ask("PUT", &path, json!({"status": "tea?", "poll": poll(&["tea", "coffee"])})).await.body;
    assert_eq!((&same["edited_at"], &same["poll"]), (&Value::Null, &made["poll"]), "nothing changed");
    let kept = ask("PUT", &path, json!({"status": "Tea?", "poll": poll(&["tea", "coffee"])})).await.body;
    assert_eq!((kept["edited_at"].is_string(), &kept["poll"]), (true, &made["poll"]));
    world.app.clock.advance(Duration::from_secs(60));
    let other = ask("PUT", &path, json!({"status": "Tea?", "poll": poll(&["tea", "milk"])})).await.body;
    assert_ne!(other["poll"]["id"], made["poll"]["id"]);
    assert_eq!(other["poll"]["options"][1]["title"], "milk");
    world.app.clock.advance(Duration::from_secs(60));
    let none = ask("PUT", &path, json!({"status": "Tea?"})).await.body;
    assert_eq!(none["poll"], Value::Null);
    let history = ask("GET", &format!("{path}/history"), Value::Null).await.body;
    let asked: Vec<&Value> =
        history.as_array().expect("a list").iter().map(|edit| &edit["poll"]["options"][1]["title"]).collect();
    assert_eq!(asked, [&json!("coffee"), &json!("coffee"), &json!("milk"), &Value::Null]);
}
