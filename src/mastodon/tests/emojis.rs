//! Custom emoji: made, shown wherever their names stand, and put under posts.

use super::*;
use crate::actions::emoji::{self, Changes};
use crate::store::accounts::Field;
use crate::store::custom_emojis::{self, CustomEmoji};
use crate::store::{Connection, polls};

/// Makes an emoji of ours.
async fn emoji(world: &World, name: &str) -> CustomEmoji {
    let path = world.app.config.data.join(format!("{name}.png"));
    image::RgbaImage::from_pixel(40, 30, image::Rgba([9, 9, 9, 40])).save(&path).expect("saves");
    emoji::add(&world.app, name, &path, Changes { category: Some("cats".into()), ..Changes::default() })
        .await
        .expect("is made")
}

/// Lets us know an emoji of bob's server.
async fn learn(world: &World, name: &'static str) -> i64 {
    let (app, bob) = (world.app.clone(), world.bob);
    let write = world.app.store.write(move |tx| {
        let from = accounts::by_id(tx, bob)?.expect("is there");
        let list = [(name.to_owned(), format!("https://b.example/{name}.png"))];
        emoji::learn(tx, &app, &from, &list, app.clock.now())?;
        Ok(custom_emojis::by_name(tx, name, Some("b.example"))?.expect("is there").id.0)
    });
    write.await.expect("writes")
}

async fn sent(world: &World) -> Vec<Value> {
    let read = world.app.store.read(|db: &Connection| {
        let mut statement = db.prepare("SELECT payload FROM activities ORDER BY id")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    read.await.expect("reads").iter().map(|text| serde_json::from_str(text).expect("JSON")).collect()
}

#[tokio::test]
async fn ours_are_listed_with_our_own_addresses() {
    let world = World::new().await;
    let cat = emoji(&world, "cat").await;
    emoji(&world, "dog").await;
    let list = world.peek("/api/v1/custom_emojis").await;
    let url = world.app.config.url(&format!("/media/{}", cat.file.expect("has a file")));
    assert_eq!(list.code, 200);
    assert!(list.header("cache-control").contains("max-age=300"));
    let expected = json!({"shortcode": "cat", "url": url, "visible_in_picker": true, "category": "cats",
        "static_url": world.app.config.url(&format!("/media/{}", cat.static_file.expect("has a file")))});
    assert_eq!(list.body[0], expected);
    let id = cat.id;
    emoji::edit(&world.app, id, Changes { disabled: Some(true), ..Changes::default() }).await.expect("edits");
    assert_eq!(world.peek("/api/v1/custom_emojis").await.body.as_array().map(Vec::len), Some(1));
    emoji::remove(&world.app, id).await.expect("removes");
    for bad in ["c", "a-b", ""] {
        assert!(
            emoji::add(&world.app, bad, std::path::Path::new("/nowhere"), Changes::default()).await.is_err(),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn staff_manage_them_and_others_do_not() {
    let world = World::new().await;
    let cat = emoji(&world, "cat").await;
    let path = "/api/nagaya/v1/admin/emojis";
    let member = local_account(&world.app, "carol", "member").await;
    let member = issue_token(&world.app, member.id, "read write admin:read admin:write", "t").await.expect("a token");
    let staff = issue_token(&world.app, world.alice, "admin:read admin:write", "t").await.expect("a token");
    assert_eq!(world.ask("GET", path, Some(&member), Value::Null).await.code, 403);
    assert_eq!(world.get(path).await.code, 403, "the scope is missing");
    let list = world.ask("GET", path, Some(&staff), Value::Null).await;
    assert_eq!((list.code, &list.body[0]["shortcode"], &list.body[0]["disabled"]), (200, &json!("cat"), &json!(false)));
    let one = format!("{path}/{}", cat.id);
    let edited = world.ask("PUT", &one, Some(&staff), json!({"category": "", "visible_in_picker": false})).await;
    assert_eq!((edited.body.get("category"), &edited.body["visible_in_picker"]), (None, &json!(false)));
    assert_eq!(world.ask("DELETE", &one, Some(&staff), Value::Null).await.body, json!({}));
    assert_eq!(world.ask("DELETE", &one, Some(&staff), Value::Null).await.code, 404);
}

#[tokio::test]
async fn names_in_texts_bring_their_pictures_along() {
    let world = World::new().await;
    emoji(&world, "cat").await;
    let theirs = learn(&world, "cat").await;
    let (alice, bob) = (world.alice, world.bob);
    let written = world.app.store.write(move |tx| {
        let mut row = accounts::by_id(tx, bob)?.expect("is there");
        row.display_name = "Bob :cat:".into();
        row.fields = vec![Field { name: ":nothing:".into(), value: ":cat:".into(), verified_at: None }];
        accounts::upsert(tx, &row)?;
        let mut row = accounts::by_id(tx, alice)?.expect("is there");
        row.note = "<p>:cat: and :dog:</p>".into();
        accounts::upsert(tx, &row)
    });
    written.await.expect("writes");
    let own = world.post(alice, ":cat: hello", |_| ()).await;
    let their = world.post(bob, "hello", |row| row.spoiler_text = "on :cat: and :dog:".into()).await;
    let base = world.app.config.url("");
    let own = world.peek(&format!("/api/v1/statuses/{own}")).await.body;
    assert_eq!(own["emojis"][0]["shortcode"], "cat");
    assert!(own["emojis"][0]["url"].as_str().is_some_and(|url| url.starts_with(&format!("{base}/media/"))));
    assert_eq!(own["account"]["emojis"].as_array().map(Vec::len), Some(1));
    let their = world.peek(&format!("/api/v1/statuses/{their}")).await.body;
    let expected = json!([{"shortcode": "cat", "url": format!("{base}/media/emoji/{theirs}"),
        "static_url": format!("{base}/media/emoji/{theirs}/static"), "visible_in_picker": false}]);
    assert_eq!((&their["emojis"], &their["account"]["emojis"]), (&expected, &expected));
    let history = world.get(&format!("/api/v1/statuses/{}/history", their["id"].as_str().expect("an id"))).await;
    assert_eq!(history.body[0]["emojis"], expected);
}

#[tokio::test]
async fn options_of_polls_have_emoji_too() {
    let world = World::new().await;
    emoji(&world, "cat").await;
    let body = json!({"status": "which?", "poll": {"options": [":cat:", "dog"], "expires_in": 3600}});
    let made = world.ask("POST", "/api/v1/statuses", Some(&world.token), body).await.body;
    assert_eq!(made["poll"]["emojis"][0]["shortcode"], "cat");
    assert_eq!(made["emojis"][0]["shortcode"], "cat");
    let poll = world.peek(&format!("/api/v1/polls/{}", made["poll"]["id"].as_str().expect("an id"))).await.body;
    assert_eq!(poll["emojis"][0]["shortcode"], "cat");
    let id: StatusId = made["id"].as_str().expect("an id").parse().expect("a number");
    let app = world.app.clone();
    let read = world.app.store.read(move |db| {
        assert!(polls::of_status(db, id)?.is_some());
        let row = statuses::by_id(db, id)?.expect("is there");
        crate::actions::translate::note(db, &app, &row)
    });
    let note = read.await.expect("reads");
    assert_eq!(note.emojis[0].id.as_deref(), Some(world.app.config.url("/emojis/cat").as_str()));
}

#[tokio::test]
async fn ours_go_under_posts_and_theirs_only_where_they_stand() {
    let world = World::new().await;
    emoji(&world, "cat").await;
    learn(&world, "blob").await;
    let post = world.post(world.bob, "hello", |_| ()).await;
    let path = format!("/api/v1/pleroma/statuses/{post}/reactions");
    let ask = async |method: &str, name: &str| {
        world.ask(method, &format!("{path}/{name}"), Some(&world.token), Value::Null).await
    };
    assert_eq!(ask("PUT", "blob@b.example").await.code, 422);
    assert_eq!(ask("PUT", "dog").await.code, 422);
    let put = ask("PUT", ":cat:").await.body;
    let reaction = &put["emoji_reactions"][0];
    assert_eq!((&reaction["name"], &reaction["me"]), (&json!("cat"), &json!(true)));
    assert!(reaction["url"].as_str().is_some_and(|url| url.starts_with(&world.app.config.url("/media/"))));
    let like = &sent(&world).await[0];
    assert_eq!(
        (&like["type"], &like["content"], &like["tag"][0]["name"]),
        (&json!("Like"), &json!(":cat:"), &json!(":cat:"))
    );
    assert_eq!(ask("DELETE", "cat").await.body["emoji_reactions"], json!([]));
    let undo = &sent(&world).await[1];
    assert_eq!((&undo["type"], &undo["object"]["content"]), (&json!("Undo"), &json!(":cat:")));
}

#[tokio::test]
async fn what_others_put_is_believed_of_their_own_server_only() {
    let world = World::new().await;
    let cat = emoji(&world, "cat").await;
    let (app, bob) = (world.app.clone(), world.bob);
    let ours = world.app.config.url(&format!("/media/{}", cat.file.expect("has a file")));
    let check = world.app.store.write(move |tx| {
        let from = accounts::by_id(tx, bob)?.expect("is there");
        for (content, along, expected) in [
            ("👍", "", Some("👍")),
            (":blob:", "https://b.example/blob.png", Some("blob@b.example")),
            (":blob@.:", "", Some("blob@b.example")),
            (":none:", "", None),
            (":cat:", &*ours, Some("cat")),
            (":cat@nagaya.test:", "https://b.example/fake.png", Some("cat")),
            (":evil@c.example:", "https://b.example/fake.png", None),
            ("text", "", None),
        ] {
            let name = content.trim_matches(':').split('@').next().unwrap_or_default().to_owned();
            let along: Vec<_> = (!along.is_empty()).then(|| (name, along.to_owned())).into_iter().collect();
            let found = emoji::received(tx, &app, &from, content, &along, app.clock.now())?;
            assert_eq!(found.map(|(name, _)| name).as_deref(), expected, "{content}");
        }
        Ok(())
    });
    check.await.expect("writes");
}
