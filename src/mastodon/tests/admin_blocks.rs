//! Servers, addresses and mailboxes that staff keep away.

use super::*;

async fn staff(world: &World) -> String {
    issue_token(&world.app, world.alice, "read admin:read admin:write", "t").await.expect("a token")
}

#[tokio::test]
async fn only_staff_with_the_scope_may_look() {
    let world = World::new().await;
    let moderator = local_account(&world.app, "mo", "moderator").await;
    let moderator = issue_token(&world.app, moderator.id, "admin:read admin:write", "t").await.expect("a token");
    let narrow = issue_token(&world.app, world.alice, "admin:read:ip_blocks", "t").await.expect("a token");
    for (path, by_moderator, by_narrow) in [
        ("domain_blocks", 403, 403),
        ("domain_allows", 403, 403),
        ("email_domain_blocks", 200, 403),
        ("ip_blocks", 200, 200),
        ("canonical_email_blocks", 200, 403),
    ] {
        let path = format!("/api/v1/admin/{path}");
        assert_eq!(world.peek(&path).await.code, 401, "{path}");
        assert_eq!(world.get(&path).await.code, 403, "{path}");
        assert_eq!(world.ask("GET", &path, Some(&moderator), Value::Null).await.code, by_moderator, "{path}");
        assert_eq!(world.ask("GET", &path, Some(&narrow), Value::Null).await.code, by_narrow, "{path}");
        assert_eq!(world.ask("GET", &format!("{path}/7"), Some(&staff(&world).await), Value::Null).await.code, 404);
    }
}

#[tokio::test]
async fn a_blocked_domain_ends_follows_and_hides_people() {
    let world = World::new().await;
    let token = staff(&world).await;
    let path = "/api/v1/admin/domain_blocks";
    let ask = async |method: &str, path: &str, body: Value| world.ask(method, path, Some(&token), body).await;
    let post = world.post(world.bob, "hello", |_| ()).await;
    let made = ask("POST", path, json!({"domain": "b.example", "severity": "suspend", "public_comment": "spam"})).await;
    assert_eq!((made.code, &made.body["severity"]), (200, &json!("suspend")), "{}", made.body);
    assert_eq!((&made.body["private_comment"], &made.body["reject_media"]), (&Value::Null, &json!(false)));
    let again = ask("POST", path, json!({"domain": "b.example"})).await;
    assert_eq!((again.code, &again.body["existing_domain_block"]), (422, &made.body));
    for bad in [json!({}), json!({"domain": "x.example", "severity": "harsh"}), json!({"domain": "nagaya.test"})] {
        assert_eq!(ask("POST", path, bad.clone()).await.code, 422, "{bad}");
    }
    assert_eq!(world.get("/api/v1/timelines/home").await.ids(), [""; 0]);
    assert_eq!(world.peek("/api/v1/timelines/public").await.ids(), [""; 0]);
    let bond = world.get(&format!("/api/v1/accounts/relationships?id[]={}", world.bob)).await;
    assert_eq!(bond.body[0]["following"], false);
    let one = format!("{path}/{}", made.body["id"].as_str().expect("an id"));
    let edited = ask("PUT", &one, json!({"severity": "silence", "public_comment": ""})).await;
    assert_eq!((&edited.body["severity"], &edited.body["public_comment"]), (&json!("silence"), &Value::Null));
    let bob = world.peek(&format!("/api/v1/accounts/{}", world.bob)).await.body;
    assert_eq!((bob.get("suspended"), &bob["limited"]), (None, &json!(true)));
    assert_eq!(world.peek("/api/v1/timelines/public").await.ids(), [""; 0]);
    assert_eq!(ask("GET", path, Value::Null).await.ids().len(), 1);
    assert!(ask("GET", path, Value::Null).await.header("link").contains("min_id="));
    assert_eq!(ask("DELETE", &one, Value::Null).await.body, json!({}));
    assert_eq!(world.peek("/api/v1/timelines/public").await.ids(), [&*post.to_string()]);
    assert_eq!(ask("GET", &one, Value::Null).await.code, 404);
}

#[tokio::test]
async fn media_of_a_server_can_be_rejected() {
    let world = World::new().await;
    let token = staff(&world).await;
    let bob = world.bob;
    let written = world.app.store.write(move |tx| {
        let mut row = accounts::by_id(tx, bob)?.expect("is there");
        row.avatar_remote_url = Some("https://cdn.example/bob.png".into());
        accounts::upsert(tx, &row)
    });
    written.await.expect("writes");
    let avatar = format!("/media/avatar/{bob}");
    let body = json!({"domain": "b.example", "severity": "noop", "reject_media": true});
    assert_eq!(world.ask("POST", "/api/v1/admin/domain_blocks", Some(&token), body).await.code, 200);
    assert_eq!(world.peek(&avatar).await.code, 404);
}

#[tokio::test]
async fn servers_are_let_in_one_by_one() {
    let world = World::new().await;
    let token = staff(&world).await;
    let path = "/api/v1/admin/domain_allows";
    let ask = async |method: &str, path: &str, body: Value| world.ask(method, path, Some(&token), body).await;
    let made = ask("POST", path, json!({"domain": "Friend.Example"})).await.body;
    assert_eq!(made["domain"], "friend.example");
    assert_eq!(ask("POST", path, json!({"domain": "friend.example"})).await.body, made, "twice is fine");
    assert_eq!(ask("POST", path, json!({"domain": "?"})).await.code, 422);
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    assert_eq!(ask("GET", &one, Value::Null).await.body, made);
    assert_eq!(ask("DELETE", &one, Value::Null).await.body, json!({}));
    assert_eq!(ask("GET", path, Value::Null).await.body, json!([]));
}

#[tokio::test]
async fn addresses_and_mailboxes_are_kept_out() {
    let world = World::new().await;
    let token = staff(&world).await;
    let ask = async |method: &str, path: &str, body: Value| {
        world.ask(method, &format!("/api/v1/admin/{path}"), Some(&token), body).await
    };
    let made =
        ask("POST", "ip_blocks", json!({"ip": "192.0.2.9/24", "severity": "no_access", "expires_in": 60})).await.body;
    let expected = json!({"id": made["id"], "ip": "192.0.2.0/24", "severity": "no_access", "comment": "",
        "created_at": "2026-08-07T14:02:35.000Z", "expires_at": "2026-08-07T14:03:35.000Z"});
    assert_eq!(made, expected);
    let one = format!("ip_blocks/{}", made["id"].as_str().expect("an id"));
    let edited = ask("PUT", &one, json!({"comment": "bots", "expires_in": ""})).await.body;
    assert_eq!((&edited["comment"], &edited["expires_at"]), (&json!("bots"), &Value::Null));
    for bad in [
        json!({"severity": "no_access"}),
        json!({"ip": "x", "severity": "no_access"}),
        json!({"ip": "192.0.2.1", "severity": "never"}),
        json!({"ip": "192.0.2.7/24", "severity": "no_access"}),
        json!({"ip": "192.0.2.1"}),
    ] {
        assert_eq!(ask("POST", "ip_blocks", bad.clone()).await.code, 422, "{bad}");
    }
    assert_eq!(ask("DELETE", &one, Value::Null).await.body, json!({}));

    let made = ask("POST", "email_domain_blocks", json!({"domain": "spam.example"})).await.body;
    assert_eq!((&made["allow_with_approval"], made["history"].as_array().map(Vec::len)), (&json!(false), Some(7)));
    assert_eq!(ask("POST", "email_domain_blocks", json!({"domain": "spam.example"})).await.code, 422);
    let one = format!("email_domain_blocks/{}", made["id"].as_str().expect("an id"));
    assert_eq!(ask("GET", &one, Value::Null).await.body, made);
    assert_eq!(ask("DELETE", &one, Value::Null).await.body, json!({}));

    let made = ask("POST", "canonical_email_blocks", json!({"email": "Mal.lory+1@a.example"})).await.body;
    assert_eq!(made["canonical_email_hash"].as_str().map(str::len), Some(64));
    let test = ask("POST", "canonical_email_blocks/test", json!({"email": "mallory@a.example"})).await.body;
    assert_eq!(test, json!([made]));
    assert_eq!(ask("POST", "canonical_email_blocks/test", json!({"email": "x@a.example"})).await.body, json!([]));
    assert_eq!(ask("POST", "canonical_email_blocks/test", json!({})).await.code, 400);
    assert_eq!(ask("POST", "canonical_email_blocks", json!({"canonical_email_hash": "x"})).await.code, 422);
    let one = format!("canonical_email_blocks/{}", made["id"].as_str().expect("an id"));
    assert_eq!(ask("DELETE", &one, Value::Null).await.body, json!({}));
}

#[tokio::test]
async fn timelines_open_as_the_operator_says() {
    let world = World::new().await;
    let post = world.post(world.bob, "hello", |_| ()).await.to_string();
    let set = async |key: &'static str, value: &'static str| {
        world.app.store.write(move |tx| crate::store::settings::set(tx, key, value)).await.expect("writes");
    };
    let public = "/api/v1/timelines/public";
    set("remote_live_feed_access", "authenticated").await;
    assert_eq!((world.peek(public).await.code, world.get(public).await.ids()), (401, vec![&*post]));
    assert_eq!(world.peek("/api/v1/timelines/public?local=true").await.code, 200);
    assert_eq!(world.peek("/api/v1/timelines/tag/cats").await.ids(), [&*post]);
    set("remote_live_feed_access", "disabled").await;
    set("remote_topic_feed_access", "disabled").await;
    for path in [public, "/api/v1/timelines/public?remote=true", "/api/v1/timelines/tag/cats"] {
        assert_eq!((world.peek(path).await.code, world.get(path).await.ids()), (401, vec![]), "{path}");
    }
}
