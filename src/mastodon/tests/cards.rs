//! Pages behind links.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::jobs::pages_until_idle;
use crate::outbound::Response;

const PAGE: &str = r#"<html lang=ja><meta charset=euc-jp><title>長屋</title><meta property="og:description" content="暮らし">
    <meta property="og:image" content="/a.png"><meta name="fediverse:creator" content="@bob@b.example">"#;

/// A network of pages; counts what is asked of it.
fn network() -> (Outbound, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let network = Outbound::fake(Arc::new(move |hop| {
        counted.fetch_add(1, Ordering::Relaxed);
        let (status, kind, body) = match hop.url.path() {
            "/page" => (200, "text/html", encoding_rs::EUC_JP.encode(PAGE).0.into_owned()),
            "/film" => (
                200,
                "text/html; charset=utf-8",
                br#"<title>Film</title><link rel="alternate" type="application/json+oembed" href="/o">"#.to_vec(),
            ),
            "/o" => {
                let answer = json!({"type": "video", "html": "<iframe src=\"https://v.example/1\"></iframe>",
                    "width": 640, "height": 360, "title": "A film"});
                (200, "application/json", answer.to_string().into_bytes())
            }
            "/large" => (200, "text/html", [b"<title>Large</title>".as_slice(), &[b'x'; 3 << 20]].concat()),
            "/a.png" => (200, "image/png", vec![0; 10]),
            "/down" => (503, "text/html", Vec::new()),
            _ => (404, "text/html", Vec::new()),
        };
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        let answer = Response { status, url: hop.url, headers, body: body.into() };
        Box::pin(std::future::ready(Ok(answer)))
    }));
    (network, asked)
}

impl World {
    async fn write(&self, text: &str) -> String {
        let made = self.ask("POST", "/api/v1/statuses", Some(&self.token), json!({"status": text})).await;
        assert_eq!(made.code, 200, "{}", made.body);
        made.body["id"].as_str().expect("an id").to_owned()
    }

    async fn card(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/statuses/{id}")).await.body["card"].clone()
    }
}

#[tokio::test]
async fn a_page_is_read_once_shown_under_posts_and_goes_with_an_edit() {
    let (network, asked) = network();
    let world = World::with(network).await;
    let post = world.write("look https://b.example/page#part").await;
    assert_eq!(world.card(&post).await, Value::Null);
    pages_until_idle(&world.app).await.expect("reads");
    let card = world.card(&post).await;
    let bob = world.bob.to_string();
    for (key, expected) in [
        ("url", json!("https://b.example/page")),
        ("title", json!("長屋")),
        ("description", json!("暮らし")),
        ("language", json!("ja")),
        ("type", json!("link")),
        ("provider_url", json!("https://b.example/")),
        ("missing_attribution", json!(false)),
        ("blurhash", Value::Null),
    ] {
        assert_eq!(card[key], expected, "{key}");
    }
    assert_eq!(card["authors"][0]["account"]["id"], bob, "a page of bob's own server may name him");
    let image = card["image"].as_str().expect("an image");
    assert!(image.starts_with(&world.app.config.url("/media/card/")), "{image}");
    let before = asked.load(Ordering::Relaxed);
    let second = world.write("again https://b.example/page").await;
    pages_until_idle(&world.app).await.expect("reads");
    assert_eq!(asked.load(Ordering::Relaxed), before, "once for all posts");
    assert_eq!(world.card(&second).await["title"], "長屋");
    let path = format!("/api/v1/statuses/{post}");
    let film = world.ask("PUT", &path, Some(&world.token), json!({"status": "https://b.example/film"})).await;
    assert_eq!((film.code, &film.body["card"]), (200, &Value::Null));
    pages_until_idle(&world.app).await.expect("reads");
    let card = world.card(&post).await;
    assert_eq!((&card["type"], &card["title"], &card["width"]), (&json!("video"), &json!("A film"), &json!(640)));
    assert!(card["html"].as_str().is_some_and(|html| html.contains("https://v.example/1") && html.contains("sandbox")));
    world.ask("PUT", &path, Some(&world.token), json!({"status": "nothing"})).await;
    assert_eq!(world.card(&post).await, Value::Null);
}

#[tokio::test]
async fn large_and_failing_pages_do_no_harm() {
    let (network, asked) = network();
    let world = World::with(network).await;
    let large = world.write("https://b.example/large").await;
    let down = world.write("https://b.example/down").await;
    let gone = world.write("https://b.example/gone").await;
    world.write(&format!("{} @bob@b.example #tag", world.app.config.url("/about"))).await;
    pages_until_idle(&world.app).await.expect("reads");
    assert_eq!(world.card(&large).await["title"], "Large");
    assert_eq!((world.card(&down).await, world.card(&gone).await), (Value::Null, Value::Null));
    assert_eq!(asked.load(Ordering::Relaxed), 3, "nothing of our own is asked for");
    for _ in 0..6 {
        world.app.clock.advance(Duration::from_secs(7 * 3600));
        pages_until_idle(&world.app).await.expect("reads");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 6, "three more times, and given up");
}
