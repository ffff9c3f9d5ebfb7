//! The server's words about itself.

use super::*;
use crate::actions::border::{self, Changes};
use crate::store::domain_blocks::Severity;
use crate::store::settings;
use crate::store::terms::{self, Terms};

async fn set(world: &World, key: &'static str, value: &'static str) {
    world.app.store.write(move |tx| settings::set(tx, key, value)).await.expect("writes");
}

#[tokio::test]
async fn both_forms_are_whole_and_the_old_one_says_so() {
    let world = World::new().await;
    let v2 = world.peek("/api/v2/instance").await;
    assert!(v2.header("cache-control").starts_with("public, max-age=300"));
    assert_eq!(v2.header("deprecation"), "");
    for (path, expected) in [
        ("/domain", json!("nagaya.test")),
        ("/registrations/enabled", json!(false)),
        ("/registrations/reason_required", Value::Null),
        ("/wrapstodon", Value::Null),
        ("/configuration/limited_federation", json!(false)),
        ("/configuration/translation/enabled", json!(false)),
        ("/configuration/timelines_access/live_feeds/local", json!("public")),
        ("/configuration/urls/terms_of_service", Value::Null),
        ("/contact/account/username", json!("alice")),
        ("/usage/users/active_month", json!(0)),
    ] {
        assert_eq!(v2.body.pointer(path), Some(&expected), "{path}");
    }
    let v1 = world.peek("/api/v1/instance").await;
    assert_eq!(v1.header("deprecation"), "@1668384000");
    assert_eq!(v1.body["stats"], json!({"user_count": 1, "status_count": 0, "domain_count": 1}));
    assert_eq!(v1.body["configuration"]["media_attachments"].get("description_limit"), None);
    assert_eq!(v1.body["configuration"]["accounts"], json!({"max_featured_tags": 10}));
    set(&world, "limited_federation", "true").await;
    assert_eq!(world.peek("/api/v2/instance").await.body["configuration"]["limited_federation"], true);
}

#[tokio::test]
async fn twelve_weeks_and_who_was_here() {
    let world = World::new().await;
    world.get("/api/v1/timelines/home").await;
    world.post(world.alice, "hello", |_| ()).await;
    let weeks = world.peek("/api/v1/instance/activity").await.body;
    assert_eq!(weeks.as_array().map(Vec::len), Some(12));
    let expected = json!({"week": "1785715200", "statuses": "1", "logins": "1", "registrations": "1"});
    assert_eq!(weeks[0], expected);
    assert_eq!(weeks[1]["statuses"], "0");
    set(&world, "activity_api", "false").await;
    assert_eq!(world.peek("/api/v1/instance/activity").await.code, 404);
}

#[tokio::test]
async fn peers_are_those_that_we_speak_with() {
    let world = World::new().await;
    assert_eq!(world.peek("/api/v1/instance/peers").await.body, json!(["b.example"]));
    assert_eq!(world.peek("/api/v1/peers/search?q=B.").await.body, json!(["b.example"]));
    for none in ["q=x", "q=", ""] {
        assert_eq!(world.peek(&format!("/api/v1/peers/search?{none}")).await.body, json!([]), "{none}");
    }
    border::block(&world.app, "b.example", Changes { severity: Some(Severity::Suspend), ..Changes::default() })
        .await
        .expect("blocks");
    assert_eq!(world.peek("/api/v1/instance/peers").await.body, json!([]));
    set(&world, "peers_api", "false").await;
    assert_eq!(world.peek("/api/v1/instance/peers").await.code, 404);
}

#[tokio::test]
async fn blocked_domains_are_shown_to_whom_the_operator_wants() {
    let world = World::new().await;
    let path = "/api/v1/instance/domain_blocks";
    let changes = |severity, obfuscate| Changes {
        severity: Some(severity),
        obfuscate: Some(obfuscate),
        public_comment: Some("spam".into()),
        ..Changes::default()
    };
    for (domain, severity, obfuscate) in [
        ("quiet.example", Severity::Silence, false),
        ("badserver.example", Severity::Suspend, true),
        ("noted.example", Severity::Noop, false),
    ] {
        border::block(&world.app, domain, changes(severity, obfuscate)).await.expect("blocks");
    }
    assert_eq!((world.peek(path).await.code, world.get(path).await.code), (404, 404));
    set(&world, "show_domain_blocks", "users").await;
    assert_eq!(world.peek(path).await.code, 404);
    let seen = world.get(path).await;
    assert_eq!(seen.header("cache-control"), "private, no-store");
    assert_eq!(seen.body.as_array().map(Vec::len), Some(2));
    assert_eq!((&seen.body[0]["domain"], &seen.body[0]["comment"]), (&json!("badse****.***mple"), &Value::Null));
    assert_eq!(seen.body[0]["digest"].as_str().map(str::len), Some(64));
    set(&world, "show_domain_blocks", "all").await;
    set(&world, "show_domain_blocks_rationale", "users").await;
    assert_eq!(world.peek(path).await.body[1]["comment"], Value::Null);
    assert_eq!(
        world.get(path).await.body[1],
        json!({"domain": "quiet.example", "severity": "silence", "comment": "spam",
        "digest": seen.body[1]["digest"]})
    );
}

#[tokio::test]
async fn terms_hold_from_their_day_on() {
    let world = World::new().await;
    let path = "/api/v1/instance/terms_of_service";
    assert_eq!(world.peek(path).await.code, 404);
    for day in ["2026-08-01", "2027-01-01"] {
        let row = Terms { effective_on: day.into(), text: format!("From {day}"), published_at: Time(0) };
        world.app.store.write(move |tx| terms::put(tx, &row)).await.expect("writes");
    }
    let now = json!({"effective_date": "2026-08-01", "effective": true, "content": "<p>From 2026-08-01</p>",
        "succeeded_by": "2027-01-01"});
    assert_eq!(world.peek(path).await.body, now);
    let later = world.peek(&format!("{path}/2027-01-01")).await.body;
    assert_eq!((&later["effective"], &later["succeeded_by"]), (&json!(false), &Value::Null));
    assert_eq!(world.peek(&format!("{path}/2020-01-01")).await.code, 404);
    let instance = world.peek("/api/v2/instance").await.body;
    assert_eq!(instance["configuration"]["urls"]["terms_of_service"], world.app.config.url("/terms"));
}

#[tokio::test]
async fn small_documents_have_their_shapes() {
    let world = World::new().await;
    for (path, expected) in [
        ("/api/v1/instance/translation_languages", json!({})),
        ("/api/v1/instance/languages", json!([{"code": "en", "name": "English"}, {"code": "ja", "name": "日本語"}])),
        ("/api/v1/instance/extended_description", json!({"updated_at": null, "content": ""})),
        ("/api/v1/instance/rules", json!([])),
    ] {
        assert_eq!(world.peek(path).await.body, expected, "{path}");
    }
    assert_eq!(world.get("/api/v1/donation_campaigns").await.code, 204);
    assert_eq!(world.peek("/api/v1/donation_campaigns").await.code, 401);
    assert_eq!(world.peek("/health").await.code, 200);
}
