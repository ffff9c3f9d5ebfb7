//! Lists, their timelines, and what exclusive ones keep out of the home.

use super::*;
use crate::actions::timeline;
use crate::streams::Announcements;

impl World {
    /// A post that arrives: it enters the homes and lists it belongs to.
    pub(super) async fn arrives(&self, author: AccountId, text: &str, change: impl FnOnce(&mut Status)) -> StatusId {
        let mut row = status(self.app.ids.next(self.app.clock.now()), author, author == self.alice, text);
        row.created_at = self.app.clock.now();
        change(&mut row);
        let id = row.id;
        let written = self.app.store.write(move |tx| {
            statuses::insert(tx, &row)?;
            marks::attach(tx, row.id, &[("cats".into(), "Cats".into())])?;
            timeline::distribute(tx, &row, &mut Announcements::default())
        });
        written.await.expect("writes");
        id
    }

    /// Somebody from elsewhere, followed by alice if `followed`.
    pub(super) async fn somebody(&self, name: &'static str, domain: &'static str, followed: bool) -> AccountId {
        let (alice, id) = (self.alice, self.app.ids.next::<AccountId>(self.app.clock.now()));
        let written = self.app.store.write(move |tx| {
            accounts::upsert(tx, &account(id.0, name, Some(domain)))?;
            let follow = Follow {
                id: FollowId(id.0),
                account_id: alice,
                target_id: id,
                uri: format!("https://nagaya.test/follows/{id}"),
                accepted: true,
                show_reblogs: true,
                notify: false,
                languages: None,
                created_at: Time(0),
            };
            if followed { follows::insert(tx, &follow).map(drop) } else { Ok(()) }
        });
        written.await.expect("writes");
        id
    }

    async fn list(&self, body: Value) -> String {
        let made = self.ask("POST", "/api/v1/lists", Some(&self.token), body).await;
        assert_eq!(made.code, 200, "{}", made.body);
        made.body["id"].as_str().expect("an id").to_owned()
    }

    async fn put_into(&self, list: &str, members: &[AccountId]) -> Answer {
        let ids: Vec<String> = members.iter().map(AccountId::to_string).collect();
        let path = format!("/api/v1/lists/{list}/accounts");
        self.ask("POST", &path, Some(&self.token), json!({"account_ids": ids})).await
    }

    async fn shown(&self, list: &str) -> Vec<String> {
        let answer = self.get(&format!("/api/v1/timelines/list/{list}")).await;
        answer.ids().into_iter().map(str::to_owned).collect()
    }

    pub(super) async fn home(&self) -> Vec<String> {
        self.get("/api/v1/timelines/home").await.ids().into_iter().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_list_is_made_changed_and_deleted() {
    let world = World::new().await;
    let id = world.list(json!({"title": " Friends "})).await;
    let mut keys = json!({"id": id, "title": "Friends", "replies_policy": "list", "exclusive": false});
    assert_eq!(world.get("/api/v1/lists").await.body, json!([keys]));
    let path = format!("/api/v1/lists/{id}");
    let change = json!({"replies_policy": "none", "exclusive": true});
    let changed = world.ask("PUT", &path, Some(&world.token), change).await;
    (keys["replies_policy"], keys["exclusive"]) = (json!("none"), json!(true));
    assert_eq!((changed.code, &changed.body), (200, &keys));
    assert_eq!(world.get(&path).await.body, keys);
    for (body, field) in [
        (json!({}), "title"),
        (json!({"title": ""}), "title"),
        (json!({"title": "x".repeat(257)}), "title"),
        (json!({"title": "x", "replies_policy": "all"}), "replies_policy"),
    ] {
        let refused = world.ask("POST", "/api/v1/lists", Some(&world.token), body.clone()).await;
        assert_eq!((refused.code, refused.body["details"].get(field).is_some()), (422, true), "{body}");
    }
    let carol = local_account(&world.app, "carol", "member").await.id;
    let other = issue_token(&world.app, carol, "read write", "t").await.expect("a token");
    for (method, path) in [
        ("GET", path.clone()),
        ("PUT", path.clone()),
        ("DELETE", path.clone()),
        ("GET", format!("{path}/accounts")),
        ("POST", format!("{path}/accounts")),
        ("DELETE", format!("{path}/accounts")),
        ("GET", format!("/api/v1/timelines/list/{id}")),
    ] {
        assert_eq!(world.ask(method, &path, Some(&other), Value::Null).await.code, 404, "{method} {path}");
        assert_eq!(world.ask(method, &path, None, Value::Null).await.code, 401, "{method} {path}");
    }
    for number in 1..50 {
        world.list(json!({"title": number})).await;
    }
    assert_eq!(world.ask("POST", "/api/v1/lists", Some(&world.token), json!({"title": "x"})).await.code, 422);
    assert_eq!(world.ask("DELETE", &path, Some(&world.token), Value::Null).await.body, json!({}));
    assert_eq!(world.get(&path).await.code, 404);
}

#[tokio::test]
async fn members_are_followed_people_and_leave_with_the_follow() {
    let world = World::new().await;
    let (carol, eve) =
        (world.somebody("carol", "c.example", true).await, world.somebody("eve", "e.example", false).await);
    let list = world.list(json!({"title": "x"})).await;
    let path = format!("/api/v1/lists/{list}/accounts");
    assert_eq!(world.put_into(&list, &[world.bob, eve]).await.code, 404);
    assert_eq!(world.get(&path).await.ids(), [""; 0], "all or none");
    assert_eq!(world.put_into(&list, &[world.bob, carol, world.alice]).await.body, json!({}));
    assert_eq!(world.put_into(&list, &[carol]).await.code, 422);
    let all = world.get(&format!("{path}?limit=0")).await;
    assert_eq!((all.ids().len(), all.header("link")), (3, ""));
    let first = world.get(&format!("{path}?limit=2")).await;
    assert_eq!(first.ids(), [carol, world.bob].map(|id| id.to_string()));
    assert!(first.header("link").contains(&format!("max_id={}>; rel=\"next\"", world.bob)));
    let containing = format!("/api/v1/accounts/{carol}/lists");
    assert_eq!(world.get(&containing).await.ids(), [&*list]);
    let post = world.arrives(carol, "hello", |_| ()).await.to_string();
    assert_eq!(world.shown(&list).await, [&*post]);
    let unfollow = format!("/api/v1/accounts/{carol}/unfollow");
    assert_eq!(world.ask("POST", &unfollow, Some(&world.token), Value::Null).await.code, 200);
    assert_eq!(world.get(&containing).await.ids(), [""; 0]);
    assert_eq!(world.shown(&list).await, [""; 0]);
    let gone = json!({"account_ids": [world.bob.to_string()]});
    assert_eq!(world.ask("DELETE", &path, Some(&world.token), gone).await.body, json!({}));
    assert_eq!(world.get(&path).await.ids(), [&*world.alice.to_string()]);
}

#[tokio::test]
async fn a_list_shows_replies_by_its_rule() {
    let world = World::new().await;
    let (carol, eve) =
        (world.somebody("carol", "c.example", true).await, world.somebody("eve", "e.example", false).await);
    let mut lists = Vec::new();
    for policy in ["followed", "list", "none"] {
        let list = world.list(json!({"title": policy, "replies_policy": policy})).await;
        assert_eq!(world.put_into(&list, &[world.bob]).await.code, 200);
        lists.push(list);
    }
    let mut posts = Vec::new();
    for answered in [None, Some(world.bob), Some(world.alice), Some(carol), Some(eve)] {
        let post = world.arrives(world.bob, "x", |row| {
            row.in_reply_to_uri = answered.map(|_| "https://x.example/1".into());
            row.in_reply_to_account_id = answered;
        });
        posts.push(post.await.to_string());
    }
    world.arrives(world.bob, "psst", |row| row.visibility = Visibility::Direct).await;
    assert_eq!(world.shown(&lists[0]).await, [&*posts[3], &*posts[2], &*posts[1], &*posts[0]]);
    assert_eq!(world.shown(&lists[1]).await, [&*posts[2], &*posts[1], &*posts[0]]);
    assert_eq!(world.shown(&lists[2]).await, [&*posts[2], &*posts[1], &*posts[0]]);
    assert_eq!(world.put_into(&lists[1], &[carol]).await.code, 200);
    let to_member = world
        .arrives(world.bob, "x", |row| {
            row.in_reply_to_uri = Some("https://x.example/1".into());
            row.in_reply_to_account_id = Some(carol);
        })
        .await;
    assert_eq!(world.shown(&lists[1]).await[0], to_member.to_string());
    assert_ne!(world.shown(&lists[2]).await[0], to_member.to_string());
    let older = world.get(&format!("/api/v1/timelines/list/{}?limit=1&max_id={}", lists[2], posts[1])).await;
    assert_eq!(older.ids(), [&*posts[0]]);
    assert!(older.header("link").contains("min_id="));
    // Boosts come once, and muted people are left out at reading.
    let strange = world.arrives(eve, "strange", |_| ()).await;
    let boost = world.arrives(world.bob, "", |row| row.reblog_of_id = Some(strange)).await;
    world.arrives(carol, "", |row| row.reblog_of_id = Some(strange)).await;
    assert_eq!(world.shown(&lists[1]).await[..2], [boost.to_string(), to_member.to_string()]);
    world.ask("POST", &format!("/api/v1/accounts/{eve}/mute"), Some(&world.token), Value::Null).await;
    assert_eq!(world.shown(&lists[1]).await[0], to_member.to_string());
}

#[tokio::test]
async fn an_exclusive_list_keeps_its_members_out_of_the_home() {
    let world = World::new().await;
    let before = world.arrives(world.bob, "before", |_| ()).await.to_string();
    assert_eq!(world.home().await, [&*before]);
    let list = world.list(json!({"title": "x", "exclusive": true})).await;
    assert_eq!(world.put_into(&list, &[world.bob]).await.code, 200);
    assert_eq!((world.home().await.len(), world.shown(&list).await), (0, vec![before.clone()]));
    let during = world.arrives(world.bob, "during", |_| ()).await.to_string();
    assert_eq!((world.home().await.len(), world.shown(&list).await), (0, vec![during.clone(), before.clone()]));
    let path = format!("/api/v1/lists/{list}");
    world.ask("PUT", &path, Some(&world.token), json!({"exclusive": false})).await;
    assert_eq!(world.home().await, [&*during, &*before]);
    world.ask("PUT", &path, Some(&world.token), json!({"exclusive": true})).await;
    assert_eq!(world.home().await.len(), 0);
    world.ask("DELETE", &path, Some(&world.token), Value::Null).await;
    assert_eq!(world.home().await, [&*during, &*before]);
}
