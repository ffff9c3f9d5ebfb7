//! One address, two faces: a page for people, a document for servers. What is not public has neither for strangers.

use serde_json::Value;
use url::Url;

use crate::harness::http::{self, Answer};
use crate::harness::neighbour::Neighbour;

const PAGE: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const DOCUMENT: &str = "application/activity+json";
const PROFILED: &str = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_address_is_a_page_or_a_document() {
    let here = Neighbour::open(1).await;
    let alice = here.resident("alice").await;
    let post = alice.says("Two faces <& one>", "public").await;
    let id = post["id"].as_str().expect("an id");
    for (path, kind) in [
        ("/users/alice".to_owned(), "Person"),
        ("/@alice".to_owned(), "Person"),
        (format!("/users/alice/statuses/{id}"), "Note"),
        (format!("/@alice/{id}"), "Note"),
    ] {
        for accept in [DOCUMENT, PROFILED] {
            let document = get(&here, &path, accept).await;
            assert_eq!(document.status, 200, "{path} as {accept}: {}", document.body);
            assert!(document.header("content-type").starts_with(DOCUMENT), "{path} as {accept}");
            assert!(document.header("vary").to_lowercase().contains("accept"), "{path} as {accept}");
            assert_eq!(document.json()["type"], kind, "{path} as {accept}");
        }
        let mut page = get(&here, &path, PAGE).await;
        if let (302 | 303 | 307 | 308, location) = (page.status, page.header("location").to_owned()) {
            page = get(&here, &location, PAGE).await;
        }
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(page.body.contains("alice") && !page.body.contains("<& one>"), "{path}");
    }
    for path in ["/users/nobody", "/@nobody", "/users/alice/statuses/1", "/@alice/1"] {
        for accept in [DOCUMENT, PAGE] {
            let answer = get(&here, path, accept).await;
            // A page may first be sent to the other spelling of its address.
            let answer = match answer.status {
                302 | 303 | 307 | 308 => get(&here, answer.header("location"), accept).await,
                _ => answer,
            };
            assert_eq!(answer.status, 404, "{path} as {accept}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a12_a_private_post_is_missing_for_strangers() {
    let here = Neighbour::open(1).await;
    let alice = here.resident("alice").await;
    for visibility in ["private", "direct"] {
        let post = alice.says("Nothing for the street", visibility).await;
        let id = post["id"].as_str().expect("an id");
        for path in [
            format!("/users/alice/statuses/{id}"),
            format!("/@alice/{id}"),
            format!("/users/alice/statuses/{id}/activity"),
            format!("/users/alice/statuses/{id}/replies"),
            format!("/api/v1/statuses/{id}"),
            format!("/api/v1/statuses/{id}/context"),
        ] {
            let answer = get(&here, &path, DOCUMENT).await;
            assert_eq!(answer.status, 404, "{visibility} {path}: {}", answer.body);
        }
        let page = get(&here, &format!("/@alice/{id}"), PAGE).await;
        assert_eq!((page.status, page.body.contains("Nothing for")), (404, false), "{visibility}");
    }
    let outbox = get(&here, "/users/alice/outbox?page=true", DOCUMENT).await;
    assert!(outbox.status == 200 && !outbox.body.contains("Nothing for"), "{}", outbox.body);
    // The total is no secret, but it does not tell of letters.
    assert_eq!(get(&here, "/users/alice/outbox", DOCUMENT).await.json()["totalItems"], Value::from(1));
    assert!(!get(&here, "/@alice", PAGE).await.body.contains("Nothing for"));
}

async fn get(server: &Neighbour, path: &str, accept: &str) -> Answer {
    let base: Url = format!("http://{}/", server.domain).parse().expect("an address");
    let url = base.join(path).expect("a path");
    http::send("GET", &url, &[("accept", accept.to_owned())], b"").await.expect("an answer")
}
