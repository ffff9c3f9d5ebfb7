//! What many talk about, moderators' word on it, frames for other sites, and links that lead back.

use std::sync::Arc;

use super::admin_accounts::person;
use super::*;
use crate::jobs;
use crate::outbound::Response;

/// A server whose every page has a title and links to alice.
fn network() -> Outbound {
    Outbound::fake(Arc::new(|hop| {
        let body = if hop.url.path() == "/me" {
            r#"<a rel="me" href="http://nagaya.test/@alice">me</a>"#.to_owned()
        } else {
            format!("<title>{}</title>", hop.url.path())
        };
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        let answer = Response { status: 200, url: hop.url, headers, body: body.into_bytes().into() };
        Box::pin(std::future::ready(Ok(answer)))
    }))
}

#[tokio::test]
async fn what_two_people_share_trends_until_a_moderator_says_no() {
    let world = World::with(network()).await;
    let (_, carol) = person(&world, "carol", "moderator", "read write admin:read admin:write").await;
    let mut post = String::new();
    for token in [&world.token, &carol] {
        let text = json!({"status": "see https://b.example/page #長屋 #Nice"});
        let made = world.ask("POST", "/api/v1/statuses", Some(token), text).await;
        assert_eq!(made.code, 200, "{}", made.body);
        post = made.body["id"].as_str().expect("an id").to_owned();
    }
    for token in [&world.token, &carol] {
        let path = format!("/api/v1/statuses/{post}/favourite");
        assert_eq!(world.ask("POST", &path, Some(token), Value::Null).await.code, 200);
    }
    jobs::pages_until_idle(&world.app).await.expect("reads");
    assert_eq!(world.peek("/api/v1/trends/tags").await.body, json!([]));
    jobs::run_all(&world.app).await;
    let tags = world.peek("/api/v1/trends").await.body;
    assert_eq!(tags.as_array().map(Vec::len), Some(2), "{tags}");
    assert_eq!((&tags[0]["history"][0]["uses"], &tags[0]["history"][0]["accounts"]), (&json!("2"), &json!("2")));
    assert_eq!(world.get("/api/v1/trends/statuses").await.ids(), [&*post]);
    let links = world.peek("/api/v1/trends/links").await.body;
    assert_eq!((&links[0]["title"], &links[0]["history"][0]["uses"]), (&json!("/page"), &json!("2")));
    let timeline = "/api/v1/timelines/link?url=https%3A%2F%2Fb.example%2Fpage";
    assert_eq!(world.peek(timeline).await.ids().len(), 2);
    assert_eq!(world.peek("/api/v1/timelines/link?url=https%3A%2F%2Fb.example%2Fother").await.code, 404);
    assert_eq!(world.peek("/api/v1/trends/tags?limit=1&offset=1").await.body.as_array().map(Vec::len), Some(1));

    let ask = async |method: &str, path: &str, body: Value| {
        world.ask(method, &format!("/api/v1/admin/{path}"), Some(&carol), body).await
    };
    let admin = ask("GET", "trends/links", Value::Null).await.body;
    assert_eq!(admin[0]["requires_review"], false);
    let link = admin[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(ask("POST", &format!("trends/links/{link}/reject"), Value::Null).await.code, 200);
    assert_eq!(world.peek("/api/v1/trends/links").await.body, json!([]));
    assert_eq!(world.peek(timeline).await.code, 404);
    let sites = ask("GET", "trends/links/publishers", Value::Null).await.body;
    assert_eq!((&sites[0]["domain"], &sites[0]["trendable"]), (&json!("b.example"), &Value::Null));
    let site = sites[0]["id"].as_str().expect("an id").to_owned();
    let site = ask("POST", &format!("trends/links/publishers/{site}/approve"), Value::Null).await.body;
    assert_eq!(site["trendable"], true);
    assert_eq!(ask("POST", &format!("trends/statuses/{post}/reject"), Value::Null).await.body["id"], *post);
    assert_eq!(world.get("/api/v1/trends/statuses").await.ids(), [""; 0]);
    assert_eq!(ask("GET", "trends/statuses", Value::Null).await.ids(), [&*post]);

    let tag = ask("GET", "trends/tags", Value::Null).await.body[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(ask("POST", &format!("trends/tags/{tag}/reject"), Value::Null).await.body["trendable"], false);
    assert_eq!(world.peek("/api/v1/trends/tags").await.body.as_array().map(Vec::len), Some(1));
    let path = format!("tags/{tag}");
    assert_eq!(ask("PUT", &path, json!({"display_name": "other"})).await.code, 422);
    let changed = ask("PUT", &path, json!({"trendable": true, "usable": false, "listable": false})).await.body;
    assert_eq!(
        (&changed["trendable"], &changed["usable"], &changed["listable"]),
        (&json!(true), &json!(false), &json!(false))
    );
    assert_eq!(ask("GET", &path, Value::Null).await.body, changed);
    assert_eq!(ask("GET", "tags?limit=1", Value::Null).await.body.as_array().map(Vec::len), Some(1));
    assert_eq!(ask("GET", "tags/999", Value::Null).await.code, 404);
    for path in ["trends/tags", "trends/links", "trends/statuses", "trends/links/publishers", "tags"] {
        let path = format!("/api/v1/admin/{path}");
        assert_eq!(world.ask("GET", &path, Some(&world.token), Value::Null).await.code, 403, "{path}");
        assert_eq!(world.peek(&path).await.code, 401, "{path}");
    }
}

#[tokio::test]
async fn a_server_that_reviews_shows_what_was_approved() {
    let world = World::with(network()).await;
    let (_, carol) = person(&world, "carol", "moderator", "read write admin:read admin:write").await;
    for token in [&world.token, &carol] {
        world.ask("POST", "/api/v1/statuses", Some(token), json!({"status": "#nice"})).await;
    }
    let set = |tx: &crate::store::Tx| crate::store::settings::set(tx, "trends_review", "yes");
    world.app.store.write(set).await.expect("writes");
    jobs::run_all(&world.app).await;
    assert_eq!(world.peek("/api/v1/trends/tags").await.body, json!([]));
    let search = "/api/v2/search?q=nic&type=hashtags";
    assert_eq!(world.get(search).await.body["hashtags"].as_array().map(Vec::len), Some(1));
    let unreviewed = format!("{search}&exclude_unreviewed=true");
    assert_eq!(world.get(&unreviewed).await.body["hashtags"], json!([]));
    let tags = world.ask("GET", "/api/v1/admin/trends/tags", Some(&carol), Value::Null).await.body;
    assert_eq!((&tags[0]["requires_review"], &tags[0]["trendable"]), (&json!(true), &json!(false)));
    let path = format!("/api/v1/admin/trends/tags/{}/approve", tags[0]["id"].as_str().expect("an id"));
    assert_eq!(world.ask("POST", &path, Some(&carol), Value::Null).await.body["requires_review"], false);
    assert_eq!(world.peek("/api/v1/trends/tags").await.body[0]["name"], "nice");
    assert_eq!(world.get(&unreviewed).await.body["hashtags"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn other_sites_may_frame_public_posts_of_ours() {
    let world = World::new().await;
    let token = Some(&*world.token);
    let post = world.ask("POST", "/api/v1/statuses", token, json!({"status": "hello <world>"})).await.body;
    let secret = json!({"status": "psst", "visibility": "private"});
    let secret = world.ask("POST", "/api/v1/statuses", token, secret).await.body;
    let url = |post: &Value| -> String {
        url::form_urlencoded::byte_serialize(post["url"].as_str().expect("a url").as_bytes()).collect()
    };
    let answer = world.peek(&format!("/api/oembed?url={}&maxwidth=300", url(&post))).await;
    assert_eq!((answer.code, &answer.body["type"], &answer.body["width"]), (200, &json!("rich"), &json!(300)));
    assert_eq!((&answer.body["height"], &answer.body["cache_age"]), (&Value::Null, &json!(86_400)));
    let html = answer.body["html"].as_str().expect("HTML");
    assert!(html.contains(&format!("{}/embed\"", post["url"].as_str().expect("a url"))), "{html}");
    for url in [url(&secret), "https%3A%2F%2Fb.example%2F1".into(), String::new()] {
        assert_eq!(world.peek(&format!("/api/oembed?url={url}")).await.code, 404, "{url}");
    }
}

#[tokio::test]
async fn links_that_lead_back_are_verified() {
    let world = World::with(network()).await;
    let update = async |fields: Value| {
        let body = json!({"fields_attributes": fields});
        let answer = world.ask("PATCH", "/api/v1/accounts/update_credentials", Some(&world.token), body).await;
        assert_eq!(answer.code, 200, "{}", answer.body);
        jobs::run_all(&world.app).await;
        let path = format!("/api/v1/accounts/{}", world.alice);
        let fields = world.get(&path).await.body["fields"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|field| field["verified_at"].is_string()).collect::<Vec<_>>()
    };
    let site = json!({"name": "site", "value": "https://b.example/me"});
    let other = json!({"name": "other", "value": "https://b.example/else"});
    let plain = json!({"name": "plain", "value": "http://b.example/me"});
    assert_eq!(update(json!([site, other, plain])).await, [true, false, false]);
    assert_eq!(update(json!([{"name": "renamed", "value": "https://b.example/me"}])).await, [true]);
    assert_eq!(update(json!([other])).await, [false]);
}

#[tokio::test]
async fn servers_are_found_by_their_beginning() {
    let world = World::new().await;
    for (query, expected) in
        [("b.ex", json!(["b.example"])), ("B", json!(["b.example"])), ("x", json!([])), ("", json!([]))]
    {
        assert_eq!(world.peek(&format!("/api/v1/peers/search?q={query}")).await.body, expected, "{query}");
    }
}
