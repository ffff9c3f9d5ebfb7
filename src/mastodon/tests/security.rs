//! Profiles, sign-in security and moving house by the API.

use super::*;
use crate::actions::second_factor;
use crate::passkeys::authenticator::Authenticator;

const SECURITY: &str = "/api/nagaya/v1/security";

impl World {
    async fn does(&self, method: &str, path: &str, body: Value) -> Answer {
        self.ask(method, path, Some(&self.token), body).await
    }
}

#[tokio::test]
async fn a_profile_is_read_and_changed_by_itself() {
    let world = World::new().await;
    let before = world.get("/api/v1/profile").await;
    assert_eq!((before.code, &before.body["note"], &before.body["avatar"]), (200, &json!("Hello"), &Value::Null));
    assert_eq!(before.body["formatted_note"], "<p>Hello</p>");
    let changes = json!({
        "display_name": "Alice", "note": "Hi **there**", "show_media": false, "show_media_replies": "0",
        "avatar_description": "a cat", "attribution_domains": ["https://Blog.example/x", "blog.example", " "],
        "fields_attributes": [{"name": "Web", "value": "https://alice.example"}],
    });
    for method in ["PATCH", "PUT"] {
        let after = world.does(method, "/api/v1/profile", changes.clone()).await;
        assert_eq!(after.code, 200, "{}", after.body);
        assert_eq!(after.body["attribution_domains"], json!(["blog.example"]));
        let shown = ["show_media", "show_media_replies", "show_featured"].map(|key| after.body[key].clone());
        assert_eq!(shown, [json!(false), json!(false), json!(true)]);
        assert_eq!(after.body["avatar_description"], "a cat");
        assert!(after.body["formatted_fields"][0]["value"].as_str().is_some_and(|html| html.starts_with("<a ")));
        assert_eq!(after.body["fields"][0]["value"], "https://alice.example");
    }
    let account = world.peek(&format!("/api/v1/accounts/{}", world.alice)).await.body;
    assert_eq!((&account["show_media"], &account["show_featured"]), (&json!(false), &json!(true)));
    let credentials = world.get("/api/v1/accounts/verify_credentials").await.body;
    assert_eq!(credentials["source"]["attribution_domains"], json!(["blog.example"]));
    let too_many: Vec<String> = (0..101).map(|number| format!("site{number}.example")).collect();
    for (field, value) in [
        ("display_name", json!("x".repeat(41))),
        ("note", json!("x".repeat(501))),
        ("avatar_description", json!("x".repeat(151))),
        ("header_description", json!("x".repeat(151))),
        ("attribution_domains", json!(["not a domain"])),
        ("attribution_domains", json!(["localhost"])),
        ("attribution_domains", json!(too_many)),
        ("fields_attributes", json!([{"name": "", "value": "x"}])),
        ("fields_attributes", json!(vec![json!({"name": "a", "value": "b"}); 5])),
    ] {
        for path in ["/api/v1/profile", "/api/v1/accounts/update_credentials"] {
            let refused = world.does("PATCH", path, json!({field: value})).await;
            assert_eq!((refused.code, refused.body["details"].get(field).is_some()), (422, true), "{path} {field}");
        }
    }
}

#[tokio::test]
async fn a_second_factor_is_set_up_with_the_password_and_a_code() {
    let world = World::new().await;
    let (begin, confirm) = (format!("{SECURITY}/two_factor"), format!("{SECURITY}/two_factor/confirm"));
    let password = json!({"password": "correct horse"});
    for wrong in [json!({}), json!({"password": "no"})] {
        let refused = world.does("POST", &begin, wrong).await;
        assert_eq!((refused.code, refused.body["details"].get("password").is_some()), (422, true));
    }
    let begun = world.does("POST", &begin, password.clone()).await;
    assert_eq!(begun.code, 200, "{}", begun.body);
    let secret = begun.body["secret"].as_str().expect("a secret");
    assert_eq!(world.does("POST", &confirm, json!({"code": "abc"})).await.code, 422);
    let code = second_factor::tests::shown(secret, world.app.clock.now());
    let codes = world.does("POST", &confirm, json!({"code": code})).await;
    assert_eq!(codes.body["recovery_codes"].as_array().map(Vec::len), Some(10), "{}", codes.body);
    let standing = world.get(SECURITY).await.body;
    assert_eq!((&standing["two_factor"], &standing["recovery_codes_left"]), (&json!(true), &json!(10)));
    assert_eq!(world.does("POST", &begin, password.clone()).await.code, 422, "it is on already");
    assert_eq!(world.does("POST", &format!("{SECURITY}/recovery_codes"), password.clone()).await.code, 200);
    assert_eq!(world.does("DELETE", &begin, json!({})).await.code, 422);
    assert_eq!(world.does("DELETE", &begin, password).await.body["two_factor"], false);
    for _ in 0..11 {
        world.does("POST", &begin, json!({"password": "guess"})).await;
    }
    assert_eq!(world.does("POST", &begin, json!({"password": "correct horse"})).await.code, 429);
}

#[tokio::test]
async fn passkeys_and_tokens_are_listed_named_and_taken_back() {
    let world = World::new().await;
    let keys = format!("{SECURITY}/passkeys");
    let password = json!({"password": "correct horse"});
    let asked = world.does("POST", &format!("{keys}/options"), password.clone()).await;
    let mut device = Authenticator::new(&world.app.config.url(""), 3);
    let credential: Value =
        serde_json::from_str(&device.create(asked.body["options"].as_str().expect("JSON"))).expect("JSON");
    let made = json!({"password": "correct horse", "name": "Key", "credential": credential});
    let kept = world.does("POST", &keys, made.clone()).await;
    assert_eq!((kept.code, &kept.body["name"]), (200, &json!("Key")), "{}", kept.body);
    assert_eq!(world.does("POST", &keys, made).await.code, 422, "used up");
    let one = format!("{keys}/{}", kept.body["id"].as_str().expect("an id"));
    assert_eq!(world.does("PATCH", &one, json!({"name": "Ring"})).await.body["name"], "Ring");
    assert_eq!(world.does("PATCH", &one, json!({"name": " "})).await.code, 422);
    assert_eq!(world.does("DELETE", &one, json!({})).await.code, 422);
    assert_eq!(world.does("DELETE", &one, password.clone()).await.body, json!([]));
    assert_eq!(world.does("DELETE", &one, password).await.code, 404);

    let other = issue_token(&world.app, world.alice, "read", "Other").await.expect("a token");
    let apps = world.get(&format!("{SECURITY}/apps")).await.body;
    assert_eq!((&apps[0]["name"], &apps[1]["tokens"][0]["current"]), (&json!("Other"), &json!(true)));
    assert_eq!(world.ask("DELETE", &format!("{SECURITY}/tokens"), Some(&other), Value::Null).await.code, 403);
    let left = world.does("DELETE", &format!("{SECURITY}/tokens"), Value::Null).await;
    assert_eq!(left.body.as_array().map(Vec::len), Some(1), "only the one that asks");
    assert_eq!(world.ask("GET", SECURITY, Some(&other), Value::Null).await.code, 401);
    assert_eq!(world.get(&format!("{SECURITY}/sessions")).await.body, json!([]));
    assert_eq!(world.does("DELETE", &format!("{SECURITY}/sessions/0"), Value::Null).await.code, 404);
}

#[tokio::test]
async fn whoever_moved_away_reads_and_nothing_more() {
    let world = World::new().await;
    let carol = local_account(&world.app, "carol", "member").await;
    let aliases = world.does("POST", "/api/nagaya/v1/aliases", json!({"acct": "@carol"})).await;
    assert_eq!(aliases.body[0]["account"]["acct"], "carol", "{}", aliases.body);
    for (acct, code) in [("@alice", 422), ("@nobody", 422), ("", 422), ("not a handle at all", 422)] {
        assert_eq!(world.does("POST", "/api/nagaya/v1/aliases", json!({"acct": acct})).await.code, code, "{acct}");
    }
    let uri = json!({"uri": carol.uri});
    assert_eq!(world.does("DELETE", "/api/nagaya/v1/aliases", uri.clone()).await.body, json!([]));
    assert_eq!(world.does("DELETE", "/api/nagaya/v1/aliases", uri).await.code, 404);

    let away = json!({"acct": "carol", "password": "correct horse"});
    let refused = world.does("POST", "/api/nagaya/v1/migration", away.clone()).await;
    assert_eq!((refused.code, refused.body["details"].get("acct").is_some()), (422, true), "carol does not know her");
    let led = world.does("POST", "/api/nagaya/v1/migration/redirect", away).await;
    assert_eq!(led.body["moved_to"]["acct"], "carol", "{}", led.body);
    let shown = world.peek(&format!("/api/v1/accounts/{}", world.alice)).await.body;
    assert_eq!(shown["moved"]["acct"], "carol");
    assert_eq!(world.does("POST", "/api/v1/statuses", json!({"status": "still here"})).await.code, 403);
    let follow = format!("/api/v1/accounts/{}/follow", world.bob);
    assert_eq!(world.does("POST", &follow, Value::Null).await.code, 403);
    let home = world.get("/api/v1/timelines/home").await.code;
    assert!(matches!(home, 200 | 206), "an empty home may be on its way: {home}");
    assert_eq!(world.does("DELETE", "/api/nagaya/v1/migration", Value::Null).await.body["moved_to"], Value::Null);
}

#[tokio::test]
async fn what_mastodon_asks_of_itself_is_answered_honestly() {
    let world = World::new().await;
    assert_eq!(world.peek("/health").await.code, 200);
    assert_eq!(world.get("/api/v1/donation_campaigns").await.code, 204);
    assert_eq!(world.peek("/api/v1/donation_campaigns").await.code, 401);
    assert_eq!(world.get(&format!("/api/v1/accounts/{}/identity_proofs", world.alice)).await.body, json!([]));
}
