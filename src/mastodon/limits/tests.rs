use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::any;
use tower::ServiceExt;

use super::*;
use crate::actions::token::issue_token;
use crate::app::tests::local_account;
use crate::outbound::Outbound;

struct World {
    _folder: tempfile::TempDir,
    app: App,
    router: Router,
}

impl World {
    fn new(rate_limits: bool) -> Self {
        let (folder, app) = crate::testing::server_with("nagaya.test", true, 4, 1, Outbound::unplugged(), |config| {
            config.rate_limits = rate_limits;
        });
        // Everything succeeds but what says `fail`.
        let answer = async |request: Request| match request.uri().path().contains("fail") {
            true => StatusCode::UNPROCESSABLE_ENTITY,
            false => StatusCode::OK,
        };
        let router =
            Router::new().fallback(any(answer)).layer(middleware::from_fn_with_state(Limits::new(&app), guard));
        Self { _folder: folder, app, router }
    }

    /// Asks so many times; answers how many were let through, and the last answer's headers.
    async fn ask(&self, times: u32, method: &str, path: &str, token: &str, ip: &str) -> (u32, HeaderMap) {
        let (mut good, mut headers) = (0, HeaderMap::new());
        for _ in 0..times {
            let mut request = Request::builder().method(method).uri(path);
            if !token.is_empty() {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let mut request = request.body(Body::empty()).expect("a request");
            request.extensions_mut().insert(ClientIp(ip.parse().expect("an address")));
            let answer = self.router.clone().oneshot(request).await.expect("answers");
            good += u32::from(answer.status() != StatusCode::TOO_MANY_REQUESTS);
            headers = answer.headers().clone();
        }
        (good, headers)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn each_bucket_holds_what_the_table_says() {
    let ip = "192.0.2.1";
    for (method, path, signed_in, limit) in [
        ("GET", "/api/v1/instance", false, 300),
        ("GET", "/api/v1/preferences", true, 300),
        ("GET", "/api/v1/timelines/home?max_id=1", true, 300),
        ("POST", "/api/v2/media", true, 30),
        ("POST", "/api/v1/media", true, 30),
        ("DELETE", "/api/v1/statuses/1", true, 30),
        ("POST", "/api/v1/statuses/1/unreblog", true, 30),
        ("POST", "/api/v1/apps", false, 5),
        ("POST", "/api/v1/accounts", false, 5),
        ("POST", "/api/v1/emails/confirmations", false, 25),
        ("POST", "/api/v1/emails/confirmations", true, 5),
        ("GET", "/media/remote/1", false, 30),
    ] {
        let world = World::new(true);
        let alice = local_account(&world.app, "alice", "member").await.id;
        let token = issue_token(&world.app, alice, "read write", "t").await.expect("a token");
        let token = if signed_in { token.as_str() } else { "" };
        let (good, headers) = world.ask(limit + 2, method, path, token, ip).await;
        assert_eq!(good, limit, "{method} {path}");
        assert_eq!(header(&headers, "x-ratelimit-limit"), limit.to_string(), "{method} {path}");
        assert_eq!(header(&headers, "x-ratelimit-remaining"), "0");
        assert!(!header(&headers, "retry-after").is_empty());
    }
}

#[tokio::test]
async fn the_tightest_bucket_is_told_and_windows_end_with_the_clock() {
    let world = World::new(true);
    let alice = local_account(&world.app, "alice", "member").await.id;
    let token = issue_token(&world.app, alice, "read write", "t").await.expect("a token");
    let (_, headers) = world.ask(1, "GET", "/api/v1/preferences", &token, "192.0.2.1").await;
    assert_eq!(header(&headers, "x-ratelimit-remaining"), "299");
    // The clock stands at 14:02:35.
    assert_eq!(header(&headers, "x-ratelimit-reset"), "2026-08-07T14:05:00.000000Z");
    let (_, headers) = world.ask(1, "POST", "/api/v2/media", &token, "192.0.2.1").await;
    assert_eq!((header(&headers, "x-ratelimit-limit"), header(&headers, "x-ratelimit-remaining")), ("30", "29"));
    assert_eq!(world.ask(31, "POST", "/api/v2/media", &token, "192.0.2.1").await.0, 29);
    world.app.clock.advance(Duration::from_secs(1800));
    assert_eq!(world.ask(1, "POST", "/api/v2/media", &token, "192.0.2.1").await.0, 1);
}

#[tokio::test]
async fn a_person_has_one_count_over_all_tokens_and_failures_do_not_count_as_deeds() {
    let world = World::new(true);
    let alice = local_account(&world.app, "alice", "member").await.id;
    let mut good = 0;
    for _ in 0..6 {
        let token = issue_token(&world.app, alice, "read write", "t").await.expect("a token");
        good += world.ask(300, "GET", "/api/v1/preferences", &token, "192.0.2.1").await.0;
    }
    assert_eq!(good, 1_500);
    world.app.clock.advance(Duration::from_secs(300));
    let token = issue_token(&world.app, alice, "read write", "t").await.expect("a token");
    let (_, headers) = world.ask(9, "POST", "/api/v1/accounts/fail/follow", &token, "192.0.2.1").await;
    assert_eq!(header(&headers, "x-ratelimit-limit"), "300");
    let (_, headers) = world.ask(1, "POST", "/api/v1/statuses", &token, "192.0.2.1").await;
    assert_eq!(header(&headers, "x-ratelimit-remaining"), "290");
}

#[tokio::test]
async fn strangers_share_their_network_and_false_tokens_help_nobody() {
    let world = World::new(true);
    assert_eq!(world.ask(300, "GET", "/api/v1/instance", "", "2001:db8::1").await.0, 300);
    assert_eq!(world.ask(1, "GET", "/api/v1/instance", "", "2001:db8::2").await.0, 0);
    assert_eq!(world.ask(1, "GET", "/api/v1/instance", "made up", "2001:db8::2").await.0, 0);
    assert_eq!(world.ask(1, "GET", "/api/v1/instance", "", "2001:db8:0:1::1").await.0, 1);
    let (good, headers) = World::new(false).ask(400, "GET", "/api/v1/instance", "", "192.0.2.1").await;
    assert_eq!((good, header(&headers, "x-ratelimit-limit")), (400, ""));
}
