//! Posts for later.

use std::time::Duration;

use super::*;
use crate::actions::schedule;
use crate::store::media;
use crate::store::testing::image;

const LATER: &str = "2026-08-07T15:00:00.000Z";

async fn post_later(world: &World, change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = json!({"status": "see you", "scheduled_at": LATER});
    change(&mut body);
    world.ask("POST", "/api/v1/statuses", Some(&world.token), body).await
}

#[tokio::test]
async fn a_post_for_later_is_kept_moved_and_published_once() {
    let world = World::new().await;
    let picture = image(world.app.ids.next(world.app.clock.now()), world.alice);
    let file = picture.id;
    world.app.store.write(move |tx| media::insert(tx, &picture)).await.expect("writes");
    let kept = post_later(&world, |body| {
        body["media_ids"] = json!([file.to_string()]);
        body["visibility"] = json!("unlisted");
        body["poll"] = json!({"options": ["a", "b"], "expires_in": 300});
    })
    .await;
    assert_eq!(kept.code, 200, "{}", kept.body);
    let id = kept.body["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        (&kept.body["scheduled_at"], &kept.body["media_attachments"][0]["id"]),
        (&json!(LATER), &json!(file.to_string()))
    );
    let params = kept.body["params"].as_object().expect("an object");
    assert!(params["application_id"].is_i64());
    let mut params = params.clone();
    params.remove("application_id");
    let expected = json!({
        "text": "see you", "poll": {"options": ["a", "b"], "expires_in": 300, "multiple": false, "hide_totals": false},
        "media_ids": [file.to_string()], "sensitive": null, "spoiler_text": null, "visibility": "unlisted",
        "in_reply_to_id": null, "language": null, "scheduled_at": null, "idempotency": null, "with_rate_limit": false,
        "quoted_status_id": null, "quote_approval_policy": "public", "allowed_mentions": null,
        "content_type": "text/plain", "local_only": false,
    });
    assert_eq!(Value::Object(params), expected);
    let path = format!("/api/v1/scheduled_statuses/{id}");
    assert_eq!(world.get(&path).await.body, kept.body);
    assert_eq!(world.get("/api/v1/scheduled_statuses").await.ids(), [&*id]);
    assert_eq!(world.get("/api/v1/timelines/home").await.ids(), [""; 0]);

    let stolen =
        world.ask("POST", "/api/v1/statuses", Some(&world.token), json!({"media_ids": [file.to_string()]})).await;
    assert_eq!(stolen.code, 422, "the upload waits");
    let moved = world.ask("PUT", &path, Some(&world.token), json!({"scheduled_at": "2026-08-07T16:00:00+00:00"})).await;
    assert_eq!((moved.code, &moved.body["scheduled_at"]), (200, &json!("2026-08-07T16:00:00.000Z")));
    let soon = world.ask("PUT", &path, Some(&world.token), json!({"scheduled_at": "2026-08-07T14:05:00Z"})).await;
    assert_eq!(soon.code, 422);

    world.app.clock.advance(Duration::from_hours(1));
    assert_eq!(schedule::publish_due(&world.app).await.expect("works"), 0, "it was moved");
    world.app.clock.advance(Duration::from_hours(1));
    let (one, two) = tokio::join!(schedule::publish_due(&world.app), schedule::publish_due(&world.app));
    assert_eq!(one.expect("works") + two.expect("works"), 1, "two at once publish once");
    let home = world.get("/api/v1/timelines/home").await;
    assert_eq!(home.ids().len(), 1);
    let status = &home.body[0];
    assert_eq!(
        (&status["visibility"], &status["media_attachments"][0]["id"]),
        (&json!("unlisted"), &json!(file.to_string()))
    );
    assert_eq!(
        (&status["poll"]["expires_at"], &status["application"]["name"]),
        (&json!("2026-08-07T16:07:35.000Z"), &json!("test"))
    );
    assert_eq!(world.get(&path).await.code, 404);
}

#[tokio::test]
async fn times_and_limits_are_kept() {
    let world = World::new().await;
    for (at, code) in [("2026-08-07T14:07:35Z", 422), ("2026-08-07T14:07:36Z", 200), ("tomorrow", 422)] {
        assert_eq!(post_later(&world, |body| body["scheduled_at"] = json!(at)).await.code, code, "{at}");
    }
    let past = post_later(&world, |body| body["scheduled_at"] = json!("2026-08-07T14:00:00Z")).await;
    assert_eq!((past.code, past.body["content"].is_string()), (200, true), "published at once");
    assert_eq!(post_later(&world, |body| body["status"] = json!("")).await.code, 422, "a bad draft is told now");
    for number in 0..24 {
        assert_eq!(post_later(&world, |_| ()).await.code, 200, "{number}");
    }
    let full = post_later(&world, |_| ()).await;
    assert_eq!((full.code, full.body["details"].get("scheduled_at").is_some()), (422, true), "25 for one day");
    assert_eq!(post_later(&world, |body| body["scheduled_at"] = json!("2026-08-08T00:00:00Z")).await.code, 200);
}

#[tokio::test]
async fn a_post_for_later_is_its_authors_own_and_can_be_given_up() {
    let world = World::new().await;
    let id = post_later(&world, |_| ()).await.body["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/scheduled_statuses/{id}");
    let carol = local_account(&world.app, "carol", "member").await.id;
    let token = issue_token(&world.app, carol, "read write", "test").await.expect("a token");
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(world.ask(method, &path, Some(&token), Value::Null).await.code, 404, "{method}");
        assert_eq!(world.ask(method, &path, None, Value::Null).await.code, 401, "{method}");
    }
    let gone = world.ask("DELETE", &path, Some(&world.token), Value::Null).await;
    assert_eq!((gone.code, gone.body), (200, json!({})));
    world.app.clock.advance(Duration::from_hours(1));
    assert_eq!(schedule::publish_due(&world.app).await.expect("works"), 0);
}

#[tokio::test]
async fn what_cannot_be_published_any_more_is_given_up() {
    let world = World::new().await;
    let parent = world.post(world.bob, "hello", |_| ()).await;
    let kept = post_later(&world, |body| body["in_reply_to_id"] = json!(parent.to_string())).await;
    assert_eq!(kept.body["params"]["in_reply_to_id"], json!(parent.0));
    let forget = world.app.store.write(move |tx| {
        let row = statuses::by_id(tx, parent)?.expect("is there");
        statuses::delete(tx, &row)
    });
    forget.await.expect("writes");
    world.app.clock.advance(Duration::from_hours(1));
    assert_eq!(schedule::publish_due(&world.app).await.expect("works"), 0);
    assert_eq!(world.get("/api/v1/scheduled_statuses").await.ids(), [""; 0]);
}
