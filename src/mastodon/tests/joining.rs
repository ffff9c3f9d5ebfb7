//! Signing up, invites and confirmation, asked through the router.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::World;
use crate::actions::grant::{self, Registration};
use crate::actions::join::{self, Mode};
use crate::app::App;
use crate::store::{accounts, settings, users};

/// An app's own token, with the scopes read and write.
async fn app_token(app: &App) -> String {
    let asked = Registration {
        name: "Tusk".into(),
        website: None,
        redirect_uris: vec!["tusk://done".into()],
        scopes: "read write".into(),
    };
    let (client, secret) = grant::register(app, asked).await.expect("registers");
    let issued = grant::for_client(app, (client.client_id, secret), Some("read write".into())).await.expect("answers");
    issued.expect("a token").secret
}

async fn open(app: &App, mode: Mode) {
    app.store.write(move |tx| join::set_mode(tx, mode)).await.expect("writes");
}

fn somebody(name: &str) -> Value {
    json!({"username": name, "email": format!("{name}@mail.example"), "password": "long enough", "agreement": true,
        "locale": "ja", "time_zone": "Asia/Tokyo", "reason": "to talk"})
}

fn with(name: &str, key: &str, value: Value) -> Value {
    let mut body = somebody(name);
    body[key] = value;
    body
}

#[tokio::test]
async fn the_door_is_as_open_as_it_says() {
    let world = World::new().await;
    let token = app_token(&world.app).await;
    for (mode, enabled, approval, invites) in [
        (Mode::Closed, false, false, false),
        (Mode::Invite, false, false, true),
        (Mode::Approval, true, true, true),
        (Mode::Open, true, false, true),
    ] {
        open(&world.app, mode).await;
        let v2 = world.peek("/api/v2/instance").await.body;
        assert_eq!(v2["registrations"]["enabled"], enabled, "{mode:?}");
        assert_eq!(v2["registrations"]["approval_required"], approval, "{mode:?}");
        let v1 = world.peek("/api/v1/instance").await.body;
        let seen = [&v1["registrations"], &v1["approval_required"], &v1["invites_enabled"]];
        assert_eq!(seen, [&json!(enabled), &json!(approval), &json!(invites)], "{mode:?}");
        let answer = world.ask("POST", "/api/v1/accounts", Some(&token), json!({})).await;
        assert_eq!(answer.code, if enabled { 422 } else { 403 }, "{mode:?}: {}", answer.body);
    }
    assert_eq!(world.ask("POST", "/api/v1/accounts", None, somebody("x")).await.code, 401);
    let answer = world.ask("POST", "/api/v1/accounts", Some(&world.token), somebody("x")).await;
    assert_eq!(answer.code, 403, "a user's token signs nobody up");
}

#[tokio::test]
async fn a_sign_up_gives_a_token_that_works() {
    let world = World::new().await;
    let token = app_token(&world.app).await;
    open(&world.app, Mode::Open).await;
    let answer = world.ask("POST", "/api/v1/accounts", Some(&token), somebody("carol")).await;
    assert_eq!(answer.code, 200, "{}", answer.body);
    assert_eq!((&answer.body["token_type"], &answer.body["scope"]), (&json!("Bearer"), &json!("read write")));
    assert!(answer.body["created_at"].is_i64());
    let carol = answer.body["access_token"].as_str().expect("a token").to_owned();
    let me = world.ask("GET", "/api/v1/accounts/verify_credentials", Some(&carol), Value::Null).await;
    assert_eq!((me.code, &me.body["username"]), (200, &json!("carol")));
    let check = world.ask("GET", "/api/v1/emails/check_confirmation", Some(&carol), Value::Null).await;
    assert_eq!((check.code, &check.body), (200, &json!(true)));
    let again = world.ask("POST", "/api/v1/emails/confirmations", Some(&carol), json!({})).await;
    assert_eq!(again.code, 403, "there is nothing to confirm");
    let told = world.get("/api/v1/notifications?types[]=admin.sign_up").await;
    assert_eq!(told.body[0]["account"]["username"], "carol", "{}", told.body);
    let locale = world.app.store.read(|db| Ok(users::by_email(db, "CAROL@mail.example")?.expect("in").locale)).await;
    assert_eq!(locale.expect("reads"), "ja");
}

#[tokio::test]
async fn every_field_is_judged_with_its_code() {
    let world = World::new().await;
    let token = app_token(&world.app).await;
    open(&world.app, Mode::Approval).await;
    let set = |key: &'static str, value: &'static str| world.app.store.write(move |tx| settings::set(tx, key, value));
    set("blocked_email_domains", "spam.example").await.expect("writes");
    set("min_age", "16").await.expect("writes");
    let born = |mut body: Value| {
        body["date_of_birth"] = json!("1990-01-01");
        body
    };
    for (body, field, code) in [
        (with("c", "username", json!("")), "username", "ERR_BLANK"),
        (with("c", "username", json!("a b")), "username", "ERR_INVALID"),
        (with("c", "username", json!("日本")), "username", "ERR_INVALID"),
        (with("c", "username", json!("x".repeat(31))), "username", "ERR_TOO_LONG"),
        (with("c", "username", json!("Admin")), "username", "ERR_RESERVED"),
        (with("c", "username", json!("ALICE")), "username", "ERR_TAKEN"),
        (with("c", "email", json!("")), "email", "ERR_BLANK"),
        (with("c", "email", json!("nobody")), "email", "ERR_INVALID"),
        (with("c", "email", json!("Alice@mail.test")), "email", "ERR_TAKEN"),
        (with("c", "email", json!("x@spam.example")), "email", "ERR_BLOCKED"),
        (with("c", "email", json!("x@very.spam.example")), "email", "ERR_BLOCKED"),
        (with("c", "password", json!("")), "password", "ERR_BLANK"),
        (with("c", "password", json!("short")), "password", "ERR_TOO_SHORT"),
        (with("c", "password", json!("x".repeat(129))), "password", "ERR_TOO_LONG"),
        (with("c", "agreement", json!(false)), "agreement", "ERR_ACCEPTED"),
        (with("c", "reason", json!(" ")), "reason", "ERR_BLANK"),
        (with("c", "reason", json!("x".repeat(2001))), "reason", "ERR_TOO_LONG"),
        (with("c", "invite_code", json!("unknown")), "invite_code", "ERR_INVALID"),
    ] {
        let answer = world.ask("POST", "/api/v1/accounts", Some(&token), born(body)).await;
        assert_eq!(answer.code, 422, "{field}: {}", answer.body);
        assert_eq!(answer.body["details"][field][0]["error"], code, "{}", answer.body);
        assert_eq!(answer.body["details"].as_object().map(serde_json::Map::len), Some(1), "{}", answer.body);
    }
    for (date, code) in
        [(json!(null), "ERR_BLANK"), (json!("yesterday"), "ERR_INVALID"), (json!("2010-08-08"), "ERR_BELOW_LIMIT")]
    {
        let answer = world.ask("POST", "/api/v1/accounts", Some(&token), with("c", "date_of_birth", date)).await;
        assert_eq!(answer.body["details"]["date_of_birth"][0]["error"], code, "{}", answer.body);
    }
    let all = world.ask("POST", "/api/v1/accounts", Some(&token), json!({})).await;
    let fields: Vec<&String> = all.body["details"].as_object().expect("details").keys().collect();
    assert_eq!(fields, ["agreement", "date_of_birth", "email", "password", "reason", "username"]);
    assert!(
        all.body["error"].as_str().is_some_and(|text| text.starts_with("Validation failed: Username can't be blank, "))
    );
    // The day itself is old enough.
    let body = with("dora", "date_of_birth", json!("2010-08-07"));
    assert_eq!(world.ask("POST", "/api/v1/accounts", Some(&token), body).await.code, 200);
}

#[tokio::test]
async fn who_waits_for_a_moderator_is_seen_by_nobody_until_let_in() {
    let world = World::new().await;
    let token = app_token(&world.app).await;
    open(&world.app, Mode::Approval).await;
    let mut ids = Vec::new();
    for name in ["carol", "dave"] {
        let answer = world.ask("POST", "/api/v1/accounts", Some(&token), somebody(name)).await;
        assert_eq!(answer.code, 200, "{}", answer.body);
        let secret = answer.body["access_token"].as_str().expect("a token").to_owned();
        let me = world.ask("GET", "/api/v1/accounts/verify_credentials", Some(&secret), Value::Null).await;
        assert_eq!((me.code, &me.body["error"]), (403, &json!("Your login is currently pending approval")));
        assert_eq!(world.get(&format!("/api/v1/accounts/lookup?acct={name}")).await.code, 404);
        assert_eq!(world.get(&format!("/api/v1/accounts/search?q={name}")).await.ids(), [""; 0]);
        ids.push((name, secret));
    }
    let waiting = world.app.store.read(|db| join::pending(db, 10)).await.expect("reads");
    assert_eq!(
        waiting.iter().map(|row| (row.0.as_str(), row.2.as_str())).collect::<Vec<_>>(),
        [("carol", "to talk"), ("dave", "to talk")]
    );
    let find = |name: &'static str| world.app.store.read(move |db| accounts::by_handle(db, name, None));
    let carol = find("carol").await.expect("reads").expect("waits").id;
    let dave = find("dave").await.expect("reads").expect("waits").id;
    let (now, deed) = (world.app.clock.now(), world.app.clone());
    let done = world.app.store.write(move |tx| {
        let mut told = join::approve(tx, &deed, carol, now)?;
        told.extend(join::reject(tx, &deed, dave)?);
        assert!(join::approve(tx, &deed, carol, now).is_err(), "nobody waits by that id any more");
        Ok(told)
    });
    done.await.expect("writes").announce(&world.app);
    let me = world.ask("GET", "/api/v1/accounts/verify_credentials", Some(&ids[0].1), Value::Null).await;
    assert_eq!(me.code, 200);
    assert_eq!(world.get("/api/v1/accounts/lookup?acct=carol").await.code, 200);
    let gone = world.ask("GET", "/api/v1/accounts/verify_credentials", Some(&ids[1].1), Value::Null).await;
    assert_eq!(gone.code, 401);
    let again = world.ask("POST", "/api/v1/accounts", Some(&token), somebody("dave")).await;
    assert_eq!(again.code, 200, "the name is free again: {}", again.body);
}

#[tokio::test]
async fn invites_open_the_door_as_often_as_they_say() {
    let world = World::new().await;
    let token = app_token(&world.app).await;
    let made = world
        .ask("POST", "/api/nagaya/v1/invites", Some(&world.token), json!({"max_uses": 1, "autofollow": true}))
        .await;
    assert_eq!(made.code, 200, "{}", made.body);
    let code = made.body["code"].as_str().expect("a code").to_owned();
    assert_eq!(made.body["url"], world.app.config.url(&format!("/invite/{code}")));
    // Two at once: exactly one gets in.
    let bodies = ["carol", "dave"].map(|name| with(name, "invite_code", json!(code)));
    let [one, two] = bodies.map(|body| world.ask("POST", "/api/v1/accounts", Some(&token), body));
    let (one, two) = tokio::join!(one, two);
    let mut codes = [one.code, two.code];
    codes.sort_unstable();
    assert_eq!(codes, [200, 422], "{} {}", one.body, two.body);
    let winner = if one.code == 200 { &one } else { &two };
    let secret = winner.body["access_token"].as_str().expect("a token");
    let bond = world
        .ask("GET", &format!("/api/v1/accounts/relationships?id[]={}", world.alice), Some(secret), Value::Null)
        .await;
    assert_eq!(bond.body[0]["following"], true);
    let list = world.get("/api/nagaya/v1/invites").await;
    assert_eq!((&list.body[0]["uses"], &list.body[0]["usable"]), (&json!(1), &json!(false)));

    let second = world.ask("POST", "/api/nagaya/v1/invites", Some(&world.token), json!({"expires_in": 60})).await.body;
    let path = format!("/api/nagaya/v1/invites/{}", second["id"].as_str().expect("an id"));
    let revoked = world.ask("DELETE", &path, Some(secret), Value::Null).await;
    assert_eq!(revoked.code, 404, "it is not theirs");
    let revoked = world.ask("DELETE", &path, Some(&world.token), Value::Null).await;
    assert_eq!((revoked.code, &revoked.body["usable"]), (200, &json!(false)));
    let late = with("erin", "invite_code", second["code"].clone());
    assert_eq!(world.ask("POST", "/api/v1/accounts", Some(&token), late).await.code, 422);
    for (body, code) in
        [(json!({"max_uses": 0}), 422), (json!({"expires_in": -1}), 422), (json!({"max_uses": "x"}), 422)]
    {
        assert_eq!(
            world.ask("POST", "/api/nagaya/v1/invites", Some(&world.token), body.clone()).await.code,
            code,
            "{body}"
        );
    }
    world.app.store.write(|tx| settings::set(tx, "members_invite", "false")).await.expect("writes");
    assert_eq!(world.ask("POST", "/api/nagaya/v1/invites", Some(secret), json!({})).await.code, 403);
    assert_eq!(world.ask("POST", "/api/nagaya/v1/invites", Some(&world.token), json!({})).await.code, 200, "staff may");
    assert_eq!(world.peek("/api/nagaya/v1/invites").await.code, 401);
}

#[tokio::test]
async fn of_two_who_want_one_name_one_gets_it() {
    let world = World::new().await;
    let token = app_token(&world.app).await;
    open(&world.app, Mode::Open).await;
    let mut other = somebody("carol");
    other["email"] = json!("other@mail.example");
    let one = world.ask("POST", "/api/v1/accounts", Some(&token), somebody("carol"));
    let two = world.ask("POST", "/api/v1/accounts", Some(&token), other);
    let (one, two) = tokio::join!(one, two);
    let mut codes = [one.code, two.code];
    codes.sort_unstable();
    assert_eq!(codes, [200, 422]);
    let loser = if one.code == 422 { one } else { two };
    assert_eq!(loser.body["details"]["username"][0]["error"], "ERR_TAKEN");
}

#[tokio::test]
async fn the_sixth_sign_up_of_an_address_waits() {
    let world = World::new().await;
    let token = app_token(&world.app).await;
    let router: Router = crate::mastodon::routes().with_state(world.app.clone());
    let ask = || async {
        let request = Request::post("/api/v1/accounts")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .expect("a request");
        let answer = router.clone().oneshot(request).await.expect("answers");
        let code = answer.status().as_u16();
        drop(to_bytes(answer.into_body(), 1 << 20).await);
        code
    };
    for _ in 0..5 {
        assert_eq!(ask().await, 403);
    }
    assert_eq!(ask().await, 429);
    world.app.clock.advance(std::time::Duration::from_secs(1800));
    assert_eq!(ask().await, 403);
}
