//! Notifications, asked through the router.

use serde_json::{Value, json};

use crate::actions::notify;
use crate::activitypub::audience::Visibility;
use crate::clock::Time;
use crate::ids::{AccountId, NotificationId, StatusId};
use crate::mastodon::tests::World;
use crate::store::testing::account;
use crate::store::{accounts, mentions, notifications};
use crate::streams::{Announcements, Happening};

/// Ten strangers, with ids from 1001.
async fn strangers(world: &World) -> Vec<AccountId> {
    let written = world.app.store.write(|tx| {
        (1001..1011).map(|id| accounts::upsert(tx, &account(id, &format!("s{id}"), Some("s.example")))).collect()
    });
    written.await.expect("writes")
}

#[tokio::test]
async fn groups_are_listed_opened_counted_and_dismissed() {
    let world = World::new().await;
    let post = world.post(world.alice, "hello", |_| ()).await;
    let (alice, bob, who) = (world.alice, world.bob, strangers(&world).await);
    let people = who.clone();
    let written = world.app.store.write(move |tx| {
        notifications::insert(tx, NotificationId(5), alice, "mention", bob, Some(post), Time(0))?;
        for (at, from) in (10..).zip(&people) {
            notifications::insert(tx, NotificationId(at), alice, "favourite", *from, Some(post), Time(0))?;
        }
        notifications::insert(tx, NotificationId(30), alice, "follow", bob, None, Time(0))
    });
    assert!(written.await.expect("writes"));
    let path = "/api/v2/notifications";
    let listed = world.get(path).await;
    assert_eq!(listed.code, 200, "{}", listed.body);
    let groups = &listed.body["notification_groups"];
    let keys: Vec<&str> = groups.as_array().expect("a list").iter().filter_map(|g| g["group_key"].as_str()).collect();
    let key = format!("favourite-{post}-0");
    assert_eq!(keys, ["follow-0", &key, "ungrouped-5"]);
    let newest: Vec<String> = who.iter().rev().take(8).map(AccountId::to_string).collect();
    assert_eq!(
        groups[1],
        json!({
            "group_key": key, "notifications_count": 10, "type": "favourite", "most_recent_notification_id": 19,
            "page_min_id": "10", "page_max_id": "19", "latest_page_notification_at": "1970-01-01T00:00:00.000Z",
            "sample_account_ids": newest, "status_id": post.to_string(),
        })
    );
    assert_eq!(listed.body["accounts"].as_array().map(Vec::len), Some(9));
    assert_eq!(listed.body["statuses"].as_array().map(Vec::len), Some(1));
    assert!(listed.body.get("partial_accounts").is_none());
    assert!(listed.header("link").contains("max_id=5>") && listed.header("link").contains("min_id=30>"));

    let partial = world.get(&format!("{path}?expand_accounts=partial_avatars")).await.body;
    assert_eq!(partial["accounts"].as_array().map(Vec::len), Some(2));
    assert_eq!(partial["partial_accounts"].as_array().map(Vec::len), Some(7));
    let keys: Vec<&String> = partial["partial_accounts"][0].as_object().expect("an object").keys().collect();
    let expected = ["id", "acct", "url", "avatar", "avatar_static", "avatar_description", "locked", "bot"];
    assert!(keys.len() == 8 && expected.iter().all(|key| keys.contains(&&(*key).to_owned())), "{keys:?}");
    assert_eq!(world.get(&format!("{path}?expand_accounts=none")).await.code, 400);

    for (query, count) in [
        ("grouped_types[]=follow", 12),
        ("grouped_types[]=favourite&grouped_types[]=mention", 3),
        ("types[]=mention", 1),
        ("types[]=nonsense", 0),
        ("exclude_types[]=favourite", 2),
        ("account_id=1001", 1),
        ("limit=1", 1),
        ("max_id=10", 1),
        ("since_id=5", 2),
    ] {
        let found = world.get(&format!("{path}?{query}")).await.body;
        assert_eq!(found["notification_groups"].as_array().map(Vec::len), Some(count), "{query}");
    }
    assert_eq!(world.get("/api/v1/notifications?types[]=favourite&limit=1").await.body[0]["group_key"], key);

    let one = world.get(&format!("{path}/{key}")).await.body;
    assert_eq!(one["notification_groups"][0]["notifications_count"], 10);
    assert!(one["notification_groups"][0].get("page_min_id").is_none());
    let members = world.get(&format!("{path}/{key}/accounts?limit=3")).await;
    assert_eq!(members.ids(), ["1010", "1009", "1008"]);
    assert!(members.header("link").contains("max_id=17>"), "{}", members.header("link"));
    assert_eq!(world.get(&format!("{path}/{key}/accounts?max_id=12")).await.ids(), ["1002", "1001"]);

    assert_eq!(world.get(&format!("{path}/unread_count")).await.body, json!({"count": 3}));
    assert_eq!(world.get("/api/v1/notifications/unread_count").await.body, json!({"count": 12}));
    let send = async |deed: &str| world.ask("POST", &format!("{path}/{deed}"), Some(&world.token), Value::Null).await;
    let gone = send(&format!("{key}/dismiss")).await;
    assert_eq!((gone.code, gone.body), (200, json!({})));
    for unknown in [&*key, "ungrouped-7", "ungrouped-x", "nonsense"] {
        assert_eq!(world.get(&format!("{path}/{unknown}")).await.code, 404, "{unknown}");
    }
    assert_eq!(world.get(&format!("{path}/unread_count")).await.body, json!({"count": 2}));
    assert_eq!(send("clear").await.code, 200);
    assert_eq!(world.get(path).await.body["notification_groups"], json!([]));
}

#[tokio::test]
async fn a_client_that_names_its_kinds_gets_texts_for_the_others() {
    let world = World::new().await;
    let (alice, bob) = (world.alice, world.bob);
    let written = world.app.store.write(move |tx| {
        notifications::insert(tx, NotificationId(1), alice, "follow", bob, None, Time(0))?;
        notifications::insert(tx, NotificationId(2), alice, "admin.sign_up", bob, None, Time(0))
    });
    assert!(written.await.expect("writes"));
    for (query, text) in [
        ("", None),
        ("?supported_types[]=admin.sign_up", None),
        ("?supported_types[]=mention", Some("bob@b.example signed up")),
    ] {
        let one = world.get(&format!("/api/v1/notifications{query}")).await.body;
        assert_eq!(one[0]["fallback"]["title"].as_str(), text, "{query}");
        assert!(one[1].get("fallback").is_none(), "{query}");
        let two = world.get(&format!("/api/v2/notifications{query}")).await.body;
        assert_eq!(two["notification_groups"][0]["fallback"]["title"].as_str(), text, "{query}");
    }
}

/// Tells alice of what `from` did, as deeds do.
async fn tell(world: &World, kind: &'static str, from: AccountId, status: Option<StatusId>) {
    let (app, alice, now) = (world.app.clone(), world.alice, world.app.clock.now());
    let written = world.app.store.write(move |tx| {
        let mut told = Announcements::default();
        notify::tell(tx, &app, kind, alice, from, status, now, &mut told)?;
        Ok(told)
    });
    written.await.expect("writes").announce(&world.app);
}

#[tokio::test]
async fn the_policy_is_read_and_changed_in_both_versions() {
    let world = World::new().await;
    let (one, two) = ("/api/v1/notifications/policy", "/api/v2/notifications/policy");
    let summary = json!({"pending_requests_count": 0, "pending_notifications_count": 0});
    let mut expected = json!({
        "for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept",
        "for_private_mentions": "filter", "for_limited_accounts": "filter", "for_bots": "accept", "summary": summary,
    });
    assert_eq!(world.get(two).await.body, expected);
    let send = async |method: &str, path: &str, body: Value| world.ask(method, path, Some(&world.token), body).await;
    let changed = send("PATCH", two, json!({"for_bots": "drop", "for_private_mentions": "accept"})).await;
    (expected["for_bots"], expected["for_private_mentions"]) = (json!("drop"), json!("accept"));
    assert_eq!((changed.code, &changed.body), (200, &expected));
    let changed = send("PUT", two, json!({"for_new_accounts": "filter"})).await;
    expected["for_new_accounts"] = json!("filter");
    assert_eq!(changed.body, expected);
    assert_eq!(send("PATCH", two, json!({"for_bots": "eat"})).await.code, 422);
    let old = send("PATCH", one, json!({"filter_not_following": true, "filter_bots": true})).await;
    assert_eq!(
        old.body,
        json!({
            "filter_not_following": true, "filter_not_followers": false, "filter_new_accounts": true,
            "filter_private_mentions": false, "filter_bots": true, "summary": summary,
        })
    );
    assert_eq!(world.get(one).await.body, old.body);
    expected["for_not_following"] = json!("filter");
    assert_eq!(world.get(two).await.body, expected);
    send("PATCH", one, json!({"filter_bots": false})).await;
    assert_eq!(world.get(two).await.body["for_bots"], "accept");
    assert_eq!(world.peek(two).await.code, 401);
}

#[tokio::test]
async fn what_is_put_aside_waits_for_its_sender_to_be_accepted() {
    let world = World::new().await;
    let who = strangers(&world).await;
    let policy = json!({"for_not_following": "filter"});
    world.ask("PATCH", "/api/v2/notifications/policy", Some(&world.token), policy).await;
    let mut listening = world.app.streams.subscribe();
    for from in &who[..3] {
        let post = world.post(*from, "hey @alice", |_| ()).await;
        tell(&world, "mention", *from, Some(post)).await;
    }
    tell(&world, "follow", who[0], None).await;
    let post = world.post(world.bob, "hello", |_| ()).await;
    tell(&world, "mention", world.bob, Some(post)).await;
    assert!(matches!(listening.try_recv(), Ok(Happening::Notified { .. })));
    assert!(listening.try_recv().is_err(), "what is put aside is not announced");

    let path = "/api/v1/notifications";
    assert_eq!(world.get(path).await.ids().len(), 1);
    assert_eq!(world.get(&format!("{path}/unread_count")).await.body, json!({"count": 1}));
    let all = world.get(&format!("{path}?include_filtered=true")).await.body;
    assert_eq!((all.as_array().map(Vec::len), &all[1]["filtered"]), (Some(5), &json!(true)));
    assert!(all[1]["group_key"].as_str().is_some_and(|key| key.starts_with("ungrouped-")));
    assert_eq!(world.get(&format!("{path}?account_id={}", who[0])).await.ids().len(), 2);
    assert_eq!(world.get("/api/v2/notifications").await.body["notification_groups"].as_array().map(Vec::len), Some(1));
    let policy = world.get("/api/v2/notifications/policy").await.body;
    assert_eq!(policy["summary"], json!({"pending_requests_count": 3, "pending_notifications_count": 3}));

    let listed = world.get(&format!("{path}/requests?limit=2")).await;
    assert!(listed.header("link").contains("rel=\"next\""));
    let one = &listed.body[0];
    assert_eq!((&one["account"]["id"], &one["notifications_count"]), (&json!(who[2].to_string()), &json!("1")));
    assert_eq!(one["last_status"]["content"], "<p>hey @alice</p>");
    let listed = world.get(&format!("{path}/requests")).await;
    let ids = listed.ids();
    assert_eq!(ids.len(), 3);
    assert_eq!(world.get(&format!("{path}/requests/{}", ids[0])).await.body, listed.body[0]);
    assert_eq!(world.get(&format!("{path}/requests/7")).await.code, 404);

    let send = async |deed: &str, body: Value| {
        world.ask("POST", &format!("{path}/requests/{deed}"), Some(&world.token), body).await.code
    };
    assert_eq!(send("7/accept", Value::Null).await, 404);
    assert_eq!(send(&format!("{}/accept", ids[2]), Value::Null).await, 200);
    assert!(matches!(listening.try_recv(), Ok(Happening::Merged(_))));
    assert_eq!(world.get(&format!("{path}/requests/merged")).await.body, json!({"merged": true}));
    assert_eq!(world.get(path).await.ids().len(), 3);
    tell(&world, "follow_request", who[0], None).await;
    assert_eq!(world.get(path).await.ids().len(), 4, "the exemption is permanent");
    assert_eq!(send("dismiss", json!({"id": [ids[0], "8"]})).await, 200);
    assert_eq!(world.get(&format!("{path}?include_filtered=true")).await.ids().len(), 5);
    assert_eq!(send(&format!("{}/dismiss", ids[0]), Value::Null).await, 404);
    assert_eq!(send("accept", json!({"id": [ids[1]]})).await, 200);
    assert_eq!(world.get(&format!("{path}/requests")).await.body, json!([]));
    assert_eq!(world.get(path).await.ids().len(), 5);
    tell(&world, "mention", who[2], Some(post)).await;
    assert_eq!(world.get(&format!("{path}/requests")).await.ids().len(), 1, "dismissing exempts nobody");
}

#[tokio::test]
async fn a_private_answer_to_ones_own_private_post_is_not_put_aside() {
    let world = World::new().await;
    let stranger = strangers(&world).await[0];
    let direct = |row: &mut crate::store::statuses::Status| row.visibility = Visibility::Direct;
    let out_of_the_blue = world.post(stranger, "hey", direct).await;
    tell(&world, "mention", stranger, Some(out_of_the_blue)).await;
    assert_eq!(world.get("/api/v1/notifications").await.ids(), [""; 0]);
    let asked = world.post(world.alice, "what do you think?", direct).await;
    let written = world.app.store.write(move |tx| mentions::insert(tx, asked, stranger, false));
    written.await.expect("writes");
    let first = world
        .post(stranger, "this", |row| {
            direct(row);
            row.in_reply_to_id = Some(asked);
        })
        .await;
    let second = world
        .post(stranger, "and that", |row| {
            direct(row);
            row.in_reply_to_id = Some(first);
        })
        .await;
    tell(&world, "mention", stranger, Some(second)).await;
    assert_eq!(world.get("/api/v1/notifications").await.ids().len(), 1);
    let policy = json!({"for_private_mentions": "drop"});
    world.ask("PATCH", "/api/v2/notifications/policy", Some(&world.token), policy).await;
    let again = world.post(stranger, "hello?", direct).await;
    tell(&world, "mention", stranger, Some(again)).await;
    assert_eq!(world.get("/api/v1/notifications?include_filtered=true").await.ids().len(), 2);
}
