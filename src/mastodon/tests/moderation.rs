//! What moderators do, and what comes of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::admin_accounts::person;
use super::{Answer, World};
use crate::actions::moderation::erase;
use crate::activitypub::audience::Visibility;
use crate::ids::{AccountId, StatusId};
use crate::store::keys::{self, KeyPair};
use crate::store::{accounts, moderation, settings, users};

const ALL: &str = "read write follow push admin:read admin:write";

async fn post(world: &World, token: &str, path: &str, body: Value) -> Answer {
    world.ask("POST", path, Some(token), body).await
}

async fn get(world: &World, token: &str, path: &str) -> Answer {
    world.ask("GET", path, Some(token), Value::Null).await
}

/// Does something to somebody; it must work.
async fn act(world: &World, token: &str, id: AccountId, kind: &str) {
    let body = json!({"type": kind, "text": "because"});
    let answer = post(world, token, &format!("/api/v1/admin/accounts/{id}/action"), body).await;
    assert_eq!(answer.code, 200, "{kind}: {}", answer.body);
}

/// A local person with a key, so that others can be told of them.
async fn resident(world: &World, name: &str, role: &str) -> (AccountId, String) {
    let (id, token) = person(world, name, role, ALL).await;
    let pair = KeyPair { private_pem: "private".into(), public_pem: "public".into() };
    world.app.store.write(move |tx| keys::insert_pair(tx, id, &pair)).await.expect("writes");
    (id, token)
}

async fn says(world: &World, token: &str, text: &str) -> StatusId {
    let answer = post(world, token, "/api/v1/statuses", json!({"status": text})).await;
    assert_eq!(answer.code, 200, "{}", answer.body);
    answer.body["id"].as_str().expect("an id").parse().expect("a number")
}

#[tokio::test]
async fn each_role_reaches_what_it_may() {
    let world = World::new().await;
    let roles = ["member", "moderator", "admin", "owner"];
    let mut tokens = Vec::new();
    for role in roles {
        tokens.push(person(&world, &format!("the_{role}"), role, ALL).await.1);
    }
    // What a token of everything but the scope gets: never in.
    let (_, narrow) = person(&world, "narrow", "owner", "read write follow push").await;
    // The lowest role that is let in, and what it then gets for an id that nobody has.
    for (method, path, lowest, answer) in [
        ("GET", "/api/v1/admin/accounts", "moderator", 200),
        ("GET", "/api/v2/admin/accounts", "moderator", 200),
        ("GET", "/api/v1/admin/accounts/7", "moderator", 404),
        ("DELETE", "/api/v1/admin/accounts/7", "admin", 404),
        ("POST", "/api/v1/admin/accounts/7/action?type=none", "moderator", 404),
        ("POST", "/api/v1/admin/accounts/7/action?type=eat", "moderator", 422),
        ("POST", "/api/v1/admin/accounts/7/approve", "moderator", 404),
        ("POST", "/api/v1/admin/accounts/7/reject", "moderator", 404),
        ("POST", "/api/v1/admin/accounts/7/enable", "moderator", 404),
        ("POST", "/api/v1/admin/accounts/7/unsilence", "moderator", 404),
        ("POST", "/api/v1/admin/accounts/7/unsuspend", "moderator", 404),
        ("POST", "/api/v1/admin/accounts/7/unsensitive", "moderator", 404),
        ("GET", "/api/v1/admin/reports", "moderator", 200),
        ("GET", "/api/v1/admin/reports/7", "moderator", 404),
        ("PUT", "/api/v1/admin/reports/7", "moderator", 404),
        ("POST", "/api/v1/admin/reports/7/assign_to_self", "moderator", 404),
        ("POST", "/api/v1/admin/reports/7/unassign", "moderator", 404),
        ("POST", "/api/v1/admin/reports/7/resolve", "moderator", 404),
        ("POST", "/api/v1/admin/reports/7/reopen", "moderator", 404),
        ("GET", "/api/nagaya/v1/admin/appeals", "moderator", 200),
        ("POST", "/api/nagaya/v1/admin/appeals/7/approve", "moderator", 404),
        ("POST", "/api/nagaya/v1/admin/appeals/7/reject", "moderator", 404),
        ("POST", "/api/nagaya/v1/admin/statuses", "moderator", 422),
    ] {
        let lowest = roles.iter().position(|role| *role == lowest).expect("a role");
        for (rank, token) in tokens.iter().enumerate() {
            let expected = if rank < lowest { 403 } else { answer };
            let got = world.ask(method, path, Some(token), Value::Null).await.code;
            assert_eq!(got, expected, "{} {method} {path}", roles[rank]);
        }
        assert_eq!(world.ask(method, path, Some(&narrow), Value::Null).await.code, 403, "{method} {path}");
        assert_eq!(world.ask(method, path, None, Value::Null).await.code, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn nobody_acts_on_an_equal_or_higher_role() {
    let world = World::new().await;
    let mut people = Vec::new();
    for role in ["member", "moderator", "admin", "owner"] {
        people.push((
            person(&world, &format!("one_{role}"), role, ALL).await,
            resident(&world, &format!("two_{role}"), role).await.0,
        ));
    }
    for (mine, ((me, token), _)) in people.iter().enumerate().skip(1) {
        for (theirs, (_, target)) in people.iter().enumerate() {
            let path = format!("/api/v1/admin/accounts/{target}/action");
            let expected = if theirs < mine { 200 } else { 403 };
            assert_eq!(post(&world, token, &path, json!({"type": "none"})).await.code, expected, "{mine} on {theirs}");
        }
        let oneself = format!("/api/v1/admin/accounts/{me}/action");
        assert_eq!(post(&world, token, &oneself, json!({"type": "silence"})).await.code, 403);
    }
    let remote = format!("/api/v1/admin/accounts/{}/action", world.bob);
    let moderator = &people[1].0.1;
    assert_eq!(post(&world, moderator, &remote, json!({"type": "disable"})).await.code, 422);
    assert_eq!(post(&world, moderator, &remote, json!({"type": "silence"})).await.code, 200);
}

#[tokio::test]
async fn a_suspended_person_is_gone_and_comes_back() {
    let world = World::new().await;
    let (mira, staff) = person(&world, "mira", "moderator", ALL).await;
    let (carol, token) = resident(&world, "carol", "member").await;
    let status = says(&world, &token, "hello #cats").await;
    let status_path = format!("/api/v1/statuses/{status}");
    post(&world, &world.token, &format!("/api/v1/accounts/{carol}/follow"), Value::Null).await;
    post(&world, &world.token, &format!("{status_path}/reblog"), Value::Null).await;
    post(&world, &world.token, &format!("{status_path}/bookmark"), Value::Null).await;
    let account = format!("/api/v1/accounts/{carol}");
    let lists = [
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/cats",
        "/api/v1/bookmarks",
        "/api/v1/accounts/search?q=carol",
        "/api/v1/directory",
    ];
    let shown = async |path: &str| {
        let answer = world.get(path).await;
        answer.body.as_array().expect("a list").iter().any(|row| {
            row["id"] == carol.to_string() || row["account"]["id"] == carol.to_string() || row["reblog"].is_object()
        })
    };
    let check = async |here: bool| {
        for path in lists {
            assert_eq!(shown(path).await, here, "{path}");
        }
        let own = format!("/api/v1/accounts/{}/statuses", world.alice);
        assert_eq!(shown(&own).await, here, "the boost");
        assert_eq!(world.get(&status_path).await.code, if here { 200 } else { 404 });
        assert_eq!(world.peek(&status_path).await.code, if here { 200 } else { 404 });
        assert_eq!(get(&world, &token, "/api/v1/timelines/home").await.code, if here { 200 } else { 403 });
        let profile = world.peek(&account).await;
        assert_eq!((profile.code, profile.body["display_name"] == ""), (200, !here));
        assert_eq!(profile.body.get("suspended").is_some(), !here);
    };
    check(true).await;
    let mut ear = world.app.streams.subscribe();
    act(&world, &staff, carol, "suspend").await;
    let heard = ear.try_recv().expect("told");
    assert_eq!(heard, crate::streams::Happening::ShutOut { account: carol });
    check(false).await;
    assert_eq!(get(&world, &token, "/api/v1/timelines/home").await.body["error"], "Your login is currently disabled");
    let seen = get(&world, &staff, &format!("/api/v1/admin/accounts/{carol}")).await.body;
    assert_eq!((&seen["suspended"], &seen["username"]), (&json!(true), &json!("carol")));

    let back = post(&world, &staff, &format!("/api/v1/admin/accounts/{carol}/unsuspend"), Value::Null).await;
    assert_eq!((back.code, &back.body["suspended"]), (200, &json!(false)));
    check(true).await;
    let logged = world.app.store.read(|db| moderation::recent(db, 9)).await.expect("reads");
    let words: Vec<(&str, &str)> = logged.iter().map(|row| (row.action.as_str(), row.source.as_str())).collect();
    let by = format!("account:{mira}");
    assert_eq!(words, [("unsuspend", &*by), ("suspend", &*by)]);
    assert!(logged[1].actor_uri.ends_with("/users/carol") && logged[1].reason == "because");
}

#[tokio::test]
async fn after_thirty_days_a_suspended_person_is_erased() {
    let world = World::new().await;
    let (_, moderator) = person(&world, "mira", "moderator", ALL).await;
    let (_, admin) = person(&world, "ada", "admin", ALL).await;
    let (carol, token) = resident(&world, "carol", "member").await;
    let (dave, _) = resident(&world, "dave", "member").await;
    let status = says(&world, &token, "hello").await;
    let path = format!("/api/v1/admin/accounts/{dave}");
    assert_eq!(world.ask("DELETE", &path, Some(&admin), Value::Null).await.code, 403, "not suspended");
    act(&world, &moderator, carol, "suspend").await;
    act(&world, &moderator, dave, "suspend").await;
    assert_eq!(world.ask("DELETE", &path, Some(&moderator), Value::Null).await.code, 403, "no such permission");
    assert_eq!(world.ask("DELETE", &path, Some(&admin), Value::Null).await.code, 200);
    let row = async |id: AccountId| {
        world.app.store.read(move |db| accounts::by_id(db, id)).await.expect("reads").expect("kept")
    };
    assert!(row(dave).await.deleted_at.is_some(), "the name stays taken");
    assert_eq!(world.peek(&format!("/api/v1/accounts/{dave}")).await.code, 404);

    world.app.clock.advance(Duration::from_secs(29 * 86_400));
    erase::due(&world.app).await.expect("erases");
    assert!(row(carol).await.deleted_at.is_none());
    world.app.clock.advance(Duration::from_secs(2 * 86_400));
    erase::due(&world.app).await.expect("erases");
    assert!(row(carol).await.deleted_at.is_some());
    let left =
        world.app.store.read(move |db| Ok((users::by_account(db, carol)?, crate::store::statuses::by_id(db, status)?)));
    assert_eq!(left.await.expect("reads"), (None, None));
    let back = format!("/api/v1/admin/accounts/{carol}/unsuspend");
    assert_eq!(post(&world, &moderator, &back, Value::Null).await.code, 404);
}

#[tokio::test]
async fn a_silenced_person_is_shown_to_followers_only() {
    let world = World::new().await;
    let (_, staff) = person(&world, "mira", "moderator", ALL).await;
    let (carol, token) = resident(&world, "carol", "member").await;
    let (_, stranger) = person(&world, "eve", "member", ALL).await;
    says(&world, &token, "before #cats").await;
    post(&world, &world.token, &format!("/api/v1/accounts/{carol}/follow"), Value::Null).await;
    act(&world, &staff, carol, "silence").await;
    let shown = async |token: &str, path: &str| {
        let answer = get(&world, token, path).await;
        let rows = answer.body.as_array().expect("a list");
        rows.iter().any(|row| row["id"] == carol.to_string() || row["account"]["id"] == carol.to_string())
    };
    for (path, to_followers, to_strangers) in [
        ("/api/v1/timelines/public", true, false),
        ("/api/v1/timelines/public?local=true", true, false),
        ("/api/v1/timelines/tag/cats", true, false),
        ("/api/v1/accounts/search?q=caro", true, false),
        ("/api/v1/accounts/search?q=carol", true, true),
        ("/api/v1/directory", false, false),
        ("/api/v1/timelines/home", true, false),
    ] {
        assert_eq!(shown(&world.token, path).await, to_followers, "a follower, {path}");
        assert_eq!(shown(&stranger, path).await, to_strangers, "a stranger, {path}");
    }
    assert_eq!(world.peek(&format!("/api/v1/accounts/{carol}")).await.body["limited"], true);
    let after = post(&world, &token, "/api/v1/statuses", json!({"status": "after", "visibility": "public"})).await;
    assert_eq!(after.body["visibility"], "unlisted");
    // A mention by her is put aside, and she must ask to follow.
    post(&world, &token, "/api/v1/statuses", json!({"status": "hey @eve"})).await;
    assert_eq!(get(&world, &stranger, "/api/v1/notifications").await.ids(), [""; 0]);
    assert_eq!(get(&world, &stranger, "/api/v1/notifications/requests").await.ids().len(), 1);
    let asked = post(&world, &token, &format!("/api/v1/accounts/{}/follow", world.alice), Value::Null).await;
    assert_eq!((&asked.body["requested"], &asked.body["following"]), (&json!(true), &json!(false)));
    let back = post(&world, &staff, &format!("/api/v1/admin/accounts/{carol}/unsilence"), Value::Null).await;
    assert_eq!(back.body["silenced"], false);
    assert!(shown(&stranger, "/api/v1/timelines/public").await);
}

#[tokio::test]
async fn sensitive_and_disable_do_what_they_say() {
    let world = World::new().await;
    let (_, staff) = person(&world, "mira", "moderator", ALL).await;
    let (carol, token) = resident(&world, "carol", "member").await;
    let status = says(&world, &token, "hello").await;
    let path = format!("/api/v1/statuses/{status}");
    act(&world, &staff, carol, "sensitive").await;
    assert_eq!(world.get(&path).await.body["sensitive"], true);
    assert_eq!(get(&world, &token, &path).await.body["sensitive"], false, "as the author wrote it");
    let back = post(&world, &staff, &format!("/api/v1/admin/accounts/{carol}/unsensitive"), Value::Null).await;
    assert_eq!(back.body["sensitized"], false);
    assert_eq!(world.get(&path).await.body["sensitive"], false);

    act(&world, &staff, carol, "disable").await;
    let refused = get(&world, &token, "/api/v1/timelines/home").await;
    assert_eq!((refused.code, &refused.body["error"]), (403, &json!("Your login is currently disabled")));
    assert_eq!(world.get(&path).await.code, 200, "what was posted stays");
    let back = post(&world, &staff, &format!("/api/v1/admin/accounts/{carol}/enable"), Value::Null).await;
    assert_eq!(back.body["disabled"], false);
    let elsewhere = format!("/api/v1/admin/accounts/{}/enable", world.bob);
    assert_eq!(post(&world, &staff, &elsewhere, Value::Null).await.code, 403, "no door of ours");
    assert_eq!(get(&world, &token, "/api/v1/timelines/home").await.code, 200);
}

#[tokio::test]
async fn a_suspended_stranger_loses_all_follows() {
    let world = World::new().await;
    let (_, staff) = person(&world, "mira", "moderator", ALL).await;
    let bob = world.bob;
    let theirs = world.post(bob, "hello", |_| ()).await;
    act(&world, &staff, bob, "suspend").await;
    assert_eq!(world.get(&format!("/api/v1/accounts/relationships?id={bob}")).await.body[0]["following"], false);
    assert_eq!(world.get("/api/v1/timelines/home").await.ids(), [""; 0]);
    assert_eq!(world.get(&format!("/api/v1/statuses/{theirs}")).await.code, 404);
    assert_eq!(world.get(&format!("/api/v1/accounts/{bob}")).await.body["suspended"], true);
    let told = world.get("/api/v1/notifications").await.body;
    assert_eq!(told[0]["type"], "severed_relationships");
    let event = &told[0]["event"];
    assert_eq!((&event["type"], &event["target_name"]), (&json!("account_suspension"), &json!("bob@b.example")));
    assert_eq!((&event["following_count"], &event["followers_count"]), (&json!(1), &json!(0)));
    let sent = world.app.store.read(|db| {
        let mut statement = db.prepare("SELECT kind FROM activities ORDER BY id")?;
        let kinds = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        Ok(kinds)
    });
    assert_eq!(sent.await.expect("reads"), ["Undo"]);
}

#[tokio::test]
async fn newcomers_are_let_in_or_sent_away() {
    let world = World::new().await;
    let (_, staff) = person(&world, "mira", "moderator", ALL).await;
    for (name, deed) in [("carol", "approve"), ("dave", "reject")] {
        let (id, token) = person(&world, name, "member", ALL).await;
        let path = format!("/api/v1/admin/accounts/{id}/{deed}");
        assert_eq!(post(&world, &staff, &path, Value::Null).await.code, 403, "already in");
        let waits = world
            .app
            .store
            .write(move |tx| Ok(tx.execute("UPDATE users SET approved_at = NULL WHERE account_id = ?1", [id])?));
        waits.await.expect("writes");
        assert_eq!(get(&world, &token, "/api/v1/timelines/home").await.code, 403);
        let done = post(&world, &staff, &path, Value::Null).await;
        assert_eq!(done.code, 200);
        if deed == "approve" {
            assert_eq!(done.body["approved"], true);
            assert_eq!(get(&world, &token, "/api/v1/timelines/home").await.code, 200);
        } else {
            assert_eq!(done.body, json!({}));
            assert_eq!(get(&world, &staff, &format!("/api/v1/admin/accounts/{id}")).await.code, 404);
        }
    }
}

async fn with_rules(world: &World) {
    let rules = json!([{"text": "Be kind"}, {"text": "No cats"}]).to_string();
    world.app.store.write(move |tx| settings::set(tx, "rules", &rules)).await.expect("writes");
}

#[tokio::test]
async fn a_report_is_checked_told_worked_on_and_closed() {
    let world = World::new().await;
    with_rules(&world).await;
    let (mira, staff) = person(&world, "mira", "moderator", ALL).await;
    let (carol, token) = resident(&world, "carol", "member").await;
    let (status, others) = (says(&world, &token, "rude").await, world.post(world.bob, "not hers", |_| ()).await);
    let secret = world.post(world.bob, "psst", |row| row.visibility = Visibility::Direct).await;
    for (body, code) in [
        (json!({}), 404),
        (json!({"account_id": "7"}), 404),
        (json!({"account_id": carol, "status_ids": [others]}), 404),
        (json!({"account_id": world.bob, "status_ids": [secret]}), 404),
        (json!({"account_id": carol, "comment": "x".repeat(1001)}), 422),
        (json!({"account_id": carol, "category": "boring"}), 422),
        (json!({"account_id": carol, "rule_ids": ["3"]}), 422),
        (json!({"account_id": carol, "rule_ids": ["cat"]}), 422),
    ] {
        assert_eq!(post(&world, &world.token, "/api/v1/reports", body.clone()).await.code, code, "{body}");
    }
    let body =
        json!({"account_id": carol, "status_ids": [status], "rule_ids": ["2"], "comment": "See?", "forward": true});
    let filed = post(&world, &world.token, "/api/v1/reports", body).await;
    assert_eq!(filed.code, 200, "{}", filed.body);
    assert_eq!((&filed.body["category"], &filed.body["forwarded"]), (&json!("violation"), &json!(false)));
    assert_eq!(filed.body["status_ids"], json!([status.to_string()]));
    assert_eq!((&filed.body["rule_ids"], &filed.body["collection_ids"]), (&json!(["2"]), &json!([])));
    assert_eq!(filed.body["target_account"]["id"], carol.to_string());
    let id = filed.body["id"].as_str().expect("an id").to_owned();

    let told = get(&world, &staff, "/api/v1/notifications").await.body;
    assert_eq!((&told[0]["type"], &told[0]["report"]["id"]), (&json!("admin.report"), &json!(id)));
    assert_eq!(get(&world, &token, "/api/v1/notifications").await.ids(), [""; 0], "nobody else is told");

    let path = format!("/api/v1/admin/reports/{id}");
    let seen = get(&world, &staff, &path).await.body;
    assert_eq!((&seen["account"]["id"], &seen["target_account"]["username"]), (&json!(world.alice), &json!("carol")));
    assert_eq!(
        (&seen["statuses"][0]["content"], &seen["rules"][0]["text"]),
        (&json!("<p>rude</p>"), &json!("No cats"))
    );
    assert_eq!((&seen["assigned_account"], &seen["action_taken"]), (&Value::Null, &json!(false)));
    let deed = async |deed: &str| post(&world, &staff, &format!("{path}/{deed}"), Value::Null).await.body;
    assert_eq!(deed("assign_to_self").await["assigned_account"]["id"], mira.to_string());
    assert_eq!(deed("unassign").await["assigned_account"], Value::Null);
    let sorted = world.ask("PUT", &path, Some(&staff), json!({"category": "spam", "rule_ids": []})).await.body;
    assert_eq!((&sorted["category"], &sorted["rules"]), (&json!("spam"), &json!([])));
    let listed = async |query: &str| get(&world, &staff, &format!("/api/v1/admin/reports?{query}")).await.ids().len();
    assert_eq!((listed("").await, listed("resolved=true").await), (1, 0));
    assert_eq!(deed("resolve").await["action_taken_by_account"]["id"], mira.to_string());
    assert_eq!((listed("").await, listed("resolved=true").await, listed("resolved=1&unresolved=1").await), (0, 1, 1));
    assert_eq!(deed("reopen").await["action_taken_at"], Value::Null);
    let logged = world.app.store.read(|db| moderation::recent(db, 9)).await.expect("reads");
    let deeds: Vec<&str> = logged.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        deeds,
        ["reopen_report", "resolve_report", "update_report", "unassign_report", "assign_report"],
        "each once"
    );
    assert_eq!((listed(&format!("target_account_id={carol}")).await, listed("account_id=7").await), (1, 0));

    // A measure closes what is open about her; her posts are still there for moderators to see.
    let body = json!({"type": "suspend", "report_id": id});
    assert_eq!(post(&world, &staff, &format!("/api/v1/admin/accounts/{carol}/action"), body).await.code, 200);
    let closed = get(&world, &staff, &path).await.body;
    assert_eq!((&closed["action_taken"], closed["statuses"].as_array().map(Vec::len)), (&json!(true), Some(1)));
    assert_eq!(post(&world, &world.token, "/api/v1/reports", json!({"account_id": carol})).await.code, 404);
}

#[tokio::test]
async fn a_forwarded_report_leaves_in_the_name_of_the_server() {
    let world = World::new().await;
    let post_of_bob = world.post(world.bob, "rude", |_| ()).await;
    let body = json!({"account_id": world.bob, "status_ids": [post_of_bob], "comment": "See?", "forward": true});
    let filed = post(&world, &world.token, "/api/v1/reports", body).await;
    assert_eq!((filed.code, &filed.body["forwarded"]), (200, &json!(true)));
    let sent = world.app.store.read(|db| {
        let text: String = db.query_row("SELECT payload FROM activities", [], |row| row.get(0))?;
        Ok(text)
    });
    let flag: Value = serde_json::from_str(&sent.await.expect("reads")).expect("JSON");
    assert_eq!((&flag["type"], &flag["content"]), (&json!("Flag"), &json!("See?")));
    assert_eq!(flag["actor"], world.app.config.url("/actor"));
    assert_eq!(flag["object"][0], "https://b.example/users/bob");
    assert!(!flag.to_string().contains("alice"), "nobody learns who reported");
    let quiet = json!({"account_id": world.bob, "forward": true, "forward_to_domains": ["c.example"]});
    assert_eq!(post(&world, &world.token, "/api/v1/reports", quiet).await.body["forwarded"], false);
}

#[tokio::test]
async fn a_warning_is_told_appealed_against_and_undone() {
    let world = World::new().await;
    let (_, staff) = person(&world, "mira", "moderator", ALL).await;
    let (carol, token) = resident(&world, "carol", "member").await;
    let (_, other) = person(&world, "eve", "member", ALL).await;
    act(&world, &staff, carol, "silence").await;
    act(&world, &staff, carol, "disable").await;
    assert_eq!(get(&world, &token, "/api/v1/notifications").await.code, 403);
    // What was done to her she may read all the same.
    let warnings = get(&world, &token, "/api/nagaya/v1/warnings").await;
    assert_eq!(warnings.code, 200, "{}", warnings.body);
    let actions: Vec<&Value> = warnings.body.as_array().expect("a list").iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["disable", "silence"]);
    assert_eq!((&warnings.body[0]["text"], &warnings.body[0]["appeal"]), (&json!("because"), &Value::Null));
    let id = warnings.ids()[0].to_owned();
    let path = format!("/api/nagaya/v1/warnings/{id}/appeal");
    assert_eq!(post(&world, &token, &path, json!({"text": " "})).await.code, 422);
    assert_eq!(post(&world, &other, &path, json!({"text": "not mine"})).await.code, 404);
    let appealed = post(&world, &token, &path, json!({"text": "Sorry"})).await;
    assert_eq!(appealed.body["appeal"], json!({"text": "Sorry", "state": "pending"}));
    assert_eq!(post(&world, &token, &path, json!({"text": "Again"})).await.code, 422);
    assert_eq!(get(&world, &staff, "/api/nagaya/v1/admin/appeals").await.ids(), [&*id]);
    let judge = format!("/api/nagaya/v1/admin/appeals/{id}/approve");
    assert_eq!(post(&world, &staff, &judge, Value::Null).await.body["appeal"]["state"], "approved");
    assert_eq!(post(&world, &staff, &judge, Value::Null).await.code, 403, "decided once");
    assert_eq!(get(&world, &staff, "/api/nagaya/v1/admin/appeals").await.ids(), [""; 0]);
    assert_eq!(get(&world, &staff, "/api/nagaya/v1/admin/appeals?pending=false").await.ids(), [&*id]);

    let told = get(&world, &token, "/api/v1/notifications").await.body;
    assert_eq!((&told[0]["type"], &told[0]["moderation_warning"]["id"]), (&json!("moderation_warning"), &json!(id)));
    let silence = warnings.ids()[1];
    world.app.clock.advance(Duration::from_secs(21 * 86_400));
    let late =
        post(&world, &token, &format!("/api/nagaya/v1/warnings/{silence}/appeal"), json!({"text": "Late"})).await;
    assert_eq!(late.code, 422);
}

#[tokio::test]
async fn posts_are_marked_and_deleted() {
    let world = World::new().await;
    let (_, staff) = person(&world, "mira", "moderator", ALL).await;
    let (_, token) = resident(&world, "carol", "member").await;
    let (one, two) = (says(&world, &token, "one").await, says(&world, &token, "two").await);
    let remote = world.post(world.bob, "theirs", |_| ()).await;
    let owners = world.post(world.alice, "the owner's", |_| ()).await;
    let path = "/api/nagaya/v1/admin/statuses";
    let body = json!({"type": "mark_statuses_as_sensitive", "status_ids": [one], "text": "nude"});
    assert_eq!(post(&world, &staff, path, body).await.body, json!({"count": 1}));
    let marked = world.get(&format!("/api/v1/statuses/{one}")).await.body;
    assert_eq!((&marked["sensitive"], marked["edited_at"].is_string()), (&json!(true), true));
    let body = json!({"type": "delete_statuses", "status_ids": [two, remote]});
    assert_eq!(post(&world, &staff, path, body).await.body, json!({"count": 2}));
    for id in [two, remote] {
        assert_eq!(world.get(&format!("/api/v1/statuses/{id}")).await.code, 404);
    }
    let body = json!({"type": "delete_statuses", "status_ids": [owners]});
    assert_eq!(post(&world, &staff, path, body).await.code, 403, "an owner's posts are not theirs to delete");
    let warnings = get(&world, &token, "/api/nagaya/v1/warnings").await;
    let actions: Vec<&Value> = warnings.body.as_array().expect("a list").iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["delete_statuses", "mark_statuses_as_sensitive"]);
    assert_eq!(warnings.body[0]["status_ids"], json!([two.to_string()]));
    // An approved appeal takes the mark away again.
    let id = warnings.ids()[1];
    post(&world, &token, &format!("/api/nagaya/v1/warnings/{id}/appeal"), json!({"text": "It is art"})).await;
    post(&world, &staff, &format!("/api/nagaya/v1/admin/appeals/{id}/approve"), Value::Null).await;
    assert_eq!(world.get(&format!("/api/v1/statuses/{one}")).await.body["sensitive"], false);
    let logged = world.app.store.read(|db| moderation::recent(db, 20)).await.expect("reads");
    assert_eq!(logged.iter().filter(|row| row.action == "delete_statuses").count(), 2);
}

#[tokio::test]
async fn clients_that_do_not_know_a_kind_get_words_for_it() {
    let world = World::new().await;
    let (_, staff) = person(&world, "mira", "moderator", ALL).await;
    let (carol, token) = resident(&world, "carol", "member").await;
    post(&world, &token, "/api/v1/reports", json!({"account_id": world.bob, "comment": "a <b>", "category": "spam"}))
        .await;
    act(&world, &staff, carol, "none").await;
    act(&world, &staff, world.bob, "suspend").await;
    let app = world.app.clone();
    let signed_up = world.app.store.write(move |tx| {
        let mut told = crate::streams::Announcements::default();
        crate::actions::moderation::staff::signed_up(tx, &app, carol, app.clock.now(), &mut told)?;
        Ok(told)
    });
    signed_up.await.expect("writes").announce(&world.app);
    let query = "supported_types[]=mention";
    for (token, kind, title, summary, description) in [
        (&staff, "admin.sign_up", "CAROL signed up", None, None),
        (
            &staff,
            "admin.report",
            "CAROL sent a report",
            Some("A report about bob@b.example: spam"),
            Some("<p>a &lt;b&gt;</p>"),
        ),
        (
            &token,
            "moderation_warning",
            "The moderators of this server sent you a warning",
            Some("You were warned"),
            Some("<p>because</p>"),
        ),
        (
            &world.token,
            "severed_relationships",
            "Some of your follows and followers were lost",
            Some("The account bob@b.example was suspended"),
            Some("<p>Followers lost: 0. Followed accounts lost: 1.</p>"),
        ),
    ] {
        let expected = json!({"title": title, "summary": summary, "description": description});
        let one = get(&world, token, &format!("/api/v1/notifications?types[]={kind}&{query}")).await.body;
        assert_eq!(one[0]["fallback"], expected, "{kind}");
        let groups = get(&world, token, &format!("/api/v2/notifications?types[]={kind}&{query}")).await.body;
        assert_eq!(groups["notification_groups"][0]["fallback"], expected, "{kind}");
        let known =
            get(&world, token, &format!("/api/v2/notifications?types[]={kind}&supported_types[]={kind}")).await.body;
        let group = &known["notification_groups"][0];
        assert!(group.get("fallback").is_none() && group["type"] == kind, "{kind}");
        let key = group["group_key"].as_str().expect("a key");
        assert_eq!(key.starts_with("admin.sign_up-"), kind == "admin.sign_up", "{key}");
    }
}
