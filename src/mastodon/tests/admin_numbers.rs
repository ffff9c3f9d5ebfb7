//! Numbers for the dashboard.

use super::*;

#[tokio::test]
async fn every_key_is_answered_with_strings() {
    let world = World::new().await;
    let token = issue_token(&world.app, world.alice, "read admin:read", "t").await.expect("a token");
    let ask = async |path: &str, body: Value| world.ask("POST", path, Some(&token), body).await;
    world.post(world.bob, "hello", |_| ()).await;
    let tag = world.app.store.read(|db| Ok(marks::by_name(db, "cats")?.expect("is there").id)).await.expect("reads");
    let domain = json!({"domain": "b.example"});
    let keys = [
        "active_users",
        "new_users",
        "interactions",
        "opened_reports",
        "resolved_reports",
        "tag_accounts",
        "tag_uses",
        "tag_servers",
        "instance_accounts",
        "instance_media_attachments",
        "instance_reports",
        "instance_statuses",
        "instance_follows",
        "instance_followers",
    ];
    let mut body = json!({"keys": keys, "start_at": "2026-08-06", "end_at": "2026-08-07T10:00:00Z"});
    for key in keys {
        body[key] = if key.starts_with("tag_") { json!({"id": tag.to_string()}) } else { domain.clone() };
    }
    let answer = ask("/api/v1/admin/measures", body).await;
    assert_eq!(answer.code, 200, "{}", answer.body);
    let all = answer.body.as_array().expect("a list");
    assert_eq!(all.iter().map(|row| row["key"].as_str().expect("a key")).collect::<Vec<_>>(), keys);
    for (key, total) in [
        ("active_users", "1"),
        ("new_users", "1"),
        ("tag_uses", "1"),
        ("tag_servers", "1"),
        ("instance_accounts", "1"),
        ("instance_statuses", "1"),
        ("instance_follows", "0"),
        ("instance_followers", "0"),
        ("interactions", "0"),
    ] {
        let row = all.iter().find(|row| row["key"] == key).expect("is there");
        // The follow of the test world was made in 1970.
        let total = if key == "instance_follows" { "1" } else { total };
        assert_eq!((&row["total"], row["data"].as_array().map(Vec::len)), (&json!(total), Some(2)), "{row}");
        assert_eq!(row.get("previous_total").is_some(), !key.starts_with("instance_"), "{key}");
    }
    assert_eq!((&all[9]["unit"], &all[9]["human_value"]), (&json!("bytes"), &json!("0 Bytes")));
    assert_eq!(all[0]["data"][1], json!({"date": "2026-08-07T00:00:00.000Z", "value": "1"}));
    for bad in [
        json!({"keys": ["new_users"]}),
        json!({"keys": ["tag_uses"], "start_at": "2026-08-06", "end_at": "2026-08-07"}),
        json!({"keys": [], "start_at": "2026-08-07", "end_at": "2020-01-01"}),
    ] {
        assert_eq!(ask("/api/v1/admin/measures", bad.clone()).await.code, 400, "{bad}");
    }
    assert_eq!(world.ask("POST", "/api/v1/admin/measures", Some(&world.token), Value::Null).await.code, 403);

    let keys = [
        "languages",
        "sources",
        "servers",
        "space_usage",
        "software_versions",
        "tag_servers",
        "tag_languages",
        "instance_accounts",
        "instance_languages",
    ];
    let mut body = json!({"keys": keys, "start_at": "2026-08-01", "end_at": "2026-08-07"});
    for key in keys {
        body[key] = if key.starts_with("tag_") { json!({"id": tag.to_string()}) } else { domain.clone() };
    }
    let answer = ask("/api/v1/admin/dimensions", body).await.body;
    let all = answer.as_array().expect("a list");
    assert_eq!(all.iter().map(|row| row["key"].as_str().expect("a key")).collect::<Vec<_>>(), keys);
    for row in all {
        let first = &row["data"][0];
        assert!(first["key"].is_string() && first["human_key"].is_string() && first["value"].is_string(), "{row}");
    }
    assert_eq!(all[0]["data"][0], json!({"key": "en", "human_key": "English", "value": "1"}));
    assert_eq!(all[2]["data"][0]["key"], "b.example");

    let body = json!({"start_at": "2026-08-06", "end_at": "2026-08-07", "frequency": "day"});
    let cohorts = ask("/api/v1/admin/retention", body).await.body;
    assert_eq!(
        (cohorts[0]["data"].as_array().map(Vec::len), cohorts[1]["data"].as_array().map(Vec::len)),
        (Some(2), Some(1))
    );
    assert_eq!(cohorts[1]["data"][0], json!({"date": "2026-08-07T00:00:00.000Z", "rate": 1.0, "value": "1"}));
    let body = json!({"start_at": "2026-01-01", "end_at": "2026-08-07", "frequency": "month"});
    assert_eq!(ask("/api/v1/admin/retention", body).await.body.as_array().map(Vec::len), Some(8));
    let body = json!({"start_at": "2026-08-06", "end_at": "2026-08-07", "frequency": "week"});
    assert_eq!(ask("/api/v1/admin/retention", body).await.code, 422);
}
