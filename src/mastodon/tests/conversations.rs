//! Direct posts as conversations.

use super::*;
use crate::streams::Happening;

#[tokio::test]
async fn a_direct_post_makes_a_conversation_for_each_local_person_in_it() {
    let world = World::new().await;
    let carol = local_account(&world.app, "carol", "member").await.id;
    let carols = issue_token(&world.app, carol, "read write", "t").await.expect("a token");
    let post = async |token: &str, body: Value| {
        let made = world.ask("POST", "/api/v1/statuses", Some(token), body).await;
        assert_eq!(made.code, 200, "{}", made.body);
        made.body["id"].as_str().expect("an id").to_owned()
    };
    let list = async |token: &str| world.ask("GET", "/api/v1/conversations", Some(token), Value::Null).await;
    let mut hearing = world.app.streams.subscribe();
    let first = post(&world.token, json!({"status": "@carol psst", "visibility": "direct"})).await;
    let mut told = Vec::new();
    while let Ok(happening) = hearing.try_recv() {
        if let Happening::Conversed { account, .. } = happening {
            told.push(account);
        }
    }
    assert_eq!(told, [world.alice, carol]);
    let mine = list(&world.token).await;
    assert_eq!((&mine.body[0]["unread"], &mine.body[0]["last_status"]["id"]), (&json!(false), &json!(first)));
    assert_eq!(mine.body[0]["accounts"][0]["acct"], "carol");
    let hers = list(&carols).await.body[0].clone();
    assert_eq!((&hers["unread"], &hers["accounts"][0]["acct"]), (&json!(true), &json!("alice")));

    let reply = json!({"status": "@alice yes?", "visibility": "direct", "in_reply_to_id": first});
    let second = post(&carols, reply).await;
    let both = list(&world.token).await;
    assert_eq!(both.body.as_array().map(Vec::len), Some(1), "the same thread and people");
    assert_eq!((&both.body[0]["unread"], &both.body[0]["last_status"]["id"]), (&json!(true), &json!(second)));
    assert_eq!(list(&carols).await.body[0]["unread"], false);
    let alone = post(&world.token, json!({"status": "to myself", "visibility": "direct"})).await;
    let page = world.get("/api/v1/conversations?limit=1").await;
    assert_eq!((&page.body[0]["accounts"][0]["acct"], page.body.as_array().map(Vec::len)), (&json!("alice"), Some(1)));
    assert!(page.header("link").contains(&format!("max_id={alone}>")), "{}", page.header("link"));
    let next = world.get(&format!("/api/v1/conversations?max_id={alone}")).await;
    let id = next.body[0]["id"].as_str().expect("an id");
    assert_eq!(id, mine.body[0]["id"]);

    for (deed, unread) in [("read", false), ("unread", true), ("read", false)] {
        let path = format!("/api/v1/conversations/{id}/{deed}");
        let marked = world.ask("POST", &path, Some(&world.token), Value::Null).await;
        assert_eq!((marked.code, &marked.body["unread"]), (200, &json!(unread)), "{deed}");
        assert_eq!(world.ask("POST", &path, Some(&carols), Value::Null).await.code, 404);
    }
    let gone = world.ask("DELETE", &format!("/api/v1/statuses/{second}"), Some(&carols), Value::Null).await;
    assert_eq!(gone.code, 200);
    assert_eq!(world.get(&format!("/api/v1/conversations?max_id={alone}")).await.body[0]["last_status"]["id"], *first);
    let path = format!("/api/v1/conversations/{id}");
    assert_eq!(world.ask("DELETE", &path, Some(&world.token), Value::Null).await.body, json!({}));
    assert_eq!(list(&world.token).await.body.as_array().map(Vec::len), Some(1));
    assert_eq!(list(&carols).await.body.as_array().map(Vec::len), Some(1), "each keeps their own");

    let block = format!("/api/v1/accounts/{}/block", world.alice);
    world.ask("POST", &block, Some(&carols), Value::Null).await;
    assert_eq!(list(&carols).await.body, json!([]));
}
