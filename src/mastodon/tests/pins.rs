//! Pins, and threads of which one wants to hear nothing more.

use super::*;
use crate::actions::notify;
use crate::store::pins;
use crate::streams::Announcements;

/// What other servers were sent: types and objects, oldest first.
async fn sent(world: &World) -> Vec<(String, Value)> {
    let read = world.app.store.read(|db| {
        let mut statement = db.prepare("SELECT kind, payload FROM activities ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let rows = read.await.expect("reads").into_iter();
    rows.map(|(kind, payload)| (kind, serde_json::from_str(&payload).expect("JSON"))).collect()
}

#[tokio::test]
async fn posts_are_pinned_shown_and_told() {
    let world = World::new().await;
    let (alice, bob) = (world.alice, world.bob);
    // Bob follows alice, so his server is told.
    let follow = Follow {
        id: FollowId(2),
        account_id: bob,
        target_id: alice,
        uri: "https://b.example/follows/2".into(),
        accepted: true,
        show_reblogs: true,
        notify: false,
        languages: None,
        created_at: Time(0),
    };
    assert!(world.app.store.write(move |tx| follows::insert(tx, &follow)).await.expect("writes"));
    let ask = async |id: &str, deed: &str| {
        world.ask("POST", &format!("/api/v1/statuses/{id}/{deed}"), Some(&world.token), Value::Null).await
    };
    let mut ids = Vec::new();
    for number in 0..6 {
        let body =
            json!({"status": format!("post {number}"), "visibility": if number == 1 { "private" } else { "public" }});
        let made = world.ask("POST", "/api/v1/statuses", Some(&world.token), body).await;
        assert_eq!(made.body["pinned"], false);
        ids.push(made.body["id"].as_str().expect("an id").to_owned());
        world.app.clock.advance(std::time::Duration::from_secs(1));
    }
    for id in &ids[..5] {
        let pinned = ask(id, "pin").await;
        assert_eq!((pinned.code, &pinned.body["pinned"]), (200, &json!(true)), "{}", pinned.body);
        world.app.clock.advance(std::time::Duration::from_secs(1));
    }
    assert_eq!(ask(&ids[0], "pin").await.code, 200, "twice is fine");
    assert_eq!(ask(&ids[5], "pin").await.code, 422, "the sixth is too many");
    let path = format!("/api/v1/accounts/{alice}/statuses?pinned=true");
    assert_eq!(world.get(&path).await.ids(), [&*ids[4], &*ids[3], &*ids[2], &*ids[1], &*ids[0]]);
    assert_eq!(world.peek(&path).await.ids(), [&*ids[4], &*ids[3], &*ids[2], &*ids[0]], "private ones are not shown");

    assert_eq!(ask(&ids[4], "unpin").await.body["pinned"], false);
    assert_eq!(ask(&ids[4], "unpin").await.code, 200);
    let told: Vec<_> = sent(&world).await.into_iter().filter(|(kind, _)| kind == "Add" || kind == "Remove").collect();
    assert_eq!(
        told.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(),
        ["Add", "Add", "Add", "Add", "Add", "Remove"]
    );
    assert_eq!(told[5].1["target"], world.app.config.url("/users/alice/collections/featured"));
    assert_eq!(told[5].1["object"], world.app.config.url(&format!("/users/alice/statuses/{}", ids[4])));
}

#[tokio::test]
async fn what_is_not_ones_own_open_post_cannot_be_pinned() {
    let world = World::new().await;
    let bobs = world.post(world.bob, "mine", |_| ()).await;
    let direct = world.post(world.alice, "psst", |row| row.visibility = Visibility::Direct).await;
    let boost = world.post(world.alice, "", |row| row.reblog_of_id = Some(bobs)).await;
    for (id, code) in [(bobs, 422), (direct, 422), (boost, 422), (StatusId(7), 404)] {
        let path = format!("/api/v1/statuses/{id}/pin");
        assert_eq!(world.ask("POST", &path, Some(&world.token), Value::Null).await.code, code, "{id}");
    }
    let narrow = issue_token(&world.app, world.alice, "write:statuses", "narrow").await.expect("a token");
    let path = format!("/api/v1/statuses/{direct}/pin");
    assert_eq!(world.ask("POST", &path, Some(&narrow), Value::Null).await.code, 403);
    // What bob's server told us of is shown, too.
    let bob = world.bob;
    world.app.store.write(move |tx| pins::insert(tx, bob, bobs, Time(1))).await.expect("writes");
    assert_eq!(world.peek(&format!("/api/v1/accounts/{bob}/statuses?pinned=true")).await.ids(), [&*bobs.to_string()]);
}

#[tokio::test]
async fn a_muted_thread_notifies_nobody() {
    let world = World::new().await;
    let root = world.post(world.alice, "hello", |row| row.conversation = Some("thread".into())).await;
    let reply = world.post(world.bob, "well", |row| row.conversation = Some("thread".into())).await;
    let ask = async |deed: &str| {
        let path = format!("/api/v1/statuses/{reply}/{deed}");
        world.ask("POST", &path, Some(&world.token), Value::Null).await.body["muted"].clone()
    };
    let (alice, bob, app) = (world.alice, world.bob, world.app.clone());
    let tell = async |kind: &'static str, status: StatusId| {
        let (now, app) = (app.clock.now(), app.clone());
        let told = world.app.store.write(move |tx| {
            let mut told = Announcements::default();
            notify::tell(tx, &app, kind, alice, bob, Some(status), now, &mut told)?;
            Ok(told.happenings.len())
        });
        told.await.expect("writes")
    };
    assert_eq!(ask("mute").await, true);
    assert_eq!(world.get(&format!("/api/v1/statuses/{root}")).await.body["muted"], true, "the whole thread");
    assert_eq!((tell("mention", reply).await, tell("favourite", root).await), (0, 0));
    assert_eq!(ask("unmute").await, false);
    assert_eq!((tell("mention", reply).await, tell("favourite", root).await), (1, 1));
    let other = world.post(world.bob, "alone", |_| ()).await;
    let path = format!("/api/v1/statuses/{other}/mute");
    assert_eq!(
        world.ask("POST", &path, Some(&world.token), Value::Null).await.body["muted"],
        true,
        "without a thread's name"
    );
}
