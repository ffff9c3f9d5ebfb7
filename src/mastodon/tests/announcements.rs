//! Announcements, for everybody and for staff.

use super::*;
use crate::actions::announcement::{self, Changes};
use crate::streams::Happening;

fn text(text: &str) -> Changes {
    Changes { text: Some(text.into()), ..Changes::default() }
}

#[tokio::test]
async fn one_is_read_dismissed_and_answered_with_emoji() {
    let world = World::new().await;
    let mut heard = world.app.streams.subscribe();
    let post = world.post(world.bob, "hello", |_| ()).await;
    let words = format!("Party! @alice #Cats https://x.example/@someone/{post}");
    let id = announcement::create(&world.app, text(&words)).await.expect("is made").id;
    assert_eq!(heard.try_recv(), Ok(Happening::Announced(id)));
    let path = "/api/v1/announcements";
    let list = world.get(path).await;
    let first = &list.body[0];
    assert_eq!((list.code, &first["read"], &first["mentions"][0]["acct"]), (200, &json!(false), &json!("alice")));
    assert_eq!((&first["tags"][0]["name"], &first["statuses"][0]["id"]), (&json!("Cats"), &json!(post.to_string())));
    assert!(first["content"].as_str().is_some_and(|html| html.contains("hashtag") && html.contains("u-url")));
    assert_eq!(world.peek(path).await.code, 401);
    let ask = async |method: &str, rest: &str| {
        world.ask(method, &format!("{path}/{id}/{rest}"), Some(&world.token), Value::Null).await
    };
    assert_eq!(ask("POST", "dismiss").await.body, json!({}));
    let emoji = percent_encoding::utf8_percent_encode("👍", percent_encoding::NON_ALPHANUMERIC).to_string();
    for _ in 0..2 {
        assert_eq!(ask("PUT", &format!("reactions/{emoji}")).await.body, json!({}));
    }
    assert_eq!(heard.try_recv(), Ok(Happening::AnnouncementReacted { announcement: id, name: "👍".into() }));
    assert!(heard.try_recv().is_err(), "twice is told once");
    let first = world.get(path).await.body[0].clone();
    assert_eq!((&first["read"], &first["reactions"]), (&json!(true), &json!([{"name": "👍", "count": 1, "me": true}])));
    assert_eq!(ask("PUT", "reactions/nothing").await.code, 422);
    assert_eq!(ask("DELETE", &format!("reactions/{emoji}")).await.body, json!({}));
    assert_eq!(world.get(path).await.body[0]["reactions"], json!([]));
    for unknown in ["/api/v1/announcements/7/dismiss", "/api/v1/announcements/x/dismiss"] {
        assert_eq!(world.ask("POST", unknown, Some(&world.token), Value::Null).await.code, 404, "{unknown}");
    }
    announcement::unpublish(&world.app, id).await.expect("is taken back");
    assert_eq!(world.get(path).await.body, json!([]));
    assert_eq!(ask("POST", "dismiss").await.code, 404);
}

#[tokio::test]
async fn staff_write_them_for_now_and_for_later() {
    let world = World::new().await;
    let path = "/api/nagaya/v1/admin/announcements";
    let staff = issue_token(&world.app, world.alice, "read admin:read admin:write", "t").await.expect("a token");
    let ask = async |method: &str, path: &str, body: Value| world.ask(method, path, Some(&staff), body).await;
    assert_eq!(world.ask("POST", path, Some(&world.token), json!({"text": "x"})).await.code, 403);
    assert_eq!(ask("POST", path, json!({})).await.code, 422);
    assert_eq!(ask("POST", path, json!({"text": "x", "starts_at": "soon"})).await.code, 422);
    let late = json!({"text": "**later**", "markdown": true, "scheduled_at": "2026-08-07T15:00:00Z",
        "ends_at": "2026-08-07T16:00:00Z"});
    let late = ask("POST", path, late).await.body;
    assert_eq!((&late["published_at"], &late["scheduled_at"]), (&Value::Null, &json!("2026-08-07T15:00:00.000Z")));
    assert!(late["content"].as_str().is_some_and(|html| html.contains("<strong>later</strong>")));
    let draft = ask("POST", path, json!({"text": "draft", "draft": true})).await.body;
    assert_eq!(draft["published_at"], Value::Null);
    let seen =
        async || world.get("/api/v1/announcements").await.ids().iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(seen().await, [""; 0]);
    let mut heard = world.app.streams.subscribe();
    for (minutes, count) in [(30, 0), (30, 1), (60, 0)] {
        world.app.clock.advance(std::time::Duration::from_secs(60 * minutes));
        announcement::turn_over(&world.app).await.expect("turns over");
        assert_eq!(seen().await.len(), count, "{minutes}");
    }
    assert!(matches!(heard.try_recv(), Ok(Happening::Announced(_))));
    assert!(matches!(heard.try_recv(), Ok(Happening::AnnouncementGone(_))));
    let one = format!("{path}/{}", draft["id"].as_str().expect("an id"));
    assert!(ask("POST", &format!("{one}/publish"), Value::Null).await.body["published_at"].is_string());
    assert_eq!(ask("PUT", &one, json!({"text": "edited"})).await.body["text"], "edited");
    assert_eq!(world.get("/api/v1/announcements").await.body[0]["content"], "<p>edited</p>");
    assert_eq!(ask("GET", path, Value::Null).await.ids().len(), 2);
    assert_eq!(ask("DELETE", &one, Value::Null).await.body, json!({}));
    assert_eq!(ask("GET", &one, Value::Null).await.code, 404);
}
