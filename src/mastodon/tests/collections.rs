//! Collections of people.

use super::*;

impl World {
    async fn willing(&self, name: &str) -> (AccountId, String) {
        let mut row = local_account(&self.app, name, "member").await;
        row.discoverable = Some(true);
        let id = row.id;
        self.app.store.write(move |tx| accounts::upsert(tx, &row)).await.expect("writes");
        (id, issue_token(&self.app, id, "read write", "t").await.expect("a token"))
    }

    async fn collection(&self, body: Value) -> Answer {
        self.ask("POST", "/api/v1/collections", Some(&self.token), body).await
    }
}

#[tokio::test]
async fn a_collection_is_made_shown_changed_and_deleted() {
    let world = World::new().await;
    let (carol, carols) = world.willing("carol").await;
    let made = world
        .collection(json!({"name": "Friends", "description": "Good people", "tag_name": "#Neko", "language": "ja",
                           "account_ids": [carol.to_string()]}))
        .await;
    assert_eq!(made.code, 200, "{}", made.body);
    let row = &made.body["collection"];
    assert_eq!((&row["name"], &row["item_count"], &row["tag"]["name"]), (&json!("Friends"), &json!(1), &json!("Neko")));
    assert_eq!(row["items"][0]["account_id"], carol.to_string());
    let path = format!("/api/v1/collections/{}", row["id"].as_str().expect("an id"));

    let shown = world.get(&path).await.body;
    let people: Vec<&Value> = shown["accounts"].as_array().expect("people").iter().map(|row| &row["id"]).collect();
    assert_eq!(people, [&json!(world.alice.to_string()), &json!(carol.to_string())], "the owner is first");
    let of = world.get(&format!("/api/v1/accounts/{}/collections", world.alice)).await;
    assert_eq!(of.body["collections"][0]["name"], "Friends");

    let told = world.ask("GET", "/api/v1/notifications", Some(&carols), json!({})).await;
    assert_eq!(told.body[0]["type"], "added_to_collection", "{}", told.body);
    assert_eq!(told.body[0]["collection"]["name"], "Friends");
    let grouped = world.ask("GET", "/api/v2/notifications", Some(&carols), json!({})).await;
    assert_eq!(grouped.body["notification_groups"][0]["collection"]["name"], "Friends");

    let changed =
        world.ask("PATCH", &path, Some(&world.token), json!({"name": "Neighbours", "discoverable": false})).await;
    assert_eq!(changed.body["collection"]["name"], "Neighbours");
    let told = world.ask("GET", "/api/v1/notifications", Some(&carols), json!({})).await;
    assert_eq!(told.body[0]["type"], "collection_update");
    let others =
        world.ask("GET", &format!("/api/v1/accounts/{}/collections", world.alice), Some(&carols), json!({})).await;
    assert_eq!(others.body, json!({"collections": []}), "what is not to be found is not listed");
    let mine = world.ask("GET", &format!("/api/v1/accounts/{carol}/in_collections"), Some(&carols), json!({})).await;
    assert_eq!(mine.body["collections"][0]["name"], "Neighbours");

    let foreign = world.ask("DELETE", &path, Some(&carols), json!({})).await;
    assert_eq!(foreign.code, 403);
    let gone = world.ask("DELETE", &path, Some(&world.token), json!({})).await;
    assert_eq!((gone.code, gone.header("content-type"), &gone.body), (200, "text/html", &serde_json::Value::Null));
    assert_eq!(world.get(&path).await.code, 404);
}

#[tokio::test]
async fn nobody_is_recommended_against_their_will() {
    let world = World::new().await;
    let (carol, carols) = world.willing("carol").await;
    let shy = local_account(&world.app, "dora", "member").await;
    let hidden = accounts::Account { discoverable: Some(false), ..shy.clone() };
    world.app.store.write(move |tx| accounts::upsert(tx, &hidden)).await.expect("writes");
    let far = world.somebody("erin", "far.example", false).await;
    let made = world.collection(json!({"name": "x"})).await.body;
    let path = format!("/api/v1/collections/{}", made["collection"]["id"].as_str().expect("an id"));
    let items = format!("{path}/items");
    for (who, code) in [(shy.id, 403), (far, 403), (AccountId(1), 404), (carol, 200), (carol, 422)] {
        let added = world.ask("POST", &items, Some(&world.token), json!({"account_id": who.to_string()})).await;
        assert_eq!(added.code, code, "{}", added.body);
    }
    let shown = world.get(&path).await.body;
    let item = shown["collection"]["items"][0]["id"].as_str().expect("an id").to_owned();
    let revoke = format!("{items}/{item}/revoke");
    assert_eq!(world.ask("POST", &revoke, Some(&world.token), json!({})).await.code, 403);
    assert_eq!(world.ask("POST", &revoke, Some(&carols), json!({})).await.code, 200);
    assert_eq!(world.get(&path).await.body["collection"]["item_count"], 0);
    let again = world.ask("POST", &items, Some(&world.token), json!({"account_id": carol.to_string()})).await;
    assert_eq!(again.code, 422, "who left stays out");
}

#[tokio::test]
async fn what_is_wrong_with_a_collection_is_named() {
    let world = World::new().await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": "x".repeat(41)}), "name"),
        (json!({"name": "x", "description": "x".repeat(101)}), "description"),
        (json!({"name": "x", "tag_name": "!"}), "tag_name"),
        (json!({"name": "x", "language": "?"}), "language"),
    ] {
        let refused = world.collection(body.clone()).await;
        assert_eq!((refused.code, refused.body["error"]["details"].get(field).is_some()), (422, true), "{body}");
    }
    for _ in 0..10 {
        assert_eq!(world.collection(json!({"name": "x"})).await.code, 200);
    }
    assert_eq!(world.collection(json!({"name": "one too many"})).await.code, 422);
}
