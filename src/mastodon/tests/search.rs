//! Looking for posts.

use super::*;

impl World {
    async fn found(&self, query: &str) -> Vec<String> {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let answer = self.get(&format!("/api/v2/search?type=statuses&q={query}")).await;
        assert_eq!(answer.code, 200, "{query}");
        let rows = answer.body["statuses"].as_array().expect("a list");
        rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
    }
}

#[tokio::test]
async fn a_post_is_found_as_it_is_now_and_not_when_it_is_gone() {
    let world = World::new().await;
    let token = Some(&*world.token);
    let made =
        world.ask("POST", "/api/v1/statuses", token, json!({"status": "東京でCoffeeを飲む https://b.example/"})).await;
    let id = made.body["id"].as_str().expect("an id").to_owned();
    for query in ["東京", "coffee", "飲", "from:me has:link", "from:@alice", "from:alice@nagaya.test 東京"] {
        assert_eq!(world.found(query).await, [&*id], "{query}");
    }
    for query in ["大阪", "from:bob@b.example", "from:nobody", "from:@@", "-東京 from:me", "has:poll"] {
        assert_eq!(world.found(query).await, [""; 0], "{query}");
    }
    let path = format!("/api/v1/statuses/{id}");
    let poll = json!({"options": ["紅茶", "牛乳"], "expires_in": 3600});
    assert_eq!(world.ask("PUT", &path, token, json!({"status": "大阪", "poll": poll})).await.code, 200);
    assert_eq!((world.found("東京").await.len(), world.found("大阪").await.len()), (0, 1));
    assert_eq!(world.found("牛乳 has:poll").await, [&*id]);
    assert_eq!(world.ask("DELETE", &path, token, Value::Null).await.code, 200);
    assert_eq!(world.found("大阪").await, [""; 0]);
}

#[tokio::test]
async fn pages_and_authors_narrow_the_search() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for text in ["cat one", "cat two", "cat three"] {
        ids.push(world.post(world.alice, text, |_| ()).await.to_string());
    }
    let ask = async |rest: &str| {
        let answer = world.get(&format!("/api/v2/search?q=cat&type=statuses{rest}")).await;
        let rows = answer.body["statuses"].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask("&limit=1").await, [&*ids[2]]);
    assert_eq!(ask("&limit=1&offset=1").await, [&*ids[1]]);
    assert_eq!(ask(&format!("&max_id={}", ids[1])).await, [&*ids[0]]);
    assert_eq!(ask(&format!("&min_id={}", ids[1])).await, [&*ids[2]]);
    assert_eq!(ask(&format!("&account_id={}", world.alice)).await.len(), 3);
    assert_eq!(ask(&format!("&account_id={}", world.bob)).await, [""; 0]);
}

#[tokio::test]
async fn nothing_that_is_typed_breaks_it() {
    let world = World::new().await;
    world.post(world.alice, "cat", |_| ()).await;
    for query in [
        "\"",
        "\"\"",
        "'",
        "*",
        "cat*",
        "^cat",
        "words:cat",
        "cat AND",
        "AND OR NOT",
        "NEAR(cat, 5)",
        "{words}: cat",
        "(",
        "((((",
        "-",
        "--",
        "-\"",
        "cat\0dog",
        "before:9999-99-99",
        "before:99999999999999999999",
        "during:-1",
        "from:",
        "from:@",
        "has:",
        "is:\u{202e}",
        "\u{feff}",
        "ﷺ",
        "😀",
        "any_",
        "from_1_",
        "日",
        "：",
        "from：me",
        "in:library",
    ] {
        world.found(query).await;
    }
}
