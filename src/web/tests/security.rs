//! Journeys through the settings: second factor, passkeys, browsers, apps.

use std::time::Duration;

use super::*;
use crate::actions::second_factor;
use crate::actions::token::issue_token;
use crate::passkeys::authenticator::Authenticator;

/// What stands in a page between `before` and `after`.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let rest = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}")).1;
    rest.split_once(after).expect("an end").0
}

/// The form for `action` on the page that was seen last, submitted with its own hidden fields and `more`.
async fn submit(browser: &mut Browser, action: &str, more: &[(&str, &str)]) -> Seen {
    let form = between(&browser.page, &format!("action=\"{action}\""), "</form>").to_owned();
    let hidden: Vec<(String, String)> = form
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .filter_map(|input| {
            let (name, rest) = input.split_once("\" value=\"")?;
            Some((name.to_owned(), rest.split_once('"')?.0.to_owned()))
        })
        .filter(|(name, _)| more.iter().all(|(given, _)| given != name))
        .collect();
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend(more);
    browser.post(action, &fields).await
}

fn question(page: &str) -> String {
    let escaped = between(page, "data-question=\"", "\"").to_owned();
    escaped.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password() {
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "member").await;
    let mut browser = Browser::new(&app);
    let strange = browser.get("/settings/security").await;
    assert_eq!(strange.location, "/auth/sign_in?then=%2Fsettings%2Fsecurity");
    browser.sign_in("/auth/sign_in").await;
    browser.get("/settings/security").await;
    let begun = submit(&mut browser, "/settings/security/two_factor", &[]).await;
    assert_eq!(begun.location, "/settings/security/two_factor", "a fresh session needs no password");
    let seen = browser.get("/settings/security/two_factor").await;
    assert!(browser.page.contains("<svg") && !browser.page.contains("<?xml"));
    let policy = seen.headers["content-security-policy"].to_str().expect("text");
    assert!(!policy.contains("script-src"), "{policy}");
    let secret = between(&browser.page, "<p class=\"secret\"><code>", "</code>").to_owned();
    let wrong = submit(&mut browser, "/settings/security/two_factor/confirm", &[("code", "1")]).await;
    assert_eq!(wrong.status, 422);
    let code = second_factor::tests::shown(&secret, app.clock.now());
    submit(&mut browser, "/settings/security/two_factor/confirm", &[("code", &code)]).await;
    let recovery = between(&browser.page, "<li><code>", "</code>").to_owned();
    assert_eq!(recovery.len(), 19);

    // From elsewhere the password is half of it.
    let mut other = Browser::new(&app);
    other.get("/auth/sign_in?then=/about").await;
    let asked = submit(&mut other, "/auth/sign_in", &[("login", "alice"), ("password", "correct horse")]).await;
    assert_eq!((asked.status, asked.location.as_str()), (StatusCode::OK, ""));
    assert!(!other.cookies.contains_key("nagaya_session"));
    let refused = submit(&mut other, "/auth/second_step", &[("code", &code)]).await;
    assert_eq!(refused.status, 422, "that code was used");
    app.clock.advance(Duration::from_secs(30));
    let code = second_factor::tests::shown(&secret, app.clock.now());
    let opened = submit(&mut other, "/auth/second_step", &[("code", &code)]).await;
    assert_eq!(opened.location, "/about");
    assert!(other.cookies.contains_key("nagaya_session"));

    // A half sign-in runs out.
    let mut late = Browser::new(&app);
    late.get("/auth/sign_in").await;
    submit(&mut late, "/auth/sign_in", &[("login", "alice"), ("password", "correct horse")]).await;
    app.clock.advance(Duration::from_secs(601));
    let expired = submit(&mut late, "/auth/second_step", &[("code", &recovery)]).await;
    assert_eq!(expired.status, 422);
    submit(&mut late, "/auth/sign_in", &[("login", "alice"), ("password", "correct horse")]).await;
    assert_eq!(submit(&mut late, "/auth/second_step", &[("code", &recovery)]).await.location, "/");

    // Off only with the password, and renewed codes too once the session is old.
    browser.get("/settings/security").await;
    assert_eq!(submit(&mut browser, "/settings/security/recovery_codes", &[("password", "no")]).await.status, 422);
    browser.get("/settings/security").await;
    assert_eq!(submit(&mut browser, "/settings/security/two_factor/off", &[("password", "no")]).await.status, 422);
    submit(&mut browser, "/settings/security/two_factor/off", &[("password", "correct horse")]).await;
    let id = alice.id;
    assert!(!app.store.read(move |db| second_factor::standing(db, id)).await.expect("reads").on);
}

#[tokio::test]
async fn a_passkey_is_made_and_signs_in_without_a_password() {
    let (_folder, app) = test_app();
    local_account(&app, "alice", "member").await;
    let mut browser = Browser::new(&app);
    browser.sign_in("/auth/sign_in").await;
    let mut device = Authenticator::new(&app.config.url(""), 1);
    let seen = browser.get("/settings/security/passkeys").await;
    let policy = seen.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.ends_with("; script-src 'self'") && policy.contains("default-src 'none'"), "{policy}");
    let credential = device.create(&question(&browser.page));
    let kept = [("name", "My telephone"), ("credential", &credential)];
    assert_eq!(submit(&mut browser, "/settings/security/passkeys", &kept).await.location, "/settings/security");
    browser.get("/settings/security").await;
    assert!(browser.page.contains("My telephone"));

    let mut other = Browser::new(&app);
    other.get("/auth/sign_in?then=/about").await;
    let answer = device.get(&question(&other.page));
    let forged = other.post("/auth/passkey", &[("credential", &answer)]).await;
    assert_eq!(forged.status, 403, "the form is not theirs");
    let opened = {
        other.get("/auth/sign_in?then=/about").await;
        let answer = device.get(&question(&other.page));
        submit(&mut other, "/auth/passkey", &[("credential", &answer)]).await
    };
    assert_eq!(opened.location, "/about");
    other.get("/settings/sessions").await;
    assert_eq!(other.page.matches("<li class=\"card\">").count(), 2);

    // Deleted, it opens nothing.
    browser.get("/settings/security").await;
    let id = between(&browser.page, "/settings/security/passkeys/", "/").to_owned();
    submit(&mut browser, &format!("/settings/security/passkeys/{id}/delete"), &[]).await;
    let mut late = Browser::new(&app);
    late.get("/auth/sign_in").await;
    let answer = device.get(&question(&late.page));
    assert_eq!(submit(&mut late, "/auth/passkey", &[("credential", &answer)]).await.status, 422);
}

#[tokio::test]
async fn browsers_and_apps_are_thrown_out() {
    let (_folder, app) = test_app();
    let alice = local_account(&app, "alice", "member").await;
    let (mut one, mut two) = (Browser::new(&app), Browser::new(&app));
    one.sign_in("/auth/sign_in").await;
    two.sign_in("/auth/sign_in").await;
    one.get("/settings/sessions").await;
    let id = between(&one.page, "action=\"/settings/sessions/", "\"").to_owned();
    submit(&mut one, &format!("/settings/sessions/{id}"), &[]).await;
    assert_eq!(two.get("/settings/sessions").await.status, 303, "signed out");
    assert_eq!(one.get("/settings/sessions").await.status, 200);

    let token = issue_token(&app, alice.id, "read write", "Tusk").await.expect("a token");
    assert_eq!(one.bearer("/api/v1/accounts/verify_credentials", &token).await, 200);
    one.get("/oauth/authorized_applications").await;
    assert!(one.page.contains("Tusk"));
    let id = between(&one.page, "action=\"/oauth/authorized_applications/", "\"").to_owned();
    submit(&mut one, &format!("/oauth/authorized_applications/{id}"), &[]).await;
    assert_eq!(one.bearer("/api/v1/accounts/verify_credentials", &token).await, 401);
}
