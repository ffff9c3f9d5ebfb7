//! Joining, forgotten passwords and leaving, as a browser sees them.

use axum::http::{Request, header};

use super::Browser;
use crate::actions::invite::{self, Wish};
use crate::actions::join::{self, Mode};
use crate::actions::token::issue_token;
use crate::actions::{credentials, leave};
use crate::app::App;
use crate::app::tests::{local_account, test_app};
use crate::delivery::mail::run_until_idle;
use crate::store::{accounts, departures, settings, users};
use crate::testing::app_with_mail;
use crate::testing::smtp::Smtp;

async fn open(app: &App, mode: Mode) {
    app.store.write(move |tx| join::set_mode(tx, mode)).await.expect("writes");
}

const CAROL: [(&str, &str); 4] =
    [("username", "carol"), ("email", "carol@mail.example"), ("password", "long enough"), ("agreement", "1")];

async fn sign_in_as(browser: &mut Browser, login: &str, password: &str) -> u16 {
    browser.get("/auth/sign_in?force=1").await;
    browser.submit("/auth/sign_in", &[("login", login), ("password", password)]).await.status.as_u16()
}

#[tokio::test]
async fn a_page_signs_up_and_keeps_what_was_typed() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "owner").await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/auth/sign_up").await.status, 403, "by invitation only");
    assert!(browser.page.contains("by invitation"));
    open(&app, Mode::Open).await;
    let rules = r#"[{"text":"Be kind","hint":"","translations":{"ja":{"text":"親切に","hint":""}}}]"#;
    app.store.write(move |tx| settings::set(tx, "rules", rules)).await.expect("writes");
    assert_eq!(browser.get("/auth/sign_up?lang=ja").await.status, 200);
    assert!(browser.page.contains("親切に") && browser.page.contains("登録する"));
    browser.get("/auth/sign_up?lang=en").await;
    let wrong = [("username", "alice"), ("email", "carol@mail.example"), ("password", "short"), ("agreement", "1")];
    let seen = browser.submit("/auth/sign_up", &wrong).await;
    assert_eq!(seen.status, 422);
    assert!(
        browser.page.contains("Somebody has this name already")
            && browser.page.contains("At least 8 characters, please")
    );
    assert!(browser.page.contains("value=\"carol@mail.example\"") && !browser.page.contains("value=\"short\""));
    let seen = browser.submit("/auth/sign_up", &CAROL).await;
    assert_eq!(seen.status, 200, "{}", browser.page);
    assert!(browser.page.contains("@carol is yours"));
    assert_eq!(sign_in_as(&mut browser, "carol", "long enough").await, 303);
    let forged = browser.post("/auth/sign_up", &CAROL).await;
    assert_eq!(forged.status, 403);
}

#[tokio::test]
async fn an_invite_is_a_page_for_people_and_a_code_for_apps() {
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "member").await;
    let wish = Wish { max_uses: Some(1), ..Wish::default() };
    let code = invite::create(&app, Some(alice.id), wish).await.expect("makes").code;
    let mut browser = Browser::new(&app);
    let path = format!("/invite/{code}");
    assert_eq!(browser.get(&path).await.status, 200);
    assert!(browser.page.contains("@alice invited you"));
    let ask = || Request::get(&path).header(header::ACCEPT, "application/json");
    // `send` adds text/html as well, as a browser would; an app does not.
    let router = browser.router.clone();
    let plain = |request: axum::http::request::Builder| async {
        let answer = tower::ServiceExt::oneshot(router.clone(), request.body(axum::body::Body::empty()).expect("asks"));
        let answer = answer.await.expect("answers");
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("reads");
        (status, serde_json::from_slice::<serde_json::Value>(&body).expect("JSON"))
    };
    let (status, body) = plain(ask()).await;
    assert_eq!((status, &body["invite_code"]), (200, &serde_json::json!(code)));
    assert_eq!(body["instance_api_url"], app.config.url("/api/v2/instance"));
    assert_eq!(browser.submit("/auth/sign_up", &CAROL).await.status, 200, "{}", browser.page);
    assert_eq!(plain(ask()).await.0, 401);
    assert_eq!(browser.get(&path).await.status, 410);
}

#[tokio::test]
async fn a_newcomer_confirms_the_address_by_a_button_once() {
    let smtp = Smtp::open().await;
    let (_folder, app) = app_with_mail(smtp.mail.clone());
    open(&app, Mode::Open).await;
    let mut browser = Browser::new(&app);
    browser.get("/auth/sign_up?lang=ja").await;
    assert_eq!(browser.submit("/auth/sign_up", &CAROL).await.status, 200);
    assert!(browser.page.contains("carol@mail.example"));
    assert_eq!(sign_in_as(&mut browser, "carol", "long enough").await, 422);
    assert!(browser.page.contains("/auth/reset"), "the way in for whom the mail never reached");
    assert_eq!(run_until_idle(&app).await.expect("sends"), 1);
    let link = format!("/auth/confirmation?token={}", smtp.secret());
    for _ in 0..2 {
        assert_eq!(browser.get(&link).await.status, 200, "looking at it does not use it up");
    }
    assert_eq!(browser.submit("/auth/confirmation", &[]).await.status, 200);
    assert_eq!(browser.get(&link).await.status, 410);
    assert_eq!(sign_in_as(&mut browser, "carol", "long enough").await, 303);
    assert!(smtp.taken.lock().expect("no holder panics")[0].contains("Subject: =?utf-8?b?"), "in Japanese");
}

#[tokio::test]
async fn a_forgotten_password_is_reset_once_and_everybody_is_signed_out() {
    let smtp = Smtp::open().await;
    let (_folder, app) = app_with_mail(smtp.mail.clone());
    let alice = local_account(&app, "alice", "member").await;
    let token = issue_token(&app, alice.id, "read", "test").await.expect("a token");
    let mut thief = Browser::new(&app);
    assert_eq!(sign_in_as(&mut thief, "alice", "correct horse").await, 303);
    let mut browser = Browser::new(&app);
    let mut pages = Vec::new();
    for email in ["alice@mail.test", "nobody@mail.test", "alice@mail.test"] {
        browser.get("/auth/reset").await;
        assert_eq!(browser.submit("/auth/reset", &[("email", email)]).await.status, 200);
        pages.push(browser.page.clone());
    }
    assert_eq!(pages[0], pages[1], "the same answer to everybody");
    assert_eq!(run_until_idle(&app).await.expect("sends"), 1, "one in two minutes");
    let link = format!("/auth/reset?token={}", smtp.secret());
    assert_eq!(browser.get(&link).await.status, 200);
    assert_eq!(browser.submit("/auth/reset", &[("password", "short")]).await.status, 422);
    assert_eq!(browser.submit("/auth/reset", &[("password", "a better one")]).await.status, 200);
    assert_eq!(browser.get(&link).await.status, 410);
    assert_eq!(thief.get("/settings/account").await.status, 303, "the session ended");
    assert_eq!(browser.bearer("/api/v1/accounts/verify_credentials", &token).await, 401);
    assert_eq!(sign_in_as(&mut browser, "alice", "correct horse").await, 422);
    assert_eq!(sign_in_as(&mut browser, "alice", "a better one").await, 303);
    // A moderator's link works without mail, for an hour.
    let link = credentials::reset_link(&app, alice.id).await.expect("makes");
    let path = link.trim_start_matches(&app.config.url("")).to_owned();
    assert_eq!(browser.get(&path).await.status, 200);
    app.clock.advance(std::time::Duration::from_secs(3601));
    assert_eq!(browser.get(&path).await.status, 410);
}

#[tokio::test]
async fn without_mail_a_page_says_whom_to_ask() {
    let (_folder, app) = test_app();
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/auth/reset").await.status, 200);
    assert!(browser.page.contains("Ask a moderator") && !browser.page.contains("name=\"email\""));
}

#[tokio::test]
async fn address_and_password_change_for_who_knows_the_password() {
    let smtp = Smtp::open().await;
    let (_folder, app) = app_with_mail(smtp.mail.clone());
    let alice = local_account(&app, "alice", "member").await;
    let mut other = Browser::new(&app);
    assert_eq!(sign_in_as(&mut other, "alice", "correct horse").await, 303);
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/settings/account").await.status, 303);
    assert_eq!(sign_in_as(&mut browser, "alice", "correct horse").await, 303);
    assert_eq!(browser.get("/settings/account").await.status, 200);
    let new = [("email", "new@mail.test"), ("current_password", "wrong")];
    assert_eq!(browser.submit("/settings/account/email", &new).await.status, 422);
    let new = [("email", "new@mail.test"), ("current_password", "correct horse")];
    assert_eq!(browser.submit("/settings/account/email", &new).await.status, 200, "{}", browser.page);
    assert!(browser.page.contains("new@mail.test waits"));
    run_until_idle(&app).await.expect("sends");
    assert_eq!(smtp.recipients(), ["new@mail.test"]);
    browser.get(&format!("/auth/confirmation?token={}", smtp.secret())).await;
    assert_eq!(browser.submit("/auth/confirmation", &[]).await.status, 200);
    run_until_idle(&app).await.expect("sends");
    assert_eq!(smtp.recipients()[1], "alice@mail.test", "the old address hears of it");
    let user = app.store.read(move |db| users::by_account(db, alice.id)).await.expect("reads").expect("there");
    assert_eq!(user.email, "new@mail.test");
    browser.get("/settings/account").await;
    let new = [("password", "a better one"), ("current_password", "correct horse")];
    assert_eq!(browser.submit("/settings/account/password", &new).await.status, 200, "{}", browser.page);
    assert_eq!(browser.get("/settings/account").await.status, 200, "this browser stays");
    assert_eq!(other.get("/settings/account").await.status, 303, "others do not");
}

#[tokio::test]
async fn who_leaves_is_gone_for_good_and_so_is_the_name() {
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "member").await;
    let token = issue_token(&app, alice.id, "read write", "test").await.expect("a token");
    let mut browser = Browser::new(&app);
    assert_eq!(sign_in_as(&mut browser, "alice", "correct horse").await, 303);
    browser.get("/settings/account").await;
    let seen = browser.submit("/settings/account/delete", &[("current_password", "wrong")]).await;
    assert_eq!(seen.status, 422);
    let seen = browser.submit("/settings/account/delete", &[("current_password", "correct horse")]).await;
    assert_eq!(seen.status, 200, "{}", browser.page);
    assert_eq!(browser.bearer("/api/v1/accounts/verify_credentials", &token).await, 401);
    assert_eq!(sign_in_as(&mut browser, "alice", "correct horse").await, 422);
    leave::carry_on_all(&app).await.expect("goes on");
    let left = app.store.read(|db| departures::under_way(db, 10)).await.expect("reads");
    assert_eq!(left, [], "nobody has to be told, so it is over");
    let row = app.store.read(move |db| accounts::by_id(db, alice.id)).await.expect("reads").expect("a tombstone");
    assert!(row.deleted_at.is_some() && row.display_name.is_empty() && row.note.is_empty());
    open(&app, Mode::Open).await;
    browser.get("/auth/sign_up").await;
    let again = [("username", "Alice"), ("email", "alice@mail.test"), ("password", "long enough"), ("agreement", "1")];
    assert_eq!(browser.submit("/auth/sign_up", &again).await.status, 422);
}

#[tokio::test]
async fn members_make_invites_by_a_page_and_take_them_back() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "member").await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/settings/invites").await.status, 303);
    assert_eq!(sign_in_as(&mut browser, "alice", "correct horse").await, 303);
    browser.get("/settings/invites").await;
    let made = browser.submit("/settings/invites", &[("max_uses", "2"), ("days", "7"), ("comment", "for <Bob>")]).await;
    assert_eq!(made.status, 303, "{}", browser.page);
    browser.get("/settings/invites").await;
    assert!(browser.page.contains("/invite/") && browser.page.contains("&#60;Bob&#62;"), "{}", browser.page);
    let path = browser.page.split("action=\"").find(|part| part.contains("/revoke\"")).expect("a form");
    let path = path.split('"').next().expect("an address").to_owned();
    let token = browser.page.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("a token").to_owned();
    assert_eq!(browser.post(&path, &[("token", &token)]).await.status, 303);
    browser.get("/settings/invites").await;
    assert!(browser.page.contains("<s>") && !browser.page.contains("/revoke\""));
}
