//! Emoji under posts.

use super::*;
use crate::actions::react;
use crate::store::reactions::Reaction;

#[tokio::test]
async fn an_emoji_is_put_listed_sent_and_taken_back() {
    let world = World::new().await;
    let post = world.post(world.bob, "hello", |_| ()).await;
    let path = format!("/api/v1/pleroma/statuses/{post}/reactions");
    let ask = async |method: &str, emoji: &str| {
        let emoji = percent_encoding::utf8_percent_encode(emoji, percent_encoding::NON_ALPHANUMERIC);
        world.ask(method, &format!("{path}/{emoji}"), Some(&world.token), Value::Null).await
    };
    let put = ask("PUT", "👍").await;
    let alice = world.alice.to_string();
    let expected = json!([{"name": "👍", "count": 1, "me": true, "account_ids": [alice]}]);
    assert_eq!((put.code, &put.body["emoji_reactions"]), (200, &expected), "{}", put.body);
    assert_eq!(ask("PUT", "👍").await.body["emoji_reactions"], expected, "twice is fine");
    assert_eq!(ask("PUT", "☕").await.body["emoji_reactions"][1]["name"], "☕");
    assert_eq!(put.body["favourited"], false);
    for no_emoji in ["a", "👍👍", ":blob:"] {
        assert_eq!(ask("PUT", no_emoji).await.code, 422, "{no_emoji}");
    }
    let listed = world.peek(&path).await.body;
    assert_eq!((&listed[0]["me"], &listed[0]["accounts"][0]["id"]), (&json!(false), &json!(alice)));
    assert_eq!(ask("GET", "☕").await.body.as_array().map(Vec::len), Some(1));
    assert_eq!(ask("DELETE", "👍").await.body["emoji_reactions"].as_array().map(Vec::len), Some(1));
    assert_eq!(ask("DELETE", "👍").await.code, 200);
    let read = world.app.store.read(|db| {
        let mut statement = db.prepare("SELECT payload FROM activities ORDER BY id")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let sent: Vec<Value> =
        read.await.expect("reads").iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    let kinds: Vec<&Value> = sent.iter().map(|activity| &activity["type"]).collect();
    assert_eq!(kinds, ["Like", "Like", "Undo"]);
    assert_eq!((&sent[0]["content"], &sent[2]["object"]["id"]), (&json!("👍"), &sent[0]["id"]));
    let secret = world.post(world.bob, "psst", |row| row.visibility = Visibility::Direct).await;
    assert_eq!(world.get(&format!("/api/v1/pleroma/statuses/{secret}/reactions")).await.code, 404);
}

#[tokio::test]
async fn an_emoji_from_elsewhere_is_told_until_the_last_is_gone() {
    let world = World::new().await;
    let post = world.post(world.alice, "hello", |_| ()).await;
    let (bob, app) = (world.bob, world.app.clone());
    for (id, name) in [(1, "👍"), (2, "☕")] {
        let app = app.clone();
        let written = world.app.store.write(move |tx| {
            let who = accounts::by_id(tx, bob)?.expect("is there");
            let status = statuses::by_id(tx, post)?.expect("is there");
            let reaction = Reaction {
                id,
                account_id: bob,
                status_id: post,
                name: name.into(),
                uri: format!("https://b.example/likes/{id}"),
                emoji_id: None,
            };
            react::write(tx, &app, &who, &status, &reaction, app.clock.now())
        });
        written.await.expect("writes").announce(&world.app);
    }
    let told = world.get("/api/v1/notifications").await;
    assert_eq!(told.ids().len(), 1);
    let first = &told.body[0];
    assert_eq!((&first["type"], &first["emoji"]), (&json!("pleroma:emoji_reaction"), &json!("☕")));
    assert_eq!(first["status"]["emoji_reactions"].as_array().map(Vec::len), Some(2));
    for (name, left) in [("👍", 1), ("☕", 0)] {
        let app = app.clone();
        let written = world.app.store.write(move |tx| {
            let who = accounts::by_id(tx, bob)?.expect("is there");
            let status = statuses::by_id(tx, post)?.expect("is there");
            react::write_removal(tx, &app, &who, &status, name, app.clock.now())
        });
        written.await.expect("writes").announce(&world.app);
        assert_eq!(world.get("/api/v1/notifications").await.ids().len(), left, "{name}");
    }
}
