//! Whole journeys through sign-in, consent and the pages, on an in-memory router.

mod hostile;
mod judge;
mod membership;
mod security;
mod webapp;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::app::tests::{local_account, test_app};
use crate::ids::StatusId;
use crate::store::accounts::{self, Field};
use crate::store::settings;
use crate::store::statuses::{self, Status};

/// RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A browser: it keeps cookies, and reads the forms of the page it saw last.
struct Browser {
    router: Router,
    cookies: std::collections::BTreeMap<String, String>,
    page: String,
}

struct Seen {
    status: StatusCode,
    location: String,
    headers: header::HeaderMap,
}

impl Browser {
    fn new(app: &App) -> Self {
        let router = crate::mastodon::routes().merge(super::routes()).with_state(app.clone());
        Self { router, cookies: Default::default(), page: String::new() }
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Seen {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(header::ACCEPT, "text/html").header(header::COOKIE, cookies.join("; "));
        let response =
            self.router.clone().oneshot(request.body(Body::from(body)).expect("a request")).await.expect("answers");
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("text").to_owned();
            assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax"), "{text}");
            let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let location = headers.get(header::LOCATION).map_or("", |value| value.to_str().expect("text")).to_owned();
        let body = response.into_body().collect().await.expect("reads").to_bytes();
        self.page = String::from_utf8_lossy(&body).into_owned();
        Seen { status, location, headers }
    }

    async fn get(&mut self, uri: &str) -> Seen {
        self.send(Request::get(uri), String::new()).await
    }

    async fn post(&mut self, uri: &str, fields: &[(&str, &str)]) -> Seen {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(uri).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body).await
    }

    /// Submits the page's hidden fields with `more`.
    async fn submit(&mut self, uri: &str, more: &[(&str, &str)]) -> Seen {
        let mut fields: Vec<(String, String)> = Vec::new();
        let form = self.page.rsplit_once("<main").expect("a page").1.to_owned();
        for input in form.split("<input type=\"hidden\" name=\"").skip(1) {
            let (name, rest) = input.split_once("\" value=\"").expect("a value");
            let value = rest.split_once('"').expect("a quote").0.replace("&#38;", "&").replace("&amp;", "&");
            fields.push((name.to_owned(), value));
        }
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(uri, &fields).await
    }

    async fn sign_in(&mut self, uri: &str) -> Seen {
        self.get(uri).await;
        self.submit("/auth/sign_in", &[("login", "alice"), ("password", "correct horse")]).await
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.page).unwrap_or_else(|_| panic!("no JSON: {}", self.page))
    }

    /// Registers an app; answers its id and secret.
    async fn register(&mut self, redirect_uri: &str) -> (String, String) {
        let seen = self
            .post(
                "/api/v1/apps",
                &[
                    ("client_name", "Tusk"),
                    ("redirect_uris", redirect_uri),
                    ("scopes", "read write follow push"),
                    ("website", "https://tusk.example"),
                ],
            )
            .await;
        assert_eq!(seen.status, 200, "{}", self.page);
        let body = self.json();
        assert_eq!(body["redirect_uri"], redirect_uri);
        assert_eq!(body["redirect_uris"][0], redirect_uri);
        assert_eq!(body["client_secret_expires_at"], 0);
        let text = |name: &str| body[name].as_str().expect("a text").to_owned();
        (text("client_id"), text("client_secret"))
    }

    async fn token(&mut self, (id, secret): &(String, String), more: &[(&str, &str)]) -> Seen {
        let mut fields = vec![("client_id", id.as_str()), ("client_secret", secret.as_str())];
        fields.extend(more);
        self.post("/oauth/token", &fields).await
    }

    async fn bearer(&mut self, uri: &str, token: &str) -> StatusCode {
        let request = Request::get(uri).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request, String::new()).await.status
    }
}

fn authorize(client_id: &str, more: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("client_id", client_id).append_pair("response_type", "code").extend_pairs(more);
    format!("/oauth/authorize?{}", query.finish())
}

fn parameter(location: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(location).expect("an address");
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A signed-in browser with an app whose consent page it sees; `more` goes into the request.
async fn at_consent(app: &App, more: &[(&str, &str)]) -> (Browser, (String, String)) {
    let mut browser = Browser::new(app);
    let client = browser.register("tusk://done").await;
    let mut all = vec![("redirect_uri", "tusk://done"), ("scope", "read write"), ("state", "s&1")];
    all.extend(more);
    let uri = authorize(&client.0, &all);
    let seen = browser.get(&uri).await;
    assert_eq!(seen.status, 303);
    assert!(seen.location.starts_with("/auth/sign_in?then="), "{}", seen.location);
    let seen = browser.sign_in(&seen.location).await;
    assert_eq!((seen.status.as_u16(), seen.location.as_str()), (303, uri.as_str()));
    let seen = browser.get(&uri).await;
    assert_eq!(seen.status, 200);
    assert!(browser.page.contains("Tusk") && browser.page.contains("@alice@nagaya.test"), "{}", browser.page);
    let policy = seen.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("form-action 'self' tusk:") && policy.contains("default-src 'none'"), "{policy}");
    (browser, client)
}

#[tokio::test]
async fn a_code_with_pkce_becomes_a_token_once() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "member").await;
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let (mut browser, client) = at_consent(&app, &pkce).await;
    let seen = browser.submit("/oauth/authorize", &[("decision", "allow")]).await;
    assert_eq!(seen.status, 303);
    assert!(seen.location.starts_with("tusk://done?code="), "{}", seen.location);
    assert_eq!(parameter(&seen.location, "state").as_deref(), Some("s&1"));
    let code = parameter(&seen.location, "code").expect("a code");
    let exchange =
        |code: &'static str| [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "tusk://done")];
    let mut fields = exchange("").to_vec();
    fields[1] = ("code", &code);
    fields.push(("code_verifier", VERIFIER));
    let seen = browser.token(&client, &fields).await;
    assert_eq!(seen.status, 200, "{}", browser.page);
    assert_eq!(seen.headers["cache-control"], "no-store");
    let body = browser.json();
    assert_eq!((body["token_type"].as_str(), body["scope"].as_str()), (Some("Bearer"), Some("read write")));
    assert!(body["created_at"].is_i64());
    let token = body["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(browser.bearer("/api/v1/announcements", &token).await, 200);
    assert_eq!(browser.bearer("/api/v1/apps/verify_credentials", &token).await, 200);
    assert_eq!(browser.json()["name"], "Tusk");
    assert_eq!(browser.bearer("/oauth/userinfo", &token).await, 403, "the token lacks the scope profile");

    assert_eq!(browser.token(&client, &fields).await.status, 400, "the code was used");
    assert_eq!(browser.json()["error"], "invalid_grant");

    let mut listening = app.streams.subscribe();
    let (id, secret) = (client.0.as_str(), client.1.as_str());
    let revoke = [("client_id", id), ("client_secret", secret), ("token", token.as_str())];
    let other = browser.register("other://x").await;
    let stranger = [("client_id", other.0.as_str()), ("client_secret", other.1.as_str()), ("token", token.as_str())];
    assert_eq!(browser.post("/oauth/revoke", &stranger).await.status, 403);
    assert_eq!(browser.json()["error"], "unauthorized_client");
    assert_eq!(browser.post("/oauth/revoke", &revoke).await.status, 200);
    assert!(matches!(listening.try_recv(), Ok(crate::streams::Happening::Revoked(_))));
    assert_eq!(browser.post("/oauth/revoke", &revoke).await.status, 200, "revoking again is fine");
    assert_eq!(browser.bearer("/api/v1/announcements", &token).await, 401);
}

#[tokio::test]
async fn codes_are_good_for_one_client_address_verifier_and_ten_minutes() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "member").await;
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    for (what, redirect_uri, verifier, wait) in [
        ("wrong verifier", "tusk://done", "wrong", 0),
        ("no verifier", "tusk://done", "", 0),
        ("wrong address", "tusk://elsewhere", VERIFIER, 0),
        ("too late", "tusk://done", VERIFIER, 601),
        ("wrong client", "tusk://done", VERIFIER, -1),
    ] {
        let (mut browser, mut client) = at_consent(&app, &pkce).await;
        let seen = browser.submit("/oauth/authorize", &[("decision", "allow")]).await;
        let code = parameter(&seen.location, "code").expect("a code");
        match u64::try_from(wait) {
            Ok(seconds) => app.clock.advance(std::time::Duration::from_secs(seconds)),
            Err(_) => client = browser.register("tusk://done").await,
        }
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        assert_eq!(browser.token(&client, &fields).await.status, 400, "{what}");
        assert_eq!(browser.json()["error"], "invalid_grant", "{what}");
        client.1 = "wrong".into();
        assert_eq!(browser.token(&client, &fields).await.status, 401, "{what}");
        assert_eq!(browser.json()["error"], "invalid_client", "{what}");
    }
}

#[tokio::test]
async fn refusals_go_back_to_the_app_and_doubts_do_not() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "member").await;
    let (mut browser, client) = at_consent(&app, &[]).await;
    let seen = browser.submit("/oauth/authorize", &[("decision", "deny")]).await;
    assert_eq!(parameter(&seen.location, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&seen.location, "state").as_deref(), Some("s&1"));

    let here = ("redirect_uri", "tusk://done");
    for (more, error) in [
        (vec![here, ("scope", "admin:read")], "invalid_scope"),
        (vec![here, ("scope", "fly")], "invalid_scope"),
        (vec![here, ("code_challenge", CHALLENGE), ("code_challenge_method", "plain")], "invalid_request"),
        (vec![here, ("code_challenge", "short"), ("code_challenge_method", "S256")], "invalid_request"),
    ] {
        let seen = browser.get(&authorize(&client.0, &more)).await;
        assert!(seen.location.starts_with("tusk://done?"), "{more:?}");
        assert_eq!(parameter(&seen.location, "error").as_deref(), Some(error), "{more:?}");
    }
    for (id, redirect_uri, status) in [("nobody", "tusk://done", 401), (client.0.as_str(), "https://evil.example", 400)]
    {
        let seen = browser.get(&authorize(id, &[("redirect_uri", redirect_uri)])).await;
        assert_eq!((seen.status.as_u16(), seen.location.as_str()), (status, ""));
        assert!(browser.page.contains("<h1>"));
    }
    let seen = browser.get(&authorize(&client.0, &[here, ("force_login", "true")])).await;
    assert!(seen.location.starts_with("/auth/sign_in?then=") && seen.location.contains("force=1"));
    assert!(!seen.location.contains("force_login"));
    assert_eq!(browser.get(&seen.location).await.status, 200);
}

#[tokio::test]
async fn apps_without_an_address_get_a_code_to_copy() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "member").await;
    let mut browser = Browser::new(&app);
    let oob = crate::store::apps::OOB;
    let client = browser.register(oob).await;
    let uri = authorize(&client.0, &[("redirect_uri", oob)]);
    let to = browser.get(&uri).await.location;
    browser.sign_in(&to).await;
    browser.get(&uri).await;
    let seen = browser.submit("/oauth/authorize", &[("decision", "allow")]).await;
    let code = seen.location.strip_prefix("/oauth/authorize/native?code=").expect("our page").to_owned();
    browser.get(&seen.location).await;
    assert!(browser.page.contains(&code));
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", oob)];
    assert_eq!(browser.token(&client, &fields).await.status, 200);
    assert_eq!(browser.json()["scope"], "read");
}

#[tokio::test]
async fn an_app_alone_gets_a_token_of_its_own() {
    let (_folder, app) = test_app();
    let mut browser = Browser::new(&app);
    let client = browser.register("tusk://done").await;
    for (fields, status) in [
        (vec![("grant_type", "client_credentials"), ("scope", "read")], 200),
        (vec![("grant_type", "client_credentials"), ("scope", "admin:read")], 400),
        (vec![("grant_type", "password"), ("username", "alice"), ("password", "correct horse")], 400),
        (vec![], 400),
    ] {
        assert_eq!(browser.token(&client, &fields).await.status, status, "{fields:?}");
        assert_eq!(browser.json()["access_token"].is_string(), status == 200);
    }
    use base64::Engine;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", client.0, client.1));
    let request = Request::post("/oauth/token")
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .header(header::CONTENT_TYPE, "application/json");
    let seen = browser.send(request, r#"{"grant_type":"client_credentials"}"#.into()).await;
    assert_eq!(seen.status, 200);
    let token = browser.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(browser.bearer("/api/v1/apps/verify_credentials", &token).await, 200);
    assert_eq!(browser.bearer("/api/v1/announcements", &token).await, 422, "nobody stands behind it");
}

#[tokio::test]
async fn forged_forms_and_guessed_passwords_are_stopped() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "member").await;
    let (mut browser, client) = at_consent(&app, &[]).await;
    let forged =
        [("client_id", client.0.as_str()), ("response_type", "code"), ("decision", "allow"), ("token", "guess")];
    let seen = browser.post("/oauth/authorize", &forged).await;
    assert_eq!((seen.status.as_u16(), seen.location.as_str()), (403, ""));
    let credentials = [("login", "alice"), ("password", "correct horse")];
    assert_eq!(Browser::new(&app).post("/auth/sign_in", &credentials).await.status, 403);

    let mut browser = Browser::new(&app);
    browser.get("/auth/sign_in").await;
    for attempt in 1..=26 {
        let seen = browser.submit("/auth/sign_in", &[("login", "nobody\"<b>"), ("password", "x")]).await;
        assert_eq!(seen.status.as_u16(), if attempt == 26 { 429 } else { 422 }, "attempt {attempt}");
        assert!(!browser.page.contains("<b>"));
    }
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "member").await;
    local_account(&app, "bob", "member").await;
    let mut browser = Browser::new(&app);
    let seen = browser.sign_in("/auth/sign_in?then=/about").await;
    assert_eq!(seen.location, "/about");
    browser.get("/about").await;
    let token = browser.page.split_once("name=\"token\" value=\"").expect("the form").1.split('"').next().expect("it");
    let token = token.to_owned();
    assert!(browser.page.contains("@alice"));
    assert_eq!(browser.post("/auth/sign_out", &[("token", &token)]).await.status, 303);
    browser.get("/about").await;
    assert!(!browser.page.contains("@alice"));
}

#[tokio::test]
async fn pages_speak_two_languages_and_keep_to_themselves() {
    let (_folder, app) = test_app();
    let mut browser = Browser::new(&app);
    for uri in ["/", "/about", "/privacy", "/auth/sign_in", "/oauth/authorize/native?code=x"] {
        let seen = browser.get(uri).await;
        assert_eq!(seen.status, 200, "{uri}");
        assert!(browser.page.contains("<html lang=\"en\">"), "{uri}");
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin")] {
            assert_eq!(seen.headers[name], value, "{uri}");
        }
        // The sign-in page has the one script there is, for passkeys.
        let scripts = browser.page.matches("<script").count();
        assert_eq!(scripts, browser.page.matches("<script src=\"/static/passkeys.js?").count(), "{uri}");
        assert_eq!((scripts, browser.page.contains("style=")), (usize::from(uri == "/auth/sign_in"), false), "{uri}");
    }
    let japanese = Request::get("/about").header(header::ACCEPT_LANGUAGE, "ja");
    browser.send(japanese, String::new()).await;
    assert!(browser.page.contains("<html lang=\"ja\">"));
    browser.get("/about?lang=ja").await;
    browser.get("/privacy").await;
    assert!(browser.page.contains("<html lang=\"ja\">"), "the choice is remembered");
    let sheet =
        browser.page.split_once("/static/tokens.css?v=").expect("a sheet").1.split('"').next().expect("it").to_owned();
    let seen = browser.get(&format!("/static/tokens.css?v={sheet}")).await;
    assert!(seen.headers["cache-control"].to_str().is_ok_and(|value| value.contains("immutable")));
    assert_eq!(seen.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(browser.get("/static/..%2ftokens.css").await.status, 404);
}

/// What `server` does on the shared addresses.
async fn status_of(response: axum::response::Response) -> (StatusCode, String) {
    let status = response.status();
    let body = response.into_body().collect().await.expect("reads").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn profiles_and_posts_show_what_strangers_may_see() {
    let (_folder, app) = test_app();
    let mut alice = local_account(&app, "alice", "owner").await;
    alice.indexable = false;
    alice.note_source = "\"Hi\" <there>".into();
    alice.fields = [("site", "https://alice.example/"), ("note", "<b>javascript:x</b>")]
        .map(|(name, value)| Field { name: name.into(), value: value.into(), verified_at: None })
        .to_vec();
    let now = app.clock.now();
    let post = |text: &str, visibility: Visibility, parent: Option<&Status>| {
        let id: StatusId = app.ids.next(now);
        Status {
            id,
            uri: format!("{}/statuses/{id}", alice.uri),
            url: Some(format!("{}/{id}", alice.url)),
            account_id: alice.id,
            local: true,
            content: format!("<p>{text}</p>"),
            text: text.into(),
            spoiler_text: String::new(),
            sensitive: false,
            language: Some("en".into()),
            visibility,
            in_reply_to_id: parent.map(|parent| parent.id),
            in_reply_to_uri: parent.map(|parent| parent.uri.clone()),
            in_reply_to_account_id: parent.map(|parent| parent.account_id),
            reblog_of_id: None,
            conversation: None,
            application_id: None,
            local_only: false,
            replies_count: 0,
            reblogs_count: 0,
            favourites_count: 0,
            created_at: now,
            edited_at: None,
        }
    };
    let open = post("open words", Visibility::Public, None);
    let secret = post("secret words", Visibility::Private, None);
    let reply = post("quiet reply", Visibility::Unlisted, Some(&open));
    let hidden_reply = post("hidden reply", Visibility::Direct, Some(&open));
    let (rows, owner) = (vec![open.clone(), secret.clone(), reply.clone(), hidden_reply], alice.clone());
    let written = app.store.write(move |tx| {
        accounts::upsert(tx, &owner)?;
        rows.iter().try_for_each(|row| statuses::insert(tx, row).map(|_| ()))
    });
    written.await.expect("writes");

    let (headers, uri) = (header::HeaderMap::new(), "/@alice".parse().expect("an address"));
    let (status, page) = status_of(super::profile_page(&app, "Alice", &headers, &uri).await).await;
    assert_eq!(status, 200);
    for part in [
        "open words",
        "quiet reply",
        "class=\"p-name\"",
        "rel=\"me nofollow noopener noreferrer\">https://alice.example/",
        "type=\"application/activity+json\" href=\"http://nagaya.test/users/alice\"",
        "<meta name=\"robots\" content=\"noindex\">",
        "&#60;b&#62;javascript:x",
        "content=\"&#34;Hi&#34; &#60;there&#62;\"",
    ] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(!page.contains("secret words") && !page.contains("hidden reply"));
    assert_eq!(status_of(super::profile_page(&app, "nobody", &headers, &uri).await).await.0, 404);

    // Who wrote nothing about themselves is still described.
    alice.note_source.clear();
    let owner = alice.clone();
    app.store.write(move |tx| accounts::upsert(tx, &owner)).await.expect("writes");
    let (_, page) = status_of(super::profile_page(&app, "alice", &headers, &uri).await).await;
    assert!(page.contains("<meta name=\"description\" content=\"ALICE (@alice@nagaya.test)\">"), "{page}");

    let (status, page) = status_of(super::status_page(&app, "alice", open.id, &headers, &uri).await).await;
    assert_eq!(status, 200);
    assert!(page.contains("e-content") && page.contains("open words") && page.contains("quiet reply"), "{page}");
    assert!(page.contains("<time class=\"dt-published\" datetime=\"2026-08-07T14:02:35.000Z\">"), "{page}");
    assert!(!page.contains("hidden reply"));
    assert_eq!(status_of(super::status_page(&app, "alice", secret.id, &headers, &uri).await).await.0, 404);
    let (_, page) = status_of(super::status_page(&app, "alice", reply.id, &headers, &uri).await).await;
    assert!(page.contains("Earlier in this conversation") && page.contains("open words"), "{page}");
    assert!(page.contains(&format!("<a class=\"u-in-reply-to\" href=\"{}\"", open.url.expect("set"))), "{page}");

    app.store
        .write(move |tx| Ok(tx.execute("UPDATE accounts SET suspended_at = 1 WHERE id = ?1", [alice.id])?))
        .await
        .expect("writes");
    assert_eq!(status_of(super::profile_page(&app, "alice", &headers, &uri).await).await.0, 410);
}

#[tokio::test]
async fn the_front_page_is_the_owners_profile_when_nobody_else_lives_here() {
    let (_folder, app) = test_app();
    let mut browser = Browser::new(&app);
    browser.get("/").await;
    assert!(!browser.page.contains("h-card"));
    local_account(&app, "alice", "owner").await;
    browser.get("/").await;
    assert!(browser.page.contains("h-card") && browser.page.contains("@alice@nagaya.test"));
    local_account(&app, "bob", "member").await;
    browser.get("/").await;
    assert!(!browser.page.contains("h-card"));
    app.store.write(|tx| settings::set(tx, "front_page_account", "bob")).await.expect("writes");
    browser.get("/").await;
    assert!(browser.page.contains("@bob@nagaya.test"));
}

#[tokio::test]
async fn the_instance_tells_the_truth() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "owner").await;
    app.store
        .write(|tx| {
            settings::set(tx, "rules", r#"[{"text":"Be kind","hint":"","translations":{"ja":{"text":"優しく"}}}]"#)
        })
        .await
        .expect("writes");
    let mut browser = Browser::new(&app);
    let seen = browser.get("/api/v2/instance").await;
    assert_eq!(seen.status, 200);
    assert!(seen.headers["cache-control"].to_str().is_ok_and(|value| value.contains("max-age=300")));
    let body = browser.json();
    assert!(body["version"].as_str().is_some_and(|version| version.starts_with("4.6.0 (compatible; Nagaya ")));
    assert_eq!(body["configuration"]["statuses"]["max_characters"], 5000);
    assert_eq!(body["configuration"]["urls"]["streaming"], "ws://nagaya.test");
    assert_eq!(body["rules"][0]["translations"]["ja"]["text"], "優しく");
    assert_eq!((&body["rules"][0]["id"], &body["domain"]), (&"1".into(), &"nagaya.test".into()));
    let seen = browser.get("/api/v1/instance").await;
    assert_eq!(seen.headers["deprecation"], "@1668384000");
    assert_eq!(browser.json()["stats"]["user_count"], 1);
    assert_eq!(browser.json()["urls"]["streaming_api"], "ws://nagaya.test");
    for (uri, expected) in [
        ("/api/v1/custom_emojis", "[]"),
        ("/api/v1/instance/peers", "[]"),
        ("/api/v1/instance/translation_languages", "{}"),
    ] {
        browser.get(uri).await;
        assert_eq!(browser.page, expected, "{uri}");
    }
    browser.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(browser.json()["issuer"], "http://nagaya.test/");
    assert_eq!(browser.json()["token_endpoint"], "http://nagaya.test/oauth/token");
}

#[tokio::test]
async fn robots_are_told_where_nothing_is_to_be_found() {
    let (_folder, app) = test_app();
    let mut robot = Browser::new(&app);
    let seen = robot.get("/robots.txt").await;
    assert_eq!(
        (seen.status, &seen.headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"text/plain; charset=utf-8".parse().expect("a value"))
    );
    assert!(robot.page.starts_with("User-agent: *\n") && robot.page.contains("\nDisallow: /app/\n"), "{}", robot.page);
}
