//! What posting accepts, refuses and makes of what is typed.

use super::*;

async fn says(world: &World, body: Value) -> Answer {
    world.ask("POST", "/api/v1/statuses", Some(&world.token), body).await
}

#[tokio::test]
async fn markdown_is_kept_as_typed_and_shown_as_html() {
    let world = World::new().await;
    let typed = "**Tea** and @alice\n\n- one\n- <b>two</b> #Tea";
    let post = says(&world, json!({"status": typed, "content_type": "text/markdown"})).await;
    let content = post.body["content"].as_str().expect("text");
    for part in ["<strong>Tea</strong>", "u-url mention", "<li>one</li>", "&lt;b&gt;two", "mention hashtag"] {
        assert!(content.contains(part), "{part} in {content}");
    }
    assert_eq!(post.body["tags"][0]["name"], "tea");
    let path = format!("/api/v1/statuses/{}", post.body["id"].as_str().expect("an id"));
    let source = world.get(&format!("{path}/source")).await;
    assert_eq!((&source.body["text"], &source.body["content_type"]), (&json!(typed), &json!("text/markdown")));
    let edited = world.ask("PUT", &path, Some(&world.token), json!({"status": "*a*"})).await;
    assert_eq!(edited.body["content"], "<p><em>a</em></p>");
    let plain = json!({"status": "*a*", "content_type": "text/plain"});
    assert_eq!(world.ask("PUT", &path, Some(&world.token), plain.clone()).await.body["content"], "<p>*a*</p>");
    let at = world.ask("PUT", &path, Some(&world.token), plain.clone()).await.body["edited_at"].clone();
    world.app.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(world.ask("PUT", &path, Some(&world.token), plain).await.body["edited_at"], at, "nothing changed");
    assert_eq!(says(&world, json!({"status": "x", "content_type": "text/x"})).await.code, 422);
}

#[tokio::test]
async fn what_stays_here_is_not_for_strangers() {
    let world = World::new().await;
    let post = says(&world, json!({"status": "For neighbours #cats", "local_only": true})).await;
    assert_eq!((post.code, &post.body["local_only"], &post.body["visibility"]), (200, &json!(true), &json!("public")));
    let id = post.body["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/statuses/{id}");
    assert_eq!((world.peek(&path).await.code, world.get(&path).await.code), (404, 200));
    let alice = world.alice;
    for list in [
        "/api/v1/timelines/public".to_owned(),
        "/api/v1/timelines/tag/cats".into(),
        format!("/api/v1/accounts/{alice}/statuses"),
    ] {
        assert_eq!(world.peek(&list).await.ids(), [""; 0], "{list}");
        assert_eq!(world.get(&list).await.ids(), [&*id], "{list}");
    }
    let answer = says(&world, json!({"status": "yes", "in_reply_to_id": id})).await;
    assert_eq!(answer.body["local_only"], true, "an answer stays, too");
    let boost = world.ask("POST", &format!("{path}/reblog"), Some(&world.token), Value::Null).await;
    assert_eq!((boost.code, &boost.body["local_only"]), (200, &json!(true)));
    world.ask("PUT", &path, Some(&world.token), json!({"status": "For good neighbours"})).await;
    world.ask("POST", &format!("{path}/pin"), Some(&world.token), Value::Null).await;
    world.ask("POST", &format!("{path}/unreblog"), Some(&world.token), Value::Null).await;
    world.ask("DELETE", &path, Some(&world.token), Value::Null).await;
    let rows = |db: &crate::store::Connection| {
        Ok(db.query_row("SELECT count(*) FROM activities", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(world.app.store.read(rows).await.expect("counts"), 0, "nothing was sent");
}

#[tokio::test]
async fn a_text_that_names_others_than_expected_is_refused() {
    let world = World::new().await;
    let body = |allowed: Value| json!({"status": "hello @bob@b.example", "allowed_mentions": allowed});
    let refused = says(&world, body(json!([]))).await;
    assert_eq!(refused.code, 422, "{}", refused.body);
    assert_eq!(refused.body["unexpected_accounts"][0]["id"], world.bob.to_string());
    assert_eq!(says(&world, body(json!([world.bob.to_string()]))).await.code, 200);
}

#[tokio::test]
async fn texts_warnings_and_languages_keep_to_the_rules() {
    let world = World::new().await;
    for (body, code, text, warning, sensitive) in [
        (json!({"spoiler_text": "only this"}), 200, "<p>only this</p>", "", true),
        (json!({"status": "x", "spoiler_text": "tea"}), 200, "<p>x</p>", "tea", true),
        (json!({"status": " "}), 422, "", "", false),
        (json!({}), 422, "", "", false),
    ] {
        let post = says(&world, body.clone()).await;
        assert_eq!(post.code, code, "{body}");
        if code == 200 {
            assert_eq!((&post.body["content"], &post.body["spoiler_text"]), (&json!(text), &json!(warning)), "{body}");
            assert_eq!(post.body["sensitive"], sensitive, "{body}");
        }
    }
    for (language, expected) in [("ja", "ja"), ("pt-BR", "pt-BR"), ("xx", "en"), ("nonsense", "en")] {
        let post = says(&world, json!({"status": "x", "language": language})).await;
        assert_eq!(post.body["language"], expected, "{language}");
    }
}

#[tokio::test]
async fn filters_see_the_options_of_a_poll() {
    let world = World::new().await;
    let filter = json!({"title": "coffee", "context": ["home"], "keywords_attributes": [{"keyword": "coffee"}]});
    world.ask("POST", "/api/v2/filters", Some(&world.token), filter).await;
    let body = json!({"status": "which?", "poll": {"options": ["tea", "Coffee"], "expires_in": 3600}});
    let post = says(&world, body).await;
    assert_eq!(post.body["filtered"][0]["keyword_matches"], json!(["Coffee"]), "{}", post.body);
}
