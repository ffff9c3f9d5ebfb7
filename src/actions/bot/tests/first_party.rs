//! The bots that come with the server, from what people do to what they see.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::actions::fetch::Budget;
use crate::actions::{block, follow, receive};
use crate::outbound::Response;
use crate::store::{custom_emojis, follows, users};

/// Address, media type and bytes.
type Pages = Vec<(String, &'static str, Vec<u8>)>;

/// A network in which addresses hold these bytes.
fn network(pages: Arc<Mutex<Pages>>) -> Outbound {
    Outbound::fake(Arc::new(move |hop| {
        let pages = pages.lock().expect("no panic").clone();
        Box::pin(async move {
            let found = pages.into_iter().find(|(address, ..)| *address == hop.url.as_str());
            let (status, kind, body) =
                found.map_or((404, "text/plain", Vec::new()), |(_, kind, body)| (200, kind, body));
            let headers = vec![("content-type".to_owned(), kind.to_owned())];
            Ok(Response { status, url: hop.url, headers, body: Bytes::from(body) })
        })
    }))
}

#[tokio::test]
async fn a_bot_has_an_account_of_type_service_with_its_owner() {
    let (_folder, app, alice) = world().await;
    let people = app.store.read(users::count).await.expect("reads");
    let (manifest, _) = manage::install(&app, built("reminder"), true).await.expect("installs");
    assert_eq!(
        app.store.read(users::count).await.expect("reads"),
        people,
        "or one's own server would lose its front page"
    );
    let me = account_of(&app, &manifest.id).await;
    assert_eq!((me.kind.as_str(), me.username.as_str(), me.is_local()), ("Service", "reminder", true));
    assert!(me.fields[0].name.contains("Owner") && me.fields[0].value.contains(&alice.url), "{:?}", me.fields);
    assert!(me.note.contains("Reminds people") && me.note.contains("思い出させます"), "{}", me.note);
    let password = crate::actions::password::verify("-", "");
    assert!(!password, "nobody signs in as a bot");
    manage::uninstall(&app, "reminder", false).await.expect("goes");
    manage::install(&app, built("reminder"), true).await.expect("installs");
    assert_eq!(account_of(&app, &manifest.id).await.id, me.id, "it keeps its account");
    // Somebody is called welcome already.
    crate::app::tests::local_account(&app, "welcome", "member").await;
    let (manifest, _) = manage::install(&app, built("welcome"), true).await.expect("installs");
    assert_eq!(account_of(&app, &manifest.id).await.username, "welcome_bot");
}

#[tokio::test]
async fn reminder_reminds_in_time_and_in_private() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, built("reminder"), none()).await;
    say(&app, &alice, "@reminder in 2 hours: water the plants").await;
    tell(&app, &alice, "@reminder 3時間後 お茶").await;
    settle(&app).await;
    let noted = texts(&app, me.id).await;
    assert!(noted.len() == 2 && noted.iter().all(|text| text.contains("I will remind you")), "{noted:?}");
    app.clock.advance(Duration::from_secs(7_199));
    settle(&app).await;
    assert_eq!(posts(&app, me.id).await.len(), 2);
    app.clock.advance(Duration::from_secs(1));
    settle(&app).await;
    app.clock.advance(Duration::from_secs(3_600));
    settle(&app).await;
    let all = posts(&app, me.id).await;
    let [first, second] = &all[2..] else { panic!("two reminders: {all:?}") };
    assert!(first.text.contains("@alice") && first.text.contains("⏰ water the plants"), "{}", first.text);
    assert_eq!((first.visibility, second.visibility), (Visibility::Unlisted, Visibility::Direct));
    assert!(second.text.contains("お茶") && second.in_reply_to_id.is_some(), "{}", second.text);
    let told = "SELECT count(*) FROM notifications WHERE kind = 'mention'";
    assert_eq!(count(&app, told).await, 4, "Alice is told of all of them");
}

#[tokio::test]
async fn welcome_greets_once_and_follows_back() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, built("welcome"), none()).await;
    for _ in 0..2 {
        follow::add(&app, &alice, me.id, follow::Options::default()).await.expect("follows");
        settle(&app).await;
        follow::remove(&app, &alice, me.id).await.expect("leaves");
        settle(&app).await;
    }
    let said = texts(&app, me.id).await;
    assert!(said.len() == 1 && said[0].contains("Welcome, ALICE!"), "{said:?}");
    let back = app.store.read(move |db| follows::between(db, me.id, alice.id)).await.expect("reads");
    assert!(back.is_some_and(|follow| follow.accepted));
}

#[tokio::test]
async fn poll_asks_counts_and_tells() {
    let (_folder, app, alice) = world().await;
    let bob = crate::app::tests::local_account(&app, "bob", "member").await;
    let me = start(&app, built("poll"), none()).await;
    say(&app, &alice, "@poll Soup or salad? soup / salad").await;
    settle(&app).await;
    let asked = posts(&app, me.id).await.remove(0);
    assert!(asked.text.contains("1. soup") && asked.visibility == Visibility::Public, "{}", asked.text);
    answer(&app, &alice, &asked, "@poll 1").await;
    answer(&app, &bob, &asked, "@poll 2").await;
    settle(&app).await;
    answer(&app, &bob, &asked, "@poll 1").await;
    settle(&app).await;
    app.clock.advance(Duration::from_secs(24 * 3_600));
    settle(&app).await;
    let all = posts(&app, me.id).await;
    assert_eq!(all.len(), 2);
    assert!(all[1].text.contains("soup: 2") && all[1].text.contains("salad: 0"), "{}", all[1].text);
    assert_eq!(all[1].in_reply_to_id, Some(asked.id));
}

#[tokio::test]
async fn auto_answer_answers_what_it_knows() {
    let (_folder, app, alice) = world().await;
    let settings = json!({"answers": ["opening hours => From 9 to 5.", "営業時間 => 9時から5時まで"]});
    let me = start(&app, built("auto-answer"), settings).await;
    say(&app, &alice, "@auto_answer What are your OPENING HOURS?").await;
    let asked = tell(&app, &alice, "@auto_answer 営業時間は？").await;
    say(&app, &alice, "@auto_answer How are you?").await;
    settle(&app).await;
    let said = posts(&app, me.id).await;
    assert_eq!(said.len(), 2);
    assert!(said[0].text.contains("From 9 to 5."), "{}", said[0].text);
    assert_eq!((said[1].visibility, said[1].in_reply_to_id), (Visibility::Direct, Some(asked.id)));
}

#[tokio::test]
async fn rss_posts_what_is_new_and_makes_up_for_a_night_once() {
    let pages = Arc::new(Mutex::new(Vec::new()));
    let (_folder, app, _alice) = world_with(network(pages.clone())).await;
    let entry = |number: u32| {
        format!(
            "<entry><id>urn:{number}</id><title>Entry {number}</title><link href=\"https://blog.rust-lang.org/{number}\"/></entry>"
        )
    };
    let feed = |numbers: &[u32]| {
        let entries: String = numbers.iter().map(|number| entry(*number)).collect();
        let text = format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Rust</title>{entries}</feed>");
        vec![("https://blog.rust-lang.org/feed.xml".to_owned(), "application/atom+xml", text.into_bytes())]
    };
    *pages.lock().expect("no panic") = feed(&[2, 1]);
    let me = start(&app, built("rss"), json!({"feeds": ["https://blog.rust-lang.org/feed.xml"]})).await;
    settle(&app).await;
    assert_eq!(posts(&app, me.id).await.len(), 0, "not before its time");
    // A quarter of an hour and the jitter.
    app.clock.advance(Duration::from_secs(17 * 60));
    settle(&app).await;
    let said = texts(&app, me.id).await;
    assert!(said.len() == 1 && said[0].contains("Entry 2"), "only the newest of a new feed: {said:?}");
    *pages.lock().expect("no panic") = feed(&[4, 3, 2, 1]);
    // The machine sleeps through a night.
    let calls = app.plugins.book("org.nagaya.rss").costs().calls;
    app.clock.advance(Duration::from_secs(10 * 3_600));
    settle(&app).await;
    let said = texts(&app, me.id).await;
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[1].contains("Entry 3") && said[2].contains("https://blog.rust-lang.org/4"), "{said:?}");
    assert_eq!(app.plugins.book("org.nagaya.rss").costs().calls, calls + 1, "what was missed comes once");
}

#[tokio::test]
async fn block_notice_tells_those_who_wrote_to_it() {
    let (_folder, app, alice) = world().await;
    let bob = crate::app::tests::local_account(&app, "bob", "member").await;
    let me = start(&app, built("block-notice"), none()).await;
    say(&app, &alice, "@block_notice Please tell me").await;
    block::add(&app, &bob, alice.id).await.expect("blocks");
    block::remove(&app, &bob, alice.id).await.expect("forgives");
    settle(&app).await;
    let said = posts(&app, me.id).await;
    assert_eq!(said.len(), 2);
    assert!(said[0].text.contains("bob@here.example has blocked @alice@here.example"), "{}", said[0].text);
    assert!(said[1].text.contains("unblocked") && said[1].visibility == Visibility::Direct, "{}", said[1].text);
}

/// Carol on another server mentions a bot.
async fn carol_says(app: &App, number: u32, to: &Account, content: &str, tag: Value) -> Account {
    let carol = app.store.write(|tx| Ok(testing::account(tx, 7, "carol", Some("peer.example")))).await.expect("writes");
    let uri = format!("https://peer.example/notes/{number}");
    let mut tags = vec![json!({"type": "Mention", "href": to.uri, "name": "@bot"})];
    tags.extend(Some(tag).filter(|tag| !tag.is_null()));
    let object = json!({
        "id": uri, "type": "Note", "attributedTo": carol.uri, "content": content, "tag": tags,
        "to": ["https://www.w3.org/ns/activitystreams#Public", to.uri], "published": "2026-08-07T14:00:00Z",
    });
    let said = receive::delivered(app, &object, carol.clone(), None, &mut Budget::default()).await;
    said.expect("is taken in");
    carol
}

#[tokio::test]
async fn follow_bot_follows_whom_it_sees_once() {
    let (_folder, app, _alice) = world().await;
    let me = start(&app, built("follow-bot"), none()).await;
    let carol = carol_says(&app, 1, &me, "<p>Hello</p>", Value::Null).await;
    carol_says(&app, 2, &me, "<p>Hello again</p>", Value::Null).await;
    settle(&app).await;
    let found = app.store.read(move |db| follows::between(db, me.id, carol.id)).await.expect("reads");
    assert!(found.is_some_and(|follow| !follow.accepted), "asked for");
    assert_eq!(count(&app, "SELECT count(*) FROM activities WHERE kind = 'Follow'").await, 1);
}

#[tokio::test]
async fn steal_emoji_copies_from_the_servers_that_the_admin_names() {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(32, 32, image::Rgba([200, 80, 0, 255]))
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("encodes");
    let address = "https://peer.example/emoji/blobcat.png".to_owned();
    let pages = Arc::new(Mutex::new(vec![(address.clone(), "image/png", png.into_inner())]));
    let (_folder, app, _alice) = world_with(network(pages)).await;
    let me = start(&app, built("steal-emoji"), json!({"hosts": ["peer.example"], "never": ["secret*"]})).await;
    let emoji =
        |name: &str| json!({"type": "Emoji", "name": format!(":{name}:"), "icon": {"type": "Image", "url": address}});
    carol_says(&app, 1, &me, "<p>Hi :blobcat:</p>", emoji("blobcat")).await;
    carol_says(&app, 2, &me, "<p>Hi :secret_cat:</p>", emoji("secret_cat")).await;
    settle(&app).await;
    let ours = app.store.read(custom_emojis::ours).await.expect("reads");
    assert_eq!(ours.iter().map(|emoji| emoji.shortcode.as_str()).collect::<Vec<_>>(), ["blobcat"]);
    assert!(ours[0].file.is_some() && ours[0].domain.is_none());
    assert_eq!(mailbox(&app).await.len(), 0);
}
