//! Groups (FEP-1b12): what they pass on, and answers in them. Rule R12.

use super::rules::{PUBLIC, alice_follows, held};
use super::*;

#[tokio::test]
async fn r12_a_group_passes_threads_on_as_boosts_and_answers_quietly_and_votes_not_at_all() {
    let (_folder, app) = groups_world().await;
    let group = "https://c.example/c/garden";
    let pass = |n: u32, inner: Value| {
        json!({"id": format!("https://c.example/announce/{n}"), "type": "Announce", "actor": group, "to": [PUBLIC],
            "cc": [format!("{group}/followers")], "object": inner})
    };
    let inner = |verb: &str, object: &Value| json!({"id": format!("https://b.example/{verb}"), "type": verb, "actor": BOB, "object": object});
    // The body that the group sends along says something else than the origin: it does not count.
    let forged = json!({"id": PAGE, "type": "Page", "attributedTo": BOB, "name": "Forged", "content": "forged"});
    assert_eq!(from(&app, group, pass(1, inner("Create", &forged))).await, "boosted");
    let page = held(&app, PAGE).await.expect("is held");
    assert!(page.content.contains("Roses") && !page.content.contains("orged"), "{}", page.content);
    assert_eq!((home(&app).await, page.reblogs_count), (1, 1));
    assert_eq!(from(&app, group, pass(2, inner("Create", &forged))).await, "boosted", "twice is once");
    assert_eq!(home(&app).await, 1);
    let answer = json!({"id": ANSWER, "type": "Note", "attributedTo": BOB, "inReplyTo": PAGE, "content": "x"});
    let told = from(&app, group, pass(3, inner("Create", &answer))).await;
    assert!(told.starts_with("stored"), "{told}");
    assert_eq!(held(&app, ANSWER).await.expect("is held").in_reply_to_id, Some(page.id));
    assert_eq!(home(&app).await, 1, "answers do not fill homes");
    let lost = json!({"id": "https://b.example/notes/99", "type": "Note", "attributedTo": BOB, "inReplyTo": "https://b.example/notes/98"});
    assert_eq!(from(&app, group, pass(4, inner("Create", &lost))).await, "ignored: it answers what we do not hold");
    for verb in ["Like", "Dislike", "Undo", "Add", "Block"] {
        let told = from(&app, group, pass(5, inner(verb, &json!(PAGE)))).await;
        assert_eq!(told, "ignored: what strangers do in a group, save posts", "{verb}");
    }
    // A Delete counts only when the origin confirms it.
    assert_eq!(from(&app, group, pass(6, inner("Delete", &json!(PAGE)))).await, "ignored: its origin still has it");
    let eve = "https://b.example/users/eve";
    let mut person = pass(7, inner("Create", &forged));
    (person["actor"], person["id"]) = (json!(eve), json!("https://b.example/announce/7"));
    assert_eq!(from(&app, eve, person).await, "ignored: only groups pass activities on");
}

#[tokio::test]
async fn r12_answers_in_a_group_name_it_and_are_sent_to_it() {
    let (_folder, app) = groups_world().await;
    let group = "https://c.example/c/garden";
    let page = json!({"id": PAGE, "type": "Page", "attributedTo": BOB});
    let pass = json!({"id": "https://c.example/announce/1", "type": "Announce", "actor": group, "to": [PUBLIC],
        "object": {"id": "https://b.example/create", "type": "Create", "actor": BOB, "object": page}});
    from(&app, group, pass).await;
    let parent = held(&app, PAGE).await.expect("is held").id;
    let alice = app.store.read(|db| accounts::by_id(db, AccountId(1))).await.expect("reads").expect("alice");
    let draft = crate::actions::post::Draft { text: "Nice".into(), in_reply_to: Some(parent), ..Default::default() };
    let answer = crate::actions::post::create(&app, &alice, draft).await.expect("answers");
    let (payload, inboxes): (String, Vec<String>) = app
        .store
        .read(|db| {
            let payload = db.query_row("SELECT payload FROM activities WHERE kind = 'Create'", [], |row| row.get(0))?;
            let mut statement = db.prepare_cached("SELECT inbox FROM deliveries ORDER BY inbox")?;
            let inboxes = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok((payload, inboxes))
        })
        .await
        .expect("reads");
    let create: Value = serde_json::from_str(&payload).expect("JSON");
    assert_eq!(create["object"]["id"], answer.uri);
    assert_eq!(create["object"]["audience"], group);
    assert!(create["cc"].as_array().expect("a list").contains(&json!(group)), "{create}");
    assert!(inboxes.contains(&format!("{group}/inbox")), "{inboxes:?}");
}

const PAGE: &str = "https://b.example/post/1";
const ANSWER: &str = "https://b.example/comment/1";

/// alice follows a group; what it passes on can be had at its origin.
async fn groups_world() -> (tempfile::TempDir, App) {
    let group = "https://c.example/c/garden";
    let context = "https://www.w3.org/ns/activitystreams";
    let page = json!({"@context": context, "id": PAGE, "type": "Page", "attributedTo": BOB, "name": "Roses",
        "to": [group, PUBLIC], "audience": group, "published": NOW.rfc3339()});
    let answer = json!({"@context": context, "id": ANSWER, "type": "Note", "attributedTo": BOB, "inReplyTo": PAGE,
        "content": "<p>Yes</p>", "to": [PUBLIC], "cc": [group], "audience": group, "published": NOW.rfc3339()});
    let (folder, app) = super::quotes::street(vec![(PAGE.into(), page), (ANSWER.into(), answer)]).await;
    let write = app.store.write(move |tx| {
        let bare = testing::account(tx, 5, "garden", Some("c.example"));
        let account = accounts::Account {
            uri: group.into(),
            inbox: format!("{group}/inbox"),
            kind: "Group".into(),
            id: AccountId(6),
            username: "thegarden".into(),
            fetched_at: Some(NOW),
            ..bare
        };
        accounts::upsert(tx, &account)?;
        // Of bob's posts she is to hear by the group alone.
        follows::between(tx, AccountId(1), AccountId(2))?.map_or(Ok(()), |follow| follows::delete(tx, &follow))
    });
    write.await.expect("writes");
    alice_follows(&app, AccountId(6)).await;
    (folder, app)
}
