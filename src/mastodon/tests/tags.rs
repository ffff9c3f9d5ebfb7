//! Followed and featured hashtags.

use super::*;

#[tokio::test]
async fn a_followed_tag_brings_public_posts_of_strangers_home() {
    let world = World::new().await;
    let eve = world.somebody("eve", "e.example", false).await;
    let ask = async |deed: &str| {
        let answer = world.ask("POST", &format!("/api/v1/tags/{deed}"), Some(&world.token), Value::Null).await;
        assert_eq!(answer.code, 200, "{deed}");
        answer.body
    };
    world.arrives(eve, "too early", |_| ()).await;
    let unseen = ask("Dogs/follow").await;
    assert_eq!((&unseen["name"], &unseen["following"]), (&json!("Dogs"), &json!(true)));
    assert_eq!(ask("CATS/follow").await["name"], "Cats");
    ask("cats/follow").await;
    let list = world.get("/api/v1/followed_tags").await;
    let names: Vec<_> = list.body.as_array().expect("a list").iter().map(|tag| tag["name"].clone()).collect();
    assert_eq!((names, &list.body[0]["following"]), (vec![json!("Cats"), json!("Dogs")], &json!(true)));
    let first = world.get("/api/v1/followed_tags?limit=1").await;
    assert!(first.header("link").contains("rel=\"next\""));
    assert_eq!(world.get("/api/v1/tags/cats").await.body["following"], true);
    assert!(world.peek("/api/v1/tags/cats").await.body.get("following").is_none());

    let found = world.arrives(eve, "hello #cats", |_| ()).await.to_string();
    world.arrives(eve, "unlisted", |row| row.visibility = Visibility::Unlisted).await;
    let known = world.arrives(world.bob, "from a friend", |_| ()).await.to_string();
    assert_eq!(world.home().await, [&*known, &*found]);
    assert_eq!(ask("cats/unfollow").await["following"], false);
    assert_eq!(world.home().await, [&*known]);
    assert_eq!(world.get("/api/v1/followed_tags").await.body.as_array().map(Vec::len), Some(1));
    let bad = world.ask("POST", "/api/v1/tags/%20/follow", Some(&world.token), Value::Null).await;
    assert_eq!(bad.code, 404);
    let narrow = issue_token(&world.app, world.alice, "read write:accounts", "t").await.expect("a token");
    assert_eq!(world.ask("POST", "/api/v1/tags/cats/follow", Some(&narrow), Value::Null).await.code, 403);
    assert_eq!(world.ask("POST", "/api/v1/tags/cats/feature", Some(&narrow), Value::Null).await.code, 200);
}

#[tokio::test]
async fn featured_tags_are_shown_counted_and_limited() {
    let world = World::new().await;
    world.post(world.alice, "one", |_| ()).await;
    world.post(world.alice, "two", |row| row.visibility = Visibility::Private).await;
    world.post(world.bob, "not hers", |_| ()).await;
    let path = "/api/v1/featured_tags";
    assert_eq!(world.get(&format!("{path}/suggestions")).await.body[0]["name"], "Cats");
    let made = world.ask("POST", path, Some(&world.token), json!({"name": "#cats"})).await;
    assert_eq!(made.code, 200, "{}", made.body);
    let id = made.body["id"].as_str().expect("an id").to_owned();
    let expected = json!({
        "id": id, "name": "Cats", "url": world.app.config.url("/tags/cats"), "statuses_count": "1",
        "last_status_at": "2026-08-07",
    });
    assert_eq!(made.body, expected);
    assert_eq!(world.get(path).await.body, json!([expected]));
    assert_eq!(world.peek(&format!("/api/v1/accounts/{}/featured_tags", world.alice)).await.body, json!([expected]));
    assert_eq!(world.peek(&format!("/api/v1/accounts/{}/featured_tags", world.bob)).await.body, json!([]));
    assert_eq!(world.get(&format!("{path}/suggestions")).await.body, json!([]));
    assert_eq!(world.get("/api/v1/tags/cats").await.body["featuring"], true);
    for number in 0..9 {
        let done = world.ask("POST", &format!("/api/v1/tags/t{number}/feature"), Some(&world.token), Value::Null).await;
        assert_eq!(done.body["featuring"], true);
    }
    assert_eq!(world.ask("POST", path, Some(&world.token), json!({"name": "toomany"})).await.code, 422);
    assert_eq!(world.ask("POST", path, Some(&world.token), json!({"name": "cats"})).await.body["id"], *id);
    let undone = world.ask("POST", "/api/v1/tags/t0/unfeature", Some(&world.token), Value::Null).await;
    assert_eq!(undone.body["featuring"], false);
    assert_eq!(world.ask("POST", path, Some(&world.token), json!({"name": "#!?"})).await.code, 422);
    let one = format!("{path}/{id}");
    assert_eq!(world.ask("DELETE", &one, Some(&world.token), Value::Null).await.body, json!({}));
    assert_eq!(world.ask("DELETE", &one, Some(&world.token), Value::Null).await.code, 404);
    assert_eq!(world.get(path).await.body.as_array().map(Vec::len), Some(8));
}
