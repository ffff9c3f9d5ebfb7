//! The web app at its address: files, addresses of its own, what browsers are told, and a program that has none.

use super::*;
use crate::outbound::Outbound;

fn with_app() -> (tempfile::TempDir, tempfile::TempDir, App) {
    let dist = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(dist.path().join("assets")).expect("a folder");
    for (name, text) in [("index.html", "<!doctype html>the app"), ("assets/a-1.js", "1"), ("worker.js", "2")] {
        std::fs::write(dist.path().join(name), text).expect("a file");
    }
    let place = dist.path().to_owned();
    let change = |config: &mut crate::config::Config| config.web_app = Some(place);
    let (folder, app) = crate::testing::server_with("nagaya.test", true, 4, 1, Outbound::unplugged(), change);
    (dist, folder, app)
}

#[tokio::test]
async fn the_app_answers_for_all_its_addresses() {
    let (_dist, _folder, app) = with_app();
    let mut browser = Browser::new(&app);
    for (path, kind, text) in [
        ("/app/", "text/html; charset=utf-8", "the app"),
        ("/app/home", "text/html; charset=utf-8", "the app"),
        ("/app/@bob@there.example", "text/html; charset=utf-8", "the app"),
        ("/app/statuses/1", "text/html; charset=utf-8", "the app"),
        ("/app/assets/a-1.js", "text/javascript; charset=utf-8", "1"),
        ("/app/worker.js", "text/javascript; charset=utf-8", "2"),
    ] {
        let seen = browser.get(path).await;
        assert_eq!(
            (seen.status, &seen.headers["content-type"]),
            (StatusCode::OK, &kind.parse().expect("a type")),
            "{path}"
        );
        assert!(browser.page.contains(text), "{path}: {}", browser.page);
        let policy = seen.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(seen.headers["x-content-type-options"], "nosniff");
    }
    let seen = browser.get("/app/").await;
    let tag = seen.headers["etag"].to_str().expect("text").to_owned();
    let again = browser.send(Request::get("/app/").header(header::IF_NONE_MATCH, tag), String::new()).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    // What an older page asks for must not become a page.
    assert_eq!(browser.get("/app/assets/gone-2.js").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/app/..%2findex.html").await.status, StatusCode::NOT_FOUND);
    let seen = browser.get("/app").await;
    assert_eq!((seen.status, seen.location.as_str()), (StatusCode::PERMANENT_REDIRECT, "/app/"));
}

#[tokio::test]
async fn the_way_in_leads_to_the_app() {
    let (_dist, _folder, app) = with_app();
    local_account(&app, "alice", "owner").await;
    local_account(&app, "bob", "member").await;
    let mut browser = Browser::new(&app);
    browser.get("/").await;
    assert!(browser.page.contains("<a class=\"button\" href=\"/app/\">"), "{}", browser.page);
    let seen = browser.sign_in("/auth/sign_in").await;
    assert_eq!((seen.status, seen.location.as_str()), (StatusCode::SEE_OTHER, "/app/"));
    let seen = browser.get("/auth/sign_in?then=/about").await;
    assert_eq!(seen.location, "/about");
}

#[tokio::test]
async fn a_program_without_the_app_says_so() {
    let (_folder, app) = test_app();
    let mut browser = Browser::new(&app);
    let seen = browser.get("/app/home").await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
    assert!(browser.page.contains("was built without the web app"), "{}", browser.page);
    browser.get("/app/home?lang=ja").await;
    assert!(browser.page.contains("ウェブアプリを含んでいません"), "{}", browser.page);
    browser.get("/").await;
    assert!(!browser.page.contains("/app/"));
}
