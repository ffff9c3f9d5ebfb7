//! What HTTP clients meet everywhere: unknown addresses, broken bodies, entity tags, request ids, other sites.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::actions::token::issue_token;
use crate::app::tests::{local_account, test_app};

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn error(&self) -> bool {
        serde_json::from_slice::<Value>(&self.body).is_ok_and(|body| body["error"].is_string())
    }
}

async fn ask(app: &App, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_vec())).expect("a request");
    let (head, body) = router(app.clone()).oneshot(request).await.expect("answers").into_parts();
    let body = to_bytes(body, 1 << 24).await.expect("a body").to_vec();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

#[tokio::test]
async fn what_cannot_be_answered_is_said_in_json() {
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "member").await;
    let token = format!("Bearer {}", issue_token(&app, alice.id, "read write", "t").await.expect("a token"));
    let large = vec![b'a'; 2 << 20];
    let json = ("content-type", "application/json");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let parts = ("content-type", "multipart/form-data; boundary=b");
    for (method, path, kind, body, status) in [
        ("GET", "/api/v1/nothing", json, &b""[..], 404),
        ("GET", "/api", json, b"", 404),
        ("GET", "/api/v3/media", json, b"", 404),
        ("PATCH", "/api/v1/statuses", json, b"{}", 404),
        ("DELETE", "/api/v2/instance", json, b"", 404),
        ("POST", "/api/v1/statuses", json, b"{\"status\":", 400),
        ("POST", "/api/v1/statuses", json, b"[1]", 400),
        ("POST", "/api/v1/statuses", json, b"\xff\xfe", 400),
        ("POST", "/api/v1/statuses", form, b"status[a]=1&status=2", 400),
        ("POST", "/api/v2/media", parts, b"--b\r\nno headers", 400),
        ("POST", "/api/v1/statuses", form, &large[..], 413),
        ("POST", "/api/v1/statuses", json, &large[..], 413),
        ("GET", "/api/v1/statuses/%00", json, b"", 404),
        ("GET", "/api/v1/accounts/99999999999999999999", json, b"", 404),
        ("GET", "/api/v1/timelines/tag/%ff", json, b"", 404),
        ("GET", "/api/v2/search?q=x&limit=-1", json, b"", 400),
        ("GET", "/api/v2/search?q=x&type=accounts&offset=-1", json, b"", 400),
    ] {
        let answer = ask(&app, method, path, &[kind, ("authorization", &token)], body).await;
        assert!(answer.error() && answer.status == status, "{method} {path}: {} {status}", answer.status);
    }
}

#[tokio::test]
async fn parameters_may_stand_in_the_query_of_a_write_and_in_the_body_of_a_delete() {
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "member").await;
    let token = format!("Bearer {}", issue_token(&app, alice.id, "read write follow", "t").await.expect("a token"));
    let caller = ("authorization", &*token);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let block = ask(&app, "POST", "/api/v1/domain_blocks?domain=evil.example", &[caller], b"").await;
    assert_eq!(block.status, 200);
    assert_eq!(ask(&app, "GET", "/api/v1/domain_blocks", &[caller], b"").await.body, br#"["evil.example"]"#);
    let free = ask(&app, "DELETE", "/api/v1/domain_blocks", &[caller, form], b"domain=evil.example").await;
    assert_eq!(free.status, 200);
    assert_eq!(ask(&app, "GET", "/api/v1/domain_blocks", &[caller], b"").await.body, b"[]");
}

#[tokio::test]
async fn strangers_need_not_load_twice_what_did_not_change() {
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "member").await;
    let token = format!("Bearer {}", issue_token(&app, alice.id, "read", "t").await.expect("a token"));
    for path in ["/api/v2/instance", "/api/v1/custom_emojis", "/api/v1/timelines/public"] {
        let first = ask(&app, "GET", path, &[], b"").await;
        let tag = first.header("etag").to_owned();
        assert!(first.status == 200 && tag.starts_with("W/\""), "{path}: {} {tag}", first.status);
        assert!(first.header("cache-control").starts_with("public, max-age="), "{path}");
        for known in [tag.clone(), format!("\"other\", {}", tag.trim_start_matches("W/")), "*".to_owned()] {
            let second = ask(&app, "GET", path, &[("if-none-match", &known)], b"").await;
            assert_eq!((second.status, second.body.len(), second.header("etag")), (304, 0, &*tag), "{path} {known}");
        }
        assert_eq!(ask(&app, "GET", path, &[("if-none-match", "\"other\"")], b"").await.status, 200);
    }
    let own = ask(&app, "GET", "/api/v1/timelines/home", &[("authorization", &token)], b"").await;
    assert_eq!((own.header("etag"), own.header("cache-control")), ("", "private, no-store"));
    assert_eq!(ask(&app, "GET", "/api/v1/timelines/public", &[], b"").await.header("vary"), "Authorization");
}

#[tokio::test]
async fn requests_have_names() {
    let (_folder, app) = test_app();
    let given = ask(&app, "GET", "/api/v2/instance", &[("x-request-id", "proxy-1")], b"").await;
    assert_eq!(given.header("x-request-id"), "proxy-1");
    for odd in ["", "a b", "<script>"] {
        let own = ask(&app, "GET", "/api/v2/instance", &[("x-request-id", odd)], b"").await;
        assert_eq!(own.header("x-request-id").len(), 32, "{odd}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_are_let_in_where_mastodon_lets_them_in() {
    let (_folder, app) = test_app();
    let origin = ("origin", "https://client.example");
    let wish = ("access-control-request-method", "DELETE");
    let answer = ask(&app, "OPTIONS", "/api/v1/statuses/1", &[origin, wish], b"").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"));
    assert_eq!(answer.header("access-control-allow-methods"), "POST,PUT,DELETE,GET,PATCH,OPTIONS");
    let answer = ask(&app, "GET", "/api/v2/instance", &[origin], b"").await;
    let exposed = "link,mastodon-async-refresh,x-ratelimit-reset,x-ratelimit-limit,x-ratelimit-remaining,x-request-id";
    assert_eq!(answer.header("access-control-expose-headers"), exposed);
    for closed in ["/auth/sign_in", "/oauth/authorize", "/"] {
        assert_eq!(
            ask(&app, "GET", closed, &[origin], b"").await.header("access-control-allow-origin"),
            "",
            "{closed}"
        );
    }
}

#[test]
fn other_sites_may_do_what_mastodon_lets_them_do() {
    for (path, methods) in [
        ("/api/v1/statuses", "POST PUT DELETE GET PATCH OPTIONS"),
        ("/oauth/token", "POST"),
        ("/oauth/revoke", "POST"),
        ("/oauth/userinfo", "GET POST"),
        ("/oauth/authorize", ""),
        ("/.well-known/webfinger", "GET"),
        ("/nodeinfo/2.0", "GET"),
        ("/@alice", "GET"),
        ("/users/alice", "GET"),
        ("/@alice/1", ""),
        ("/users/alice/outbox", ""),
        ("/auth/sign_in", ""),
    ] {
        let found: Vec<_> = open_to(path).unwrap_or_default().iter().map(Method::as_str).collect();
        assert_eq!(found.join(" "), methods, "{path}");
    }
}

#[tokio::test]
async fn media_of_a_public_bucket_may_be_shown() {
    let dist = tempfile::tempdir().expect("a folder");
    std::fs::write(dist.path().join("index.html"), "<!doctype html>the app").expect("a file");
    let place = dist.path().to_owned();
    let change = |config: &mut crate::config::Config| {
        config.web_app = Some(place);
        config.bucket = Some(crate::config::Bucket {
            endpoint: "http://127.0.0.1:9".parse().expect("an address"),
            name: "media".into(),
            region: "us-east-1".into(),
            key: "key".into(),
            secret: "hush".into(),
            public_url: Some("https://media.example/files".parse().expect("an address")),
        });
    };
    let outbound = crate::outbound::Outbound::unplugged();
    let (_folder, app) = crate::testing::server_with("nagaya.test", true, 4, 1, outbound, change);
    for path in ["/", "/app/"] {
        let seen = ask(&app, "GET", path, &[("accept", "text/html")], b"").await;
        let policy = seen.header("content-security-policy");
        for source in ["img-src 'self' https://media.example", "media-src 'self' https://media.example"] {
            assert!(policy.contains(source), "{path}: {policy}");
        }
        assert_eq!(policy.matches("media.example").count(), 2, "nothing else comes from there: {policy}");
    }
}
