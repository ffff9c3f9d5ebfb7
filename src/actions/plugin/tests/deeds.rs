//! What people here are about to do is judged, what a filter would do is noted first, and people choose filters of their own.

use super::{fixture, follow, install, manifest};
use crate::actions::fetch::Budget;
use crate::actions::moderation::report;
use crate::actions::plugin::{manage, people, replay};
use crate::actions::post::{self, Draft};
use crate::actions::{favourite, follow as following, react, reblog, receive};
use crate::activitypub::audience::Visibility;
use crate::app::App;
use crate::app::tests::local_account;
use crate::error::Error;
use crate::ids::{AccountId, StatusId};
use crate::plugins::envelope::Verdict;
use crate::store::accounts::Account;
use crate::store::page::Page;
use crate::store::{moderation, notifications, plugin_verdicts, statuses, timelines};
use crate::testing::{self, NOW};
use serde_json::json;

/// Takes in a public post of somebody elsewhere.
async fn arrives(app: &App, author: &Account, number: u32, text: &str, named: &[&Account]) -> Option<StatusId> {
    let uri = format!("https://peer.example/notes/{number}");
    let tags: Vec<_> = named.iter().map(|who| json!({"type": "Mention", "href": who.uri, "name": "@x"})).collect();
    let object = json!({
        "id": uri, "type": "Note", "attributedTo": author.uri, "content": format!("<p>{text}</p>"),
        "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": [], "published": NOW.rfc3339(), "tag": tags,
    });
    let taken = receive::delivered(app, &object, author.clone(), None, &mut Budget::default()).await;
    taken.expect("is dealt with");
    app.store.read(move |db| statuses::by_uri(db, &uri)).await.expect("reads").map(|status| status.id)
}

/// How many posts are in the home of `who`, and of how much they are told.
async fn sees(app: &App, who: AccountId) -> (usize, usize) {
    let read = app.store.read(move |db| {
        let home = timelines::home(db, who, &Page::first(20), NOW)?.len();
        Ok((home, notifications::list(db, who, &notifications::Filter::default(), &Page::first(20), NOW)?.len()))
    });
    read.await.expect("reads")
}

#[tokio::test]
async fn deeds_of_people_here_are_judged_on_their_way_out() {
    let (_folder, app) = testing::app_with_plugins();
    let alice = local_account(&app, "alice", "owner").await;
    let carol = follow(&app, &alice, 7, "carol").await;
    let dave = app.store.write(|tx| Ok(testing::account(tx, 8, "dave", Some("peer.example")))).await.expect("writes");
    let post = arrives(&app, &carol, 1, "Hello", &[]).await.expect("is stored");
    let judge = r#"{"id":"org.example.judge","version":"1","api":"1.0","kinds":["filter"],"directions":["outbound"],
        "permissions":["reject","control"],"name":{"en":"Judge"},"summary":{"en":"Judge"}}"#;
    install(&app, fixture::always(judge, 2), &["reject", "control"]).await;
    let tell = report::New {
        target: carol.id,
        statuses: Vec::new(),
        comment: "rude".into(),
        category: None,
        rules: Vec::new(),
        forward: true,
        domains: Vec::new(),
    };
    let said = [
        ("Follow", following::add(&app, &alice, dave.id, following::Options::default()).await.err()),
        ("Like", favourite::add(&app, &alice, post).await.err()),
        ("Like", react::add(&app, &alice, post, "🍵").await.err()),
        ("Announce", reblog::add(&app, &alice, post, None).await.err()),
        ("Flag", report::file(&app, &alice, tell.clone()).await.err()),
    ];
    for (verb, error) in said {
        assert!(
            matches!(&error, Some(Error::Rejected { plugin, reason })
                if plugin == "org.example.judge" && reason == "Not here / だめ"),
            "{verb}: {error:?}"
        );
    }
    let log = app.store.read(|db| moderation::recent(db, 9)).await.expect("reads");
    assert_eq!(log.iter().filter(|entry| entry.direction == "outbound" && entry.action == "reject").count(), 5);
    // Options of a follow are no new follow; a report that stays here does not leave; and what is taken back always may.
    following::add(&app, &alice, carol.id, following::Options::default()).await.expect("changes nothing");
    report::file(&app, &alice, report::New { forward: false, ..tell }).await.expect("is filed");
    manage::switch(&app, "judge", manage::Run::Off).await.expect("stops");
    favourite::add(&app, &alice, post).await.expect("is let");
    manage::switch(&app, "judge", manage::Run::On).await.expect("starts");
    favourite::remove(&app, &alice, post).await.expect("is let");
}

#[tokio::test]
async fn a_shadow_lets_pass_and_tells_what_it_would_have_done() {
    let (_folder, app) = testing::app_with_plugins();
    let alice = local_account(&app, "alice", "owner").await;
    install(&app, fixture::dollars(&manifest("1", r#""reject""#), 2), &["reject"]).await;
    manage::switch(&app, "dollars", manage::Run::Shadow).await.expect("starts");
    let draft = |text: &str| Draft { text: text.into(), ..Draft::default() };
    post::create(&app, &alice, draft("a $ for you")).await.expect("passes");
    post::create(&app, &alice, draft("nothing")).await.expect("passes");
    let (said, log) = app
        .store
        .read(|db| Ok((plugin_verdicts::of(db, "org.example.dollars", None, 9)?, moderation::recent(db, 9)?)))
        .await
        .expect("reads");
    let [verdict] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((verdict.shadow, verdict.action.as_str()), (true, "reject"));
    assert_eq!((verdict.reason.as_str(), verdict.excerpt.as_str()), ("No dollars / ドルなし", "a $ for you"));
    assert_eq!(log, [], "nothing was done");
    manage::switch(&app, "dollars", manage::Run::On).await.expect("starts");
    assert!(matches!(post::create(&app, &alice, draft("another $")).await, Err(Error::Rejected { .. })));
}

#[tokio::test]
async fn a_replay_shows_what_would_change_and_changes_nothing() {
    let (_folder, app) = testing::app_with_plugins();
    let alice = local_account(&app, "alice", "owner").await;
    let carol = follow(&app, &alice, 7, "carol").await;
    for (number, text) in [(1, "I like casinos"), (2, "I like my cat"), (3, "I like tea")] {
        arrives(&app, &carol, number, text, &[]).await.expect("is stored");
    }
    manage::install(&app, manage::built_in("keywords").expect("comes with us"), false).await.expect("installs");
    let settings = json!({"reject": ["casinos"], "replace": ["cat => dog"]});
    manage::configure(&app, "keywords", settings.as_object().cloned().expect("an object")).await.expect("fits");
    manage::grant(&app, "keywords", vec!["reject".into(), "rewrite".into()]).await.expect("grants");
    let lines = replay::run(&app, "keywords", 10).await.expect("runs, though nobody enabled it");
    let mut said = Vec::new();
    for line in lines {
        let decision = line.said.expect("decides");
        let mut after = line.envelope.clone();
        let diff: Vec<_> = decision
            .effects
            .iter()
            .map(|effect| effect.apply(&mut after).expect("applies"))
            .map(|change| (change.field, change.before, change.after))
            .collect();
        said.push((line.envelope.id, matches!(decision.verdict, Verdict::Reject(_)), diff));
    }
    let id = |number: u32| format!("https://peer.example/notes/{number}");
    let diff = ("text".to_owned(), "I like my cat".to_owned(), "I like my dog".to_owned());
    assert_eq!(said, [(id(3), false, vec![]), (id(2), false, vec![diff]), (id(1), true, vec![])]);
    let (log, verdicts) = app
        .store
        .read(|db| Ok((moderation::recent(db, 9)?, plugin_verdicts::of(db, "org.nagaya.keywords", None, 9)?)))
        .await
        .expect("reads");
    assert_eq!((log.len(), verdicts.len()), (0, 0));
    assert_eq!(sees(&app, alice.id).await, (3, 0), "and all posts are where they were");
}

const PERSONAL: &str = r#"{"id":"org.example.own","version":"1","api":"1.0","kinds":["filter"],"scope":"user",
    "permissions":["reject"],"name":{"en":"Own"},"summary":{"en":"Own"}}"#;

#[tokio::test]
async fn a_filter_that_somebody_chose_counts_for_nobody_else() {
    let (_folder, app) = testing::app_with_plugins();
    let alice = local_account(&app, "alice", "owner").await;
    let dora = local_account(&app, "dora", "member").await;
    let carol = follow(&app, &alice, 7, "carol").await;
    super::follow_known(&app, &dora, &carol, 2).await;
    install(&app, fixture::dollars(PERSONAL, 2), &["reject"]).await;
    let offers = people::offers(&app, alice.id).await.expect("reads");
    assert_eq!(
        offers.iter().map(|offer| (&*offer.manifest.id, offer.chosen)).collect::<Vec<_>>(),
        [("org.example.own", false)]
    );
    assert!(matches!(people::choose(&app, alice.id, "org.example.none", true).await, Err(Error::NotFound(_))));
    // Nobody chose it: it does nothing, for the server neither.
    arrives(&app, &carol, 1, "a $", &[&alice, &dora]).await.expect("is stored");
    assert_eq!((sees(&app, alice.id).await, sees(&app, dora.id).await), ((1, 1), (1, 1)));
    assert!(people::choose(&app, alice.id, "org.example.own", true).await.expect("chooses").chosen);
    let hidden = arrives(&app, &carol, 2, "another $", &[&alice, &dora]).await.expect("is stored for the others");
    assert_eq!((sees(&app, alice.id).await, sees(&app, dora.id).await), ((1, 1), (2, 2)));
    let me = alice.id;
    let readable = app.store.read(move |db| {
        let status = statuses::by_id(db, hidden)?.expect("is there");
        Ok((statuses::may_see(db, &status, Some(me))?, status.visibility))
    });
    assert_eq!(readable.await.expect("reads"), (true, Visibility::Public), "the post itself is untouched");
    // What people here write, too, and others' posts pass.
    let text = "@alice a $ from next door".to_owned();
    post::create(&app, &dora, Draft { text, ..Draft::default() }).await.expect("is posted");
    assert_eq!(sees(&app, alice.id).await, (1, 1));
    arrives(&app, &carol, 3, "tea", &[&alice]).await.expect("is stored");
    assert_eq!(sees(&app, alice.id).await, (2, 2));
    assert!(!people::choose(&app, alice.id, "org.example.own", false).await.expect("chooses").chosen);
    arrives(&app, &carol, 4, "a $", &[&alice]).await.expect("is stored");
    assert_eq!(sees(&app, alice.id).await, (3, 3));
    assert_eq!(app.store.read(|db| moderation::recent(db, 9)).await.expect("reads"), [], "no business of moderators");
}
