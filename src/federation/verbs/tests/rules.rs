//! The numbered rules about who may do what, and about order, each by its id.

use super::*;
use crate::store::mentions;
use crate::store::testing::status;

pub(super) const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";
pub(super) const OURS: &str = "https://here.example/users/alice/statuses/77";

/// A post of alice's that anybody may see.
pub(super) async fn ours(app: &App) {
    let post = crate::store::statuses::Status { uri: OURS.into(), ..status(77, AccountId(1), true, "Hello") };
    app.store.write(move |tx| statuses::insert(tx, &post)).await.expect("writes");
}

pub(super) async fn held(app: &App, uri: &str) -> Option<crate::store::statuses::Status> {
    let uri = uri.to_owned();
    app.store.read(move |db| statuses::by_uri(db, &uri)).await.expect("reads")
}

pub(super) fn about(verb: &str, id: &str, actor: &str, object: &Value) -> Value {
    json!({"id": format!("https://b.example/{id}"), "type": verb, "actor": actor, "object": object, "to": [PUBLIC]})
}

#[tokio::test]
async fn a4_the_author_of_a_known_post_never_changes() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    from(&app, BOB, create(1, &json!({}))).await;
    let eve = "https://b.example/users/eve";
    let mut note =
        create(1, &json!({"content": "<p>Mine</p>", "updated": NOW.plus(std::time::Duration::from_secs(9)).rfc3339()}))
            ["object"]
            .clone();
    note["attributedTo"] = json!(eve);
    let stolen = from(&app, eve, about("Update", "u/1", eve, &note)).await;
    assert_eq!(stolen, "ignored: only the author edits");
    // The author cannot give it away either.
    assert_eq!(from(&app, BOB, about("Update", "u/2", BOB, &note)).await, "ignored: not the sender's own object");
    let kept = held(&app, "https://b.example/notes/1").await.expect("is held");
    assert_eq!((kept.account_id, kept.content.as_str()), (AccountId(2), "<p>Hello</p>"));
}

#[tokio::test]
async fn a5_only_the_followed_accepts_and_only_then_is_it_a_follow() {
    let (_folder, app) = world().await;
    let asked = Follow { accepted: false, ..follow_row() };
    app.store.write(move |tx| follows::insert(tx, &asked)).await.expect("writes");
    let accepted = async || {
        let found = app.store.read(|db| follows::between(db, AccountId(1), AccountId(2))).await.expect("reads");
        found.is_some_and(|follow| follow.accepted)
    };
    let id = format!("{ALICE}#follows/9");
    let inline = json!({"id": id, "type": "Follow", "actor": ALICE, "object": BOB});
    let eve = "https://b.example/users/eve";
    assert_eq!(from(&app, eve, about("Accept", "a/1", eve, &inline)).await, "ignored: no such follow");
    assert!(!accepted().await);
    let never = json!({"id": format!("{ALICE}#follows/8"), "type": "Follow", "actor": "https://here.example/users/nobody", "object": BOB});
    assert_eq!(from(&app, BOB, about("Accept", "a/2", BOB, &never)).await, "ignored: no such follow");
    // Mitra names only the id; Misskey embeds one of its own making.
    assert_eq!(from(&app, BOB, about("Accept", "a/3", BOB, &json!(id))).await, "the follow is accepted");
    assert!(accepted().await);
    let odd = json!({"id": "https://b.example/follows/alice/bob", "type": "Follow", "actor": ALICE, "object": BOB});
    assert_eq!(from(&app, BOB, about("Reject", "a/4", BOB, &odd)).await, "the follow is rejected");
    assert!(!accepted().await);
}

#[tokio::test]
async fn a6_only_its_author_adds_readers_to_a_known_post() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let post = create(6, &json!({"to": ["https://b.example/users/eve"]}));
    from(&app, BOB, post.clone()).await;
    let readers = async || {
        let id = held(&app, "https://b.example/notes/6").await.expect("is held").id;
        app.store.read(move |db| mentions::of(db, id)).await.expect("reads")
    };
    assert_eq!(readers().await, []);
    let eve = "https://b.example/users/eve";
    let personal =
        |signer: &str| Received { activity: post.clone(), signer: signer.into(), recipient: Some(AccountId(1)) };
    assert_eq!(receive(&app, personal(eve)).await.expect("is dealt with"), "known already");
    assert_eq!(readers().await, []);
    receive(&app, personal(BOB)).await.expect("is dealt with");
    assert_eq!(readers().await, [(AccountId(1), true)]);
}

#[tokio::test]
async fn a8_of_what_is_forwarded_only_the_id_counts() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let eve = "https://b.example/users/eve";
    let by_eve =
        async |activity: Value| receive(&app, Received { activity, signer: eve.into(), recipient: None }).await;
    by_eve(create(8, &json!({}))).await.expect_err("the origin is asked, and here nobody answers");
    assert!(held(&app, "https://b.example/notes/8").await.is_none());
    from(&app, BOB, create(8, &json!({}))).await;
    by_eve(about("Delete", "d/8", BOB, &json!("https://b.example/notes/8"))).await.expect_err("the same");
    assert!(held(&app, "https://b.example/notes/8").await.is_some());
    let follow = by_eve(about("Follow", "f/8", BOB, &json!(ALICE))).await.expect("is dealt with");
    assert_eq!(follow, "ignored: a forwarded Follow");
}

#[tokio::test]
async fn a9_what_is_ours_does_not_come_from_outside() {
    let (_folder, app) = world().await;
    ours(&app).await;
    let mut note = create(1, &json!({"content": "forged"}))["object"].clone();
    note["id"] = json!(OURS);
    let told =
        receive(&app, Received { activity: about("Update", "u/9", BOB, &note), signer: BOB.into(), recipient: None })
            .await;
    assert_eq!(told.expect("is dealt with"), "ignored: not the sender's own object");
    assert_eq!(from(&app, BOB, about("Create", "c/9", BOB, &note)).await, "known already");
    let person = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": ALICE, "type": "Person", "preferredUsername": "alice", "inbox": "https://b.example/inbox"});
    crate::actions::fetch::store_actor(&app, &person, &mut Default::default()).await.expect_err("alice is ours");
    assert_eq!(held(&app, OURS).await.expect("ours").content, "<p>Hello</p>");
}

#[tokio::test]
async fn a13_who_is_suspended_may_only_take_things_back() {
    let (_folder, app) = world().await;
    ours(&app).await;
    let like = about("Like", "l/13", BOB, &json!(OURS));
    assert_eq!(from(&app, BOB, like.clone()).await, "favourited");
    let app2 = app.clone();
    let suspend = app.store.write(move |tx| {
        let bob = accounts::by_id(tx, AccountId(2))?.expect("bob");
        crate::actions::moderation::effects::suspend(tx, &app2, &bob, NOW)
    });
    suspend.await.expect("writes").announce(&app);
    for verb in ["Like", "Announce", "Follow", "Create", "Block", "Move", "Add", "Flag", "LikeRequest", "Accept"] {
        let told = from(&app, BOB, about(verb, "x/13", BOB, &json!(OURS))).await;
        assert_eq!(told, "ignored: the actor is suspended", "{verb}");
    }
    assert_eq!(from(&app, BOB, about("Undo", "x/14", BOB, &like)).await, "undone");
    // The origin of a boost, and the owner of an object, are looked at, too.
    let bobs = crate::store::statuses::Status {
        uri: "https://b.example/notes/13".into(),
        ..status(78, AccountId(2), false, "Hi")
    };
    app.store.write(move |tx| statuses::insert(tx, &bobs)).await.expect("writes");
    alice_follows(&app, AccountId(3)).await;
    let eve = "https://b.example/users/eve";
    let boost = from(&app, eve, about("Announce", "b/13", eve, &json!("https://b.example/notes/13"))).await;
    assert_eq!(boost, "ignored: the author of the boosted post is suspended");
}

#[tokio::test]
async fn p3_a_repeat_of_what_was_undone_does_not_bring_it_back() {
    let (_folder, app) = world().await;
    ours(&app).await;
    alice_follows_bob(&app).await;
    for (verb, object) in
        [("Like", OURS), ("Announce", OURS), ("Follow", ALICE), ("EmojiReact", OURS), ("Block", ALICE)]
    {
        let mut deed = about(verb, &format!("p3/{verb}"), BOB, &json!(object));
        deed["content"] = json!("🍵");
        let undo = about("Undo", &format!("p3/{verb}/undo"), BOB, &deed);
        from(&app, BOB, deed.clone()).await;
        assert_eq!(from(&app, BOB, undo).await, "undone", "{verb}");
        assert_eq!(from(&app, BOB, deed.clone()).await, "ignored: undone before it arrived", "{verb}");
        // Later it is a new one under the same id, as some programs make them.
        app.clock.advance(std::time::Duration::from_mins(11));
        let again = from(&app, BOB, deed.clone()).await;
        assert!(!again.starts_with("ignored"), "{verb}: {again}");
        from(&app, BOB, about("Undo", &format!("p3/{verb}/undo/2"), BOB, &json!(deed["id"]))).await;
    }
    let left = app.store.read(|db| statuses::by_uri(db, OURS)).await.expect("reads").expect("ours");
    assert_eq!((left.favourites_count, left.reblogs_count), (0, 0));
}

#[tokio::test]
async fn p4_an_update_before_its_create_counts_as_one_while_the_post_is_young() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let update = |number: u32, hours_ago: u64, updated: i64, text: &str| {
        let published = NOW.minus(std::time::Duration::from_secs(hours_ago * 3600));
        let updated = crate::clock::Time(NOW.0 + updated).rfc3339();
        let note = create(number, &json!({"content": text, "published": published.rfc3339(), "updated": updated}));
        about("Update", &format!("u/{number}/{updated}"), BOB, &note["object"])
    };
    assert!(from(&app, BOB, update(1, 23, 10, "<p>new</p>")).await.starts_with("stored"));
    assert_eq!(from(&app, BOB, create(1, &json!({}))).await, "known already");
    assert_eq!(from(&app, BOB, update(2, 25, 10, "<p>new</p>")).await, "ignored: a post that we do not hold");
    assert_eq!(from(&app, BOB, update(1, 23, 5, "<p>old</p>")).await, "ignored: not newer than what we hold");
    assert_eq!(from(&app, BOB, update(1, 23, 20, "<p>newer</p>")).await, "edited");
    assert_eq!(held(&app, "https://b.example/notes/1").await.expect("held").content, "<p>newer</p>");
}

#[tokio::test]
async fn p5_an_undo_is_matched_by_id_or_by_who_and_what() {
    let (_folder, app) = world().await;
    ours(&app).await;
    alice_follows_bob(&app).await;
    for (verb, object) in [("Like", OURS), ("Announce", OURS), ("Block", ALICE), ("Follow", ALICE)] {
        let deed = |n: u32| about(verb, &format!("p5/{verb}/{n}"), BOB, &json!(object));
        let without_id = json!({"type": verb, "actor": BOB, "object": object});
        let other_id = json!({"id": "https://b.example/p5/never", "type": verb, "actor": BOB, "object": object});
        for (n, named, expected) in [
            (1, deed(1)["id"].clone(), "undone"),
            (2, deed(2), "undone"),
            (3, without_id, "undone"),
            (4, other_id, if verb == "Follow" { "undone" } else { "not here; remembered as undone" }),
        ] {
            let done = from(&app, BOB, deed(n)).await;
            assert!(!done.starts_with("ignored"), "{verb} {n}: {done}");
            let eve = "https://b.example/users/eve";
            from(&app, eve, about("Undo", &format!("p5/eve/{verb}/{n}"), eve, &deed(n)["id"])).await;
            let undone = from(&app, BOB, about("Undo", &format!("p5/undo/{verb}/{n}"), BOB, &named)).await;
            assert_eq!(undone, expected, "{verb} {named}");
        }
        from(&app, BOB, about("Undo", &format!("p5/undo/{verb}/5"), BOB, &deed(4)["id"])).await;
    }
    assert_eq!(followers(&app).await, 0);
}

#[tokio::test]
async fn p9_what_continues_a_thread_of_ours_is_wanted() {
    let (_folder, app) = world().await;
    let write = app.store.write(|tx| {
        let mut own = status(77, AccountId(1), true, "Hello");
        (own.uri, own.conversation) = (OURS.into(), Some("https://here.example/contexts/77".into()));
        statuses::insert(tx, &own)?;
        let mut theirs = status(78, AccountId(3), false, "An answer");
        (theirs.uri, theirs.conversation) = ("https://b.example/notes/78".into(), own.conversation.clone());
        statuses::insert(tx, &theirs)?;
        let mut apart = status(79, AccountId(3), false, "Elsewhere");
        apart.uri = "https://b.example/notes/79".into();
        statuses::insert(tx, &apart)
    });
    write.await.expect("writes");
    let deep = from(&app, BOB, create(80, &json!({"inReplyTo": "https://b.example/notes/78"}))).await;
    assert!(deep.starts_with("stored"), "{deep}");
    // To say so oneself is not enough.
    for extra in
        [json!({"inReplyTo": "https://b.example/notes/79"}), json!({"context": "https://here.example/contexts/77"})]
    {
        let told = from(&app, BOB, create(81, &extra)).await;
        assert_eq!(told, "ignored: nobody here has to do with it", "{extra}");
    }
}

#[tokio::test]
async fn j13_what_arrives_is_cleaned_and_names_are_text() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let evil = "<p onclick=\"x()\">Hi<script>alert(1)</script><img src=x onerror=y><a href=\"javascript:z\">l</a></p>";
    let file =
        json!({"type": "Document", "mediaType": "image/png", "url": "https://b.example/1.png", "name": "<b>cat</b>"});
    let post = create(13, &json!({"content": evil, "summary": "<i>warn</i>", "attachment": [file]}));
    assert!(from(&app, BOB, post).await.starts_with("stored"));
    let kept = held(&app, "https://b.example/notes/13").await.expect("is held");
    for bad in ["script", "onclick", "onerror", "javascript", "<img"] {
        assert!(!kept.content.contains(bad), "{bad}: {}", kept.content);
    }
    assert!(kept.content.contains("Hi"), "{}", kept.content);
    assert_eq!(kept.spoiler_text, "<i>warn</i>", "text, not HTML: it is escaped where it is shown");
    let id = kept.id;
    let media = app.store.read(move |db| crate::store::media::of_status(db, id)).await.expect("reads");
    assert_eq!(media[0].description.as_deref(), Some("<b>cat</b>"));
}

pub(super) fn follow_row() -> Follow {
    Follow {
        id: FollowId(9),
        account_id: AccountId(1),
        target_id: AccountId(2),
        uri: format!("{ALICE}#follows/9"),
        accepted: true,
        show_reblogs: true,
        notify: true,
        languages: None,
        created_at: NOW,
    }
}

pub(super) async fn alice_follows(app: &App, target: AccountId) {
    let follow = Follow { id: FollowId(10), target_id: target, uri: format!("{ALICE}#follows/10"), ..follow_row() };
    app.store.write(move |tx| follows::insert(tx, &follow)).await.expect("writes");
}

#[tokio::test]
async fn a11_a_handle_of_another_domain_needs_the_word_of_both() {
    let id = "https://d.example/users/dan";
    let asked = |domain: &str| format!("https://{domain}/.well-known/webfinger?resource=acct%3Adan%40{domain}");
    let jrd = |subject: &str, href: &str| {
        json!({"subject": format!("acct:{subject}"),
        "links": [{"rel": "self", "type": "application/activity+json", "href": href}]})
    };
    let person = |claims: Option<&str>| {
        json!({"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Person",
        "preferredUsername": "dan", "inbox": "https://d.example/inbox", "webfinger": claims})
    };
    let (own, big) = (asked("d.example"), asked("big.example"));
    for (claims, answers, expected) in [
        (None, vec![], "d.example"),
        (Some("dan@big.example"), vec![(big.clone(), jrd("dan@big.example", id))], "big.example"),
        // Somebody else has that name there.
        (
            Some("dan@big.example"),
            vec![(big.clone(), jrd("dan@big.example", "https://big.example/users/dan"))],
            "d.example",
        ),
        (Some("dan@big.example"), vec![], "d.example"),
        // Not even the own server can give a name of another.
        (None, vec![(own.clone(), jrd("dan@big.example", id))], "d.example"),
        (None, vec![(own, jrd("dan@big.example", id)), (big, jrd("dan@big.example", id))], "big.example"),
    ] {
        let shown = format!("{claims:?} {answers:?}");
        let (_folder, app) = super::quotes::street(answers).await;
        let dan = crate::actions::fetch::store_actor(&app, &person(claims), &mut Default::default())
            .await
            .expect("is taken in");
        assert_eq!(dan.domain.as_deref(), Some(expected), "{shown}");
    }
}
