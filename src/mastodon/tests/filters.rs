//! Filters, both versions, and what they do to posts.

use std::time::Duration;

use super::*;

impl World {
    async fn made(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("POST", path, Some(&self.token), body.clone()).await;
        assert_eq!(answer.code, 200, "{path} {body}: {}", answer.body);
        answer.body
    }
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

#[tokio::test]
async fn a_filter_is_made_changed_and_deleted() {
    let world = World::new().await;
    assert_eq!(world.get("/api/v2/filters").await.body, json!([]));
    let made = world
        .made(
            "/api/v2/filters",
            json!({
                "title": "animals", "context": ["thread", "home"], "filter_action": "hide", "expires_in": 60,
                "keywords_attributes": [{"keyword": "cats"}, {"keyword": "dogs", "whole_word": false}],
            }),
        )
        .await;
    assert_eq!((&made["context"], &made["filter_action"]), (&json!(["home", "thread"]), &json!("hide")));
    assert_eq!((&made["expires_at"], &made["statuses"]), (&json!("2026-08-07T14:03:35.000Z"), &json!([])));
    assert_eq!(made["keywords"][0]["whole_word"], true);
    let path = format!("/api/v2/filters/{}", id(&made));
    let (cats, dogs) = (id(&made["keywords"][0]), id(&made["keywords"][1]));
    let change = json!({
        "expires_in": "", "filter_action": "blur",
        "keywords_attributes": {"0": {"id": cats, "_destroy": "1"}, "1": {"id": dogs, "keyword": "wolves"}},
    });
    let changed = world.ask("PUT", &path, Some(&world.token), change).await;
    assert_eq!((changed.code, &changed.body["expires_at"]), (200, &Value::Null), "{}", changed.body);
    assert_eq!((&changed.body["title"], &changed.body["filter_action"]), (&json!("animals"), &json!("blur")));
    assert_eq!(changed.body["keywords"], json!([{"id": dogs, "keyword": "wolves", "whole_word": false}]));
    assert_eq!(world.get(&path).await.body, changed.body);
    assert_eq!(world.get("/api/v2/filters").await.body, json!([changed.body]));

    let word = world.made(&format!("{path}/keywords"), json!({"keyword": "foxes"})).await;
    assert_eq!(world.get(&format!("{path}/keywords")).await.ids(), [dogs, id(&word)]);
    let one = format!("/api/v2/filters/keywords/{}", id(&word));
    let put = world.ask("PUT", &one, Some(&world.token), json!({"whole_word": false})).await;
    assert_eq!(put.body, json!({"id": id(&word), "keyword": "foxes", "whole_word": false}));
    assert_eq!(world.ask("DELETE", &one, Some(&world.token), Value::Null).await.body, json!({}));
    assert_eq!(world.get(&one).await.code, 404);

    assert_eq!(world.ask("DELETE", &path, Some(&world.token), Value::Null).await.body, json!({}));
    assert_eq!(world.get(&path).await.code, 404);
    assert_eq!(world.get(&format!("/api/v2/filters/keywords/{dogs}")).await.code, 404);
}

#[tokio::test]
async fn wrong_filters_are_refused_and_others_are_unknown() {
    let world = World::new().await;
    for (body, field) in [
        (json!({"context": ["home"]}), "title"),
        (json!({"title": " ", "context": ["home"]}), "title"),
        (json!({"title": "x".repeat(257), "context": ["home"]}), "title"),
        (json!({"title": "x"}), "context"),
        (json!({"title": "x", "context": []}), "context"),
        (json!({"title": "x", "context": ["work"]}), "context"),
        (json!({"title": "x", "context": ["home"], "filter_action": "burn"}), "filter_action"),
        (json!({"title": "x", "context": ["home"], "expires_in": "soon"}), "expires_in"),
        (json!({"title": "x", "context": ["home"], "keywords_attributes": [{"whole_word": true}]}), "keyword"),
    ] {
        let answer = world.ask("POST", "/api/v2/filters", Some(&world.token), body.clone()).await;
        assert_eq!((answer.code, answer.body["details"].get(field).is_some()), (422, true), "{body}");
    }
    assert_eq!(world.get("/api/v2/filters").await.body, json!([]));
    let made = world.made("/api/v2/filters", json!({"title": "x", "context": ["home"]})).await;
    let carol = local_account(&world.app, "carol", "member").await.id;
    let other = issue_token(&world.app, carol, "read write", "t").await.expect("a token");
    let reader = issue_token(&world.app, world.alice, "read", "t").await.expect("a token");
    let path = format!("/api/v2/filters/{}", id(&made));
    for (method, path) in [
        ("GET", path.clone()),
        ("PUT", path.clone()),
        ("DELETE", path.clone()),
        ("GET", format!("{path}/keywords")),
        ("GET", format!("{path}/statuses")),
    ] {
        let answer = world.ask(method, &path, Some(&other), Value::Null).await;
        assert_eq!(answer.code, 404, "{method} {path}");
        let scoped = if method == "GET" { 200 } else { 403 };
        assert_eq!(world.ask(method, &path, Some(&reader), Value::Null).await.code, scoped, "{method} {path}");
    }
    let stranger = world.ask("POST", &format!("{path}/keywords"), Some(&other), json!({"keyword": "x"})).await;
    assert_eq!(stranger.code, 404);
}

#[tokio::test]
async fn posts_say_which_filters_they_meet_until_these_expire() {
    let world = World::new().await;
    let whole = json!({
        "title": "cats", "context": ["public"], "expires_in": 60,
        "keywords_attributes": [{"keyword": "cat"}, {"keyword": "ねこ", "whole_word": false}],
    });
    let filter = world.made("/api/v2/filters", whole).await;
    let hit = world.post(world.bob, "My CAT &amp; くろねこ", |_| ()).await;
    let spoiled = world.post(world.bob, "hidden", |row| row.spoiler_text = "cat!".into()).await;
    let miss = world.post(world.bob, "concatenate", |_| ()).await;
    let boost = world.post(world.bob, "", |row| row.reblog_of_id = Some(hit)).await;
    let home = world.get("/api/v1/timelines/home").await;
    assert_eq!(home.ids(), [boost, miss, spoiled, hit].map(|id| id.to_string()));
    let found = &home.body[3]["filtered"];
    assert_eq!(found[0]["keyword_matches"], json!(["CAT", "ねこ"]));
    assert_eq!((&found[0]["status_matches"], &found[0]["filter"]["id"]), (&Value::Null, &filter["id"]));
    assert!(found[0]["filter"].get("keywords").is_none());
    assert_eq!((&home.body[0]["filtered"], &home.body[0]["reblog"]["filtered"]), (found, found));
    assert_eq!(home.body[2]["filtered"][0]["keyword_matches"], json!(["cat"]));
    assert_eq!(home.body[1]["filtered"], json!([]));
    for path in [format!("/api/v1/statuses/{hit}"), format!("/api/v1/statuses?id[]={hit}")] {
        let body = world.get(&path).await.body;
        let status = if body.is_array() { &body[0] } else { &body };
        assert_eq!(status["filtered"], *found, "{path}");
    }
    assert!(world.peek("/api/v1/timelines/public").await.body[0].get("filtered").is_none());

    world.app.clock.advance(Duration::from_secs(60));
    assert_eq!(world.get(&format!("/api/v1/statuses/{hit}")).await.body["filtered"], json!([]));
}

#[tokio::test]
async fn single_posts_are_filtered_too() {
    let world = World::new().await;
    let filter = world.made("/api/v2/filters", json!({"title": "x", "context": ["home"]})).await;
    let path = format!("/api/v2/filters/{}/statuses", id(&filter));
    let post = world.post(world.bob, "hello", |_| ()).await;
    let boost = world.post(world.bob, "", |row| row.reblog_of_id = Some(post)).await;
    let kept = world.made(&path, json!({"status_id": post.to_string()})).await;
    assert_eq!(kept["status_id"], post.to_string());
    let again = world.ask("POST", &path, Some(&world.token), json!({"status_id": post.to_string()})).await;
    assert_eq!(again.code, 422);
    for (missing, code) in [(json!({}), 422), (json!({"status_id": "7"}), 404)] {
        assert_eq!(world.ask("POST", &path, Some(&world.token), missing).await.code, code);
    }
    let filtered = world.get(&format!("/api/v1/statuses/{post}")).await.body["filtered"].clone();
    assert_eq!(filtered[0]["status_matches"], json!([post.to_string()]));
    assert_eq!(filtered[0]["keyword_matches"], Value::Null);
    world.made(&path, json!({"status_id": boost.to_string()})).await;
    let of_boost = world.get(&format!("/api/v1/statuses/{boost}")).await.body;
    assert_eq!(of_boost["filtered"][0]["status_matches"], json!([post.to_string(), boost.to_string()]));
    assert_eq!(of_boost["reblog"]["filtered"], filtered);
    assert_eq!(world.get(&path).await.body.as_array().map(Vec::len), Some(2));
    let one = format!("/api/v2/filters/statuses/{}", id(&kept));
    assert_eq!(world.get(&one).await.body, kept);
    assert_eq!(world.ask("DELETE", &one, Some(&world.token), Value::Null).await.body, json!({}));
    assert_eq!(world.get(&one).await.code, 404);
    assert_eq!(world.get(&format!("/api/v1/statuses/{post}")).await.body["filtered"], json!([]));
}

#[tokio::test]
async fn version_1_shows_one_keyword_each() {
    let world = World::new().await;
    let path = "/api/v1/filters";
    let made = world.made(path, json!({"phrase": "cats", "context": ["home"], "irreversible": true})).await;
    let keys = json!({
        "id": id(&made), "phrase": "cats", "context": ["home"], "expires_at": null, "irreversible": true,
        "whole_word": true,
    });
    assert_eq!(made, keys);
    let list = world.get(path).await;
    assert_eq!((list.header("deprecation"), &list.body), ("@1668384000", &json!([keys])));
    let one = format!("{path}/{}", id(&made));
    let change = json!({"phrase": "dogs", "context": ["public"], "irreversible": false, "whole_word": false});
    let changed = world.ask("PUT", &one, Some(&world.token), change).await.body;
    assert_eq!((&changed["phrase"], &changed["context"]), (&json!("dogs"), &json!(["public"])));
    assert_eq!((&changed["irreversible"], &changed["whole_word"]), (&json!(false), &json!(false)));
    let filter = world.get("/api/v2/filters").await.body[0].clone();
    assert_eq!((&filter["title"], &filter["filter_action"]), (&json!("cats"), &json!("warn")));
    let more = format!("/api/v2/filters/{}/keywords", id(&filter));
    world.made(&more, json!({"keyword": "wolves"})).await;
    assert_eq!(world.get(path).await.body.as_array().map(Vec::len), Some(2));
    let refused = world.ask("PUT", &one, Some(&world.token), json!({"irreversible": true})).await;
    assert_eq!(refused.code, 422);
    assert_eq!(world.ask("PUT", &one, Some(&world.token), json!({"phrase": "foxes"})).await.body["phrase"], "foxes");
    for keyword in world.get(path).await.ids() {
        let gone = world.ask("DELETE", &format!("{path}/{keyword}"), Some(&world.token), Value::Null).await;
        assert_eq!((gone.code, gone.body), (200, json!({})));
    }
    assert_eq!(world.get("/api/v2/filters").await.body, json!([]));
    for body in [json!({"context": ["home"]}), json!({"phrase": "x"})] {
        assert_eq!(world.ask("POST", path, Some(&world.token), body).await.code, 422);
    }
    assert_eq!(world.get(&one).await.code, 404);
}
