//! The numbered rules about polls, reactions, pins, blocks, leave and letters, each by its id.

use super::rules::{OURS, PUBLIC, about, held, ours};
use super::*;
use crate::store::{blocks, favourites, featured_tags, mentions, pins};

#[tokio::test]
async fn r1_a_vote_counts_once_for_an_option_of_an_open_poll_of_ours() {
    use crate::store::polls::{self, Choice, Poll};
    let (_folder, app) = world().await;
    ours(&app).await;
    let poll = Poll {
        id: crate::ids::PollId(5),
        status_id: crate::ids::StatusId(77),
        multiple: false,
        hide_totals: false,
        expires_at: Some(NOW.plus(std::time::Duration::from_secs(60))),
        voters_count: Some(0),
        options: ["tea", "coffee"].map(|title| Choice { title: title.into(), votes: 0 }).into(),
        ended: false,
        fetched_at: None,
    };
    app.store.write(move |tx| polls::insert(tx, &poll)).await.expect("writes");
    let vote = |n: u32, name: &str| {
        json!({"id": format!("https://b.example/v/{n}"), "type": "Create", "actor": BOB, "object": {
            "id": format!("https://b.example/v/{n}#note"), "type": "Note", "name": name, "attributedTo": BOB,
            "inReplyTo": OURS, "to": [ALICE]}})
    };
    for (n, name, expected) in [
        (1, "water", "ignored: a vote for what is no option"),
        (2, "tea", "voted"),
        (3, "tea", "ignored: the first vote counts"),
        (4, "coffee", "ignored: the first vote counts"),
    ] {
        assert_eq!(from(&app, BOB, vote(n, name)).await, expected, "{name}");
    }
    app.clock.advance(std::time::Duration::from_secs(61));
    let eve = "https://b.example/users/eve";
    let mut late = vote(5, "tea");
    (late["actor"], late["object"]["attributedTo"]) = (json!(eve), json!(eve));
    assert_eq!(from(&app, eve, late).await, "ignored: the poll is over");
    let votes =
        app.store.read(|db| polls::of_status(db, crate::ids::StatusId(77))).await.expect("reads").expect("a poll");
    assert_eq!(votes.options.iter().map(|option| option.votes).collect::<Vec<_>>(), [1, 0]);
    assert!(held(&app, "https://b.example/v/2#note").await.is_none(), "a vote is no post");
}

#[tokio::test]
async fn r3_reactions_come_as_emoji_react_and_as_like_with_content() {
    let (_folder, app) = world().await;
    ours(&app).await;
    let custom =
        json!([{"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": "https://b.example/blob.png"}}]);
    for (n, verb, extra, expected) in [
        (1, "EmojiReact", json!({"content": "🍵"}), "reacted"),
        (2, "Like", json!({"content": "🍮"}), "reacted"),
        (3, "Like", json!({"_misskey_reaction": "👍"}), "reacted"),
        (4, "EmojiReact", json!({"content": ":blob:", "tag": custom}), "reacted"),
        (5, "Like", json!({"content": ":blob:", "tag": custom}), "reacted"),
        (6, "EmojiReact", json!({"content": "no emoji"}), "ignored: not an emoji that we can show"),
        (7, "EmojiReact", json!({}), "ignored: not an emoji that we can show"),
        (8, "Like", json!({"content": "no emoji"}), "favourited"),
    ] {
        let mut deed = about(verb, &format!("r3/{n}"), BOB, &json!(OURS));
        for (key, value) in extra.as_object().expect("an object") {
            deed[key] = value.clone();
        }
        assert_eq!(from(&app, BOB, deed).await, expected, "{verb} {extra}");
    }
    let names = async || {
        let all = app.store.read(|db| crate::store::reactions::of_statuses(db, &[crate::ids::StatusId(77)])).await;
        all.expect("reads").into_iter().map(|reaction| reaction.name).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["🍵", "🍮", "👍", "blob@b.example"], "several by one, each once");
    from(&app, BOB, about("Undo", "r3/u", BOB, &json!("https://b.example/r3/2"))).await;
    assert_eq!(names().await, ["🍵", "👍", "blob@b.example"], "taken back by id");
}

#[tokio::test]
async fn r8_pins_and_featured_hashtags_change_only_in_their_own_collection() {
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let featured = "https://b.example/users/bob/collections/featured";
    app.store
        .write(move |tx| {
            let bob = accounts::by_id(tx, AccountId(2))?.expect("bob");
            accounts::upsert(tx, &accounts::Account { featured_uri: Some(featured.into()), ..bob })
        })
        .await
        .expect("writes");
    from(&app, BOB, create(1, &json!({}))).await;
    let change = |verb: &str, object: Value, target: &str| json!({"type": verb, "actor": BOB, "object": object, "target": target});
    let (note, tag) = (
        json!("https://b.example/notes/1"),
        json!({"type": "Hashtag", "name": "#長屋", "href": "https://b.example/tags/x"}),
    );
    let state = async || {
        let read = app.store.read(|db| {
            let tags = featured_tags::of(db, AccountId(2))?.into_iter().map(|tag| tag.tag.name).collect::<Vec<_>>();
            Ok((pins::of(db, AccountId(2), 10)?.len(), tags))
        });
        read.await.expect("reads")
    };
    for (verb, object, target, expected) in [
        (
            "Add",
            &note,
            "https://b.example/users/eve/collections/featured",
            "ignored: not their collection of pinned posts",
        ),
        ("Add", &note, featured, "pinned"),
        ("Add", &tag, featured, "featured hashtags changed"),
        ("Add", &tag, featured, "ignored: too many, or known already"),
    ] {
        assert_eq!(from(&app, BOB, change(verb, object.clone(), target)).await, expected, "{verb} {object}");
    }
    assert_eq!(state().await, (1, vec!["長屋".to_owned()]));
    from(&app, BOB, change("Remove", note, featured)).await;
    from(&app, BOB, change("Remove", tag, featured)).await;
    assert_eq!(state().await, (0, vec![]));
}

#[tokio::test]
async fn r9_a_block_from_elsewhere_ends_follows_both_ways_and_hides() {
    let (_folder, app) = world().await;
    ours(&app).await;
    alice_follows_bob(&app).await;
    from(&app, BOB, create(1, &json!({}))).await;
    from(&app, BOB, about("Follow", "f/1", BOB, &json!(ALICE))).await;
    assert_eq!((home(&app).await, followers(&app).await), (1, 1));
    let block = about("Block", "b/1", BOB, &json!(ALICE));
    assert_eq!(from(&app, BOB, block.clone()).await, "blocked");
    assert_eq!(from(&app, BOB, block.clone()).await, "blocked", "a repeat changes nothing");
    assert_eq!((home(&app).await, followers(&app).await), (0, 0));
    let note = held(&app, "https://b.example/notes/1").await.expect("is kept for others");
    let sees = async || {
        app.store
            .read({
                let note = note.clone();
                move |db| statuses::may_see(db, &note, Some(AccountId(1)))
            })
            .await
            .expect("reads")
    };
    assert!(!sees().await, "hidden from alice");
    let undo = from(&app, BOB, about("Undo", "b/1/undo", BOB, &block)).await;
    assert_eq!(undo, "undone");
    assert!(sees().await);
    let follow = app.store.read(|db| follows::between(db, AccountId(1), AccountId(2))).await.expect("reads");
    assert_eq!(follow, None, "what was severed stays so");
    assert!(!app.store.read(|db| blocks::exists(db, AccountId(2), AccountId(1))).await.expect("reads"));
}

#[tokio::test]
async fn r5_a_request_for_leave_is_carried_out_and_answered_with_a_proof() {
    let (_folder, app) = world().await;
    ours(&app).await;
    let inner = |verb: &str| about(verb, &format!("r5/{verb}"), BOB, &json!(OURS));
    let note = create(55, &json!({"inReplyTo": OURS}))["object"].clone();
    for (verb, instrument) in
        [("LikeRequest", inner("Like")), ("AnnounceRequest", inner("Announce")), ("ReplyRequest", note)]
    {
        let mut request = about(verb, &format!("r5/request/{verb}"), BOB, &json!(OURS));
        request["instrument"] = instrument.clone();
        let told = from(&app, BOB, request.clone()).await;
        assert!(told.starts_with("answered") && !told.contains("ignored"), "{verb}: {told}");
        // Nobody asks with the deed of somebody else.
        let eve = "https://b.example/users/eve";
        request["actor"] = json!(eve);
        request["id"] = json!(format!("https://b.example/r5/eve/{verb}"));
        let told = from(&app, eve, request).await;
        assert_eq!(told, "answered: not allowed", "{verb}");
    }
    let after = held(&app, OURS).await.expect("ours");
    assert_eq!((after.favourites_count, after.reblogs_count, after.replies_count), (1, 1, 1));
    let answers: Vec<Value> = app
        .store
        .read(|db| {
            let mut statement =
                db.prepare_cached("SELECT payload FROM activities WHERE kind = 'Accept' ORDER BY id")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            Ok(rows.map(|row| serde_json::from_str(&row.expect("text")).expect("JSON")).collect())
        })
        .await
        .expect("reads");
    let first = &answers[0];
    assert_eq!(first["object"]["id"], "https://b.example/r5/request/LikeRequest");
    let stamp = first["result"].as_str().expect("a proof");
    assert!(stamp.starts_with(&format!("{ALICE}/interaction_authorizations/")), "{stamp}");
}

#[tokio::test]
async fn r5_what_an_author_restricts_is_asked_for_or_refused() {
    use crate::actions::{favourite, reblog};
    use crate::store::interactions::{self, State};
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    let policy = |can: Value| json!({"interactionPolicy": can});
    let ask = json!({"automaticApproval": [BOB], "manualApproval": [PUBLIC]});
    let never = json!({"always": [BOB]});
    from(&app, BOB, create(1, &policy(json!({"canLike": ask, "canAnnounce": ask, "canReply": ask})))).await;
    from(&app, BOB, create(2, &policy(json!({"canLike": never, "canAnnounce": never, "canReply": never})))).await;
    let id = async |n: u32| held(&app, &format!("https://b.example/notes/{n}")).await.expect("is held").id;
    let alice = app.store.read(|db| accounts::by_id(db, AccountId(1))).await.expect("reads").expect("alice");
    favourite::add(&app, &alice, id(2).await).await.expect_err("denied");
    reblog::add(&app, &alice, id(2).await, None).await.expect_err("denied");
    favourite::add(&app, &alice, id(1).await).await.expect("asks");
    reblog::add(&app, &alice, id(1).await, None).await.expect("asks");
    let sent: Vec<(String, String)> = app
        .store
        .read(|db| {
            let mut statement = db.prepare_cached("SELECT kind, payload FROM activities ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .expect("reads");
    let kinds: Vec<&str> = sent.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["LikeRequest", "AnnounceRequest"], "and nothing else went out");
    let requests: Vec<Value> = sent.iter().map(|(_, payload)| serde_json::from_str(payload).expect("JSON")).collect();
    assert_eq!(requests[0]["instrument"]["type"], "Like");
    // Only the author's word counts, by the id of the request or of what it was about.
    let eve = "https://b.example/users/eve";
    let answer = |verb: &str, who: &str, object: &Value| json!({"id": format!("https://b.example/answers/{verb}"), "type": verb, "actor": who, "object": object, "result": "https://b.example/proofs/1"});
    let told = from(&app, eve, answer("Accept", eve, &requests[0]["id"])).await;
    assert_eq!(told, "ignored: not theirs to allow");
    assert_eq!(from(&app, BOB, answer("Accept", BOB, &requests[1]["id"])).await, "they agree");
    assert_eq!(from(&app, BOB, answer("Reject", BOB, &requests[0]["instrument"]["id"])).await, "they do not agree");
    let like = requests[0]["instrument"]["id"].as_str().expect("an id").to_owned();
    let boost = requests[1]["instrument"]["id"].as_str().expect("an id").to_owned();
    let (liked, request) = app
        .store
        .read(move |db| Ok((favourites::by_uri(db, &like)?, interactions::about(db, &boost)?)))
        .await
        .expect("reads");
    assert_eq!(liked, None, "a refused favourite is taken back");
    let request = request.expect("is remembered");
    assert_eq!((request.state, request.stamp.as_deref()), (State::Accepted, Some("https://b.example/proofs/1")));
}

#[tokio::test]
async fn q4_a_chat_message_is_a_letter_that_names_its_reader() {
    let (_folder, app) = world().await;
    let message = json!({"id": "https://b.example/chats/1", "type": "ChatMessage", "actor": BOB, "to": [ALICE],
        "content": "psst", "published": NOW.rfc3339()});
    let told = from(&app, BOB, json!({"id": "https://b.example/chats/1/create", "type": "Create", "actor": BOB, "to": [ALICE], "object": message})).await;
    assert!(told.starts_with("stored"), "{told}");
    let kept = held(&app, "https://b.example/chats/1").await.expect("is held");
    assert_eq!(kept.visibility, Visibility::Direct);
    let id = kept.id;
    let named = app.store.read(move |db| mentions::of(db, id)).await.expect("reads");
    assert_eq!(named, [(AccountId(1), false)]);
}

#[tokio::test]
async fn r9_what_a_blocked_server_wrote_is_hidden_for_thirty_days_and_then_goes() {
    use crate::actions::border::{self, Changes};
    use crate::store::domain_blocks::Severity;
    let (_folder, app) = world().await;
    alice_follows_bob(&app).await;
    from(&app, BOB, create(1, &json!({}))).await;
    let severity = |severity| Changes { severity: Some(severity), ..Changes::default() };
    border::block(&app, "b.example", severity(Severity::Suspend)).await.expect("blocks");
    let note = async || held(&app, "https://b.example/notes/1").await;
    let hidden = note().await.expect("is kept");
    let visible = app.store.read(move |db| statuses::may_see(db, &hidden, Some(AccountId(1)))).await.expect("reads");
    assert!(!visible);
    app.clock.advance(std::time::Duration::from_secs(29 * 86_400));
    border::purge(&app).await.expect("runs");
    assert!(note().await.is_some(), "it could still be taken back");
    app.clock.advance(std::time::Duration::from_secs(2 * 86_400));
    assert_eq!(border::purge(&app).await.expect("runs"), 2, "bob and eve");
    assert!(note().await.is_none());
    assert!(app.store.read(|db| accounts::by_uri(db, BOB)).await.expect("reads").is_none());
}

#[tokio::test]
async fn r8_pinned_posts_are_read_when_the_first_follow_is_accepted() {
    let carol = "https://c.example/users/carol";
    let featured = "https://c.example/users/carol/collections/featured";
    let context = "https://www.w3.org/ns/activitystreams";
    let note = |n: u32, author: &str| {
        json!({"@context": context, "id": format!("https://c.example/notes/{n}"), "type": "Note", "attributedTo": author,
            "content": format!("<p>{n}</p>"), "to": [PUBLIC], "published": NOW.rfc3339()})
    };
    let collection = json!({"@context": context, "id": featured, "type": "OrderedCollection", "orderedItems": [
        note(11, carol), "https://c.example/notes/12", note(13, "https://c.example/users/dan"), "https://d.example/notes/14", 7, null]});
    let documents = vec![(featured.to_owned(), collection), ("https://c.example/notes/12".to_owned(), note(12, carol))];
    let (_folder, app) = super::quotes::street(documents).await;
    let asked = Follow {
        id: FollowId(12),
        target_id: AccountId(4),
        uri: format!("{ALICE}#follows/12"),
        accepted: false,
        ..super::rules::follow_row()
    };
    let write = app.store.write(move |tx| {
        let row = accounts::by_id(tx, AccountId(4))?.expect("carol");
        accounts::upsert(tx, &accounts::Account { featured_uri: Some(featured.into()), ..row })?;
        follows::insert(tx, &asked)
    });
    write.await.expect("writes");
    let accept = json!({"id": "https://c.example/a/1", "type": "Accept", "actor": carol, "object": format!("{ALICE}#follows/12")});
    assert_eq!(from(&app, carol, accept).await, "the follow is accepted");
    let pinned = app.store.read(|db| pins::of(db, AccountId(4), 10)).await.expect("reads");
    let pinned: Vec<&str> = pinned.iter().map(|status| status.uri.as_str()).collect();
    assert_eq!(pinned, ["https://c.example/notes/11", "https://c.example/notes/12"], "hers, whole or named, in order");
}
