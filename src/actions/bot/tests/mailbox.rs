//! What gets into mailboxes, what becomes of it after failures, and who no longer listens.

use std::time::Duration;

use super::guests::{ERROR, OK, bot, each};
use super::*;
use crate::actions::bot::{letters, work};
use crate::actions::post::poll::NewPoll;
use crate::actions::{block, favourite, follow, react, reblog, vote};
use crate::store::polls;

/// Answers whoever mentions or answers it.
fn parrot(name: &str) -> Vec<u8> {
    let work = "(if (i32.le_u (call $kind (local.get $e)) (i32.const 1)) (then
        (call $answer (local.get $e) (i32.const 0) (i32.const 0) (i32.const 0))))";
    bot(name, "", &format!("{} {OK}", each(work)), OK)
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.what.kind.as_str()).collect()
}

#[tokio::test]
async fn every_kind_of_event_comes_in_the_transaction_of_its_deed() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, bot("ear", "", OK, OK), none()).await;
    let own = say(&app, &me, "I am here").await;
    assert_eq!(kinds(&mailbox(&app).await), [""; 0], "its own deeds are no news");

    let first = say(&app, &alice, "@ear hello").await;
    answer(&app, &alice, &own, "@ear so am I").await;
    tell(&app, &alice, "@ear psst").await;
    write(&app, &alice, Draft { text: "Look".into(), quoted: Some(own.id), ..Draft::default() }).await;
    follow::add(&app, &alice, me.id, follow::Options::default()).await.expect("follows");
    favourite::add(&app, &alice, own.id).await.expect("likes");
    react::add(&app, &alice, own.id, "🎉").await.expect("reacts");
    reblog::add(&app, &alice, own.id, None).await.expect("boosts");
    follow::remove(&app, &alice, me.id).await.expect("leaves");
    let options = vec!["tea".into(), "coffee".into()];
    let poll = NewPoll { options, expires_in: Some(600), multiple: false, hide_totals: false };
    let asked = write(&app, &me, Draft { text: "Which?".into(), poll: Some(poll), ..Draft::default() }).await;
    let poll = app.store.read(move |db| polls::of_status(db, asked.id)).await.expect("reads").expect("a poll");
    vote::cast(&app, &alice, poll.id, vec![1]).await.expect("votes");
    let expected =
        ["mention", "reply", "direct", "quote", "followed", "reacted", "reacted", "boosted", "unfollowed", "voted"];
    assert_eq!(kinds(&mailbox(&app).await), expected);

    follow::add(&app, &me, alice.id, follow::Options::default()).await.expect("follows");
    settle(&app).await;
    assert_eq!(mailbox(&app).await, [], "all of it was told");
    say(&app, &alice, "A post for my followers").await;
    let bob = crate::app::tests::local_account(&app, "bob", "member").await;
    post::delete(&app, &alice, first.id, false).await.expect("deletes");
    assert_eq!(kinds(&mailbox(&app).await), ["timeline", "deleted"]);
    block::add(&app, &bob, alice.id).await.expect("blocks");
    assert_eq!(mailbox(&app).await.len(), 2, "extras are for those that ask for them");
}

#[tokio::test]
async fn a_bot_hears_what_it_asked_for_and_only_while_it_runs() {
    let (_folder, app, alice) = world().await;
    start(&app, bot("ear", r#""events":["followed","extra"],"#, OK, OK), none()).await;
    let bob = crate::app::tests::local_account(&app, "bob", "member").await;
    say(&app, &alice, "@ear hello").await;
    block::add(&app, &bob, alice.id).await.expect("blocks");
    block::remove(&app, &bob, alice.id).await.expect("forgives");
    let events = mailbox(&app).await;
    assert_eq!(kinds(&events), ["extra", "extra"]);
    assert_eq!(events[0].what.name, "blocked");
    let facts: Value = serde_json::from_slice(&events[1].what.payload).expect("JSON");
    assert_eq!(facts, json!({"by": "bob@here.example", "whom": "alice@here.example"}));
    manage::switch(&app, "ear", Run::Off).await.expect("stops");
    block::add(&app, &bob, alice.id).await.expect("blocks");
    assert_eq!(count(&app, "SELECT count(*) FROM bot_events").await, 2, "what happens while it is off is lost on it");
}

#[tokio::test]
async fn bots_that_answer_each_other_stop_after_three_times() {
    let (_folder, app, alice) = world().await;
    let polly = start(&app, parrot("polly"), none()).await;
    let jacko = start(&app, parrot("jacko"), none()).await;
    say(&app, &alice, "@polly hi").await;
    settle(&app).await;
    assert_eq!((posts(&app, polly.id).await.len(), posts(&app, jacko.id).await.len()), (1, 0));
    // Polly begins; nobody else is there to end it.
    say(&app, &polly, "@jacko hi").await;
    settle(&app).await;
    assert_eq!((posts(&app, polly.id).await.len(), posts(&app, jacko.id).await.len()), (3, 2));
    assert_eq!(mailbox(&app).await, []);
}

#[tokio::test]
async fn a_failure_leaves_nothing_and_after_three_more_tries_there_is_a_dead_letter() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, bot("broken", "", &format!("(call $say) {ERROR}"), OK), none()).await;
    say(&app, &alice, "@broken hi").await;
    for (wait, attempts) in [(0, 1), (9, 1), (1, 2), (59, 2), (1, 3), (299, 3), (1, 4)] {
        app.clock.advance(Duration::from_secs(wait));
        settle(&app).await;
        let [event] = mailbox(&app).await.try_into().expect("it stays");
        assert_eq!((event.attempts, event.dead), (attempts, attempts == 4), "after {wait} s more");
    }
    let [letter]: [Event; 1] = letters::list(&app, "broken", None).await.expect("reads").try_into().expect("one");
    assert_eq!(letter.last_error.as_deref(), Some("oops"));
    assert_eq!(texts(&app, me.id).await, [""; 0], "nothing of it happened");
    // Another version does better, and is told again.
    let good = bot("broken", "", &format!("(call $say) {OK}"), OK);
    manage::uninstall(&app, "broken", true).await.expect("goes");
    let again = start(&app, good, none()).await;
    assert_eq!(again.id, me.id, "the account is the same");
    assert_eq!(letters::replay(&app, "broken", Some(letter.id)).await.expect("is tried"), 1);
    settle(&app).await;
    assert_eq!((texts(&app, me.id).await, mailbox(&app).await.len()), (vec!["hello".to_owned()], 0));
    assert!(letters::replay(&app, "broken", Some(letter.id)).await.is_err(), "there is none any more");
}

#[tokio::test]
async fn a_trap_after_a_post_means_that_there_is_no_post() {
    let (_folder, app, alice) = world().await;
    let work = "(call $incr (i32.const 1040) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 0) (i32.const 600))
        (call $set_timer (i32.const 1040) (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 600))
        (call $say)";
    let me = start(&app, bot("fuse", "", &format!("{work} (unreachable)"), OK), none()).await;
    say(&app, &alice, "@fuse hi").await;
    settle(&app).await;
    let rows = "SELECT (SELECT count(*) FROM plugin_kv) + (SELECT count(*) FROM bot_timers)";
    assert_eq!((posts(&app, me.id).await.len(), count(&app, rows).await), (0, 0));
    manage::uninstall(&app, "fuse", true).await.expect("goes");
    start(&app, bot("fuse", "", &format!("{work} {OK}"), OK), none()).await;
    app.clock.advance(Duration::from_secs(10));
    settle(&app).await;
    assert_eq!((posts(&app, me.id).await.len(), count(&app, rows).await), (1, 2), "with a good end all of it");
}

#[tokio::test]
async fn one_bad_event_of_a_batch_does_not_spoil_the_others() {
    let (_folder, app, alice) = world().await;
    // Answers mentions, and fails at followers.
    let work = "(if (i32.eq (call $kind (local.get $e)) (i32.const 5)) (then (unreachable)))
        (call $answer (local.get $e) (i32.const 0) (i32.const 0) (i32.const 0))";
    let me = start(&app, bot("picky", "", &format!("{} {OK}", each(work)), OK), none()).await;
    say(&app, &alice, "@picky 1").await;
    follow::add(&app, &alice, me.id, follow::Options::default()).await.expect("follows");
    say(&app, &alice, "@picky 2").await;
    settle(&app).await;
    assert_eq!(posts(&app, me.id).await.len(), 2);
    assert_eq!(kinds(&mailbox(&app).await), ["followed"]);
}

#[tokio::test]
async fn what_is_private_reaches_only_bots_that_may_see_it() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, parrot("polly"), none()).await;
    manage::grant(&app, "polly", vec!["post".into()]).await.expect("grants");
    tell(&app, &alice, "@polly psst").await;
    write(&app, &alice, Draft { text: "@polly hm".into(), visibility: Some(Visibility::Private), ..Draft::default() })
        .await;
    settle(&app).await;
    assert_eq!((posts(&app, me.id).await.len(), mailbox(&app).await.len()), (0, 0));
    assert_eq!(app.plugins.book("org.example.polly").costs().calls, 0, "it was not even called");
}

#[tokio::test]
async fn a_full_mailbox_takes_no_more_and_says_so() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, bot("ear", "", OK, OK), none()).await;
    let now = app.clock.now();
    let fill = move |tx: &crate::store::Tx| {
        for _ in 0..crate::store::bot_events::MAILBOX - 1 {
            let new = crate::store::bot_events::New { kind: "deleted".into(), ..Default::default() };
            assert!(crate::store::bot_events::put(tx, "org.example.ear", &new, now)?);
        }
        Ok(())
    };
    app.store.write(fill).await.expect("writes");
    say(&app, &alice, "@ear the last").await;
    say(&app, &alice, "@ear one too many").await;
    let box_ = letters::mailbox(&app, "ear").await.expect("reads").expect("is a bot");
    assert_eq!((box_.waiting, box_.bot.missed, box_.bot.account_id), (1_000, 1, me.id));
    let bot = app.plugins.bots().remove(0);
    assert!(work(&app, &bot).await.expect("works"));
    let box_ = letters::mailbox(&app, "ear").await.expect("reads").expect("is a bot");
    assert_eq!(box_.waiting, 950, "fifty at once");
}

#[tokio::test]
async fn an_instance_lives_on_until_it_has_nothing_to_do() {
    let (_folder, app, alice) = world().await;
    // Greets only at its first event: its memory is that of the instance.
    let work = "(if (i32.eqz (i32.load (i32.const 32768))) (then (call $say)))
        (i32.store (i32.const 32768) (i32.const 1))";
    let me = start(&app, bot("memory", "", &format!("{work} {OK}"), OK), none()).await;
    for _ in 0..3 {
        say(&app, &alice, "@memory hi").await;
        settle(&app).await;
    }
    assert_eq!((posts(&app, me.id).await.len(), app.plugins.living_bots()), (1, 1));
    app.clock.advance(Duration::from_secs(59));
    assert!(app.plugins.rest_bots(app.clock.now()).is_some());
    app.clock.advance(Duration::from_secs(1));
    assert_eq!((app.plugins.rest_bots(app.clock.now()), app.plugins.living_bots()), (None, 0));
    say(&app, &alice, "@memory hi").await;
    settle(&app).await;
    assert_eq!(posts(&app, me.id).await.len(), 2, "another instance");
    for _ in 0..127 {
        say(&app, &alice, "@memory hi").await;
        settle(&app).await;
    }
    assert_eq!((posts(&app, me.id).await.len(), app.plugins.living_bots()), (2, 0), "128 events are enough");
}
