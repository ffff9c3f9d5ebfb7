//! Quotes, as clients make and see them.

use super::*;
use crate::store::quote_policies::{self as policies, Choice};

async fn says(world: &World, token: &str, body: Value) -> Answer {
    world.ask("POST", "/api/v1/statuses", Some(token), body).await
}

/// A second person of this server, and her token.
async fn carol(world: &World) -> (AccountId, String) {
    let carol = local_account(&world.app, "carol", "member").await.id;
    let written = world.app.store.write(move |tx| {
        let pair = KeyPair { private_pem: "private".into(), public_pem: "public".into() };
        keys::insert_pair(tx, carol, &pair)
    });
    written.await.expect("writes");
    (carol, issue_token(&world.app, carol, "read write follow", "test").await.expect("a token"))
}

fn id(answer: &Answer) -> String {
    answer.body["id"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

#[tokio::test]
async fn a_quote_of_a_neighbour_is_accepted_shown_counted_told_and_revoked() {
    let world = World::new().await;
    let (_, carols) = carol(&world).await;
    let post = says(&world, &world.token, json!({"status": "Good tea"})).await;
    assert_eq!(
        post.body["quote_approval"],
        json!({"automatic": ["public"], "manual": [], "current_user": "automatic"})
    );
    let quoted = id(&post);
    let quote = says(&world, &carols, json!({"status": "So it is", "quoted_status_id": quoted})).await;
    assert_eq!((quote.code, &quote.body["quote"]["state"]), (200, &json!("accepted")), "{}", quote.body);
    let inner = &quote.body["quote"]["quoted_status"];
    assert_eq!((&inner["id"], &inner["quotes_count"], &inner["quote"]), (&json!(quoted), &json!(1), &Value::Null));
    let content = quote.body["content"].as_str().expect("text");
    assert!(content.starts_with(r#"<p class="quote-inline">RE: <a href=""#), "{content}");
    let quoting = id(&quote);

    let told = world.get("/api/v1/notifications?types[]=quote").await;
    assert_eq!((&told.body[0]["type"], &told.body[0]["status"]["id"]), (&json!("quote"), &json!(quoting)));
    let list = world.get(&format!("/api/v1/statuses/{quoted}/quotes")).await;
    assert_eq!((list.code, list.ids()), (200, vec![&*quoting]));
    assert_eq!(world.peek(&format!("/api/v1/statuses/{quoted}/quotes")).await.code, 401);

    // A quote of the quote names what it quotes, no more.
    let outer = says(&world, &world.token, json!({"quoted_status_id": quoting})).await;
    let inner = &outer.body["quote"]["quoted_status"]["quote"];
    assert_eq!(inner, &json!({"state": "accepted", "quoted_status_id": quoted}));

    // An edit of the quoted post is told to those who quote it, with their own post.
    let edit = json!({"status": "Very good tea"});
    world.ask("PUT", &format!("/api/v1/statuses/{quoted}"), Some(&world.token), edit).await;
    let told = world.ask("GET", "/api/v1/notifications?types[]=quoted_update", Some(&carols), Value::Null).await;
    assert_eq!(told.body[0]["status"]["id"], json!(quoting));
    let history = world.get(&format!("/api/v1/statuses/{quoting}/history")).await;
    assert_eq!(history.body[0]["quote"]["quoted_status"]["id"], json!(quoted));

    let path = format!("/api/v1/statuses/{quoted}/quotes/{quoting}/revoke");
    assert_eq!(world.ask("POST", &path, Some(&carols), Value::Null).await.code, 403);
    let revoked = world.ask("POST", &path, Some(&world.token), Value::Null).await;
    assert_eq!(
        (&revoked.body["id"], &revoked.body["quote"]),
        (&json!(quoting), &json!({"state": "revoked", "quoted_status": null}))
    );
    assert_eq!(world.get(&format!("/api/v1/statuses/{quoted}")).await.body["quotes_count"], 0);
    assert_eq!(world.get(&format!("/api/v1/statuses/{quoted}/quotes")).await.ids(), [""; 0]);
    let other = format!("/api/v1/statuses/{quoted}/quotes/{}/revoke", id(&outer));
    assert_eq!(world.ask("POST", &other, Some(&world.token), Value::Null).await.code, 404);
}

#[tokio::test]
async fn who_may_quote_is_what_the_author_says() {
    let world = World::new().await;
    let (_, carols) = carol(&world).await;
    for (visibility, policy, expected, code) in [
        ("public", "public", vec!["public"], 200),
        ("unlisted", "public", vec!["public"], 200),
        ("public", "followers", vec!["followers"], 404),
        ("public", "nobody", vec![], 404),
        ("private", "public", vec![], 404),
        ("direct", "public", vec![], 404),
    ] {
        let body = json!({"status": "hm", "visibility": visibility, "quote_approval_policy": policy});
        let post = says(&world, &world.token, body).await;
        assert_eq!(post.body["quote_approval"]["automatic"], json!(expected), "{visibility} {policy}");
        let quote = says(&world, &carols, json!({"status": "x", "quoted_status_id": id(&post)})).await;
        assert_eq!(quote.code, code, "{visibility} {policy}: {}", quote.body);
        let seen = world.ask("GET", &format!("/api/v1/statuses/{}", id(&post)), Some(&carols), Value::Null).await;
        if seen.code == 200 {
            let leave = if code == 200 { "automatic" } else { "denied" };
            assert_eq!(seen.body["quote_approval"]["current_user"], leave, "{visibility} {policy}");
        }
    }
    let post = id(&says(&world, &world.token, json!({"status": "hm"})).await);
    let path = format!("/api/v1/statuses/{post}/interaction_policy");
    let set = world.ask("PUT", &path, Some(&world.token), json!({"quote_approval_policy": "nobody"})).await;
    assert_eq!((set.code, &set.body["quote_approval"]["automatic"]), (200, &json!([])));
    assert_eq!(set.body["edited_at"], Value::Null);
    assert_eq!(world.ask("PUT", &path, Some(&world.token), json!({"quote_approval_policy": "x"})).await.code, 422);
    assert_eq!(world.ask("PUT", &path, Some(&world.token), Value::Null).await.code, 422);
    assert_eq!(world.ask("PUT", &path, Some(&carols), json!({"quote_approval_policy": "public"})).await.code, 403);
    assert_eq!(says(&world, &carols, json!({"status": "x", "quoted_status_id": post})).await.code, 404);
    assert_eq!(says(&world, &carols, json!({"status": "x", "quoted_status_id": "7"})).await.code, 404);

    let update = "/api/v1/accounts/update_credentials";
    let answer = world.ask("PATCH", update, Some(&world.token), json!({"source": {"quote_policy": "followers"}})).await;
    assert_eq!((answer.code, &answer.body["source"]["quote_policy"]), (200, &json!("followers")));
    let wrong = world.ask("PATCH", update, Some(&world.token), json!({"source": {"quote_policy": "x"}})).await;
    assert_eq!(wrong.code, 422);
    assert_eq!(world.get("/api/v1/preferences").await.body["posting:default:quote_policy"], "followers");
    let post = says(&world, &world.token, json!({"status": "hm"})).await;
    assert_eq!(post.body["quote_approval"]["automatic"], json!(["followers"]));
}

#[tokio::test]
async fn a_quote_keeps_to_its_rules() {
    let world = World::new().await;
    let (_, carols) = carol(&world).await;
    let own = id(&says(&world, &world.token, json!({"status": "mine", "visibility": "private"})).await);
    let quote = says(&world, &world.token, json!({"quoted_status_id": own, "visibility": "public"})).await;
    assert_eq!((quote.code, &quote.body["visibility"]), (200, &json!("private")), "a private post narrows its quote");
    let post = id(&says(&world, &world.token, json!({"status": "hello"})).await);
    let letter = |text: &str| json!({"status": text, "quoted_status_id": post, "visibility": "direct"});
    assert_eq!(says(&world, &carols, letter("look")).await.code, 422);
    assert_eq!(says(&world, &carols, letter("look @alice")).await.code, 200);
    // A warning beside a quote stays a warning.
    let warned = says(&world, &carols, json!({"spoiler_text": "tea", "quoted_status_id": post})).await;
    assert_eq!((&warned.body["spoiler_text"], warned.code), (&json!("tea"), 200));
    let url = world.get(&format!("/api/v1/statuses/{post}")).await.body["url"].as_str().expect("a page").to_owned();
    let named = says(&world, &carols, json!({"status": format!("see {url}"), "quoted_status_id": post})).await;
    assert!(!named.body["content"].as_str().expect("text").contains("quote-inline"));

    // Deleting the quoted post leaves the quote without it.
    let quoting = id(&named);
    world.ask("DELETE", &format!("/api/v1/statuses/{post}"), Some(&world.token), Value::Null).await;
    let left = world.get(&format!("/api/v1/statuses/{quoting}")).await;
    assert_eq!(left.body["quote"], json!({"state": "deleted", "quoted_status": null}));
}

#[tokio::test]
async fn blocks_and_mutes_stand_before_the_quoted_post() {
    let world = World::new().await;
    let (_, carols) = carol(&world).await;
    let post = world.post(world.bob, "hello", |_| ()).await;
    let written = world.app.store.write(move |tx| policies::set(tx, post, Choice::Public.into()));
    assert!(written.await.expect("writes"));
    let quote = says(&world, &carols, json!({"quoted_status_id": post.to_string()})).await;
    assert_eq!(quote.body["quote"], json!({"state": "pending", "quoted_status": null}), "another server is asked");
    let quoting: StatusId = StatusId(id(&quote).parse().expect("a number"));
    let written = world.app.store.write(move |tx| {
        crate::store::quotes::set_state(tx, quoting, crate::store::quotes::State::Accepted, Some("https://b.example/s"))
    });
    assert!(written.await.expect("writes"));
    let path = format!("/api/v1/statuses/{quoting}");
    for (deed, state) in [("mute", "muted_account"), ("block", "blocked_account")] {
        world.ask("POST", &format!("/api/v1/accounts/{}/{deed}", world.bob), Some(&world.token), Value::Null).await;
        let seen = world.get(&path).await;
        assert_eq!(seen.body["quote"]["state"], state);
        assert_eq!(seen.body["quote"]["quoted_status"]["id"], post.to_string());
        assert_eq!(world.peek(&path).await.body["quote"]["state"], "accepted");
    }
}

#[tokio::test]
async fn a_post_for_later_keeps_its_quote() {
    let world = World::new().await;
    let post = id(&says(&world, &world.token, json!({"status": "hello"})).await);
    let body = json!({"status": "later", "quoted_status_id": post, "quote_approval_policy": "followers",
        "content_type": "text/markdown", "local_only": true, "scheduled_at": "2026-08-07T15:02:35.000Z"});
    let kept = says(&world, &world.token, body).await;
    assert_eq!(
        (&kept.body["params"]["quoted_status_id"], &kept.body["params"]["quote_approval_policy"]),
        (&json!(post), &json!("followers"))
    );
    world.app.clock.advance(std::time::Duration::from_hours(2));
    assert_eq!(crate::actions::schedule::publish_due(&world.app).await.expect("publishes"), 1);
    let home = world.get("/api/v1/timelines/home").await;
    assert_eq!(
        (&home.body[0]["quote"]["quoted_status"]["id"], &home.body[0]["local_only"]),
        (&json!(post), &json!(true))
    );
}
