//! Pages and their links by family, markers that clash, a home that was lost, and the end of a push.

use serde_json::json;

use super::*;
use crate::actions::push;
use crate::store::push_subscriptions::{self as subscriptions, Subscription};
use crate::store::tokens;

#[tokio::test]
async fn links_follow_the_rules_of_their_family() {
    let world = World::new().await;
    let (alice, bob) = (world.alice, world.bob);
    for _ in 0..3 {
        let post = world.post(bob, "hello", |_| ()).await;
        let own = world.post(alice, "mine", |_| ()).await;
        let written = world.app.store.write(move |tx| {
            favourites::insert(tx, post.0, alice, post, &format!("https://nagaya.test/{post}"), Time(0))?;
            bookmarks::insert(tx, post.0, alice, post, Time(0))?;
            notifications::insert(tx, NotificationId(own.0), alice, "favourite", bob, Some(own), Time(0))
        });
        assert!(written.await.expect("writes"));
    }
    // Path, whether a page that is not full has a link to the next one, and what the link to newer entries is called.
    for (path, always, newer) in [
        ("/api/v1/timelines/home".to_owned(), true, "min_id"),
        ("/api/v1/timelines/public".to_owned(), true, "min_id"),
        ("/api/v1/timelines/tag/cats".to_owned(), true, "min_id"),
        ("/api/v1/notifications".to_owned(), true, "min_id"),
        ("/api/v2/notifications".to_owned(), true, "min_id"),
        (format!("/api/v1/accounts/{bob}/statuses"), false, "min_id"),
        ("/api/v1/favourites".to_owned(), false, "min_id"),
        ("/api/v1/bookmarks".to_owned(), false, "min_id"),
        (format!("/api/v1/accounts/{alice}/following"), false, "since_id"),
        (format!("/api/v1/accounts/{bob}/followers"), false, "since_id"),
    ] {
        let partly = world.get(&format!("{path}?limit=30")).await;
        assert_eq!(partly.header("link").contains("rel=\"next\""), always, "{path}: {}", partly.header("link"));
        assert!(partly.header("link").contains(&format!("limit=30&{newer}=")), "{path}: {}", partly.header("link"));
        let full = world.get(&format!("{path}?limit=1")).await;
        assert!(full.header("link").contains("limit=1&max_id="), "{path}: {}", full.header("link"));
        for (limit, least) in [("-1", 1), ("many", 0), ("0", 0), ("9999", 1)] {
            let answer = world.get(&format!("{path}?limit={limit}")).await;
            let list = answer.body.get("notification_groups").unwrap_or(&answer.body).as_array().map(Vec::len);
            assert_eq!(list.map(|length| length.min(1)), Some(least), "{path}?limit={limit}");
        }
    }
}

#[tokio::test]
async fn a_marker_that_another_moved_meanwhile_is_a_conflict() {
    let world = World::new().await;
    let mark = async |body: Value| world.ask("POST", "/api/v1/markers", Some(&world.token), body).await;
    assert_eq!(mark(json!({"home": {"last_read_id": "5"}})).await.body["home"]["version"], 0);
    assert_eq!(mark(json!({"home": {"last_read_id": "6", "version": 0}})).await.body["home"]["version"], 1);
    let late = mark(json!({"home": {"last_read_id": "7", "version": 0}})).await;
    assert_eq!((late.code, late.body["error"].is_string()), (409, true));
    assert_eq!(world.get("/api/v1/markers?timeline[]=home").await.body["home"]["last_read_id"], "6");
}

#[tokio::test]
async fn a_lost_home_is_filled_again_and_the_client_told_meanwhile() {
    let world = World::new().await;
    let post = world.post(world.bob, "hello", |_| ()).await.to_string();
    let lose = world.app.store.write(|tx| Ok(tx.execute("DELETE FROM home_timeline", [])?));
    lose.await.expect("writes");
    let partly = world.get("/api/v1/timelines/home").await;
    assert_eq!((partly.code, partly.ids()), (206, vec![""; 0]));
    let id = partly.header("mastodon-async-refresh").split('"').nth(1).expect("an id").to_owned();
    assert!(partly.header("mastodon-async-refresh").ends_with(", retry=1"));
    let path = format!("/api/v1_alpha/async_refreshes/{id}");
    let refresh = loop {
        let answer = world.get(&path).await;
        if answer.body["async_refresh"]["status"] == "finished" {
            break answer.body;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(refresh, json!({"async_refresh": {"id": id, "status": "finished", "result_count": 1}}));
    let whole = world.get("/api/v1/timelines/home").await;
    assert_eq!((whole.code, whole.ids()), (200, vec![&*post]));
    assert_eq!(world.peek(&path).await.code, 401);
    assert_eq!(world.get("/api/v1_alpha/async_refreshes/7").await.code, 404);
    // A home that stays empty is not looked after again and again.
    let empty = world.app.store.write(|tx| Ok(tx.execute("DELETE FROM home_timeline", [])?));
    empty.await.expect("writes");
    assert_eq!(world.get("/api/v1/timelines/home").await.code, 200);
}

#[tokio::test]
async fn a_push_is_ended_once_by_the_address_that_came_with_it() {
    let world = World::new().await;
    let (alice, secret) = (world.alice, crate::actions::token::hash(&world.token));
    let row = world.app.store.write(move |tx| {
        let row = Subscription {
            id: 41,
            token_id: tokens::by_hash(tx, &secret)?.expect("is there").id,
            account_id: alice,
            token: "t".into(),
            endpoint: "https://push.example/1".into(),
            p256dh: vec![4; 65],
            auth: vec![7; 16],
            standard: true,
            policy: "all".into(),
            alerts: "{}".into(),
            created_at: Time(0),
        };
        subscriptions::put(tx, &row)?;
        Ok(row)
    });
    let url = push::unsubscribe_url(&world.app.config, &row.await.expect("writes"));
    let path = url.strip_prefix(&world.app.config.url("")).expect("is ours").to_owned();
    assert_eq!(world.ask("POST", &format!("{path}x"), None, Value::Null).await.code, 404);
    assert_eq!(world.ask("POST", &path, None, Value::Null).await.code, 200);
    let left = world.app.store.read(|db| subscriptions::by_id(db, 41)).await.expect("reads");
    assert_eq!(left, None);
    assert_eq!(world.ask("DELETE", &path, None, Value::Null).await.code, 404);
}
