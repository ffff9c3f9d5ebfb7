//! Notes, endorsements, familiar followers, blocked servers, the directory and suggestions.

use super::*;

impl World {
    async fn deal(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", &format!("/api/v1/{path}"), Some(&self.token), body).await
    }
}

#[tokio::test]
async fn notes_and_endorsements_are_kept() {
    let world = World::new().await;
    let eve = world.somebody("eve", "e.example", false).await;
    let bob = world.bob;
    let noted = world.deal(&format!("accounts/{eve}/note"), json!({"comment": " met at the lake "})).await;
    assert_eq!((noted.code, &noted.body["note"]), (200, &json!("met at the lake")), "{}", noted.body);
    let cleared = world.deal(&format!("accounts/{eve}/note"), json!({"comment": ""})).await;
    assert_eq!(cleared.body["note"], "");
    let long = world.deal(&format!("accounts/{eve}/note"), json!({"comment": "x".repeat(2001)})).await;
    assert_eq!(long.code, 422);
    assert_eq!(world.deal("accounts/7/note", json!({"comment": "x"})).await.code, 404);

    assert_eq!(world.deal(&format!("accounts/{eve}/endorse"), Value::Null).await.code, 422);
    for deed in ["endorse", "pin"] {
        assert_eq!(world.deal(&format!("accounts/{bob}/{deed}"), Value::Null).await.body["endorsed"], true);
    }
    assert_eq!(world.get("/api/v1/endorsements").await.ids(), [&*bob.to_string()]);
    let of_alice = format!("/api/v1/accounts/{}/endorsements?limit=0", world.alice);
    assert_eq!(world.peek(&of_alice).await.ids(), [&*bob.to_string()]);
    assert_eq!(world.deal(&format!("accounts/{bob}/unpin"), Value::Null).await.body["endorsed"], false);
    world.deal(&format!("accounts/{bob}/endorse"), Value::Null).await;
    world.deal(&format!("accounts/{bob}/unfollow"), Value::Null).await;
    assert_eq!(world.get("/api/v1/endorsements").await.ids(), [""; 0], "it ends with the follow");
    assert_eq!(world.get(&format!("/api/v1/accounts/{bob}/identity_proofs")).await.body, json!([]));
}

#[tokio::test]
async fn a_blocked_server_is_neither_seen_nor_heard() {
    let world = World::new().await;
    let eve = world.somebody("eve", "e.example", false).await;
    let (alice, bob) = (world.alice, world.bob);
    world.arrives(bob, "from b", |_| ()).await;
    let other = world.arrives(eve, "from e", |_| ()).await.to_string();
    let told = world
        .app
        .store
        .write(move |tx| notifications::insert(tx, NotificationId(5), alice, "follow", bob, None, Time(0)));
    assert!(told.await.expect("writes"));
    let path = "/api/v1/domain_blocks";
    let preview = world.get(&format!("{path}/preview?domain=B.example")).await;
    assert_eq!(preview.body, json!({"following_count": 1, "followers_count": 0}));
    let add = world.ask("POST", path, Some(&world.token), json!({"domain": "B.Example"})).await;
    assert_eq!((add.code, add.body), (200, json!({})));
    world.deal("domain_blocks", json!({"domain": "z.example"})).await;
    assert_eq!(world.get(path).await.body, json!(["z.example", "b.example"]));
    assert_eq!(world.get("/api/v1/timelines/home").await.ids(), [""; 0]);
    assert_eq!(world.get("/api/v1/timelines/public").await.ids(), [&*other]);
    assert_eq!(world.get("/api/v1/timelines/tag/cats").await.ids(), [&*other]);
    let told = world.get("/api/v1/notifications").await.body;
    assert_eq!((&told[0]["type"], told.as_array().map(Vec::len)), (&json!("severed_relationships"), Some(1)));
    assert_eq!(told[0]["event"]["type"], "user_domain_block");
    let bond = world.get(&format!("/api/v1/accounts/relationships?id={bob}")).await.body[0].clone();
    assert_eq!((&bond["domain_blocking"], &bond["following"]), (&json!(true), &json!(false)));
    let deed = world.app.clone();
    let told = world.app.store.write(move |tx| {
        let mut told = crate::streams::Announcements::default();
        crate::actions::notify::tell(tx, &deed, "follow", alice, bob, None, Time(1), &mut told)?;
        Ok(told.happenings.len())
    });
    assert_eq!(told.await.expect("writes"), 0);
    let page = world.get(&format!("{path}?limit=1")).await;
    assert!(page.header("link").contains("rel=\"next\""));
    let gone = world.ask("DELETE", path, Some(&world.token), json!({"domain": "b.example"})).await;
    assert_eq!((gone.code, gone.body), (200, json!({})));
    assert_eq!(world.get("/api/v1/timelines/public").await.ids().len(), 2);
    for wrong in [json!({}), json!({"domain": "no domain"}), json!({"domain": "nagaya.test"})] {
        assert_eq!(world.deal("domain_blocks", wrong.clone()).await.code, 422, "{wrong}");
    }
}

#[tokio::test]
async fn people_are_discovered() {
    let world = World::new().await;
    let carol = local_account(&world.app, "carol", "member").await.id;
    let (alice, bob) = (world.alice, world.bob);
    world.post(carol, "hello", |_| ()).await;
    let follow = move |id: i64, who: AccountId, whom: AccountId| Follow {
        id: FollowId(id),
        account_id: who,
        target_id: whom,
        uri: format!("https://b.example/follows/{id}"),
        accepted: true,
        show_reblogs: true,
        notify: false,
        languages: None,
        created_at: Time(0),
    };
    let written = world.app.store.write(move |tx| follows::insert(tx, &follow(71, bob, carol)));
    assert!(written.await.expect("writes"));
    assert_eq!(world.peek("/api/v1/directory?local=true").await.ids()[0], carol.to_string());
    assert_eq!(world.peek("/api/v1/directory?order=new").await.ids().len(), 3);
    assert_eq!(world.peek("/api/v1/directory?order=new&local=1&limit=1&offset=1").await.ids(), [&*alice.to_string()]);
    let found = world.get("/api/v2/suggestions").await.body;
    assert_eq!((&found[0]["account"]["id"], &found[0]["source"]), (&json!(carol), &json!("past_interactions")));
    assert_eq!(found[0]["sources"], json!(["friends_of_friends"]));
    assert_eq!(world.get("/api/v1/suggestions").await.ids(), [&*carol.to_string()]);
    let familiar = world.get(&format!("/api/v1/accounts/familiar_followers?id[]={carol}&id[]={bob}")).await.body;
    assert_eq!((&familiar[0]["id"], &familiar[0]["accounts"][0]["id"]), (&json!(carol), &json!(bob)));
    assert_eq!(familiar[1], json!({"id": bob, "accounts": []}));
    let path = format!("/api/v1/suggestions/{carol}");
    assert_eq!(world.ask("DELETE", &path, Some(&world.token), Value::Null).await.body, json!({}));
    assert_eq!(world.get("/api/v2/suggestions").await.body, json!([]));
}
